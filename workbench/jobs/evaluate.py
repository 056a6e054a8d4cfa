"""Measure a trained model on pictures that it has not learned from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from workbench.core.concepts.codes import encode_dataset
from workbench.core.concepts.concept import Counts, Direction
from workbench.core.concepts.labels import LEAST, LabelledCodes
from workbench.core.concepts.measure import find_direction
from workbench.core.concepts.methods import METHODS
from workbench.core.control import Control
from workbench.core.data.table import PARTITIONS, TEST, TRAIN
from workbench.core.errors import WorkbenchError
from workbench.core.events import Advice, Progress
from workbench.core.models.images import to_images
from workbench.core.models.vae import kl_divergence
from workbench.core.quality.reconstruction import psnr_each, ssim_each
from workbench.core.runs.trained import open_model
from workbench.jobs.api import Job
from workbench.jobs.prepare_data import prepare_data

_BATCH = 128
_ACTIVE = 0.1  # nats: a latent dimension that carries less than this on average says nothing about the picture


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How good a model is; every value with the EMA weights, on 8-bit pictures, with z = mean.

    Attributes:
        psnr: dB, the mean over pictures; infinite only if every picture comes back to the bit.
        ssim: -1 to 1, as scikit-image's with an 11-pixel Gaussian, per channel.
        kl: nats a picture, the mean; None for a model whose codes are not distributions.
        active_units: latent dimensions whose KL averages over 0.1 nat; None likewise.
        auc: by label, of the logistic normal found on the training partition.
        counts: by label, the pictures it was found and measured on.
        images: pictures measured.
        partition: "train", "validation" or "test".
    """

    psnr: float
    ssim: float
    kl: float | None
    active_units: int | None
    auc: Mapping[str, float]
    counts: Mapping[str, Counts]
    images: int
    partition: str

    def to_json(self) -> dict[str, Any]:
        """The same as JSON knows it."""
        return asdict(self)


def evaluate(
    model: str | Path, data: str | Path, partition: int = TEST, control: Control | None = None
) -> Job[Evaluation]:
    """Reconstruct one partition of a source and compare; tell its labels apart by their codes.

    Args:
        model: a run, a checkpoint or an exported model.
        data: a source.
        partition: 0 train, 1 validation, 2 test.

    Yields:
        what preparing and encoding the data yields, then Progress; Advice for what the values do not say.

    Raises:
        WorkbenchError: no such model or data, or no picture in that partition.
        Stopped: the user asked for it.
    """
    control = control or Control()
    if partition not in range(len(PARTITIONS)):
        raise WorkbenchError(f"There is no partition {partition}.", "Choose 0 (train), 1 (validation) or 2 (test).")
    trained = open_model(model)
    dataset = yield from prepare_data(data, trained.size, control)
    rows = dataset.rows(partition)
    if not len(rows):
        raise WorkbenchError(
            f"'{dataset.name}' has no pictures in its {PARTITIONS[partition]} partition.",
            "Choose another partition, or add pictures.",
        )
    if partition == TRAIN:
        yield Advice("The model has learned from these pictures.", "Measure on the test partition (2).")

    codes = yield from encode_dataset(trained, dataset, control)
    psnr = ssim = 0.0
    divergence = np.zeros(trained.latent)  # of each dimension, in nats, summed over pictures
    for start in range(0, len(rows), _BATCH):
        control.check()
        yield Progress("Measuring", start, len(rows), "pictures")
        batch = rows[start : start + _BATCH]
        pictures = np.asarray(dataset.pictures[batch])
        reconstructions = trained.decode(codes[batch])
        psnr += float(psnr_each(pictures, reconstructions).sum())
        ssim += float(ssim_each(pictures, reconstructions).sum())
        if isinstance(trained.net, _Variational):
            divergence += _divergence(trained.net, pictures)
    yield Progress("Measuring", len(rows), len(rows), "pictures")

    auc, counts = {}, {}
    known = LabelledCodes.of(dataset, codes)
    for label, direction in _classifiers(known, partition):
        control.check()
        if direction.auc is not None:
            auc[label], counts[label] = direction.auc, direction.counts
    kl = divergence / len(rows)
    variational = isinstance(trained.net, _Variational)
    return Evaluation(
        psnr=psnr / len(rows),
        ssim=ssim / len(rows),
        kl=float(kl.sum()) if variational else None,
        active_units=int((kl > _ACTIVE).sum()) if variational else None,
        auc=auc,
        counts=counts,
        images=len(rows),
        partition=PARTITIONS[partition],
    )


@runtime_checkable
class _Variational(Protocol):
    """A model that knows of each picture how sure its code is."""

    def distribution(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance of each picture's code."""


@torch.inference_mode()
def _divergence(net: _Variational, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """KL of the codes' distributions from the standard normal, summed over pictures: float64 (latent,), in nats."""
    mean, logvar = net.distribution(to_images(pictures))
    summed: npt.NDArray[np.float64] = kl_divergence(mean, logvar).sum(dim=0, dtype=torch.float64).numpy()
    return summed


def _classifiers(known: LabelledCodes, partition: int) -> Iterator[tuple[str, Direction]]:
    """For each label with enough pictures the logistic normal of the training partition, measured on `partition`."""
    for label in known.labels:
        train = known.examples(label, TRAIN)
        if min(len(train.with_it), len(train.without)) >= LEAST:
            direction = find_direction(METHODS["logistic"], train, known.train, known.examples(label, partition))
            if direction is not None:
                yield label, direction
