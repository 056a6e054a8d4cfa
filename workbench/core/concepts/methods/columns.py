"""What else is known of the pictures, column by column, and which of it can be told from the attribute."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.methods.base import Examples

MOST = 10.0
"""No picture counts more than this many times: a few odd ones must not speak for a whole group."""
RARE = 0.01
"""Values of fewer pictures than this share are not balanced."""


def separable(examples: Examples) -> list[npt.NDArray[np.int64]]:
    """The columns that can be held while the attribute changes.

    Left out is one of which a value that is not rare occurs on one side only, or so seldom that its pictures would have
    to count more than `MOST` times: "Senior" is such a column for "Young", and another spelling of the label itself.
    """
    sides = len(examples.with_it), len(examples.without)
    return [groups for groups in examples.groups.values() if _can_be_held(shares(groups, *sides))]


def shares(groups: npt.NDArray[np.int64], with_it: int, without: int) -> npt.NDArray[np.float64]:
    """The share of each value on both sides: float64 (2, values), rows summing to 1."""
    values = int(groups.max()) + 1
    first, second = (np.bincount(side, minlength=values) for side in (groups[:with_it], groups[with_it:]))
    return np.stack([first / with_it, second / without])


def _can_be_held(both: npt.NDArray[np.float64]) -> bool:
    """Whether the column has two values to hold, and enough pictures of each on both sides."""
    target = both.mean(axis=0)
    common = target >= RARE
    return common.sum() > 1 and bool((target[common] <= MOST * both.min(axis=0)[common]).all())
