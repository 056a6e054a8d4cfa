"""What the plot of the losses knows of a curve: its points, their moving average, their times, and which to draw.

What is drawn is at most `DRAWN` points: the smallest and the largest value of each bucket of the visible range, so that
no spike is lost.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

DRAWN = 600
SMOOTHING = 0.98
"""Decay of the exponential moving average over the raw values of training; validation values are few and left alone."""

_BLOCK = 512


def squeeze(y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The logarithmic scale: log10 of large values, straight through zero, since a likelihood can be negative.

    It is asinh(y / 2) / ln 10, the inverse of 10^v - 10^-v.
    """
    return np.arcsinh(y / 2) / math.log(10)


class Series:
    """Points of one curve in buffers that grow by doubling: appending n points costs O(n) over time."""

    def __init__(self) -> None:
        self._x = np.empty(1024, np.float64)
        self._y = np.empty(1024, np.float64)
        self._smooth = np.empty(1024, np.float64)
        self._count = 0
        self._average = 0.0
        self._weight = 0.0

    def __len__(self) -> int:
        return self._count

    @property
    def x(self) -> npt.NDArray[np.float64]:
        return self._x[: self._count]

    @property
    def y(self) -> npt.NDArray[np.float64]:
        return self._y[: self._count]

    @property
    def smooth(self) -> npt.NDArray[np.float64]:
        """The moving average, without the pull of its start: divided by the sum of its weights."""
        return self._smooth[: self._count]

    def append(self, x: npt.ArrayLike, y: npt.ArrayLike) -> None:
        """Add points; `x` goes up."""
        new_x, new_y = np.asarray(x, np.float64), np.asarray(y, np.float64)
        count = self._count + len(new_x)
        if count > len(self._x):
            room = 2 ** int(np.ceil(np.log2(count)))
            self._x, self._y, self._smooth = (_grown(a, room) for a in (self._x, self._y, self._smooth))
        self._x[self._count : count] = new_x
        self._y[self._count : count] = new_y
        self._smooth[self._count : count] = self._smoothed(new_y)
        self._count = count

    def _smoothed(self, y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The average after each of `y`; a value that is no number leaves it as it is.

        Block by block, since a sum over powers of the decay, m_k = d^k (m_0 + (1 - d) sum_j y_j / d^j), overflows.
        """
        finite = np.isfinite(y)
        known = y[finite]
        smooth = np.empty(len(known) + 1)
        smooth[0] = self._average / self._weight if self._weight else np.nan
        for start in range(0, len(known), _BLOCK):
            block = known[start : start + _BLOCK]
            decay = SMOOTHING ** np.arange(1, len(block) + 1)
            average = decay * (self._average + (1 - SMOOTHING) * np.cumsum(block / decay))
            weight = 1 - decay * (1 - self._weight)
            smooth[start + 1 : start + 1 + len(block)] = average / weight
            self._average, self._weight = float(average[-1]), float(weight[-1])
        filled: npt.NDArray[np.float64] = smooth[np.cumsum(finite)]
        return filled

    def value_at(self, x: float, smooth: bool = False) -> float | None:
        """The value at the point nearest to `x`, None outside the curve."""
        if not self._count or not self.x[0] <= x <= self.x[-1]:
            return None
        right = int(np.searchsorted(self.x, x))
        left = max(0, right - 1)
        nearest = left if x - self.x[left] < self.x[right] - x else right
        return float((self.smooth if smooth else self.y)[nearest])


class StepClock:
    """When which step was taken: minutes of training, in between as if every step took as long."""

    def __init__(self) -> None:
        self._known = Series()
        self._known.append([0.0], [0.0])

    def add(self, steps: npt.ArrayLike, seconds: npt.ArrayLike) -> None:
        """More steps, rising, and the seconds of training at each; what is before the last is passed over."""
        step, minute = np.asarray(steps, np.float64), np.asarray(seconds, np.float64) / 60
        later = (step >= self._known.x[-1]) & (minute >= self._known.y[-1])
        self._known.append(step[later], minute[later])

    def minutes(self, steps: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """The time of steps; outside of what is known, steps are as fast as in the whole."""
        return _follow(steps, self._known.x, self._known.y)

    def steps(self, minutes: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """The steps that were taken at a time."""
        return _follow(minutes, self._known.y, self._known.x)


def _follow(at: npt.ArrayLike, known: npt.NDArray[np.float64], to: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    x = np.asarray(at, np.float64)
    pace = to[-1] / known[-1] if known[-1] else 1.0
    inside = (x >= 0) & (x <= known[-1])
    followed: npt.NDArray[np.float64] = np.where(
        inside, np.interp(x, known, to), np.where(x < 0, x * pace, to[-1] + (x - known[-1]) * pace)
    )
    return followed


def _grown(array: npt.NDArray[np.float64], room: int) -> npt.NDArray[np.float64]:
    grown = np.empty(room, np.float64)
    grown[: len(array)] = array
    return grown


def outline(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], low: float, high: float, most: int = DRAWN
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The points of a curve between `low` and `high`, thinned to at most `most`: each bucket's least and greatest.

    One point more on each side is kept, so that the line reaches the edge.
    """
    start = max(0, int(np.searchsorted(x, low)) - 1)
    stop = min(len(x), int(np.searchsorted(x, high, "right")) + 1)
    x, y = x[start:stop], y[start:stop]
    if len(x) <= most:
        return x, y
    edges = np.linspace(0, len(x), most // 2, endpoint=False).astype(np.int64)
    thin_y = np.empty(2 * len(edges))
    thin_y[0::2] = np.fmin.reduceat(y, edges)
    thin_y[1::2] = np.fmax.reduceat(y, edges)
    return np.repeat(x[edges], 2), thin_y
