"""The eyes and the mouth inside a face's box: a small net of our own, made by packaging/make_landmarks.py.

It looks at a grey window that is cut so that the three places would lie at known spots if the guess were right, and
says where they are in it. The box gives the first guess, each answer the next.
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
from workbench.core.pictures import to_grey
from workbench.core.resources import resource

SIZE = 64
"""Side of the window in pixels."""

WINDOW = Alignment(left_eye=(0.31, 0.31), right_eye=(0.69, 0.31), mouth=(0.5, 0.74))
"""Where the guessed places lie in the window: 2.6 eye distances wide, from the forehead to the chin."""

LOOKS = 3
"""How often the net corrects the guess."""

BOX_SHAPE = ((-0.217, -0.213), (0.217, -0.213), (0.0, 0.242))
"""The three places about the middle of a box of the finder, in its sides; means over 394 photos."""

_MAP = 16  # side of the maps in which the places are looked for

Pixels = npt.NDArray[np.uint8]
Box = tuple[float, float, float, float]


class LandmarkNet(nn.Module):
    """Grey windows float32 (N, 1, 64, 64) of mean 0 and deviation 1, to places (N, 3, 2): x and y of left eye, right
    eye and mouth, in sides of the window.

    A small hourglass makes a map of 16 x 16 for each place; the place is the mean over the map, which is differentiable
    and finer than its pixels (integral regression, Sun et al. 2018).
    """

    grid: Tensor

    def __init__(self, widths: tuple[int, int, int, int] = (16, 32, 48, 80)) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = widths
        self.at_16 = nn.Sequential(_block(1, half, 2), _block(half, quarter, 2), _block(quarter, quarter))
        self.at_8 = nn.Sequential(_block(quarter, eighth, 2), _block(eighth, eighth))
        self.at_4 = nn.Sequential(_block(eighth, sixteenth, 2), _block(sixteenth, sixteenth))
        self.up_to_8, self.up_to_16 = nn.Conv2d(sixteenth, eighth, 1), nn.Conv2d(eighth, quarter, 1)
        self.back_at_8, self.back_at_16 = _block(eighth, eighth), _block(quarter, quarter)
        self.maps = nn.Conv2d(quarter, 3, 1)
        self.register_buffer("grid", (torch.arange(_MAP) + 0.5) / _MAP, persistent=False)

    def forward(self, windows: Tensor) -> Tensor:
        fine = self.at_16(windows)
        middle = self.at_8(fine)
        coarse = self.at_4(middle)
        middle = self.back_at_8(middle + _twice(self.up_to_8(coarse)))
        fine = self.back_at_16(fine + _twice(self.up_to_16(middle)))
        chances = self.maps(fine).flatten(2).softmax(2).view(-1, 3, _MAP, _MAP)
        return torch.stack([chances.sum(2) @ self.grid, chances.sum(3) @ self.grid], 2)


def _block(before: int, channels: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(before, channels, 3, stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(channels), nn.ReLU())


def _twice(maps: Tensor) -> Tensor:
    return nn.functional.interpolate(maps, scale_factor=2.0, mode="nearest")


def normalise(windows: Tensor) -> Tensor:
    """Windows (N, 1, S, S) with mean 0 and deviation 1 each: brightness and contrast do not matter."""
    deviation, mean = torch.std_mean(windows, dim=(1, 2, 3), keepdim=True)
    return (windows - mean) / (deviation + 1e-3)


def load_net(path: Path) -> LandmarkNet:
    """The net of a weights file (float16 safetensors), ready for use."""
    net = LandmarkNet()
    net.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    return net.eval()


@cache
def _shipped_net() -> LandmarkNet:
    return load_net(resource("faces/landmarks.safetensors"))


def guess(box: Box, quarters: int = 0) -> Points:
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


def place_points(pixels: Pixels, box: Box, quarters: int = 0, net: LandmarkNet | None = None) -> Points:
    """The eye centres (means of the eyes' contours) and the mouth centre (middle of its corners) of a face.

    Args:
        pixels: the photo, uint8 (H, W, 3).
        box: the face's left, top, right, bottom in photo pixels.
        quarters: of a turn, clockwise, that the face is away from upright.
        net: another one than the shipped one, to measure it.
    """
    net = net or _shipped_net()
    grey, corner = _surroundings(pixels, box)
    points = Points.from_array(guess(box, quarters).array() - corner)
    for _ in range(LOOKS):
        matrix = similarity(points, WINDOW, SIZE)
        window = torch.from_numpy(align(grey, matrix, SIZE)[..., 0].astype(np.float32))
        points = Points.from_array(transform(invert(matrix), _places(net, window) * SIZE - 0.5))
    return Points.from_array(points.array() + corner)


def _surroundings(pixels: Pixels, box: Box) -> tuple[Pixels, npt.NDArray[np.float64]]:
    """The box and as much again around it, grey (h, w, 1), and its upper left corner in the photo."""
    left, top, right, bottom = box
    reach = max(right - left, bottom - top)
    limits = np.array([pixels.shape[1], pixels.shape[0]])
    first = np.clip(np.floor([left - reach, top - reach]), 0, limits - 1).astype(int)
    last = np.clip(np.ceil([right + reach, bottom + reach]), first + 1, limits).astype(int)
    return to_grey(pixels[first[1] : last[1], first[0] : last[0]])[..., None], first.astype(np.float64)


@torch.inference_mode()
def _places(net: LandmarkNet, window: Tensor) -> npt.NDArray[np.float64]:
    """Where the three places are in a window (64, 64): (3, 2), in its sides.

    The mean of what the net says of the window and of its mirror image: less error, at no training.
    """
    seen = normalise(window[None, None])
    plain, mirrored = net(torch.cat([seen, seen.flip(3)])).double().numpy()
    swapped = np.array([1, 0]) + mirrored[[1, 0, 2]] * np.array([-1, 1])
    mean: npt.NDArray[np.float64] = (plain + swapped) / 2
    return mean
