"""The difference of means after every other known label has equal shares on both sides.

White 2016, "Sampling Generative Networks", section 3.2: where most of the smiling faces are women, the plain
difference of means turns a face into a woman's. He repeats pictures until the shares are equal; we give them weights
instead, by raking (iterative proportional fitting, Deming and Stephan 1940), which takes any number of labels.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.methods.base import Examples, Method
from workbench.core.concepts.methods.columns import MOST, RARE, separable, shares

_ROUNDS = 50

Float64 = npt.NDArray[np.float64]


def find(examples: Examples) -> Float64:
    """mean(with) - mean(without), weighted by `balance`."""
    with_weights, without_weights = balance(examples)
    difference: Float64 = with_weights @ examples.with_it - without_weights @ examples.without
    return difference


def balance(examples: Examples) -> tuple[Float64, Float64]:
    """A weight for each picture, summing to 1 on each side, such that other labels have equal shares on both sides.

    A column that cannot be told from the attribute is left as it is (`columns.separable`).
    """
    sides = len(examples.with_it), len(examples.without)
    columns = separable(examples)
    targets = [shares(groups, *sides).mean(axis=0) for groups in columns]
    with_groups = [groups[: sides[0]] for groups in columns]
    without_groups = [groups[sides[0] :] for groups in columns]
    return _rake(sides[0], with_groups, targets), _rake(sides[1], without_groups, targets)


def _rake(count: int, columns: list[npt.NDArray[np.int64]], targets: list[Float64]) -> Float64:
    """Weights of one side's pictures whose shares in each of `columns` are its target's, in turn until they hold."""
    weights = np.full(count, 1 / count)
    for _ in range(_ROUNDS if columns else 0):
        before = weights
        for groups, target in zip(columns, targets, strict=True):
            found = np.bincount(groups, weights, minlength=len(target))
            common = (target >= RARE) & (found > 0)
            factors = np.ones(len(target))
            factors[common] = target[common] / found[common]
            weights = weights * factors[groups]
            weights = np.minimum(weights / weights.sum(), MOST / count)
            weights /= weights.sum()
        if np.abs(weights - before).max() < 1e-6 / count:
            break
    return weights


METHOD = Method(
    name="balanced-means",
    title="Balanced means",
    summary="The difference of means after other labels were given equal shares on both sides, so they stay put.",
    examples="labels",
    find=find,
)
