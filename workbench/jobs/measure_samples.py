"""Measure a model's random pictures beside real ones, and beside that real ones, which nothing can better."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from workbench.core.control import Control
from workbench.core.data.cache import Dataset
from workbench.core.data.table import TEST, TRAIN
from workbench.core.errors import WorkbenchError
from workbench.core.events import Advice, Event, Progress
from workbench.core.quality.distance import NEIGHBOURS, Distances, distances
from workbench.core.quality.features import RESIZE, Features
from workbench.core.quality.samples import BATCH, sample_batches
from workbench.core.quality.sharpness import sharpness_each
from workbench.core.runs.trained import TrainedModel
from workbench.jobs.api import Job

SAMPLES = 2048
"""Fewer leave KID and FID too uncertain to compare models by."""
LEAST = 20
"""Fewer pictures are not measured at all: two halves of them would have fewer than ten points each."""
CROP = "the middle square of each picture, by Lanczos"

UInt8 = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What has to be said beside KID, FID, density and coverage.

    Attributes:
        samples: random pictures of the model, drawn with `seed`.
        prior: what their codes were drawn from: "mixture" (fitted to real codes), "normal" or "uniform".
        real: real pictures they were compared with.
        real_held_out: how many of those are not in the training partition.
        floor: pictures in each of the two disjoint sets of real ones that the floor was measured between.
        size: side in pixels at which all of them were taken; `crop` says how the real ones came to it.
        features: the net they were seen with, its `features_fingerprint`, and how many numbers it gives.
        features_size: side in pixels that it takes; `resize` says how pictures came to it.
        neighbours: k of density and coverage.
    """

    samples: int
    prior: str
    real: int
    real_held_out: int
    floor: int
    size: int
    crop: str
    features: str
    features_fingerprint: str
    features_width: int
    features_size: int
    resize: str
    neighbours: int
    seed: int


@dataclass(frozen=True, slots=True)
class SampleMeasures:
    """A model's random pictures beside real ones.

    Attributes:
        distances: of the samples from the real pictures.
        floor: of other real pictures from them: what a perfect model would reach.
        sharpness: mean variance of the Laplacian of the samples.
        conditions: how it was measured.
    """

    distances: Distances
    floor: Distances
    sharpness: float
    conditions: Conditions

    def to_json(self) -> dict[str, Any]:
        """The same as JSON knows it."""
        return asdict(self)


def measure_samples(
    trained: TrainedModel,
    dataset: Dataset,
    features: Features,
    count: int = SAMPLES,
    partition: int = TEST,
    seed: int = 0,
    control: Control | None = None,
) -> Job[SampleMeasures]:
    """Compare `count` random pictures of a model with as many real ones.

    The real pictures are those of `partition`, filled up with other held-out ones, then with those of the training
    partition. The floor compares them with as many others; where a source has too few for that, its two halves.

    Args:
        trained: the model.
        dataset: real pictures of the model's size, at least 20.
        features: the net to see them with.
        count: random pictures, at least 20.
        seed: of the random pictures and the choice of real ones; the same seed gives the same figures.

    Yields:
        Progress; Advice when there are too few pictures to compare models by.

    Raises:
        WorkbenchError: too few pictures, or a model that makes up none.
        Stopped: the user asked for it.
    """
    control = control or Control()
    if count < LEAST:
        raise WorkbenchError(
            f"{count} random pictures are too few to measure.", f"Take {LEAST} or more, better {SAMPLES:,}."
        )
    if len(dataset) < LEAST:
        raise WorkbenchError(
            f"'{dataset.name}' has {len(dataset)} pictures, too few to compare random ones with.",
            f"Use at least {LEAST}, better {SAMPLES:,}.",
        )
    chosen, first, second = _choose(dataset, count, partition, np.random.default_rng(seed))
    if (least := min(count, len(chosen))) < SAMPLES:
        yield Advice(
            f"KID and FID of {least:,} pictures are uncertain.",
            f"Use at least {SAMPLES:,} random pictures (--samples) and as many real ones to compare models.",
        )

    rows = np.unique(np.concatenate([chosen, first, second]))
    batches = (np.asarray(dataset.pictures[rows[start : start + BATCH]]) for start in range(0, len(rows), BATCH))
    seen, _ = yield from _look(batches, len(rows), features, "Looking at real pictures", control)

    def real(some: npt.NDArray[np.int64]) -> Tensor:
        return seen[torch.from_numpy(np.searchsorted(rows, some))]

    made = sample_batches(trained.net, count, seed)
    fake, sharpness = yield from _look(made, count, features, "Making random pictures", control)
    control.check()
    yield Progress("Comparing", 0, 2, "sets")
    found = distances(real(chosen), fake)
    control.check()
    yield Progress("Comparing", 1, 2, "sets")
    floor = distances(real(first), real(second))
    yield Progress("Comparing", 2, 2, "sets")
    conditions = Conditions(
        samples=count,
        prior=trained.net.prior,
        real=len(chosen),
        real_held_out=int((dataset.partition[chosen] != TRAIN).sum()),
        floor=len(second),
        size=trained.size,
        crop=CROP,
        features=features.name,
        features_fingerprint=features.fingerprint,
        features_width=features.width,
        features_size=features.size,
        resize=RESIZE,
        neighbours=NEIGHBOURS,
        seed=seed,
    )
    return SampleMeasures(found, floor, sharpness, conditions)


def _choose(
    dataset: Dataset, count: int, partition: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows of real pictures: up to `count` to compare with, and two disjoint sets of one size for the floor."""
    order = [partition, *(part for part in (2, 1, 0) if part != partition)]
    rows = np.concatenate([rng.permutation(dataset.rows(part)) for part in order])
    if len(rows) >= 2 * count:
        return rows[:count], rows[:count], rows[count : 2 * count]
    mixed = rng.permutation(rows)
    half = len(mixed) // 2
    return rows[:count], mixed[:half], mixed[half : 2 * half]


def _look(
    batches: Iterator[UInt8], total: int, features: Features, task: str, control: Control
) -> Generator[Event, None, tuple[Tensor, float]]:
    """The features of pictures as they come, (total, width), and their mean sharpness; no batch is kept."""
    seen = torch.empty(total, features.width)
    sharpness, done = 0.0, 0
    yield Progress(task, 0, total, "pictures")
    for pictures in batches:
        control.check()
        seen[done : done + len(pictures)] = features(pictures)
        sharpness += float(sharpness_each(pictures).sum())
        done += len(pictures)
        yield Progress(task, done, total, "pictures")
    return seen, sharpness / total
