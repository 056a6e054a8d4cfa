"""What a picture looks like, in a few numbers: the nets that distances between sets of pictures are measured with.

The shipped net is a small classifier of faces (packaging/make_features.py made it); a user may bring another one, or
torchvision's Inception v3. A net only measures: nothing of a face can be had back from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.core.errors import WorkbenchError
from workbench.core.models.images import to_images
from workbench.core.resources import resource
from workbench.core.runs.checkpoint import fingerprint
from workbench.core.tensors import check_format, damaged, read_arrays

FORMAT, VERSION = "workbench-features", 1
SIZE, WIDTH = 64, 128
"""The shipped net's side in pixels, and the numbers it gives of a picture."""
LABELS = ("Male", "Smiling", "Young", "Senior", "Eyeglasses_derived", "Sunglasses_seen", "Smiling_derived")
DAMAGES = ("blur", "noise", "blocks", "ghost", "warp")
"""What it was taught to tell: labels of a face, and how badly a picture is spoiled, each 0 to 1."""
RESIZE = "bicubic, antialiased"
"""How pictures come to a net's size: torch's bicubic interpolation, whose window widens with the reduction."""
INCEPTION_SIZE, INCEPTION_WIDTH = 299, 2048
_BATCH = 64

UInt8 = npt.NDArray[np.uint8]


class FaceNet(nn.Module):
    """Images (N, 3, 64, 64) in [-1, 1] to 128 features, of mean 0 and deviation 1 each over clear faces.

    The features are what its last layer tells labels and damages from, after a tanh: bounded, so that one odd picture
    cannot outweigh a thousand others in the cubic kernel of KID.
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for channels, stride in ((24, 2), (32, 2), (64, 1), (96, 2), (96, 1), (160, 2)):
            layers += [
                nn.Conv2d(before, channels, 3, stride, padding=1, bias=False),
                nn.BatchNorm2d(channels),
                nn.ReLU(),
            ]
            before = channels
        layers += [nn.Flatten(), nn.Linear(before * 16, WIDTH, bias=False), nn.BatchNorm1d(WIDTH), nn.Tanh()]
        self.look = nn.Sequential(*layers)
        self.tell = nn.Linear(WIDTH, len(LABELS) + len(DAMAGES))
        self.register_buffer("mean", torch.zeros(WIDTH))
        self.register_buffer("deviation", torch.ones(WIDTH))
        self.mean: Tensor
        self.deviation: Tensor

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = (self.look(images) - self.mean) / self.deviation
        return features


@dataclass(frozen=True, eq=False)
class Features:
    """A net that sees pictures as points, and what must be said beside each figure measured with it.

    Attributes:
        net: images (N, 3, size, size) in [-1, 1] to float (N, width); in evaluation mode, on the CPU.
        name: for people, and in results.
        size: side of the pictures it takes.
        width: numbers in a picture's features.
        fingerprint: SHA-256 of its weights: figures of different nets cannot be compared.
        about: where it comes from, when its file says.
    """

    net: nn.Module
    name: str
    size: int
    width: int
    fingerprint: str
    about: dict[str, Any]

    @torch.inference_mode()
    def __call__(self, pictures: UInt8) -> Tensor:
        """Features of pictures, uint8 (N, S, S, 3) of any side S, on the CPU: float32 (N, width)."""
        parts = [
            self.net(resize(to_images(np.array(pictures[first : first + _BATCH])), self.size)).float()
            for first in range(0, len(pictures), _BATCH)
        ]
        return torch.cat(parts) if parts else torch.zeros(0, self.width)


def resize(images: Tensor, size: int) -> Tensor:
    """Images (N, 3, S, S) in [-1, 1] at another side, as `RESIZE` says; the same ones where it is their own."""
    if images.shape[-1] == size and images.shape[-2] == size:
        return images
    return F.interpolate(images, (size, size), mode="bicubic", antialias=True, align_corners=False).clamp(-1, 1)


@cache
def shipped_features() -> Features:
    """The net that comes with the program."""
    return load_features(resource("faces/features.safetensors"))


def load_features(path: str | Path) -> Features:
    """A net from a file: one that packaging/make_features.py wrote, or torchvision's `inception_v3` as safetensors.

    Raises:
        WorkbenchError: there is no such file, it is damaged or a pickle, or its weights are those of another net.
    """
    path = Path(path).expanduser()
    arrays, info = read_arrays(path, "feature net")
    if info is not None:
        check_format(info, FORMAT, VERSION, "feature net", str(path))
        return _face_net(path, arrays, info)
    return _inception(path, arrays)


def _face_net(path: Path, arrays: dict[str, npt.NDArray[Any]], info: dict[str, Any]) -> Features:
    net = FaceNet()
    try:
        weights = {name: torch.from_numpy(array).float() for name, array in arrays.items()}
        counters = {name: value for name, value in net.state_dict().items() if name.endswith(".num_batches_tracked")}
        net.load_state_dict(counters | weights)
        name, about = str(info["name"]), dict(info["about"])
    except (RuntimeError, KeyError, TypeError, ValueError) as error:
        raise damaged(path, "feature net") from error
    return Features(_ready(net), name, SIZE, WIDTH, fingerprint(arrays), about)


def _inception(path: Path, arrays: dict[str, npt.NDArray[Any]]) -> Features:
    """torchvision's net without its classifier: 2,048 numbers, the means of its last maps.

    Images in [-1, 1] are what it takes inside: what its `transform_input` makes of ImageNet's normalisation.
    """
    from torchvision.models import inception_v3

    # the shapes come from the weights; drawing random ones first would take half a minute
    net = inception_v3(weights=None, aux_logits=False, init_weights=False, transform_input=False)
    net.fc = nn.Identity()
    wanted = net.state_dict()
    given = {name: array for name, array in arrays.items() if not name.startswith(("fc.", "AuxLogits."))}
    missing = sorted(name for name in wanted if name not in given and not name.endswith(".num_batches_tracked"))
    strange = sorted(name for name in given if name not in wanted)
    if missing or strange:
        which = f"'{missing[0]}' is missing" if missing else f"'{strange[0]}' does not belong there"
        raise _not_inception(path, f"{which}, one of {len(missing) + len(strange)} differences")
    for name, array in given.items():
        if array.shape != tuple(wanted[name].shape):
            raise _not_inception(path, f"'{name}' is {array.shape}, not {tuple(wanted[name].shape)}")
    net.load_state_dict({name: torch.from_numpy(array) for name, array in given.items()}, strict=False)
    about = {"file": path.name, "net": "torchvision inception_v3, 2,048 features before the classifier"}
    return Features(
        _ready(net), f"Inception v3 ({path.name})", INCEPTION_SIZE, INCEPTION_WIDTH, fingerprint(given), about
    )


def _not_inception(path: Path, difference: str) -> WorkbenchError:
    return WorkbenchError(
        f"'{path}' does not hold the weights of torchvision's inception_v3: {difference}.",
        "Give it the state dict of that net as safetensors (docs/formats.md shows how), or leave --features out.",
    )


def _ready(net: nn.Module) -> nn.Module:
    return net.float().eval().requires_grad_(False).to(memory_format=torch.channels_last)
