"""The one way to open a model for use: from a run, from one of its checkpoints, or from a file to share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch

from workbench.core import places
from workbench.core.concepts.concept import Concept, load_all
from workbench.core.errors import WorkbenchError
from workbench.core.faces.align import Alignment
from workbench.core.models.base import Model
from workbench.core.models.images import to_images, to_pictures, to_values
from workbench.core.models.inference import prepared
from workbench.core.models.inverter import Inverter
from workbench.core.models.mixture import Mixture
from workbench.core.models.registry import model_class
from workbench.core.quality.typical import Moments, Typical
from workbench.core.runs import checkpoint
from workbench.core.runs.folder import RUN_FILE, Run, RunInfo
from workbench.core.runs.shipped import shipped_models
from workbench.core.runs.sound import newest_sound
from workbench.core.tensors import damaged, read_tensors

FORMAT = "workbench-model"
VERSION = 1
SUFFIX = ".workbench"
AVERAGE_FILE = "average.safetensors"

Prior = Literal["mixture", "normal"]
_DRAWN = 4000  # random codes that tell how far off usual ones are
Codes = npt.NDArray[np.float32]
Pictures = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A model ready to encode and decode, on the CPU, with its averaged weights.

    Attributes:
        net: in evaluation mode, float32; nobody changes it.
        info: what its run was: model, preset, size, settings, data, seed, versions.
        path: what it was opened from; `kind` says what that is.
        step: of the training, at which these weights were saved.
        alignment: where the eyes and the mouth of its training faces are.
        fingerprint: SHA-256 of the weights; concepts and recipes are bound to it.
        concepts: by name.
        concepts_folder: where new concepts go: the run's, or for a file, which is not changed, one of the user's own.
        notice: what a user should know of how it was opened: that a damaged checkpoint was passed over; or "".
        inverter: the encoder that was learned for a model without one of its own, once it was.
    """

    net: Model
    info: RunInfo
    path: Path
    kind: Literal["run", "checkpoint", "file"]
    step: int
    alignment: Alignment
    fingerprint: str
    concepts: Mapping[str, Concept]
    concepts_folder: Path
    notice: str = ""
    inverter: Inverter | None = None

    @property
    def name(self) -> str:
        return self.info.name

    @property
    def size(self) -> int:
        """The side of its pictures."""
        return self.info.size

    @property
    def latent(self) -> int:
        """Numbers in a code."""
        return self.net.latent

    @property
    def encodes(self) -> bool:
        """Whether it gives the codes of pictures, by an encoder of its own or one that was learned for it."""
        return self.net.encodes or self.inverter is not None

    @property
    def encoding(self) -> str:
        """What gives the codes of pictures, as a fingerprint: other codes have another one."""
        return self.fingerprint if self.inverter is None else self.inverter.fingerprint

    def with_concepts(self, concepts: Mapping[str, Concept]) -> TrainedModel:
        """The same model with other concepts."""
        return replace(self, concepts=dict(concepts))

    @torch.no_grad()
    def encode(self, pictures: Pictures, batch: int = 64) -> Codes:
        """Pictures, uint8 (N, S, S, 3), as codes, float32 (N, latent).

        Raises:
            WorkbenchError: it cannot; see `encodes`.
        """
        encode = (self.inverter or self.net).encode
        parts = [encode(to_images(part)).numpy() for part in _batches(pictures, batch)]
        return np.concatenate(parts) if parts else np.zeros((0, self.latent), np.float32)

    @torch.no_grad()
    def decode(self, codes: Codes, batch: int = 64) -> Pictures:
        """Codes, float32 (N, latent), as pictures, uint8 (N, S, S, 3)."""
        return np.concatenate([to_pictures(self.net.decode(torch.from_numpy(p))) for p in _batches(codes, batch)])

    @torch.inference_mode()
    def decode_float(self, codes: Codes) -> npt.NDArray[np.float32]:
        """Codes as pictures before rounding: float32 (N, S, S, 3) in [0, 255].

        Every edit is decoded by this, in the window and on the command line: the same bits from the same code.
        """
        return to_values(self._prepared.decode(torch.from_numpy(codes)))

    @cached_property
    def _prepared(self) -> Model:
        """The net as a hand at a slider wants it."""
        return prepared(self.net)

    @cached_property
    def spread(self) -> Moments:
        """Mean (latent,) and covariance (latent, latent) of the codes of its faces: float64. Of a model whose codes no
        mixture was fitted to, those that random codes are drawn with."""
        if self.net.mixture:
            return self.net.mixture.moments()
        return np.zeros(self.latent), self.net.deviation**2 * np.eye(self.latent)

    @cached_property
    def typical(self) -> Typical | None:
        """How far the codes of usual faces lie from their middle; None where that is not known."""
        if self.net.mixture or self.net.encodes:
            return self.net.mixture.typical if self.net.mixture else None
        return Typical.of_codes(self.draw(_DRAWN))  # it knows no others

    def draw(self, count: int, seed: int = 0) -> Codes:
        """Random codes: float32 (count, latent). The same seed gives the same codes."""
        codes: Codes = self.net.draw(count, torch.Generator().manual_seed(seed)).numpy()
        return codes

    def sample(self, count: int, seed: int = 0) -> Pictures:
        """Random pictures: uint8 (count, S, S, 3). The same seed gives the same pictures."""
        return self.decode(self.draw(count, seed))


