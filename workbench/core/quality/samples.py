"""A model's random pictures: made a batch at a time, and measured quickly while it is being trained."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch

from workbench.core.errors import WorkbenchError
from workbench.core.models.base import Model
from workbench.core.models.images import to_pictures
from workbench.core.quality.distance import kid, spread
from workbench.core.quality.features import Features, shipped_features

BATCH = 64

UInt8 = npt.NDArray[np.uint8]


def sample_batches(net: Model, count: int, seed: int) -> Iterator[UInt8]:
    """`count` random pictures of a net on the CPU, uint8 (up to 64, S, S, 3) at a time; the same ones for a seed.

    Raises:
        WorkbenchError: the net gives pictures that are not numbers.
    """
    generator = torch.Generator().manual_seed(seed)
    for first in range(0, count, BATCH):
        with torch.inference_mode():
            images = net.sample(min(BATCH, count - first), generator)
        if not torch.isfinite(images).all():
            raise WorkbenchError(
                "The model makes up pictures that are not numbers.", "Use an earlier checkpoint, or train again."
            )
        yield to_pictures(images)


class SampleQuality:
    """Two figures of a model's random pictures, cheap enough to follow a training: real pictures are seen only once.

    Both stray with few pictures: follow how they move, and compare models by `workbench evaluate`.

    Args:
        real: uint8 (N, S, S, 3), N >= 4; some hundred are enough.
        features: the net to see them with; the shipped one by default.

    Attributes:
        floor: KID between the two halves of the real pictures: how far from 0 the figure strays by chance.
    """

    def __init__(self, real: UInt8, features: Features | None = None) -> None:
        self.features = features or shipped_features()
        self._real = self.features(real)
        self._spread = spread(self._real)
        self.floor = kid(self._real[::2], self._real[1::2])  # it also imports torchmetrics before the training begins

    def __call__(self, samples: UInt8) -> dict[str, float]:
        """Measure random pictures, uint8 (M, S, S, 3), M >= 2.

        Returns:
            "kid": their kernel Inception distance from the real ones, 0 where they cannot be told apart;
            "diversity": the mean distance between two of them over that of the real ones; 0 when all are the same.
        """
        seen = self.features(samples)
        return {"kid": kid(self._real, seen), "diversity": spread(seen) / self._spread if self._spread else 0.0}
