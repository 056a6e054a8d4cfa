"""The middle of three directions that err in different ways: balanced means, least squares and the discriminant."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.methods import balanced_means, discriminant, least_squares
from workbench.core.concepts.methods.base import Examples, Method

_PARTS = (balanced_means.METHOD, least_squares.METHOD, discriminant.METHOD)


def find(examples: Examples) -> npt.NDArray[np.float64]:
    """The sum of the parts' unit directions."""
    vectors = [part.find(examples) for part in _PARTS]
    total: npt.NDArray[np.float64] = np.sum([v / max(float(np.linalg.norm(v)), 1e-12) for v in vectors], axis=0)
    return total


METHOD = Method(
    name="combined",
    title="Combined",
    summary="Between balanced means, least squares and the discriminant: none of them alone decides.",
    examples="labels",
    find=find,
)
