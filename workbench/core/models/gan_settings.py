"""What can be set of a DCGAN: the lecture's bag of tricks as switches, and presets that use them differently."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from workbench.core.settings import setting
from workbench.core.training.settings import TrainSettings

Activation = Literal["leaky_relu", "relu"]

_TRICKS = "Bag of tricks"
_MODEL = "Model"


class DcganSettings(TrainSettings):
    net: Literal["compact", "lecture", "radford", "modern"] = setting(
        "compact", label="Nets",
        help="Which generator and discriminator: lecture as on the slides, radford as in the paper of 2016, compact "
        "for a CPU, modern for a GPU.",
        group=_MODEL,
    )  # fmt: skip
    latent: int = setting(
        64, label="Latent size", help="Numbers that a picture is made from.", ge=2, le=512, group=_MODEL, basic=True,
    )  # fmt: skip
    width: int = setting(
        32, label="Width", help="Channels of the nets: twice as many take about four times as long.",
        unit="channels", ge=4, le=512, group=_MODEL, basic=True,
    )  # fmt: skip
    batch_size: int = setting(
        32, label="Batch size", help="Real pictures a step learns from; as many are generated.",
        unit="pictures", ge=2, le=1024, basic=True,
    )  # fmt: skip
    learning_rate: float = setting(
        1e-3, label="Learning rate (discriminator)",
        help="How far one step moves the discriminator; lower it when it wins too easily.", ge=1e-6, le=0.1, basic=True,
    )  # fmt: skip
    generator_rate: float = setting(
        1e-3, label="Learning rate (generator)", help="How far one step moves the generator.",
        ge=1e-6, le=0.1, basic=True,
    )  # fmt: skip
    average_decay: float = setting(
        0.998, label="Averaging (EMA)",
        help="The shown and saved generator is an average over the last steps; 0 shows the last one as it is.",
        ge=0, le=0.99999, group="Advanced",
    )  # fmt: skip
    warmup_steps: int = setting(
        0, label="Warm-up", help="Steps in which the learning rate rises from zero.", unit="steps", ge=0, le=100_000,
        group="Advanced",
    )  # fmt: skip
    clip_norm: float = setting(
        0.0, label="Gradient limit", help="Longest gradient a step may follow; 0 means no limit.", ge=0, le=1000,
        group="Advanced",
    )  # fmt: skip
    optimiser: Literal["adam", "rmsprop"] = setting(
        "adam", label="Optimiser", help="The rule that turns gradients into steps: Adam of the paper, RMSprop of the "
        "lecture.", group="Advanced",
    )  # fmt: skip
    momentum: float = setting(
        0.0, label="Momentum (beta1)", help="How much of its last steps Adam goes on with; GANs like little.",
        ge=0, le=0.99, group="Advanced",
    )  # fmt: skip
    loss: Literal["relativistic", "classic"] = setting(
        "relativistic", label="Loss",
        help="Classic: is this picture real? Relativistic: is this one more real than that one? It does not saturate.",
        group="Advanced",
    )  # fmt: skip
    penalty: float = setting(
        0.02, label="Gradient penalty (R1, R2)",
        help="Keeps the discriminator from becoming too steep near pictures, real and generated; 0: none.",
        ge=0, le=1000, group="Advanced",
    )  # fmt: skip
    penalty_every: int = setting(
        4, label="Penalty every", help="The penalty takes time; every so many steps it counts so many times.",
        unit="steps", ge=1, le=64, group="Advanced",
    )  # fmt: skip
    diff_augment: Literal["auto", "on", "off"] = setting(
        "auto", label="Augment for the discriminator",
        help="Shift, recolour and cover what the discriminator sees, real or not: few pictures go further. auto: "
        "more and more, once each has been seen ten times.",
        group="Advanced",
    )  # fmt: skip
    output: Literal["tanh", "sigmoid"] = setting(
        "tanh", label="Output activation",
        help="Trick 1: tanh as the last activation of the generator; sigmoid saturates at black.", group=_TRICKS,
    )  # fmt: skip
    noise: Literal["normal", "uniform"] = setting(
        "normal", label="Random points",
        help="Trick 2: draw points of the latent space from a normal distribution, not from a box.", group=_TRICKS,
    )  # fmt: skip
    discriminator_dropout: float = setting(
        0.0, label="Dropout in the discriminator",
        help="Trick 3: chance keeps the game from getting stuck; a share of the values is dropped.",
        ge=0, le=0.9, group=_TRICKS,
    )  # fmt: skip
    generator_dropout: float = setting(
        0.0, label="Dropout in the generator",
        help="Trick 3, other side: helps when the generator is stuck with pictures that look like noise.",
        ge=0, le=0.9, group=_TRICKS,
    )  # fmt: skip
    label_noise: float = setting(
        0.0, label="Label noise",
        help="Trick 3, labels: up to so much is added to what the discriminator is told is true (classic loss).",
        ge=0, le=0.5, group=_TRICKS,
    )  # fmt: skip
    label_smoothing: float = setting(
        0.0, label="One-sided smoothing",
        help="Tell the discriminator that a real picture is real but for this much, so that it stays modest "
        "(classic loss).",
        ge=0, le=0.5, group=_TRICKS,
    )  # fmt: skip
    discriminator_activation: Activation = setting(
        "leaky_relu", label="Activation of the discriminator",
        help="Trick 4: LeakyReLU lets a little of a negative value through, so that gradients are not sparse.",
        group=_TRICKS,
    )  # fmt: skip
    generator_activation: Activation = setting(
        "leaky_relu", label="Activation of the generator", help="Trick 4, other side.", group=_TRICKS,
    )  # fmt: skip
    downsampling: Literal["strided", "max_pooling"] = setting(
        "strided", label="Downsampling of the discriminator",
        help="Trick 4: strided convolutions; max pooling passes a gradient to one value in four.", group=_TRICKS,
    )  # fmt: skip
    even_kernel: bool = setting(
        True, label="Kernel divisible by stride",
        help="Trick 5: a kernel of 4 at a stride of 2 covers every pixel alike; one of 5 leaves a checkerboard.",
        group=_TRICKS,
    )  # fmt: skip


_LECTURE: Mapping[str, Any] = {
    "net": "lecture", "latent": 32, "width": 128, "batch_size": 20, "learning_rate": 8e-4, "generator_rate": 4e-4,
    "average_decay": 0.0, "optimiser": "rmsprop", "clip_value": 1.0, "loss": "classic", "penalty": 0.0,
    "diff_augment": "off", "augment": "none", "discriminator_dropout": 0.4, "label_noise": 0.05,
}  # fmt: skip
_RADFORD: Mapping[str, Any] = {
    "net": "radford", "latent": 100, "width": 64, "batch_size": 64, "learning_rate": 2e-4, "generator_rate": 2e-4,
    "average_decay": 0.0, "momentum": 0.5, "loss": "classic", "penalty": 0.0, "diff_augment": "off",
    "augment": "none", "generator_activation": "relu",
}  # fmt: skip
_MODERN: Mapping[str, Any] = {
    "net": "modern", "latent": 64, "width": 64, "batch_size": 64, "learning_rate": 2e-4, "generator_rate": 2e-4,
    "average_decay": 0.999, "penalty": 1.0, "penalty_every": 1,
}  # fmt: skip

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "compact": {},
    "lecture": _LECTURE,
    "lecture-small": {**_LECTURE, "width": 32},
    "radford-64": _RADFORD,
    "modern": _MODERN,
}
ABOUT: Mapping[str, str] = {
    "compact": "For a CPU: a cheap generator against a plain discriminator, and a loss that stays steady.",
    "lecture": "The lecture's nets to the digit, 32 px: for a GPU, or to watch one step at a time.",
    "lecture-small": "The same shape at a quarter of the width: for laptops and lessons.",
    "radford-64": "The net of the paper of 2016 and of most tutorials, with BatchNorm.",
    "modern": "A relativistic loss with gradient penalties and no BatchNorm: slow on a CPU, meant for a GPU.",
}
