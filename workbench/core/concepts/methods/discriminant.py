"""The balanced difference of means, freed of what pictures of one kind differ in anyway: a regularised discriminant.

Fisher's discriminant (1936) divides a difference of means by the covariance within both kinds. That tells them apart
best, but leans on what varies least, which a decoder hardly shows. Shrunk halfway to a sphere (Friedman 1989,
"Regularized discriminant analysis") it is left between both: it draws the attribute nearly as strongly as the means
do, and takes along less of the light and the background that happen to differ.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.methods.balanced_means import balance
from workbench.core.concepts.methods.base import Examples, Method

_SHRINKAGE = 0.5  # 0 is Fisher's, 1 the difference of means; docs/decisions/0013 has what was measured

Float64 = npt.NDArray[np.float64]


def find(examples: Examples) -> Float64:
    """C⁻¹ (mean(with) - mean(without)): means and within-covariance C of pictures weighted by `balance`."""
    weights = balance(examples)
    sides = [codes.astype(np.float64) for codes in (examples.with_it, examples.without)]
    means = [weight @ codes for weight, codes in zip(weights, sides, strict=True)]
    spread = np.zeros((sides[0].shape[1],) * 2)
    for weight, codes, mean in zip(weights, sides, means, strict=True):
        spread += (codes - mean).T @ ((codes - mean) * weight[:, None]) / 2
    sphere = np.trace(spread) / len(spread)
    if not sphere > 0:  # all codes of a kind are one: nothing to be freed of
        return means[0] - means[1]
    shrunk = (1 - _SHRINKAGE) * spread + _SHRINKAGE * sphere * np.eye(len(spread))
    direction: Float64 = np.linalg.solve(shrunk, means[0] - means[1])
    return direction


METHOD = Method(
    name="discriminant",
    title="Balanced discriminant",
    summary="Balanced means without most of the light and background that faces of one kind differ in anyway.",
    examples="labels",
    find=find,
)
