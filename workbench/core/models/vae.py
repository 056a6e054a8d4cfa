"""The variational autoencoder (Kingma and Welling 2014)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.core.models.autoencoder import Autoencoder, AutoencoderSettings, reconstruction_loss
from workbench.core.models.base import Losses, Step, Steps
from workbench.core.settings import setting
from workbench.core.training.settings import TrainSettings

ACTIVE = 0.1
"""Nats: a number of the code that tells less than this on average says nothing about the picture."""


class VaeSettings(AutoencoderSettings):
    beta: float = setting(
        1.0, label="Beta",
        help="Weight of the KL term: less gives sharper reconstructions, more gives better random faces.",
        ge=0.0, le=100.0, group="Model", basic=True,
    )  # fmt: skip
    beta_warmup: float = setting(
        0.1, label="Beta warm-up", help="Share of the training over which beta rises from 0 to its value.",
        ge=0.0, le=1.0, group="Advanced",
    )  # fmt: skip
    free_bits: float = setting(
        0.0, label="Free nats",
        help="What each number of the code may tell before the KL term counts it: keeps codes from going silent.",
        unit="nats", ge=0.0, le=10.0, group="Advanced",
    )  # fmt: skip
    labels: str = setting(
        "", label="Labels to tell",
        help="Labels of the data, separated by spaces, that the code must tell plainly: for surer concepts.",
        group="Advanced",
    )  # fmt: skip
    label_weight: float = setting(
        20.0, label="Weight of the labels", help="How much telling a label counts beside drawing the picture.",
        ge=0.0, le=100_000.0, group="Advanced",
    )  # fmt: skip


class Vae(Autoencoder):
    """Codes are the mean of the encoder's normal distribution; training samples around it."""

    name = "vae"
    title = "variational autoencoder (VAE)"
    summary = "Learns smooth codes of faces: the model to edit with, and a first one to train."
    Settings: ClassVar[type[TrainSettings]] = VaeSettings
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        **Autoencoder.presets,
        "random-faces": {"beta": 4.0},
    }
    about_presets: ClassVar[Mapping[str, str]] = {
        **Autoencoder.about_presets,
        "random-faces": "A stronger KL term: softer reconstructions, for codes nearer to a normal distribution.",
    }
    settings: VaeSettings
    codes_per_latent = 2  # mean and logarithm of the variance

    def __init__(self, settings: TrainSettings, size: int) -> None:
        super().__init__(settings, size)
        self.reader = nn.Sequential(nn.Linear(self.latent, len(self.labels))) if self.labels else None

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.settings.labels.split())

    def parts(self) -> Mapping[str, tuple[nn.Sequential, tuple[int, ...]]]:
        nets = dict(super().parts())
        return nets if self.reader is None else {**nets, "reader": (self.reader, (self.latent,))}

    def distribution(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance of each picture's code, float32 (N, latent) each."""
        mean, logvar = self.encoder(images).float().chunk(2, dim=1)
        return mean, logvar.clamp(-12.0, 12.0)

    def encode(self, images: Tensor) -> Tensor:
        return self.distribution(images)[0]

    def beta(self, fraction: float) -> float:
        """The weight of the KL term when this share of the training is over."""
        warmup = self.settings.beta_warmup
        return self.settings.beta * min(1.0, fraction / warmup if warmup else 1.0)

    def steps(self, images: Tensor, step: Step) -> Steps:
        losses, _ = self._losses(images, self.beta(step.fraction), step.generator, step.labels)
        step.descend(losses["total"], "adam")
        yield from ()
        return {name: loss.detach() for name, loss in losses.items()}

    def measure(self, images: Tensor, generator: torch.Generator) -> Losses:
        losses, told = self._losses(images, self.settings.beta, generator)
        return {**losses, "active_units": (told > ACTIVE).sum().float()}

    def _losses(
        self, images: Tensor, beta: float, generator: torch.Generator, labels: Tensor | None = None
    ) -> tuple[Losses, Tensor]:
        """Negative evidence lower bound in nats a picture, `reconstruction + beta * KL`, and its terms; and what each
        number of the code tells on average, its KL, (latent,).

        With free nats each number's KL counts as at least so much (Kingma et al. 2016, "free bits").
        """
        mean, logvar = self.distribution(images)
        self.codes = mean.detach()
        codes = drawn(mean, logvar, generator)
        reconstruction = reconstruction_loss(self._decoded(codes), images)
        told = kl_divergence(mean, logvar).mean(dim=0)
        kl = told.sum()
        counted = told.clamp(min=self.settings.free_bits).sum() if self.settings.free_bits else kl
        losses = {"total": reconstruction + beta * counted, "reconstruction": reconstruction, "kl": kl}
        if self.reader is not None and labels is not None:
            losses["labels"] = self.labels_loss(codes, labels)
            losses["total"] = losses["total"] + self.settings.label_weight * losses["labels"]
        return losses, told.detach()

    def labels_loss(self, codes: Tensor, labels: Tensor) -> Tensor:
        """What a code leaves unsaid of the labels, in nats a picture: `-log p(labels | code)` of those that are known.

        With it the code is of picture and labels together: the joint likelihood `p(picture | code) p(labels | code)`
        of semi-supervised models (compare Kingma et al. 2014). What a plane tells, a straight line changes.

        Args:
            codes: (N, latent), as drawn: the label must survive what the code leaves open.
            labels: (N, L), 1 yes, -1 no, 0 unknown.
        """
        assert self.reader is not None
        unsaid = F.softplus(-labels * self.reader(codes).float()) * (labels != 0)
        return unsaid.sum(dim=1).mean()


def drawn(mean: Tensor, logvar: Tensor, generator: torch.Generator) -> Tensor:
    """A code near each mean: `mean + exp(logvar / 2) * noise`; the standard deviation is the root of the variance."""
    noise = torch.randn(mean.shape, generator=generator, device=mean.device)
    return mean + torch.exp(0.5 * logvar) * noise


def kl_divergence(mean: Tensor, logvar: Tensor) -> Tensor:
    """KL of N(mean, exp(logvar)) from N(0, 1), in nats, element by element (Kingma and Welling 2014, appendix B)."""
    return 0.5 * (mean.square() + logvar.exp() - 1.0 - logvar)
