"""A judge of edits: a small image classifier that is trained on pixels and never sees a code.

It learns from photos and from what the model makes of the same photos, so that it is not fooled by the blur of decoded
pictures; and it looks at other pictures than those that set its thresholds.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.core.concepts.roc import auc
from workbench.core.control import Control
from workbench.core.errors import WorkbenchError
from workbench.core.events import Event, Progress
from workbench.core.models import blocks
from workbench.core.models.images import to_images
from workbench.core.quality.features import resize
from workbench.core.tensors import read_tensors, write_tensors

FORMAT, VERSION = "workbench-judge", 1
STEPS = 1800
"""Of 64 pictures: some six rounds of five thousand photos and their reconstructions, and of what is drawn."""
SEED = 1_957  # of the judge's own randomness; no concept is found with it

_BATCH = 64
_RATE = 2e-3
_SHIFT, _TURN, _SCALE = 0.08, 0.1, 0.1
"""How far a picture is moved while it is learned from, in halves of its side; turned, in radians; and scaled."""
_LIGHT, _CONTRAST = 0.2, 0.2  # by how much its brightness is changed, of a range of 2, and its contrast

UInt8 = npt.NDArray[np.uint8]
Float32 = npt.NDArray[np.float32]


class JudgeNet(nn.Module):
    """Images (N, 3, side, side) in [-1, 1] to a logit for each label."""

    def __init__(self, side: int, labels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for channels, stride in ((16, 2), (32, 2), (48, 2), (64, 1), (96, 2)):
            layers += [
                nn.Conv2d(before, channels, 3, stride, padding=1, bias=False),
                nn.BatchNorm2d(channels),
                nn.ReLU(),
            ]
            before = channels
        inputs = before * (side // 16) ** 2
        self.look = nn.Sequential(
            *layers, nn.Flatten(), nn.Linear(inputs, 64, bias=False), nn.BatchNorm1d(64), nn.ReLU()
        )
        self.tell = nn.Linear(64, labels)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.tell(self.look(images))
        return logits


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What a judge learns from or is measured on.

    Attributes:
        pictures: uint8 (N, S, S, 3).
        labels: by name, int8 (N,): 1 yes, -1 no, 0 unknown.
    """

    pictures: UInt8
    labels: Mapping[str, npt.NDArray[np.int8]]

    @classmethod
    def joined(cls, *lessons: Lesson) -> Lesson:
        """All their pictures; a label that one of them does not have is unknown there."""
        names = list(dict.fromkeys(name for lesson in lessons for name in lesson.labels))
        labels = {
            name: np.concatenate([le.labels.get(name, np.zeros(len(le.pictures), np.int8)) for le in lessons])
            for name in names
        }
        return cls(np.concatenate([lesson.pictures for lesson in lessons]), labels)


@dataclass(frozen=True, eq=False)
class Judge:
    """Says of pictures how much of each label they have.

    Attributes:
        net: in evaluation mode.
        side: of the pictures that it looks at.
        labels: their names.
        thresholds: the logit from which a label is there, float32 (labels,): where as many are missed as are wrongly
            seen, on pictures that it did not learn from.
        deviations: of the logits over faces, float32 (labels,): the unit of what it says.
        auc: by label, on faces of the test partition, photos and decoded ones; None where they are not labelled.
    """

    net: JudgeNet
    side: int
    labels: tuple[str, ...]
    thresholds: Float32
    deviations: Float32
    auc: Mapping[str, tuple[float | None, float | None]]

    def __call__(self, pictures: UInt8) -> Float32:
        """How much of each label: float32 (N, labels), in standard deviations over faces; above 0 it is there."""
        return (_logits(self.net, pictures, self.side) - self.thresholds) / self.deviations

    def save(self, path: Path) -> None:
        """Keep it for the next time."""
        arrays = {name: weight.numpy() for name, weight in self.net.state_dict().items()}
        info = {"format": FORMAT, "version": VERSION, "side": self.side, "labels": self.labels, "auc": dict(self.auc)}
        write_tensors(path, {**arrays, "thresholds": self.thresholds, "deviations": self.deviations}, info)

    @classmethod
    def load(cls, path: Path) -> Judge | None:
        """The judge in a file of the cache; None where it is missing or cannot be one."""
        try:
            arrays, info = read_tensors(path, FORMAT, VERSION, "judge")
            thresholds, deviations = arrays.pop("thresholds"), arrays.pop("deviations")
            labels = tuple(info["labels"])
            net = JudgeNet(int(info["side"]), len(labels))
            net.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
            found = {label: (values[0], values[1]) for label, values in info["auc"].items()}
        except (WorkbenchError, KeyError, TypeError, ValueError, RuntimeError):
            return None
        return cls(net.eval().requires_grad_(False), int(info["side"]), labels, thresholds, deviations, found)


