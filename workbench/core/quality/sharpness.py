"""How sharp pictures are: the variance of the Laplacian."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_GREY = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601

UInt8 = npt.NDArray[np.uint8]
Float64 = npt.NDArray[np.float64]


def sharpness_each(pictures: UInt8) -> Float64:
    """The variance of each grey picture's Laplacian (Pech-Pacheco et al. 2000): 0 for a flat one, more is sharper.

    The Laplacian is the four neighbours less four times the pixel, in grey levels of 0 to 255, wherever all five lie
    inside. Noise counts as sharpness, so the figure means something beside that of the originals, at the same size.

    Args:
        pictures: uint8 (N, H, W, 3), at least 3 pixels wide and high.

    Returns:
        float64 (N,).
    """
    grey = pictures.astype(np.float32) @ _GREY
    laplacian = (
        grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:] - 4 * grey[:, 1:-1, 1:-1]
    )
    each: Float64 = laplacian.var(axis=(1, 2), dtype=np.float64)
    return each


@dataclass(frozen=True, slots=True)
class Sharpness:
    """Means of `sharpness_each` over pictures of one size; None for what was not measured."""

    originals: float
    reconstructions: float | None = None
    samples: float | None = None

    @property
    def reconstructions_ratio(self) -> float | None:
        """The reconstructions' over the originals'."""
        return self._over_originals(self.reconstructions)

    @property
    def samples_ratio(self) -> float | None:
        """The samples' over the originals'."""
        return self._over_originals(self.samples)

    def _over_originals(self, value: float | None) -> float | None:
        return None if value is None or not self.originals else value / self.originals

    def to_json(self) -> dict[str, Any]:
        """The same as JSON knows it, with the ratios."""
        return {
            **asdict(self),
            "reconstructions_ratio": self.reconstructions_ratio,
            "samples_ratio": self.samples_ratio,
        }
