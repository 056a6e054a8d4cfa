"""The VAE-GAN (Larsen et al. 2016): a VAE whose pictures must also pass a discriminator, and so may not be soft."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.core.models import gan_nets
from workbench.core.models.autoencoder import reconstruction_loss
from workbench.core.models.base import Step, Steps
from workbench.core.models.blocks import frozen
from workbench.core.models.vae import Vae, VaeSettings, drawn, kl_divergence
from workbench.core.settings import setting
from workbench.core.training.settings import TrainSettings

_FADE_IN = 0.2
"""Over this share of the training after its start the discriminator's say grows: there must be faces to judge."""
_STARTER: Mapping[str, Any] = {
    "latent": 512,
    "augment": "strong",
    "glasses": 0.1,
    "sharpness": 1.5,
    "labels": "Smiling Smiling_derived Male Young Senior",
}
"""For editing. The likelihood is a sum over pixels: beta and the labels' weight are four times as large at 128 px."""


class VaeGanSettings(VaeSettings):
    sharpness: float = setting(
        0.5, label="Sharpness",
        help="How much the discriminator has to say beside the pixels: more is sharper and less exact, 0 is a VAE.",
        ge=0.0, le=10.0, group="Model", basic=True,
    )  # fmt: skip
    features: float = setting(
        1.0, label="Features",
        help="Weight of the distance in the discriminator's features: alike to an eye, not only pixel by pixel.",
        ge=0.0, le=100.0, group="Advanced",
    )  # fmt: skip
    judge_width: int = setting(
        24, label="Width of the discriminator", help="Channels of its first layer; a wider one is stricter and slower.",
        unit="channels", ge=4, le=256, group="Advanced",
    )  # fmt: skip
    judge_rate: float = setting(
        4e-4, label="Learning rate of the discriminator", help="How far one step moves the discriminator.",
        ge=1e-6, le=0.1, group="Advanced",
    )  # fmt: skip
    judge_from: float = setting(
        0.2, label="Judge from", help="Share of the training that is a plain VAE's, before the discriminator joins.",
        ge=0.0, le=0.9, group="Advanced",
    )  # fmt: skip


class VaeGan(Vae):
    """Codes as a VAE's; the decoder also learns what makes a picture look real."""

    name = "vaegan"
    title = "VAE with a discriminator (VAE-GAN)"
    summary = "Codes like a VAE's, but sharper pictures: for editing, when there is time to train."
    Settings: ClassVar[type[TrainSettings]] = VaeGanSettings
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "standard": {},
        "small": {"latent": 64, "width": 32, "judge_width": 16},
        "starter": {
            **_STARTER,
            "batch_size": 64,
            "warmup_steps": 300,
            "detail": 40,
            "beta": 0.4,
            "judge_width": 24,
            "judge_from": 0.2,
            "label_weight": 14_000.0,
        },
        "starter-64": {**_STARTER, "beta": 0.1, "judge_width": 16, "judge_from": 0.35, "label_weight": 3_500.0},
    }
    about_presets: ClassVar[Mapping[str, str]] = {
        "standard": "Sharp enough for photos; takes longer than a VAE.",
        "small": "Half as wide: quick on a slow computer.",
        "starter": "How the shipped model of real faces was begun: for editing, at 128 px, on a GPU.",
        "starter-64": "The same for 64 px, on a CPU, in some two and a half hours.",
    }
    preset_sizes: ClassVar[Mapping[str, int]] = {"starter": 128}
    training_only = ("discriminator",)
    settings: VaeGanSettings

    def __init__(self, settings: TrainSettings, size: int) -> None:
        super().__init__(settings, size)
        self.discriminator = gan_nets.judge(self.settings.judge_width, size)

    @classmethod
    def sizes(cls, settings: TrainSettings) -> tuple[int, ...]:
        return (64, 32, 128)

    def parts(self) -> Mapping[str, tuple[nn.Sequential, tuple[int, ...]]]:
        return {**super().parts(), "discriminator": (self.discriminator, (3, self.size, self.size))}

    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        own = [weight for name, weight in self.named_parameters() if not name.startswith("discriminator.")]
        return {
            "adam": torch.optim.Adam(own, lr=self.settings.learning_rate, betas=(0.9, 0.99), fused=True),
            "discriminator": torch.optim.Adam(
                self.discriminator.parameters(), lr=self.settings.judge_rate, betas=(0.5, 0.99), fused=True
            ),
        }

    def say(self, fraction: float) -> float:
        """How much the discriminator has to say when this share of the training is over."""
        grown = min(1.0, max(0.0, (fraction - self.settings.judge_from) / _FADE_IN))
        return self.settings.sharpness * grown

    def steps(self, images: Tensor, step: Step) -> Steps:
        say = self.say(step.fraction)
        if not say:
            losses = yield from super().steps(images, step)
            nothing = losses["total"].new_zeros(())
            return {**losses, "features": nothing, "adversarial": nothing, "discriminator": nothing}

        mean, logvar = self.distribution(images)
        self.codes = mean.detach()
        codes = drawn(mean, logvar, step.generator)
        decoded = self._decoded(codes)
        on_real, _ = self._judged(images)
        on_decoded, _ = self._judged(decoded.detach())
        judging = 0.5 * (F.relu(1 - on_decoded) + F.relu(1 + on_real)).mean()  # hinge (Lim and Ye 2017)
        step.descend(judging, "discriminator")

        reconstruction = reconstruction_loss(decoded, images)
        with frozen(self.discriminator):
            with torch.no_grad():
                _, wanted = self._judged(images)
            on_decoded, found = self._judged(decoded)
            features = torch.stack(
                [F.mse_loss(a, b) / b.square().mean() for a, b in zip(found, wanted, strict=True)]
            ).mean()
            adversarial = on_decoded.mean()
            look = adversarial + self.settings.features * features
            pull = self._pull(reconstruction, look, decoded, say)
        kl = kl_divergence(mean, logvar).mean(dim=0).clamp(min=self.settings.free_bits).sum()
        beta = self.beta(step.fraction)
        labels = self.labels_loss(codes, step.labels) if self.reader is not None and step.labels is not None else None
        rest = beta * kl if labels is None else beta * kl + self.settings.label_weight * labels
        # the gradient at the decoded pictures is known; what is left is to carry it back through decoder and encoder
        step.descend((decoded * pull).sum() + rest, "adam")
        losses = {
            "total": reconstruction + rest,
            "reconstruction": reconstruction,
            "kl": kl,
            "features": features,
            "adversarial": adversarial,
            "discriminator": judging,
            **({} if labels is None else {"labels": labels}),
        }
        return {name: loss.detach() for name, loss in losses.items()}

    def _judged(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """What the discriminator says, (N, 1), above 0 "generated"; and its features on the way, float32."""
        features, x = [], images
        for layer in self.discriminator:
            x = layer(x)
            if isinstance(layer, nn.LeakyReLU):
                features.append(x.float())
        return x.float(), features

    @staticmethod
    def _pull(reconstruction: Tensor, look: Tensor, decoded: Tensor, say: float) -> Tensor:
        """The gradient at the decoded pictures: the pixels' and, `say` times as long, the discriminator's.

        Its length is tied to the pixels' (as Esser et al. 2021 do at the last layer), since one is in nats of a
        likelihood that sharpens as it learns and the other is in no unit at all.
        """
        (pixels,) = torch.autograd.grad(reconstruction, decoded, retain_graph=True)
        (judged,) = torch.autograd.grad(look, decoded, retain_graph=True)
        pull: Tensor = pixels + judged * (say * pixels.norm() / (judged.norm() + 1e-12))
        return pull
