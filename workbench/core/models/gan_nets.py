"""The generators and discriminators of the DCGAN, four pairs; the bag of tricks changes each of them.

A discriminator says one number a picture: above 0 "generated", below 0 "real", as the lecture labels them.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.core.models.blocks import Dropout, ResidualBlock, initialise, upsample
from workbench.core.models.gan_settings import DcganSettings

SIZES = {"lecture": (32,), "radford": (64, 32, 128), "compact": (64, 32, 128), "modern": (64, 32, 128)}
"""The sides that each pair of nets is made for, the usual one first."""

_SLOPE = {"lecture": 0.3}
"""Of LeakyReLU below zero: Keras's default on the slides, 0.2 elsewhere (Radford et al. 2016)."""


def generator(settings: DcganSettings, size: int) -> nn.Sequential:
    """(N, latent) to (N, 3, size, size) in [-1, 1]."""
    build = {
        "lecture": _lecture_generator,
        "radford": _radford_generator,
        "compact": _compact_generator,
        "modern": _modern_generator,
    }
    return nn.Sequential(*build[settings.net](settings, size), *_output(settings))


def discriminator(settings: DcganSettings, size: int) -> nn.Sequential:
    """(N, 3, size, size) to (N, 1), not yet limited to 0..1."""
    build = {
        "lecture": _lecture_discriminator,
        "radford": _radford_discriminator,
        "compact": _compact_discriminator,
        "modern": _modern_discriminator,
    }
    return nn.Sequential(*build[settings.net](settings, size))


def judge(width: int, size: int) -> nn.Sequential:
    """A plain discriminator for the VAE-GAN, (N, 3, size, size) to (N, 1): strided convolutions, no normalisation."""
    layers: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2)]
    side, channels = size // 2, width
    while side > 4:
        layers += [nn.Conv2d(channels, min(2 * channels, 8 * width), 4, 2, 1), nn.LeakyReLU(0.2)]
        side, channels = side // 2, min(2 * channels, 8 * width)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * 16, 1))


@torch.no_grad()
def draw_weights(nets: nn.Module, net: str, generator: torch.Generator) -> None:
    """The initial weights: Keras's default for the lecture (Glorot and Bengio 2010), the paper's normal distribution
    of deviation 0.02 for radford, ours for the others."""
    initialise(nets, generator)
    for part in nets.modules():
        if isinstance(part, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)) and net == "lecture":
            fan_in, fan_out = nn.init._calculate_fan_in_and_fan_out(part.weight)
            bound = math.sqrt(6.0 / (fan_in + fan_out))
            part.weight.uniform_(-bound, bound, generator=generator)
        elif isinstance(part, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)) and net == "radford":
            part.weight.normal_(0.0, 0.02, generator=generator)
        elif isinstance(part, nn.BatchNorm2d):
            part.weight.normal_(1.0, 0.02, generator=generator)
        elif isinstance(part, BottleneckBlock):  # so that a block starts as nothing (Zhang et al. 2019, "Fixup")
            part.narrow.weight.zero_()


# Parts


class HalfSigmoid(nn.Module):
    """A sigmoid stretched from 0..1 to the pictures' -1..1."""

    def forward(self, x: Tensor) -> Tensor:
        return 2 * torch.sigmoid(x) - 1


