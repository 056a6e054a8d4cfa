"""How usual a code is among those of the faces that a model learned from: the out-of-range meter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

Level = Literal["usual", "amber", "red"]
"""usual: as ninety-nine of a hundred faces; amber: rarer; red: as far beyond those as the middle face is within."""

_SHARE = 99.0  # percent
_ALONG = 6.0  # standard deviations along one direction: no face is so far out in any; from half of it hardly one is

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Moments = tuple[Float64, Float64]
"""Mean (latent,) and covariance (latent, latent) of many codes."""


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
    def of_codes(cls, codes: Float32) -> Self:
        """From the codes of many faces, (N, latent), N well above latent."""
        exact = codes.astype(np.float64)
        mean, covariance = exact.mean(axis=0), np.cov(exact, rowvar=False, bias=True).reshape(exact.shape[1], -1)
        distances = _distances(codes, mean, _whitening(covariance))
        middle, amber = (float(d) for d in np.percentile(distances, (50, _SHARE)))
        return cls.of_moments(mean, covariance, middle, amber)

    @classmethod
    def of_moments(cls, mean: Float64, covariance: Float64, middle: float, amber: float) -> Self:
        """From what was kept of the codes: their mean, covariance (latent, latent) and two of their distances."""
        return cls(mean, _whitening(covariance), middle, amber, 2 * amber - middle)

    def distance(self, codes: Float32) -> Float64:
        """The Mahalanobis distance of each code: (N, latent) to float64 (N,), or (latent,) to a single number."""
        return _distances(codes, self.mean, self.whiten)

    def level(self, distance: float) -> Level:
        """How a distance is to be taken."""
        return "usual" if distance <= self.amber else "amber" if distance <= self.red else "red"

    def strain(self, codes: Float32, moved: Float32) -> Float64:
        """How far an edit leads out, for each code and what it became: 0 usual, from 0.5 amber, from 1 red.

        The larger of two: how far off the moved code lies in all, and how far along the way that it was moved. In
        hundreds of dimensions the first hardly notices a step of many standard deviations in a single one; of the
        second, faces themselves have a standard deviation of 1.

        Args:
            codes: of the faces, (N, latent) or (latent,).
            moved: what was made of them, of the same shape.
        """
        before, after = ((c.astype(np.float64) - self.mean) @ self.whiten for c in (codes, moved))
        off = (np.linalg.norm(after, axis=-1) - self.middle) / (self.red - self.middle)
        way = after - before
        along = np.abs((after * way).sum(axis=-1)) / np.maximum(np.linalg.norm(way, axis=-1), 1e-9)
        strain: Float64 = np.maximum(np.maximum(off, along / _ALONG), 0.0)
        return strain

    @staticmethod
    def strained(strain: float) -> Level:
        """How a strain is to be taken."""
        return "usual" if strain <= 0.5 else "amber" if strain <= 1 else "red"


def _whitening(covariance: Float64) -> Float64:
    """Of the many, the one from Cholesky's factor L of the covariance: L⁻¹ᵀ. Eigenvectors would take seconds, not
    hundredths, where a training uses the processor too."""
    floor = 1e-9 * max(float(covariance.diagonal().max()), 1e-12)  # for a number of the code that never changes
    lower = np.linalg.cholesky(covariance + floor * np.eye(len(covariance)))
    whitening: Float64 = np.linalg.inv(lower).T
    return whitening


def _distances(codes: Float32, mean: Float64, whiten: Float64) -> Float64:
    distances: Float64 = np.linalg.norm((codes.astype(np.float64) - mean) @ whiten, axis=-1)
    return distances
