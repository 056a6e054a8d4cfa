"""A checkpoint: all that a training needs to go on exactly, in files that hold numbers and text only.

000500/  weights.safetensors     the trained weights          average.safetensors  their moving average (EMA)
         optimiser.safetensors   the optimisers' memory       state.json           step, seconds, random states
         sha256sums.txt          of these four: damage on disk is noticed before it is trained on
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from workbench.core.errors import WorkbenchError, file_errors
from workbench.core.files import read_json, write_file, write_folder, write_json
from workbench.core.tensors import damaged, read_tensors, write_tensors

State = dict[str, Any]
Weights = dict[str, npt.NDArray[Any]]

FORMAT = "workbench-weights"
VERSION = 1
FILES = ("weights.safetensors", "average.safetensors", "optimiser.safetensors", "state.json")
SUMS = "sha256sums.txt"


def write_checkpoint(
    folder: Path,
    weights: nn.Module,
    average: nn.Module,
    optimisers: Mapping[str, torch.optim.Optimizer],
    state: State,
) -> None:
    """Write a checkpoint folder, whole or not at all. `state` is plain JSON."""
    info = {"format": FORMAT, "version": VERSION}
    with write_folder(folder) as part:
        write_tensors(part / "weights.safetensors", weights_of(weights), info)
        write_tensors(part / "average.safetensors", weights_of(average), info)
        write_tensors(part / "optimiser.safetensors", _memory_of(optimisers), info)
        write_json(part / "state.json", state)
        write_sums(part)


def write_average(folder: Path, average: nn.Module) -> None:
    """Put other averaged weights into a checkpoint: a model that was made of trained ones."""
    write_tensors(folder / "average.safetensors", weights_of(average), {"format": FORMAT, "version": VERSION})
    write_sums(folder)


def write_sums(folder: Path) -> None:
    """Note the hashes of a checkpoint's files, as the command `sha256sum` writes and checks them."""
    write_file(folder / SUMS, "".join(f"{_sha256(folder / name)}  {name}\n" for name in FILES))


def check(folder: Path, names: Sequence[str] = FILES) -> None:
    """Compare these files of a checkpoint with their hashes; one of an older program has none, and passes.

    Raises:
        WorkbenchError: a file is missing, or is not as it was written.
    """
    sums = folder / SUMS
    if not sums.exists():
        return
    with file_errors(sums, "read"):
        pairs = (line.split("  ", 1) for line in sums.read_text(encoding="utf-8", errors="replace").splitlines())
        known = {pair[1]: pair[0] for pair in pairs if len(pair) == 2}
    for name in names:
        if known.get(name) != _sha256(folder / name):
            raise damaged(folder / name, "checkpoint")


def _sha256(path: Path) -> str:
    with file_errors(path, "read"), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def restore(
    folder: Path, weights: nn.Module, average: nn.Module, optimisers: Mapping[str, torch.optim.Optimizer]
) -> State:
    """Load a checkpoint into the objects of a training and give its state.

    Raises:
        WorkbenchError: a file is missing, damaged, or of another shape of net.
    """
    for name, net in {"weights": weights, "average": average}.items():
        set_weights(net, read_weights(folder / f"{name}.safetensors"), str(folder))
    _set_memory(optimisers, read_weights(folder / "optimiser.safetensors"))
    return read_state(folder)


def read_state(folder: Path) -> State:
    """The JSON part of a checkpoint."""
    state: State = read_json(folder / "state.json")
    return state


def read_weights(path: Path) -> Weights:
    """The arrays of one of a checkpoint's files; raises `WorkbenchError` when it is missing, damaged or too new."""
    return read_tensors(path, FORMAT, VERSION, "checkpoint")[0]


def set_weights(net: nn.Module, weights: Weights, where: str) -> None:
    """Give `net` these weights; `where` they came from is named when they do not fit."""
    try:
        net.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    except RuntimeError as error:
        raise WorkbenchError(
            f"The weights in '{where}' belong to a net of another shape.",
            "Choose the file that belongs to these settings.",
        ) from error


def weights_of(net: nn.Module) -> Weights:
    """A net's weights by name, on the CPU."""
    return {name: tensor.detach().cpu().contiguous().numpy() for name, tensor in net.state_dict().items()}


def fingerprint(weights: Weights) -> str:
    """SHA-256 (hex) of names, shapes and float32 values: two models are the same when theirs is the same."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        array = np.asarray(weights[name], dtype="<f4", order="C")
        digest.update(f"{name}{array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def pack_generator(generator: torch.Generator) -> str:
    """A generator's state as text."""
    return base64.b64encode(generator.get_state().numpy().tobytes()).decode("ascii")


def unpack_generator(text: str, generator: torch.Generator) -> None:
    """Set a generator to a state that `pack_generator` gave."""
    generator.set_state(torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.uint8))


def _memory_of(optimisers: Mapping[str, torch.optim.Optimizer]) -> Weights:
    """Each optimiser's memory, keyed `optimiser.parameter.kind`."""
    return {
        f"{name}.{parameter}.{kind}": tensor.detach().cpu().contiguous().numpy()
        for name, optimiser in optimisers.items()
        for parameter, memory in optimiser.state_dict()["state"].items()
        for kind, tensor in memory.items()
    }


def _set_memory(optimisers: Mapping[str, torch.optim.Optimizer], arrays: Weights) -> None:
    for name, optimiser in optimisers.items():
        parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
        memory: dict[int, dict[str, torch.Tensor]] = {}
        for key, array in arrays.items():
            owner, number, kind = key.rsplit(".", 2)
            if owner == name:
                memory.setdefault(int(number), {})[kind] = _laid_out_as(parameters[int(number)], array)
        optimiser.load_state_dict({**optimiser.state_dict(), "state": memory})


def _laid_out_as(parameter: torch.Tensor, array: npt.NDArray[Any]) -> torch.Tensor:
    """The array in the memory format of its parameter: fused optimisers walk both side by side, as they lie."""
    tensor = torch.from_numpy(array)
    return torch.empty_like(parameter).copy_(tensor) if tensor.shape == parameter.shape else tensor
