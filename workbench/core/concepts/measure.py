"""What a direction is worth: its length in the data, the ends of its slider, and how well it tells unseen faces."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.concept import Counts, Direction
from workbench.core.concepts.methods.base import Examples, Method

_LEAST_END = 1.0  # in sigma: a slider that can hardly be moved is of no use

Float32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float32] | npt.NDArray[np.float64]


def find_direction(method: Method, examples: Examples, codes: Float32, test: Examples) -> Direction | None:
    """A method's direction and its measures; None where the two sides cannot be told apart at all.

    Args:
        method: how to find it.
        examples: what to find it from.
        codes: the codes of the whole training partition, (N, latent): sigma is their deviation along the direction.
        test: pictures that the method has not seen.
    """
    found = method.find(examples)
    length = float(np.linalg.norm(found))
    if not length > 1e-6 * float(codes.std(axis=0).max(initial=0.0)):  # also when it is not a number
        return None
    vector = (found / length).astype(np.float32)
    sigma = float(np.std(codes @ vector, dtype=np.float64))
    if not sigma > 0:
        return None
    low, high = slider_ends(examples.with_it @ vector, examples.without @ vector, sigma)
    counts = Counts(len(examples.with_it), len(examples.without), len(test.with_it), len(test.without))
    score = auc(test.with_it @ vector, test.without @ vector)
    return Direction(method.name, vector, sigma, low, high, score, counts)


def slider_ends(with_it: Floats, without: Floats, sigma: float) -> tuple[float, float]:
    """The strengths, in sigma, between which a slider stays inside what the data has shown.

    High takes the middle face without the attribute (median) to the strongest twentieth of those with it (95th
    percentile); low takes the middle face with it to the weakest twentieth of those without (5th percentile).

    Args:
        with_it: projections on the direction of pictures that have the attribute.
        without: projections of those that have not.
        sigma: the unit of the result.
    """
    high = (np.percentile(with_it, 95) - np.median(without)) / sigma
    low = (np.percentile(without, 5) - np.median(with_it)) / sigma
    return min(float(low), -_LEAST_END), max(float(high), _LEAST_END)


def auc(with_it: Floats, without: Floats) -> float | None:
    """Area under the ROC curve: the chance that a picture with the attribute scores above one without.

    The rank formula of Mann and Whitney (1947); equal scores count a half. None where a side is empty.
    """
    if not len(with_it) or not len(without):
        return None
    ordered = np.sort(without)
    below = np.searchsorted(ordered, with_it, side="left")
    not_above = np.searchsorted(ordered, with_it, side="right")
    return float((below + not_above).sum() / (2 * len(with_it) * len(without)))
