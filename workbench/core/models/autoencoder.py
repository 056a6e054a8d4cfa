"""The autoencoder (Hinton and Salakhutdinov 2006): a narrow waist, and nothing that orders the codes in it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.core.models.base import Losses, Model, Step, Steps
from workbench.core.models.nets import Decoder, Encoder
from workbench.core.settings import setting
from workbench.core.training.settings import TrainSettings


class AutoencoderSettings(TrainSettings):
    latent: int = setting(
        128, label="Latent size",
        help="Numbers in a code: more keep more of a face, fewer are easier to explore; 2 make a map to look at.",
        ge=2, le=512, group="Model", basic=True,
    )  # fmt: skip
    width: int = setting(
        64, label="Width", help="Channels of the nets' widest picture: twice as many take about four times as long.",
        unit="channels", ge=8, le=512, group="Model", basic=True,
    )  # fmt: skip
    detail: int = setting(
        0, label="Width for details",
        help="Channels of the decoder's pictures of 32 x 32 and more: more draw finer details and take longer. "
        "0 is three eighths of the width.",
        unit="channels", ge=0, le=256, group="Advanced",
    )  # fmt: skip


class Autoencoder(Model):
    """A code is what the encoder says; nothing is drawn at random, and nothing keeps the codes together."""

    name = "autoencoder"
    title = "autoencoder"
    summary = (
        "Squeezes a face through a few numbers and draws it again: the plain idea, before the VAE orders the codes."
    )
    Settings: ClassVar[type[TrainSettings]] = AutoencoderSettings
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "standard": {},
        "small": {"latent": 64, "width": 32},
        "map": {"latent": 2},
    }
    about_presets: ClassVar[Mapping[str, str]] = {
        "standard": "128 numbers a face: keeps most of it.",
        "small": "Half as wide: quick on a slow computer.",
        "map": "Two numbers a face: blurred faces, but a latent space that fits on paper.",
    }
    settings: AutoencoderSettings
    codes_per_latent: ClassVar[int] = 1
    """What the encoder says of each number of a code: the number."""

    def __init__(self, settings: TrainSettings, size: int) -> None:
        super().__init__(settings, size)
        self.encoder = Encoder(size, self.settings.width, self.codes_per_latent * self.settings.latent)
        self.decoder = Decoder(size, self.settings.width, self.settings.latent, self.settings.detail)

    def parts(self) -> Mapping[str, tuple[nn.Sequential, tuple[int, ...]]]:
        return {"encoder": (self.encoder, (3, self.size, self.size)), "decoder": (self.decoder, (self.latent,))}

    @property
    def latent(self) -> int:
        return self.settings.latent

    def encode(self, images: Tensor) -> Tensor:
        codes: Tensor = self.encoder(images)
        return codes.float()

    def decode(self, codes: Tensor) -> Tensor:
        return self._decoded(codes).clamp(-1.0, 1.0)

    def _decoded(self, codes: Tensor) -> Tensor:
        decoded: Tensor = self.decoder(codes)
        return decoded.float()

    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        rate = self.settings.learning_rate
        return {"adam": torch.optim.Adam(self.parameters(), lr=rate, betas=(0.9, 0.99), fused=True)}

    def steps(self, images: Tensor, step: Step) -> Steps:
        losses = self.measure(images, step.generator)
        step.descend(losses["total"], "adam")
        yield from ()
        return {name: loss.detach() for name, loss in losses.items()}

    def measure(self, images: Tensor, generator: torch.Generator) -> Losses:
        codes = self.encode(images)
        self.codes = codes.detach()
        loss = reconstruction_loss(self._decoded(codes), images)
        return {"total": loss, "reconstruction": loss}


def reconstruction_loss(decoded: Tensor, images: Tensor) -> Tensor:
    """Negative log likelihood in nats a picture, but for a constant: a Gaussian's with its best shared variance,
    `D / 2 * log(MSE of the batch)`, D = 3 * S * S (Rybkin et al. 2021, "sigma-VAE").
    """
    return 0.5 * images[0].numel() * torch.log(F.mse_loss(decoded, images) + math.ulp(1.0))
