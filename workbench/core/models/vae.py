"""The variational autoencoder (Kingma and Welling 2014), compact and residual."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.core.models.base import Losses, Model, Step
from workbench.core.models.blocks import ResidualBlock, downsample, upsample
from workbench.core.settings import setting
from workbench.core.training.settings import TrainSettings


class VaeSettings(TrainSettings):
    latent: int = setting(
        128, label="Latent size", help="Numbers in a code: more keep more of a face, fewer are easier to explore.",
        ge=2, le=512, group="Model", basic=True,
    )  # fmt: skip
    width: int = setting(
        64, label="Width", help="Channels of the nets' widest picture: twice as many take about four times as long.",
        unit="channels", ge=8, le=512, group="Model", basic=True,
    )  # fmt: skip
    beta: float = setting(
        1.0, label="Beta",
        help="Weight of the KL term: less gives sharper reconstructions, more gives better random faces.",
        ge=0.0, le=100.0, group="Model", basic=True,
    )  # fmt: skip
    beta_warmup: float = setting(
        0.1, label="Beta warm-up", help="Share of the training over which beta rises from 0 to its value.",
        ge=0.0, le=1.0, group="Advanced",
    )  # fmt: skip


class Encoder(nn.Sequential):
    """(N, 3, S, S) to (N, 2 * latent): mean and logarithm of the variance of each code."""

    def __init__(self, size: int, width: int, latent: int) -> None:
        wide, widest = 2 * width, 3 * width
        layers: list[nn.Module] = []
        if size == 128:  # one more floor, narrow because it is large
            layers += [downsample(3, width // 2, 4), *stage(width // 2), downsample(width // 2, width)]
        else:
            layers += [downsample(3, width, size // 16)]
        layers += [*stage(width), downsample(width, wide), *stage(wide), downsample(wide, widest), *stage(widest)]
        layers += [nn.SiLU(), nn.Flatten(), nn.Linear(widest * 16, 2 * latent)]
        super().__init__(*layers)


class Decoder(nn.Sequential):
    """(N, latent) to (N, 3, S, S), not yet limited to [-1, 1]."""

    def __init__(self, size: int, width: int, latent: int) -> None:
        wide, widest, narrow = 2 * width, 3 * width, max(8, 3 * width // 8)
        layers: list[nn.Module] = [nn.Linear(latent, widest * 16), nn.Unflatten(1, (widest, 4, 4)), *stage(widest)]
        layers += [upsample(widest, wide), *stage(wide), upsample(wide, width), *stage(width, blocks=3)]
        channels, side = width, 16
        while side < size // 2:
            layers += [upsample(channels, narrow), *stage(narrow)]
            channels, side = narrow, side * 2
        layers += [nn.SiLU(), upsample(channels, 3, kernel=3)]
        super().__init__(*layers)


def stage(channels: int, blocks: int = 2) -> list[nn.Module]:
    """The blocks of one resolution."""
    return [ResidualBlock(channels) for _ in range(blocks)]


class Vae(Model):
    """Codes are the mean of the encoder's normal distribution; training samples around it."""

    name = "vae"
    title = "variational autoencoder (VAE)"
    summary = "Learns smooth codes of faces: the model to edit with, and a first one to train."
    Settings = VaeSettings
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "standard": {},
        "small": {"latent": 64, "width": 32},
    }
    settings: VaeSettings

    def __init__(self, settings: VaeSettings, size: int) -> None:
        super().__init__(settings, size)
        self.encoder = Encoder(size, settings.width, settings.latent)
        self.decoder = Decoder(size, settings.width, settings.latent)

    @property
    def latent(self) -> int:
        return self.settings.latent

    def distribution(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance of each picture's code, float32 (N, latent) each."""
        mean, logvar = self.encoder(images).float().chunk(2, dim=1)
        return mean, logvar.clamp(-12.0, 12.0)

    def encode(self, images: Tensor) -> Tensor:
        return self.distribution(images)[0]

    def decode(self, codes: Tensor) -> Tensor:
        return self._decoded(codes).clamp(-1.0, 1.0)

    def _decoded(self, codes: Tensor) -> Tensor:
        decoded: Tensor = self.decoder(codes)
        return decoded.float()

    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        rate = self.settings.learning_rate
        return {"adam": torch.optim.Adam(self.parameters(), lr=rate, betas=(0.9, 0.99), fused=True)}

    def steps(self, images: Tensor, step: Step) -> Losses:
        warmup = self.settings.beta_warmup
        beta = self.settings.beta * min(1.0, step.fraction / warmup if warmup else 1.0)
        losses = self._losses(images, beta, step.generator)
        step.descend(losses["total"], "adam")
        return {name: loss.detach() for name, loss in losses.items()}

    def measure(self, images: Tensor, generator: torch.Generator) -> Losses:
        return self._losses(images, self.settings.beta, generator)

    def _losses(self, images: Tensor, beta: float, generator: torch.Generator) -> Losses:
        """Negative evidence lower bound in nats a picture, with the Gaussian likelihood's best shared variance
        (Rybkin et al. 2021): `D / 2 * log(MSE of the batch) + beta * KL`, D = 3 * S * S.

        The code is `mean + exp(logvar / 2) * noise`: the standard deviation is the root of the variance.
        """
        mean, logvar = self.distribution(images)
        noise = torch.randn(mean.shape, generator=generator, device=mean.device)
        decoded = self._decoded(mean + torch.exp(0.5 * logvar) * noise)
        values = images[0].numel()
        reconstruction = 0.5 * values * torch.log(F.mse_loss(decoded, images) + math.ulp(1.0))
        kl = kl_divergence(mean, logvar).sum(dim=1).mean()
        return {"total": reconstruction + beta * kl, "reconstruction": reconstruction, "kl": kl}


def kl_divergence(mean: Tensor, logvar: Tensor) -> Tensor:
    """KL of N(mean, exp(logvar)) from N(0, 1), in nats, element by element (Kingma and Welling 2014, appendix B)."""
    return 0.5 * (mean.square() + logvar.exp() - 1.0 - logvar)
