"""What a direction is worth: its length in the data, the ends of its slider, and how well it tells unseen faces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.concept import Counts, Direction
from workbench.core.concepts.methods.base import Examples, Method
from workbench.core.concepts.roc import Floats, auc

_SAMPLES = 12
_LEAST_END = 1.0  # in sigma: a slider that can hardly be moved is of no use

Float32 = npt.NDArray[np.float32]


def find_direction(method: Method, examples: Examples, codes: Float32, test: Examples) -> Direction | None:
    """A method's direction and its measures; None where the two sides cannot be told apart at all.

    Args:
        method: how to find it.
        examples: what to find it from.
        codes: the codes of the whole training partition, (N, latent): sigma is their deviation along the direction.
        test: pictures that the method has not seen.
    """
    direction = measured(method.name, method.find(examples), examples, codes, test)
    if direction is None or method.local is None:
        return direction
    return replace(direction, local=method.local(examples))


def measured(name: str, found: Floats, examples: Examples, codes: Float32, test: Examples) -> Direction | None:
    """A direction of any length with its measures, as `find_direction` gives them; `name` is its method."""
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
    return Direction(name, vector, sigma, low, high, score, counts)


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


def turned(method: Method, examples: Examples, vector: npt.NDArray[np.float32]) -> Iterator[float]:
    """By how many degrees the direction turns in each bootstrap sample: twelve values, one at a time.

    Pairs are drawn as pairs.
    """
    rng = np.random.default_rng(0)
    sides = len(examples.with_it), len(examples.without)
    for _ in range(_SAMPLES):
        first = rng.integers(sides[0], size=sides[0])
        second = first if method.examples != "labels" else rng.integers(sides[1], size=sides[1])
        found = method.find(examples.take(first, second))
        cosine = float(found @ vector / max(float(np.linalg.norm(found)), 1e-12))
        yield float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
