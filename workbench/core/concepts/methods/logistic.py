"""The normal of the plane that tells pictures with from pictures without (InterFaceGAN, Shen et al. 2020)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.methods.base import Examples, Method

_STRENGTH = 0.05  # scikit-learn's C on scaled codes: few labels and 128 dimensions want this much regularisation


def find(examples: Examples) -> npt.NDArray[np.float64]:
    """Logistic regression on codes divided by their standard deviations, both sides of equal weight.

    The plane w · (z / d) = b of the scaled codes is (w / d) · z = b of the codes themselves: w / d is its normal.
    """
    from sklearn.linear_model import LogisticRegression  # takes a second to load; a list of the methods must not

    codes, has, deviation = scaled(examples)
    classifier = LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=2000)
    classifier.fit(codes, has)
    normal: npt.NDArray[np.float64] = classifier.coef_[0] / deviation
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
