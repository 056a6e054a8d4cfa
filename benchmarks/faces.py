"""Faces in photos: how many are found, how exactly they are placed, what else is taken for one, what it costs.

Needs `--faces` with `pairs/` and `photos-unaligned.zip` beside it. Errors are in eye distances, over the photos in
which a face was found; one that is further off than half an eye distance counts as not found.
"""

from __future__ import annotations

import csv
import io
import statistics
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import skimage.data
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter
from sklearn.datasets import load_sample_images

from benchmarks.rows import Row
from workbench.core.faces.align import Points
from workbench.core.faces.find import find_boxes, find_faces
from workbench.core.faces.landmarks import guess

PLACES = ("left_eye", "right_eye", "mouth")
OFF = 0.5
"""Further off than this many eye distances is another thing than the face."""
CONTOUR = 0.037
"""The pupils of `pairs/` lie this much of the eye distance above the mean of the eye's contour, which is what we place
(README of the data)."""
WINDOWS = 200
FACELESS = (
    *("brick", "chelsea", "clock", "coffee", "coins", "grass", "gravel"),
    *("hubble_deep_field", "moon", "page", "retina", "rocket", "text"),
)
"""Pictures that scikit-image carries, without a face."""

UInt8 = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Truth:
    """A photo and where the eyes and the mouth of its face are."""

    pixels: UInt8
    points: Points


def measure(faces: Path | None) -> list[Row]:
    """All figures; `faces` is faces-128.zip, the other sets lie beside it."""
    if faces is None:
        return [
            Row("faces in photos", "not measured: needs --faces with pairs/ and photos-unaligned.zip", "", "", None)
        ]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return [*_placing(faces.parent), _false_faces(faces.parent), *_times(faces.parent)]
    finally:
        torch.set_num_threads(threads)


# The photos


def unaligned(folder: Path, split: str = "test") -> Iterator[Truth]:
    """One half of photos-unaligned.zip: the mean of the eye's contour is its eye centre."""
    with zipfile.ZipFile(folder / "photos-unaligned.zip") as archive:
        for row in csv.DictReader(io.TextIOWrapper(archive.open("landmarks.csv"), "utf-8")):
            if row["split"] == split:
                yield Truth(_rgb(Image.open(archive.open(row["file"]))), _points(row))


