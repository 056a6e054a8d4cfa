"""The eyes and the mouth inside a face's box: two small nets of our own, made by packaging/make_landmarks.py.

It looks at a grey window that is cut so that the three places would lie at known spots if the guess were right, and
answers how far off they are. A coarse net starts from the box, a fine one from the coarse answer.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from workbench.core.faces.align import Alignment, Points, align, invert, similarity, transform
from workbench.core.resources import resource

SIZE = 64
"""Side of the window in pixels."""

WINDOW = Alignment(left_eye=(0.31, 0.31), right_eye=(0.69, 0.31), mouth=(0.5, 0.74))
"""Where the guessed places lie in the window: 2.6 eye distances wide, from the forehead to the chin."""

STAGES = ("coarse", "fine", "fine")
"""The nets, in the order in which they correct the guess."""

BOX_SHAPE = ((-0.217, -0.213), (0.217, -0.213), (0.0, 0.242))
"""The three places about the middle of a box of the finder, in its sides; means over 394 photos."""

_GREY = np.array([0.299, 0.587, 0.114], np.float32)


class LandmarkNet(nn.Sequential):
    """Grey windows float32 (N, 1, 64, 64) of mean 0 and deviation 1, to offsets (N, 6) of the three places.

    An offset is (x, y) of left eye, right eye, mouth, away from `WINDOW`, in sides of the window.
    """

    def __init__(self) -> None:
        layers: list[nn.Module] = []
        before = 1
        for channels, stride in ((16, 2), (32, 2), (32, 1), (64, 2), (64, 1), (96, 2)):
            layers += [
                nn.Conv2d(before, channels, 3, stride, padding=1, bias=False),
                nn.BatchNorm2d(channels),
                nn.ReLU(),
            ]
            before = channels
        super().__init__(*layers, nn.Flatten(), nn.Linear(96 * 16, 64), nn.ReLU(), nn.Linear(64, 6))


def normalise(windows: Tensor) -> Tensor:
    """Windows (N, 1, S, S) with mean 0 and deviation 1 each: brightness and contrast do not matter."""
    deviation, mean = torch.std_mean(windows, dim=(1, 2, 3), keepdim=True)
    return (windows - mean) / (deviation + 1e-3)


def load_nets(path: Path) -> dict[str, LandmarkNet]:
    """The nets of a weights file (float16 safetensors, names "coarse." and "fine."), ready for use."""
    weights = load_file(path)
    nets = {}
    for stage in dict.fromkeys(STAGES):
        net = LandmarkNet()
        prefix = f"{stage}."
        net.load_state_dict({k.removeprefix(prefix): v.float() for k, v in weights.items() if k.startswith(prefix)})
        nets[stage] = net.eval()
    return nets


@cache
def _shipped_nets() -> dict[str, LandmarkNet]:
    return load_nets(resource("faces/landmarks.safetensors"))


def guess(box: tuple[float, float, float, float], quarters: int = 0) -> Points:
    """Where the places of a face mostly are in its box; for the arguments see `place_points`."""
    left, top, right, bottom = box
    middle = ((left + right) / 2, (top + bottom) / 2)
    side = (right - left + bottom - top) / 2
    cosine, sine = ((1, 0), (0, 1), (-1, 0), (0, -1))[quarters]
    shape = np.array(BOX_SHAPE) @ np.array([[cosine, sine], [-sine, cosine]])
    return Points.from_array(np.array(middle) + side * shape)


def in_the_middle(width: int, height: int) -> Points:
    """Three points in the middle of a photo, to be dragged to where the face is."""
    side = 0.4 * min(width, height)
    x, y = (width - 1) / 2, (height - 1) / 2
    return guess((x - side / 2, y - side / 2, x + side / 2, y + side / 2))


def place_points(
    pixels: npt.NDArray[np.uint8],
    box: tuple[float, float, float, float],
    quarters: int = 0,
    nets: dict[str, LandmarkNet] | None = None,
) -> Points:
    """The eye centres (means of the eyes' contours) and the mouth centre (middle of its corners) of a face.

    Args:
        pixels: the photo, uint8 (H, W, 3).
        box: the face's left, top, right, bottom in photo pixels.
        quarters: of a turn, clockwise, that the face is away from upright.
        nets: others than the shipped ones, to measure them.
    """
    nets = nets or _shipped_nets()
    points = guess(box, quarters)
    for stage in STAGES:
        matrix = similarity(points, WINDOW, SIZE)
        grey = align(pixels, matrix, SIZE).astype(np.float32) @ _GREY
        offsets = _offsets(nets[stage], torch.from_numpy(grey))
        points = Points.from_array(transform(invert(matrix), (WINDOW.array() + offsets) * SIZE - 0.5))
    return points


@torch.inference_mode()
def _offsets(net: LandmarkNet, grey: Tensor) -> npt.NDArray[np.float32]:
    """How far the three places of a window (64, 64) are from `WINDOW`: float32 (3, 2), in sides of the window.

    The mean of what the net says of the window and of its mirror image: a tenth less error, at no training.
    """
    window = normalise(grey[None, None])
    plain, mirrored = net(torch.cat([window, window.flip(3)])).view(2, 3, 2).numpy()
    swapped = mirrored[[1, 0, 2]] * np.array([-1, 1], np.float32)
    mean: npt.NDArray[np.float32] = (plain + swapped) / 2
    return mean
