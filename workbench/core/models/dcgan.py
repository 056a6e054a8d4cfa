"""The deep convolutional GAN (Goodfellow et al. 2014; Radford et al. 2016), trained in the lecture's six steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.core.models import gan_nets, gan_settings
from workbench.core.models.base import Losses, Model, Phase, Step, Steps, cannot_encode
from workbench.core.models.blocks import frozen, seed_dropout
from workbench.core.models.diff_augment import by_heart, diff_augment
from workbench.core.models.gan_settings import DcganSettings
from workbench.core.training.settings import TrainSettings


class Dcgan(Model):
    """A generator that is trained to fool a discriminator, and a discriminator that is trained not to be fooled."""

    name = "dcgan"
    title = "generative adversarial network (DCGAN)"
    summary = "Two nets, a forger and an expert, make each other better: sharp faces out of nothing."
    Settings: ClassVar[type[TrainSettings]] = DcganSettings
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = gan_settings.PRESETS
    about_presets: ClassVar[Mapping[str, str]] = gan_settings.ABOUT
    phases = (
        "draw random points",
        "generate pictures",
        "mix with real pictures",
        "train the discriminator",
        "draw new random points",
        "train the generator",
    )
    encodes = False
    training_only = ("discriminator",)
    settings: DcganSettings

    def __init__(self, settings: TrainSettings, size: int) -> None:
        super().__init__(settings, size)
        self.generator = gan_nets.generator(self.settings, size)
        self.discriminator = gan_nets.discriminator(self.settings, size)

    @classmethod
    def sizes(cls, settings: TrainSettings) -> tuple[int, ...]:
        assert isinstance(settings, DcganSettings)
        return gan_nets.SIZES[settings.net]

    @property
    def phased(self) -> bool:
        return self.settings.net in ("lecture", "modern")

    def parts(self) -> Mapping[str, tuple[nn.Sequential, tuple[int, ...]]]:
        picture = (3, self.size, self.size)
        return {"generator": (self.generator, (self.latent,)), "discriminator": (self.discriminator, picture)}

    def initialise(self, generator: torch.Generator) -> None:
        gan_nets.draw_weights(self, self.settings.net, generator)

    @property
    def latent(self) -> int:
        return self.settings.latent

    def encode(self, images: Tensor) -> Tensor:
        raise cannot_encode(self)

    def decode(self, codes: Tensor) -> Tensor:
        decoded: Tensor = self.generator(codes)
        return decoded.float()

    @property
    def prior(self) -> str:
        return self.settings.noise

    @property
    def deviation(self) -> float:
        return 1.0 if self.settings.noise == "normal" else 3**-0.5

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        if self.settings.noise == "normal":
            return super().draw(count, generator)
        return 2 * torch.rand(count, self.latent, generator=generator, device=generator.device) - 1

    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        rates = {"discriminator": self.settings.learning_rate, "generator": self.settings.generator_rate}
        return {name: self._optimiser(getattr(self, name), rate) for name, rate in rates.items()}

    def _optimiser(self, net: nn.Module, rate: float) -> torch.optim.Optimizer:
        if self.settings.optimiser == "rmsprop":  # with Keras's constants, which the lecture's slides leave alone
            return torch.optim.RMSprop(net.parameters(), lr=rate, alpha=0.9, eps=1e-7)
        beta2 = 0.999 if self.settings.net == "radford" else 0.99
        return torch.optim.Adam(net.parameters(), lr=rate, betas=(self.settings.momentum, beta2), fused=True)

    def rate(self, step: int, fraction: float) -> float:
        """A game has no end to slow down for; the lecture's falls by a hundred-millionth a step (Keras's decay)."""
        warmup = min(1.0, (step + 1) / max(1, self.settings.warmup_steps))
        return warmup / (1 + 1e-8 * step) if self.settings.net == "lecture" else warmup

    def steps(self, images: Tensor, step: Step) -> Steps:
        """The six steps of "How to train your DCGAN"."""
        seed_dropout(self, step.generator)
        count = len(images)

        codes = self.draw(count, step.generator)
        yield Phase(1, lambda: self._about(codes))

        with torch.set_grad_enabled(not self._renews):
            generated = self.decode(codes)
        yield Phase(2, lambda: f"{count} pictures of {self.size} x {self.size}.", generated)

        mixed = torch.cat([generated.detach(), images])
        yield Phase(3, lambda: f"{count} generated, {count} real.", mixed)

        on_generated, on_real, penalty = self._look(generated.detach(), images, step)
        loss = self._discriminator_loss(on_generated, on_real, step.generator)
        step.descend(loss + penalty, "discriminator")
        right = self._right(on_generated, on_real)
        yield Phase(
            4,
            lambda: f"Loss {loss.item():.3f}; it was right about {100 * right.item():.0f} % of the pictures.",
        )

        if self._renews:
            codes = self.draw(count, step.generator)
        yield Phase(5, lambda: self._about(codes))

        with frozen(self.discriminator):
            if self._renews:
                generated = self.decode(codes)
            on_generated = self.discriminator(self._shown(generated, step)).float()
            generator_loss = self._fooling_loss(on_generated, on_real.detach())
            step.descend(generator_loss, "generator")
        yield Phase(
            6,
            lambda: f"Loss {generator_loss.item():.3f}; the discriminator is frozen.",
            generated.detach(),
        )
        return {
            "total": (loss + generator_loss).detach(),
            "discriminator": loss.detach(),
            "generator": generator_loss.detach(),
            "accuracy": right,
        }

    @property
    def _renews(self) -> bool:
        """Whether the generator learns from new pictures, as the lecture has it. With the other loss it learns from
        those that the discriminator has just seen, which saves making them twice."""
        return self.settings.loss == "classic"

    def measure(self, images: Tensor, generator: torch.Generator) -> Losses:
        generated = self.sample(len(images), generator)
        on_generated, on_real = self.discriminator(generated).float(), self.discriminator(images).float()
        loss = self._discriminator_loss(on_generated, on_real, None)
        fooled = self._fooling_loss(on_generated, on_real)
        right = self._right(on_generated, on_real)
        return {"total": loss + fooled, "discriminator": loss, "generator": fooled, "accuracy": right}

    def _about(self, codes: Tensor) -> str:
        low, high = codes.min().item(), codes.max().item()
        return f"{len(codes)} points of {self.latent} numbers, {self.settings.noise}, from {low:.2f} to {high:.2f}."

    # What the discriminator says, above 0 "generated", and what is learned from it

    def _shown(self, images: Tensor, step: Step) -> Tensor:
        """The pictures as the discriminator is shown them."""
        wanted = self.settings.diff_augment
        rounds = step.number * self.settings.batch_size / step.pictures
        return diff_augment(images, step.generator, by_heart(rounds) if wanted == "auto" else float(wanted == "on"))

    def _look(self, generated: Tensor, real: Tensor, step: Step) -> tuple[Tensor, Tensor, Tensor]:
        """The discriminator's numbers on both, (N, 1) each, and the penalty for its steepness there."""
        shown = self._shown(generated, step), self._shown(real, step)
        if self.settings.penalty and step.number % self.settings.penalty_every == 0:
            with torch.autocast(real.device.type, enabled=False):  # second derivatives need the digits
                (on_generated, r2), (on_real, r1) = (self._steepness(images) for images in shown)
            return on_generated, on_real, 0.5 * self.settings.penalty * self.settings.penalty_every * (r1 + r2)
        nothing = real.new_zeros(())
        if self.settings.net == "lecture":
            on_generated, on_real = self.discriminator(torch.cat(shown)).float().chunk(2)
            return on_generated, on_real, nothing
        # one after the other, since BatchNorm would let each leak into the other's statistics
        return self.discriminator(shown[0]).float(), self.discriminator(shown[1]).float(), nothing

    def _steepness(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """What the discriminator says, and the mean squared length of its gradient there (R1 and R2, Mescheder et al.
        2018)."""
        images = images.detach().requires_grad_()
        said = self.discriminator(images).float()
        (gradient,) = torch.autograd.grad(said.sum(), images, create_graph=True)
        return said, gradient.square().sum(dim=(1, 2, 3)).mean()

    def _discriminator_loss(self, on_generated: Tensor, on_real: Tensor, noise: torch.Generator | None) -> Tensor:
        """Cross-entropy against 1 (generated) and 0 (real), with the labels' noise and smoothing; or how much less
        real the generated ones look than the real ones (relativistic pairing, Jolicoeur-Martineau 2019)."""
        if self.settings.loss == "relativistic":
            return F.softplus(on_real - on_generated).mean()
        labels = torch.cat([torch.ones_like(on_generated), torch.full_like(on_real, self.settings.label_smoothing)])
        if noise is not None and self.settings.label_noise:
            labels += self.settings.label_noise * torch.rand(labels.shape, generator=noise, device=labels.device)
        return F.binary_cross_entropy_with_logits(torch.cat([on_generated, on_real]), labels)

    def _fooling_loss(self, on_generated: Tensor, on_real: Tensor) -> Tensor:
        """The targets say "these are real images"."""
        if self.settings.loss == "relativistic":
            return F.softplus(on_generated - on_real).mean()
        return F.binary_cross_entropy_with_logits(on_generated, torch.zeros_like(on_generated))

    def _right(self, on_generated: Tensor, on_real: Tensor) -> Tensor:
        """The share of pictures that the discriminator is right about; of pairs, when it compares."""
        if self.settings.loss == "relativistic":
            return (on_generated > on_real).float().mean().detach()
        return torch.cat([on_generated > 0, on_real < 0]).float().mean().detach()