def _batches(array: npt.NDArray[Any], size: int) -> list[npt.NDArray[Any]]:
    return [np.ascontiguousarray(array[first : first + size]) for first in range(0, len(array), size)]


def names_shipped(where: str | Path) -> bool:
    """Whether this is the name of a shipped model, and no run of that name lies there."""
    return str(where) in shipped_models() and not _is_folder_of_weights(Path(where).expanduser())


def open_model(where: str | Path, prior: Prior = "mixture") -> TrainedModel:
    """Open a run folder (its newest checkpoint), one of its checkpoint folders, a `NAME.workbench` file, or a model
    that comes with the program.

    Of a run whose newest checkpoint is damaged on disk the one before is opened, with a `notice`.

    Args:
        where: its path, or the name of a shipped model, unless there is a run of that name where one is.
        prior: what its random pictures are drawn from: the mixture that was fitted to its codes, where there is one,
            or always the standard normal.

    Raises:
        WorkbenchError: there is nothing there, it is something else, damaged, too new, or a pickle in disguise.
    """
    model = _open(shipped_models()[str(where)].path if names_shipped(where) else Path(where).expanduser())
    if prior == "normal":
        model.net.mixture = None
    return model


def _open(path: Path) -> TrainedModel:
    if not path.exists():
        raise WorkbenchError(
            f"There is no model at '{path}'.",
            "Check the path; 'workbench runs list' shows runs, 'workbench models shipped' the models that are there.",
        )
    if path.is_file():
        return _open_file(path)
    if (path / RUN_FILE).exists():
        run = Run.open(path)
        found = newest_sound(run, _read_checkpoint)
        return replace(_from_checkpoint(run, *found.content, path, "run"), notice=found.notice)
    if (path / AVERAGE_FILE).exists():
        return _from_checkpoint(Run.open(path.resolve().parent.parent), *_read_checkpoint(path), path, "checkpoint")
    raise WorkbenchError(
        f"'{path}' is no model.", "Choose a run folder, one of its checkpoint folders, or a .workbench file."
    )


def _is_folder_of_weights(path: Path) -> bool:
    return (path / RUN_FILE).exists() or (path / AVERAGE_FILE).exists()


def _read_checkpoint(folder: Path) -> tuple[checkpoint.Weights, int]:
    """The averaged weights and their step, as they were written."""
    checkpoint.check(folder, (AVERAGE_FILE, "state.json"))
    weights = checkpoint.read_weights(folder / AVERAGE_FILE)
    return weights, int(checkpoint.read_state(folder)["step"])


def _from_checkpoint(
    run: Run, weights: checkpoint.Weights, step: int, path: Path, kind: Literal["run", "checkpoint"]
) -> TrainedModel:
    model = _assemble(weights, run.info, path, kind, step, run.concepts)
    model.net.mixture = Mixture.load(run.mixture_file, model.fingerprint, model.latent)
    model = replace(model, inverter=Inverter.load(run.encoder_file, model.net, model.fingerprint))
    return model.with_concepts(load_all(run.concepts, model.fingerprint, model.latent))


def _open_file(path: Path) -> TrainedModel:
    arrays, info = read_tensors(path, FORMAT, VERSION, "model")
    weights = {name.removeprefix("weights."): a for name, a in arrays.items() if name.startswith("weights.")}
    try:
        run_info = RunInfo.model_validate(info["run"])
        step, claimed, packed = int(info["step"]), str(info["fingerprint"]), dict(info["concepts"])
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(path, "model") from error
    model = _assemble(weights, run_info, path, "file", step)
    if model.fingerprint != claimed:
        raise damaged(path, "model")
    mixture = {key.removeprefix("mixture."): array for key, array in arrays.items() if key.startswith("mixture.")}
    if mixture:
        model.net.mixture = Mixture.unpack(mixture, model.latent, info.get("mixture"), str(path))
    if (about := info.get("encoder")) is not None:
        encoder = {key.removeprefix("encoder."): array for key, array in arrays.items() if key.startswith("encoder.")}
        model = replace(model, inverter=Inverter.unpack(encoder, about, model.net, str(path)))
    concepts = {}
    for name, description in packed.items():
        parts = ((*key.rpartition("."), array) for key, array in arrays.items())
        vectors = {method: array for owner, _, method, array in parts if owner == f"concept.{name}"}
        concepts[name] = Concept.unpack(vectors, description, str(path))
        if len(concepts[name].direction.vector) != model.latent:
            raise damaged(path, "model")
    own = load_all(model.concepts_folder, model.fingerprint, model.latent)
    return model.with_concepts({**concepts, **own})


def _assemble(
    weights: checkpoint.Weights,
    info: RunInfo,
    path: Path,
    kind: Literal["run", "checkpoint", "file"],
    step: int,
    concepts_folder: Path | None = None,
) -> TrainedModel:
    model = model_class(info.model)
    net = model(model.Settings.parse(info.settings), info.size)
    if not any(name.split(".")[0] in net.training_only for name in weights):
        net.drop_training_nets()
    checkpoint.set_weights(net, weights, str(path))
    digest = checkpoint.fingerprint(weights)
    return TrainedModel(
        net=net.eval().requires_grad_(False),
        info=info,
        path=path,
        kind=kind,
        step=step,
        alignment=Alignment.from_json(info.alignment),
        fingerprint=digest,
        concepts={},
        concepts_folder=concepts_folder or places.concepts_folder() / digest[:16],
    )
