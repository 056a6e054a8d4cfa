"""The encoder and the decoder that the autoencoders share, compact and residual."""

from __future__ import annotations

from torch import nn

from workbench.core.models.blocks import ResidualBlock, downsample, upsample


class Encoder(nn.Sequential):
    """(N, 3, S, S) to (N, outputs), for S of 32, 64 or 128."""

    def __init__(self, size: int, width: int, outputs: int) -> None:
        wide, widest = 2 * width, 3 * width
        layers: list[nn.Module] = []
        if size == 128:  # one more floor, narrow because it is large
            layers += [downsample(3, width // 2, 4), *stage(width // 2), downsample(width // 2, width)]
        else:
            layers += [downsample(3, width, size // 16)]
        layers += [*stage(width), downsample(width, wide), *stage(wide), downsample(wide, widest), *stage(widest)]
        layers += [nn.SiLU(), nn.Flatten(), nn.Linear(widest * 16, outputs)]
        super().__init__(*layers)


class Decoder(nn.Sequential):
    """(N, latent) to (N, 3, S, S), not yet limited to [-1, 1].

    Args:
        detail: channels at 32 x 32 and above; 0: three eighths of `width`.
    """

    def __init__(self, size: int, width: int, latent: int, detail: int = 0) -> None:
        wide, widest, narrow = 2 * width, 3 * width, detail or max(8, 3 * width // 8)
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
