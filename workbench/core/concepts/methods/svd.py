"""The directions to which the decoder's first layer answers most (SeFa, Shen and Zhou 2021)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.methods.base import Inside, UnnamedMethod


def find(inside: Inside) -> npt.NDArray[np.float64]:
    """With W the first layer and R Rᵀ the codes' covariance: R u for the right singular vectors u of W R.

    SeFa takes those of W, for codes that vary alike in all directions. Those of a trained encoder do not; here a
    direction counts by what one standard deviation of it does.
    """
    values, vectors = np.linalg.eigh(inside.covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))
    answers = inside.first_layer @ root  # far more outputs than numbers of a code: its Gram matrix is the quick way
    turned = np.linalg.eigh(answers.T @ answers)[1].T[::-1]
    directions: npt.NDArray[np.float64] = turned @ root.T
    return directions


METHOD = UnnamedMethod(
    name="svd",
    title="First layer",
    summary="What the decoder answers to most: found in its weights, without a single picture.",
    find=find,
)
