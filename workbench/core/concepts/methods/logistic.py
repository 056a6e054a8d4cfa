"""The normal of the plane that tells pictures with from pictures without (InterFaceGAN, Shen et al. 2020)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.methods.base import Examples, Method
from workbench.core.concepts.roc import auc

_STRENGTHS = (0.05, 0.01, 0.002)
"""scikit-learn's C on scaled codes, the weakest regularisation first; many dimensions and few labels want more."""
_HELD_OUT = 5
"""Every so many examples of each side choose between them, where that leaves ten of each."""


def find(examples: Examples) -> npt.NDArray[np.float64]:
    """Logistic regression on codes divided by their standard deviations, both sides of equal weight.

    The plane w · (z / d) = b of the scaled codes is (w / d) · z = b of the codes themselves: w / d is its normal.
    """
    codes, has, deviation = scaled(examples)
    normal: npt.NDArray[np.float64] = _fitted(codes, has, _strength(codes, has)) / deviation
    return normal


def _strength(codes: npt.NDArray[np.float64], has: npt.NDArray[np.bool_]) -> float:
    """The strength whose plane tells best apart examples that it was not fitted to."""
    rank = np.where(has, np.cumsum(has), np.cumsum(~has))  # of each among its own side
    held = rank % _HELD_OUT == 0
    if min((held & has).sum(), (held & ~has).sum()) < 10:
        return _STRENGTHS[0]
    told = {}
    for strength in _STRENGTHS:
        along = codes[held] @ _fitted(codes[~held], has[~held], strength)
        told[strength] = auc(along[has[held]], along[~has[held]]) or 0.0
    return max(told, key=lambda strength: told[strength])


def _fitted(codes: npt.NDArray[np.float64], has: npt.NDArray[np.bool_], strength: float) -> npt.NDArray[np.float64]:
    from sklearn.linear_model import LogisticRegression  # takes a second to load; a list of the methods must not

    classifier = LogisticRegression(C=strength, class_weight="balanced", max_iter=2000)
    normal: npt.NDArray[np.float64] = classifier.fit(codes, has).coef_[0]
    return normal


def scaled(examples: Examples) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """All codes, with mean 0 and deviation 1 in each number; which of them have the attribute; those deviations."""
    codes = np.concatenate([examples.with_it, examples.without]).astype(np.float64)
    has = np.arange(len(codes)) < len(examples.with_it)
    deviation = codes.std(axis=0)
    deviation[deviation == 0] = 1.0  # a dimension that the encoder does not use
    return (codes - codes.mean(axis=0)) / deviation, has, deviation


METHOD = Method(
    name="logistic",
    title="Logistic regression",
    summary="Across the plane that best tells faces with from faces without: the surest to tell them apart.",
    examples="labels",
    find=find,
)