def pairs(folder: Path) -> Iterator[tuple[str, Truth]]:
    """The photos of `pairs/` with their expression: the pupil is the eye centre."""
    with (folder / "pairs" / "people.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield row["expression"], Truth(_rgb(Image.open(folder / "pairs" / row["file"])), _points(row))


def _points(row: dict[str, str]) -> Points:
    return Points.from_array([[float(row[f"{place}_{axis}"]) for axis in "xy"] for place in PLACES])


def _rgb(image: Image.Image) -> UInt8:
    return np.asarray(image.convert("RGB"))


# Found, and placed


def _placing(folder: Path) -> list[Row]:
    neutral = [truth for expression, truth in pairs(folder) if expression == "neutral"]
    smiling = [truth for expression, truth in pairs(folder) if expression == "smiling"]
    test = list(unaligned(folder))
    contour, plain = _errors(test)
    pupils, _ = _errors(neutral, CONTOUR)
    found = len(pupils) + len(_errors(smiling, CONTOUR)[0])
    return [
        _found(f"pairs/, {len(neutral) + len(smiling)} photos", found / (len(neutral) + len(smiling)), 0.99),
        _found(f"{len(test)} test photos", len(contour) / len(test), 0.98),
        Row(
            f"worse eye's error over the eye distance, {len(contour)} test photos: mean; p95",
            f"{contour.mean():.3f}; {np.percentile(contour, 95):.3f}",
            f"fixed places of the finder's box {plain.mean():.3f}; {np.percentile(plain, 95):.3f}",
            "<= 0.040; <= 0.075 (MTCNN 0.045; 0.084)",
            bool(contour.mean() <= 0.040 and np.percentile(contour, 95) <= 0.075),
        ),
        Row(
            f"the same on {len(pupils)} neutral photos of pairs/, pupils less {CONTOUR} upwards: mean; p95",
            f"{pupils.mean():.3f}; {np.percentile(pupils, 95):.3f}",
            "",
            "mean <= 0.030",
            bool(pupils.mean() <= 0.030),
        ),
    ]


def _found(which: str, share: float, target: float) -> Row:
    return Row(f"faces found, {which}", f"{share:.1%}", "", f">= {target:.0%}", share >= target)


def _errors(truths: list[Truth], pupil_above: float = 0.0) -> tuple[npt.NDArray[np.float64], ...]:
    """The worse eye's error of each face that was found: as placed, and by fixed places of the finder's box."""
    placed, plain = [], []
    for truth in truths:
        places = truth.points.array()
        across = places[1] - places[0]
        distance = float(np.linalg.norm(across))
        down = np.array([-across[1], across[0]]) / distance
        eyes = places[:2] + pupil_above * distance * down
        for face in find_faces(truth.pixels)[:1]:
            error = _worse(face.points, eyes) / distance
            if error < OFF:
                placed.append(error)
                plain.append(_worse(guess(face.box), eyes) / distance)
    return np.array(placed), np.array(plain)


def _worse(points: Points, eyes: npt.NDArray[np.float64]) -> float:
    return float(np.linalg.norm(points.array()[:2] - eyes, axis=1).max())


# What is taken for a face


def _false_faces(folder: Path) -> Row:
    windows = faceless_windows(folder)
    seen = sum(len(find_faces(window)) for window in windows)
    return Row(f"false faces in {len(windows)} windows without a face", str(seen), "", "<= 2", seen <= 2)


def faceless_windows(folder: Path, seed: int = 0) -> list[UInt8]:
    """Half of them cut beside and below the faces of photos, a quarter from pictures, a quarter made up."""
    rng = np.random.default_rng(seed)
    photos = [truth for _, truth in pairs(folder)] + list(unaligned(folder))
    cuts = [cut for row in rng.permutation(len(photos)) if (cut := _beside(photos[row], rng)) is not None]
    others = [_corner(_faceless()[number % len(_faceless())], rng) for number in range(WINDOWS // 4)]
    textures = [_texture(rng) for _ in range(WINDOWS // 4)]
    return [*cuts[: WINDOWS // 2], *others, *textures]


def _beside(truth: Truth, rng: np.random.Generator) -> UInt8 | None:
    """A window that ends where the face begins, at one of its four sides; None where there is no room."""
    places = truth.points.array()
    unit = float(np.linalg.norm(places[1] - places[0]))
    middle = places.mean(axis=0)
    left, top = np.maximum(middle - unit * np.array([1.1, 1.3]), 0).astype(int)
    right, bottom = (middle + unit * np.array([1.1, 1.3])).astype(int)
    pixels = truth.pixels
    sides = [pixels[:, :left], pixels[:, right:], pixels[:top], pixels[bottom:]]
    roomy = [side for side in sides if min(side.shape[:2]) >= 64]
    return _corner(roomy[rng.integers(len(roomy))], rng) if roomy else None


def _corner(pixels: UInt8, rng: np.random.Generator) -> UInt8:
    """A part of a picture, at least 64 pixels and half of it each way."""
    height, width = (int(rng.integers(max(side // 2, 64), side + 1)) for side in pixels.shape[:2])
    y, x = (int(rng.integers(0, full - part + 1)) for full, part in zip(pixels.shape, (height, width), strict=False))
    return np.ascontiguousarray(pixels[y : y + height, x : x + width])


@cache
def _faceless() -> tuple[UInt8, ...]:
    pictures = [_rgb(Image.fromarray(getattr(skimage.data, name)())) for name in FACELESS]
    return (*pictures, *load_sample_images().images)


def _texture(rng: np.random.Generator) -> UInt8:
    """Noise of several sizes, waves and blocks: what a finder might see something in."""
    size = int(rng.integers(120, 600))
    picture = np.zeros((size, size, 3))
    for scale in (1, 3, 9, 27):
        picture += rng.random() * 40 * scale * gaussian_filter(rng.normal(size=(size, size, 3)), (scale, scale, 0.5))
    y, x = np.mgrid[:size, :size]
    picture += rng.random() * 60 * np.sin(x / rng.uniform(2, 60) + y / rng.uniform(2, 60))[..., None]
    for _ in range(int(rng.integers(0, 8))):
        top, left = rng.integers(0, size - 20, 2)
        picture[top : top + rng.integers(10, 200), left : left + rng.integers(10, 200)] += rng.normal(0, 60, 3)
    return np.rint(picture + rng.uniform(60, 190)).clip(0, 255).astype(np.uint8)


# What it costs


def _times(folder: Path) -> list[Row]:
    photos = [truth.pixels for number, (_, truth) in enumerate(pairs(folder)) if number % 20 == 0]
    large = [np.asarray(Image.fromarray(pixels).resize((4000, 3000))) for pixels in photos]
    size = "x".join(map(str, photos[0].shape[:2]))
    return [
        _time(f"a photo of {size} px", photos, 150),
        _time("a photo of 12 megapixels", large, 300),
    ]


def _time(which: str, photos: list[UInt8], target: float) -> Row:
    seconds = []
    for pixels in (photos[0], *photos):  # the first of them warms up
        start = time.process_time()
        find_faces(pixels)
        seconds.append(time.process_time() - start)
    ours = 1e3 * statistics.median(seconds[1:])
    boxes = []
    for pixels in photos:
        start = time.process_time()
        find_boxes(pixels)
        boxes.append(time.process_time() - start)
    return Row(
        f"finding and placing, {which}, one thread, processor time, median of {len(photos)}",
        f"{ours:.0f} ms",
        f"the finder alone {1e3 * statistics.median(boxes):.0f} ms",
        f"<= {target:.0f} ms",
        ours <= target,
    )