def train_judge(
    learn: Lesson, settle: Lesson, tests: tuple[Lesson, Lesson], control: Control, steps: int = STEPS, seed: int = SEED
) -> Generator[Event, None, Judge]:
    """Train a judge; the same lessons give the same one.

    Args:
        learn: photos and decoded pictures.
        settle: decoded pictures that it does not learn from: they set its thresholds and its unit.
        tests: labelled photos and decoded pictures of the test partition.
        control: to stop.
        steps: of 64 pictures.
        seed: of its randomness.

    Yields:
        Progress.

    Raises:
        Stopped: the user asked for it.
    """
    labels = tuple(learn.labels)
    side = 64 if learn.pictures.shape[1] >= 64 else 32
    generator = torch.Generator().manual_seed(seed)
    net = JudgeNet(side, len(labels))
    blocks.initialise(net, generator)
    targets = np.stack([learn.labels[label] for label in labels], axis=1)
    weights = torch.from_numpy(_weights(targets))
    truth = torch.from_numpy((targets == 1).astype(np.float32))
    optimiser = torch.optim.Adam(net.parameters(), lr=_RATE, betas=(0.9, 0.99))
    net.train().to(memory_format=torch.channels_last)
    order = _order(len(targets), generator)
    for step in range(steps):
        control.check()
        if step % 10 == 0:
            yield Progress("Training the judge", step, steps, "steps")
        rows = next(order)
        for group in optimiser.param_groups:
            group["lr"] = _RATE * 0.5 * (1 + math.cos(math.pi * step / steps))
        images = _varied(resize(to_images(learn.pictures[rows.numpy()]), side), generator)
        loss = F.binary_cross_entropy_with_logits(net(images), truth[rows], weights[rows], reduction="sum") / len(rows)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    yield Progress("Training the judge", steps, steps, "steps")
    net.eval().requires_grad_(False)
    logits = _logits(net, settle.pictures, side)
    thresholds = np.array(
        [balanced_threshold(logits[:, n], settle.labels.get(label)) for n, label in enumerate(labels)]
    )
    deviations = np.maximum(logits.std(axis=0), 1e-6)
    told = [(test, _logits(net, test.pictures, side)) for test in tests]
    found = {}
    for n, label in enumerate(labels):
        known = [(test.labels.get(label, np.zeros(len(seen), np.int8)), seen[:, n]) for test, seen in told]
        photos, decoded = (auc(seen[truth == 1], seen[truth == -1]) for truth, seen in known)
        found[label] = (photos, decoded)
    return Judge(net, side, labels, thresholds.astype(np.float32), deviations.astype(np.float32), found)


def _order(count: int, generator: torch.Generator) -> Generator[Tensor, None, None]:
    """Batches of row numbers for ever, every row once a round."""
    batch = min(_BATCH, count)
    while True:
        rows = torch.randperm(count, generator=generator)
        yield from torch.split(rows[: count - count % batch], batch)


def _varied(images: Tensor, generator: torch.Generator) -> Tensor:
    """Each picture a little moved, turned, scaled and relit in its own way; not mirrored, for light has a side."""
    right, down, turn, scale, light, contrast = 2 * torch.rand((6, len(images)), generator=generator) - 1
    size, angle = 1 + _SCALE * scale, _TURN * turn
    cosine, sine = size * angle.cos(), size * angle.sin()
    rows = [cosine, -sine, _SHIFT * right], [sine, cosine, _SHIFT * down]
    places = F.affine_grid(torch.stack([torch.stack(row, 1) for row in rows], 1), list(images.shape), False)
    images = F.grid_sample(images, places, padding_mode="border", align_corners=False)
    images = images * (1 + _CONTRAST * contrast)[:, None, None, None] + (_LIGHT * light)[:, None, None, None]
    return images.contiguous(memory_format=torch.channels_last)


def _weights(targets: npt.NDArray[np.int8]) -> Float32:
    """What each label of each picture counts: nothing where unknown; both sides of a label, and all labels, alike."""
    weights = np.zeros(targets.shape, np.float32)
    for side in (1, -1):
        counts = np.maximum((targets == side).sum(axis=0), 1)
        weights += (targets == side) * np.minimum(len(targets) / (2 * counts), 50.0)
    return weights / np.float32(targets.shape[1])


def balanced_threshold(logits: Float32, truth: npt.NDArray[np.int8] | None) -> float:
    """The logit at which as large a share of those with is missed as of those without is wrongly seen; 0 if unknown."""
    if truth is None or not ((truth == 1).any() and (truth == -1).any()):
        return 0.0
    with_it, without = np.sort(logits[truth == 1]), np.sort(logits[truth == -1])
    places = np.concatenate([with_it, without])
    missed = np.searchsorted(with_it, places) / len(with_it)
    wrongly = 1 - np.searchsorted(without, places, side="right") / len(without)
    return float(places[np.argmin(np.abs(missed - wrongly))])


@torch.no_grad()
def _logits(net: JudgeNet, pictures: UInt8, side: int) -> Float32:
    parts: list[npt.NDArray[Any]] = [
        net(resize(to_images(np.array(pictures[first : first + 256])), side)).numpy()
        for first in range(0, len(pictures), 256)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, net.tell.out_features), np.float32)
