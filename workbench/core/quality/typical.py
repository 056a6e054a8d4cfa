"""How usual a code is among those of the faces that a model learned from: the out-of-range meter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
import torch

from workbench.core.models.mixture import Mixture

Level = Literal["usual", "amber", "red"]
"""usual: as ninety-nine of a hundred faces; amber: rarer; red: as far beyond those as the middle face is within."""

_DRAWN = 4096  # codes that the thresholds are taken from
_SHARE = 99.0  # percent

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Typical:
    """The spread of the codes of a model's faces, and how far is far.

    The distance is Mahalanobis's (1936): sqrt((z - mean)ᵀ covariance⁻¹ (z - mean)), so that a direction in which faces
    differ much counts less. In a space of n numbers the usual face lies about sqrt(n) off the mean, not at it.

    Attributes:
        mean: float64 (latent,).
        whiten: float64 (latent, latent): (z - mean) @ whiten has the covariance 1.
        middle: the distance of the middle face, by the median.
        amber: nearer than this are ninety-nine of a hundred faces.
        red: amber and once more the way from the middle to it.
    """

    mean: Float64
    whiten: Float64
    middle: float
    amber: float
    red: float

    @classmethod
    def of_mixture(cls, mixture: Mixture) -> Self:
        """From the mixture that was fitted to a model's training codes: it has their mean and (but for its floor) their
        covariance, and codes drawn from it lie as far off as they do, so no data is needed to know what is far."""
        weights = mixture.weights.numpy().astype(np.float64)
        means, roots = (a.numpy().astype(np.float64) for a in (mixture.means, mixture.roots))
        mean = weights @ means
        off = means - mean
        covariance = np.einsum("k,kij,klj->il", weights, roots, roots) + (weights[:, None] * off).T @ off
        drawn = mixture.draw(_DRAWN, torch.Generator().manual_seed(0)).numpy()
        return cls._of(mean, covariance, drawn)

    @classmethod
    def of_codes(cls, codes: Float32) -> Self:
        """From codes themselves, (N, latent), N well above latent."""
        exact = codes.astype(np.float64)
        covariance = np.cov(exact, rowvar=False, bias=True).reshape(exact.shape[1], -1)
        return cls._of(exact.mean(axis=0), covariance, codes)

    @classmethod
    def _of(cls, mean: Float64, covariance: Float64, codes: Float32) -> Self:
        values, vectors = np.linalg.eigh(covariance)
        least = 1e-6 * max(float(values[-1]), 1e-12)  # a number of the code that never changes says nothing
        whiten = vectors / np.sqrt(np.maximum(values, least))
        distances = _distances(codes, mean, whiten)
        middle, amber = (float(d) for d in np.percentile(distances, (50, _SHARE)))
        return cls(mean, whiten, middle, amber, 2 * amber - middle)

    def distance(self, codes: Float32) -> Float64:
        """The Mahalanobis distance of each code: (N, latent) to float64 (N,), or (latent,) to a single number."""
        return _distances(codes, self.mean, self.whiten)

    def level(self, distance: float) -> Level:
        """How a distance is to be taken."""
        return "usual" if distance <= self.amber else "amber" if distance <= self.red else "red"


def _distances(codes: Float32, mean: Float64, whiten: Float64) -> Float64:
    distances: Float64 = np.linalg.norm((codes.astype(np.float64) - mean) @ whiten, axis=-1)
    return distances
