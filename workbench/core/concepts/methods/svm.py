"""The normal of the plane with the widest margin between pictures with and without: a linear support vector machine.

InterFaceGAN (Shen et al. 2020) edits along it. Where logistic regression listens to every picture, the machine listens
to those near the border only.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.methods.base import Examples, Method
from workbench.core.concepts.methods.logistic import scaled

_STRENGTH = 0.003  # scikit-learn's C, for the squared hinge loss


def find(examples: Examples) -> npt.NDArray[np.float64]:
    """The machine's normal, for codes divided by their standard deviations as `logistic.find` has them."""
    from sklearn.svm import LinearSVC  # takes a second to load; a list of the methods must not

    codes, has, deviation = scaled(examples)
    machine = LinearSVC(C=_STRENGTH, class_weight="balanced", dual=False, max_iter=2000)
    machine.fit(codes, has)
    normal: npt.NDArray[np.float64] = machine.coef_[0] / deviation
    return normal


METHOD = Method(
    name="svm",
    title="Support vectors",
    summary="Across the plane with the widest margin: judged by the faces that are hard to tell apart.",
    examples="labels",
    find=find,
)
