"""The directions along which the codes of faces differ most: principal components (GANSpace, Härkönen et al. 2020)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.methods.base import Inside, UnnamedMethod


def find(inside: Inside) -> npt.NDArray[np.float64]:
    """The eigenvectors of the codes' covariance, the largest variance first; none of a sphere, as a GAN's codes are."""
    vectors: npt.NDArray[np.float64]
    variances, vectors = np.linalg.eigh(inside.covariance)
    if np.isclose(variances[0], variances[-1]):
        return vectors[:0]
    vectors = vectors.T[::-1]
    return vectors


METHOD = UnnamedMethod(
    name="pca",
    title="Principal components",
    summary="What faces differ in most: light, pose and hair come first.",
    find=find,
)