class Resample(nn.Module):
    """Half or twice the side, smoothly (Karras et al. 2019 found that it helps both nets)."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        if self.factor < 1:
            return F.avg_pool2d(x, 2)
        return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


class BottleneckBlock(nn.Module):
    """`x + narrow(act(look(act(widen(x)))))`, the middle a grouped 3 x 3 convolution and no normalisation: the block of
    Huang et al. 2024 ("The GAN is dead; long live the GAN!")."""

    def __init__(self, channels: int, kind: str, group: int = 16) -> None:
        super().__init__()
        wide = 2 * channels
        self.widen = nn.Conv2d(channels, wide, 1)
        self.look = nn.Conv2d(wide, wide, 3, padding=1, groups=max(1, wide // group), bias=False)
        self.narrow = nn.Conv2d(wide, channels, 1, bias=False)
        self.activation = _activation(kind, 0.2)

    def forward(self, x: Tensor) -> Tensor:
        y = self.activation(self.look(self.activation(self.widen(x))))
        moved: Tensor = x + self.narrow(y)
        return moved


def _activation(kind: str, slope: float) -> nn.Module:
    return nn.LeakyReLU(slope) if kind == "leaky_relu" else nn.ReLU()


def _output(settings: DcganSettings) -> list[nn.Module]:
    return [nn.Tanh() if settings.output == "tanh" else HalfSigmoid()]


def _dropout(share: float) -> list[nn.Module]:
    return [Dropout(share)] if share else []


def _double(settings: DcganSettings, channels_in: int, channels_out: int, bias: bool = True) -> nn.ConvTranspose2d:
    """Twice the side by a transposed convolution; an uneven kernel covers some pixels more often than others."""
    if settings.even_kernel:
        return nn.ConvTranspose2d(channels_in, channels_out, 4, 2, 1, bias=bias)
    return nn.ConvTranspose2d(channels_in, channels_out, 5, 2, 2, output_padding=1, bias=bias)


def _halve(
    settings: DcganSettings, channels_in: int, channels_out: int, pad: bool = True, bias: bool = True
) -> list[nn.Module]:
    """Half the side: a strided convolution, or a convolution and the greatest of four."""
    kernel = 4 if settings.even_kernel else 5
    if settings.downsampling == "strided":
        return [nn.Conv2d(channels_in, channels_out, kernel, 2, (kernel - 1) // 2 if pad else 0, bias=bias)]
    return [nn.Conv2d(channels_in, channels_out, 3, 1, 1 if pad else 0, bias=bias), nn.MaxPool2d(2)]


def _flattened(layers: list[nn.Module], size: int) -> int:
    """How many numbers a picture has become after `layers`."""
    with torch.no_grad():
        flat: Tensor = nn.Sequential(*layers)(torch.zeros(2, 3, size, size))
    return flat[0].numel()


# The lecture's pair


def _lecture_generator(settings: DcganSettings, size: int) -> list[nn.Module]:
    side, channels, kind, slope = size // 2, settings.width, settings.generator_activation, _SLOPE["lecture"]
    wide = 2 * channels
    layers: list[nn.Module] = [
        nn.Linear(settings.latent, channels * side * side), _activation(kind, slope),
        nn.Unflatten(1, (channels, side, side)),
        nn.Conv2d(channels, wide, 5, padding=2), _activation(kind, slope),
        *_dropout(settings.generator_dropout),
        _double(settings, wide, wide), _activation(kind, slope),
    ]  # fmt: skip
    for _ in range(2):
        layers += [nn.Conv2d(wide, wide, 5, padding=2), _activation(kind, slope)]
    return [*layers, *_dropout(settings.generator_dropout), nn.Conv2d(wide, 3, 7, padding=3)]


def _lecture_discriminator(settings: DcganSettings, size: int) -> list[nn.Module]:
    channels, kind, slope = settings.width, settings.discriminator_activation, _SLOPE["lecture"]
    layers: list[nn.Module] = [nn.Conv2d(3, channels, 3), _activation(kind, slope)]
    for _ in range(3):
        layers += [*_halve(settings, channels, channels, pad=False), _activation(kind, slope)]
    layers.append(nn.Flatten())
    return [*layers, *_dropout(settings.discriminator_dropout), nn.Linear(_flattened(layers, size), 1)]


# The pair of the paper and of the tutorials


def _radford_generator(settings: DcganSettings, size: int) -> list[nn.Module]:
    kind = settings.generator_activation
    channels = settings.width * size // 8
    layers: list[nn.Module] = [
        nn.Unflatten(1, (settings.latent, 1, 1)),
        nn.ConvTranspose2d(settings.latent, channels, 4, bias=False), nn.BatchNorm2d(channels), _activation(kind, 0.2),
    ]  # fmt: skip
    for _ in range(int(math.log2(size)) - 3):
        layers += [_double(settings, channels, channels // 2, bias=False), nn.BatchNorm2d(channels // 2)]
        layers += [_activation(kind, 0.2), *_dropout(settings.generator_dropout)]
        channels //= 2
    return [*layers, _double(settings, channels, 3, bias=False)]


def _radford_discriminator(settings: DcganSettings, size: int, normed: bool = True) -> list[nn.Module]:
    kind, channels = settings.discriminator_activation, settings.width
    layers = [*_halve(settings, 3, channels, bias=not normed), _activation(kind, 0.2)]
    for _ in range(int(math.log2(size)) - 3):
        layers += _halve(settings, channels, 2 * channels, bias=not normed)
        layers += [nn.BatchNorm2d(2 * channels)] if normed else []
        layers += [_activation(kind, 0.2), *_dropout(settings.discriminator_dropout)]
        channels *= 2
    return [*layers, nn.Conv2d(channels, 1, 4, bias=not normed), nn.Flatten()]


# The compact pair: where arithmetic is dear


def _compact_generator(settings: DcganSettings, size: int) -> list[nn.Module]:
    """The VAE's decoder: most of its work at small sides, the picture from sub-pixels."""
    kind, width = settings.generator_activation, settings.width
    channels = {4: 6 * width, 8: 4 * width, 16: 2 * width, 32: width, 64: width // 2}
    channels = {side: max(8, count) for side, count in channels.items()}
    layers: list[nn.Module] = [nn.Linear(settings.latent, channels[4] * 16), nn.Unflatten(1, (channels[4], 4, 4))]
    side = 4
    while side < size // 2:
        layers += [
            *_compact_blocks(settings, channels[side]),
            *_compact_grow(settings, channels[side], channels[2 * side]),
        ]
        side *= 2
    layers += [*_compact_blocks(settings, channels[side]), _activation(kind, 0.2)]
    return [*layers, *_compact_grow(settings, channels[side], 3, kernel=3)]


def _compact_blocks(settings: DcganSettings, channels: int) -> list[nn.Module]:
    kind = settings.generator_activation
    blocks = [ResidualBlock(channels, _activation(kind, 0.2)) for _ in range(2)]
    return [*blocks, *_dropout(settings.generator_dropout)]


def _compact_grow(settings: DcganSettings, channels_in: int, channels_out: int, kernel: int = 1) -> list[nn.Module]:
    if settings.even_kernel:
        return list(upsample(channels_in, channels_out, kernel))
    return [_double(settings, channels_in, channels_out)]


def _compact_discriminator(settings: DcganSettings, size: int) -> list[nn.Module]:
    return _radford_discriminator(settings, size, normed=False)


# The modern pair: residual, no normalisation


def _modern_generator(settings: DcganSettings, size: int) -> list[nn.Module]:
    kind, channels = settings.generator_activation, _modern_channels(settings, size)
    layers: list[nn.Module] = [nn.Linear(settings.latent, channels[4] * 16), nn.Unflatten(1, (channels[4], 4, 4))]
    side = 4
    while True:
        layers += [*_modern_blocks(channels[side], kind), *_dropout(settings.generator_dropout)]
        if side == size:
            return [*layers, _activation(kind, 0.2), nn.Conv2d(channels[size], 3, 3, padding=1)]
        if settings.even_kernel:
            layers += [nn.Conv2d(channels[side], channels[2 * side], 1), Resample(2)]
        else:
            layers.append(_double(settings, channels[side], channels[2 * side]))
        side *= 2


def _modern_discriminator(settings: DcganSettings, size: int) -> list[nn.Module]:
    kind, channels = settings.discriminator_activation, _modern_channels(settings, size)
    layers: list[nn.Module] = [nn.Conv2d(3, channels[size], 3, padding=1)]
    side = size
    while side > 4:
        layers += [*_modern_blocks(channels[side], kind), *_dropout(settings.discriminator_dropout)]
        if settings.downsampling == "strided" and settings.even_kernel:
            layers += [Resample(0.5), nn.Conv2d(channels[side], channels[side // 2], 1)]
        else:
            layers += _halve(settings, channels[side], channels[side // 2])
        side //= 2
    layers += [*_modern_blocks(channels[4], kind), _activation(kind, 0.2), nn.Flatten()]
    return [*layers, nn.Linear(channels[4] * 16, 1)]


def _modern_channels(settings: DcganSettings, size: int) -> dict[int, int]:
    """Channels by side: `width` at 16 x 16, half as many with each doubling, at most thrice as many below."""
    width = settings.width
    by_side = {4: 3 * width, 8: 2 * width, 16: width, 32: width // 2, 64: width // 4, 128: width // 8}
    return {side: max(8, 8 * round(channels / 8)) for side, channels in by_side.items() if side <= size}


def _modern_blocks(channels: int, kind: str) -> list[nn.Module]:
    return [BottleneckBlock(channels, kind) for _ in range(2)]
