"""How well a number tells pictures with an attribute from pictures without."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32] | npt.NDArray[np.float64]

RESAMPLES = 400
"""How often pictures are drawn anew for an interval."""
_CERTAIN = (2.5, 97.5)  # percent: 19 of 20 intervals hold the truth


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


def auc_interval(with_it: Floats, without: Floats) -> tuple[float, float] | None:
    """The AUC's 95 % interval, by resampling both sides (Efron 1979); None where a side is empty."""
    if not len(with_it) or not len(without):
        return None
    rng = np.random.default_rng(0)
    found = [auc(rng.choice(with_it, len(with_it)), rng.choice(without, len(without))) or 0.0 for _ in range(RESAMPLES)]
    return certain(found)


def certain(found: Sequence[float]) -> tuple[float, float]:
    """Between what the middle 95 % of bootstrap values lie."""
    low, high = np.percentile(found, _CERTAIN)
    return float(low), float(high)
