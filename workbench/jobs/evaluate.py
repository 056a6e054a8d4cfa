"""Measure a trained model: on pictures that it has not learned from, and by those that it makes up."""

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
from workbench.core.data.cache import Dataset
from workbench.core.data.table import PARTITIONS, TEST, TRAIN
from workbench.core.errors import WorkbenchError
from workbench.core.events import Advice, Progress
from workbench.core.models.images import to_images
from workbench.core.models.vae import kl_divergence
from workbench.core.quality.distance import Distances
from workbench.core.quality.features import Features, load_features, shipped_features
from workbench.core.quality.reconstruction import ms_ssim_each, psnr_each, ssim_each
from workbench.core.quality.sharpness import Sharpness, sharpness_each
from workbench.core.runs.trained import Prior, TrainedModel, open_model
from workbench.jobs.api import Job, notices
from workbench.jobs.measure_samples import LEAST as LEAST_SAMPLES
from workbench.jobs.measure_samples import SAMPLES, Conditions, SampleMeasures, measure_samples
from workbench.jobs.prepare_data import prepare_data

_BATCH = 128
_ACTIVE = 0.1  # nats: a latent dimension that carries less than this on average says nothing about the picture


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How good a model is; every value with the EMA weights, on 8-bit pictures, with z = mean.

    Attributes:
        psnr: dB, the mean over pictures; infinite only if every picture comes back to the bit.
        ssim: -1 to 1, as scikit-image's with an 11-pixel Gaussian, per channel.
        ms_ssim: 0 to 1, over the scales that fit the size (`reconstruction.scales`).
        kl: nats a picture, the mean; None for a model whose codes are not distributions.
        active_units: latent dimensions whose KL averages over 0.1 nat; None likewise.
        auc: by label, of the logistic normal found on the training partition.
        counts: by label, the pictures it was found and measured on.
        images: pictures measured.
        partition: "train", "validation" or "test".
        kid, fid, density, coverage: of random pictures; None when none were asked for, or the source has too few.
        floor: the same four between real pictures: what a perfect model would reach; None likewise.
        conditions: how those were measured; None likewise.
        sharpness: of the originals, their reconstructions and the random pictures.

    A model that cannot encode has no psnr, ssim, ms_ssim and auc.
    """

    psnr: float | None
    ssim: float | None
    ms_ssim: float | None
    kl: float | None
    active_units: int | None
    auc: Mapping[str, float]
    counts: Mapping[str, Counts]
    images: int
    partition: str
    kid: float | None
    fid: float | None
    density: float | None
    coverage: float | None
    floor: Distances | None
    conditions: Conditions | None
    sharpness: Sharpness

    def to_json(self) -> dict[str, Any]:
        """The same as JSON knows it."""
        return {**asdict(self), "sharpness": self.sharpness.to_json()}


@dataclass(slots=True)
class _Sums:
    """Over the pictures of a partition, each picture counting the same."""

    psnr: float = 0.0
    ssim: float = 0.0
    ms_ssim: float = 0.0
    sharpness: float = 0.0
    sharpness_after: float = 0.0


def evaluate(
    model: str | Path,
    data: str | Path,
    partition: int = TEST,
    samples: int = SAMPLES,
    features: str | Path | None = None,
    seed: int = 0,
    prior: Prior = "mixture",
    control: Control | None = None,
) -> Job[Evaluation]:
    """Reconstruct one partition of a source and compare; tell its labels apart by their codes; judge random pictures.

    Args:
        model: a run, a checkpoint or an exported model.
        data: a source.
        partition: 0 train, 1 validation, 2 test.
        samples: random pictures to measure; 0 leaves that out.
        features: file of the net to see them with (`features.load_features`); the shipped one by default.
        seed: of the random pictures.
        prior: what their codes are drawn from, as `open_model` takes it.

    Yields:
        what preparing and encoding the data yields, then Progress; Advice for what the values do not say.

    Raises:
        WorkbenchError: no such model or data, or no picture in that partition; no feature net in `features`.
        Stopped: the user asked for it.
    """
    control = control or Control()
    if partition not in range(len(PARTITIONS)):
        raise WorkbenchError(f"There is no partition {partition}.", "Choose 0 (train), 1 (validation) or 2 (test).")
    if samples and samples < LEAST_SAMPLES:
        raise WorkbenchError(
            f"{samples} random pictures are too few to measure.", f"Take {SAMPLES:,}, or 0 to leave them out."
        )
    trained = open_model(model, prior)
    yield from notices(trained)
    net = _features(features) if samples else None
    dataset = yield from prepare_data(data, trained.size, control)
    rows = dataset.rows(partition)
    if not len(rows):
        raise WorkbenchError(
            f"'{dataset.name}' has no pictures in its {PARTITIONS[partition]} partition.",
            "Choose another partition, or add pictures.",
        )
    if partition == TRAIN:
        yield Advice("The model has learned from these pictures.", "Measure on the test partition (2).")

    encodes = trained.encodes
    codes = (yield from encode_dataset(trained, dataset, control)) if encodes else None
    sums = _Sums()
    divergence = np.zeros(trained.latent)  # of each dimension, in nats, summed over pictures
    variational = isinstance(trained.net, _Variational)
    for start in range(0, len(rows), _BATCH):
        control.check()
        yield Progress("Measuring", start, len(rows), "pictures")
        batch = rows[start : start + _BATCH]
        pictures = np.asarray(dataset.pictures[batch])
        sums.sharpness += float(sharpness_each(pictures).sum())
        if codes is not None:
            reconstructions = trained.decode(codes[batch])
            sums.psnr += float(psnr_each(pictures, reconstructions).sum())
            sums.ssim += float(ssim_each(pictures, reconstructions).sum())
            sums.ms_ssim += float(ms_ssim_each(pictures, reconstructions).sum())
            sums.sharpness_after += float(sharpness_each(reconstructions).sum())
        if isinstance(trained.net, _Variational):
            divergence += _divergence(trained.net, pictures)
    yield Progress("Measuring", len(rows), len(rows), "pictures")

    auc, counts = {}, {}
    if codes is not None:
        known = LabelledCodes.of(dataset, codes)
        for label, direction in _classifiers(known, partition):
            control.check()
            if direction.auc is not None:
                auc[label], counts[label] = direction.auc, direction.counts
    made = yield from _samples(trained, dataset, net, samples, partition, seed, control)
    count, kl = len(rows), divergence / len(rows)
    return Evaluation(
        psnr=sums.psnr / count if encodes else None,
        ssim=sums.ssim / count if encodes else None,
        ms_ssim=sums.ms_ssim / count if encodes else None,
        kl=float(kl.sum()) if variational else None,
        active_units=int((kl > _ACTIVE).sum()) if variational else None,
        auc=auc,
        counts=counts,
        images=count,
        partition=PARTITIONS[partition],
        kid=made.distances.kid if made else None,
        fid=made.distances.fid if made else None,
        density=made.distances.density if made else None,
        coverage=made.distances.coverage if made else None,
        floor=made.floor if made else None,
        conditions=made.conditions if made else None,
        sharpness=Sharpness(
            originals=sums.sharpness / count,
            reconstructions=sums.sharpness_after / count if encodes else None,
            samples=made.sharpness if made else None,
        ),
    )


def _features(file: str | Path | None) -> Features:
    """The net of a file, or the shipped one."""
    return shipped_features() if file is None else load_features(file)


def _samples(
    trained: TrainedModel,
    dataset: Dataset,
    features: Features | None,
    count: int,
    partition: int,
    seed: int,
    control: Control,
) -> Job[SampleMeasures | None]:
    """`measure_samples`; None, with advice, where there are too few real pictures."""
    if features is None:
        return None
    if len(dataset) < LEAST_SAMPLES:
        yield Advice(
            f"'{dataset.name}' has too few pictures to measure random ones by.",
            f"Use at least {LEAST_SAMPLES}, better {SAMPLES:,}.",
        )
        return None
    return (yield from measure_samples(trained, dataset, features, count, partition, seed, control))


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
