"""Time within a training: seconds without the pauses, how often to do what costs time, how fast it goes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Seconds of training; `seconds` from earlier sessions are counted in."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._before = seconds
        self._since = time.monotonic()

    @property
    def seconds(self) -> float:
        return self._before + time.monotonic() - self._since

    @contextmanager
    def left_out(self) -> Iterator[None]:
        """The time in the block is not counted: the training rests."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._before -= time.monotonic() - began


class Pace:
    """Decides when to do again what is nice to have but costs time: never more than a share of it, from the start on.

    Args:
        share: of the training's time it may take at most, besides `lent` seconds.
        least: seconds between two times at least; in a long training they move apart, to 1/50 of its age.
        began: seconds of training when this session began.
    """

    lent = 0.5
    """Seconds that may be spent before they are earned, so that there is something to see early."""

    def __init__(self, share: float, least: float, began: float = 0.0) -> None:
        self._share = share
        self._least = least
        self._began = self._last = began
        self._spent = 0.0

    def due(self, seconds: float, expected: float = 0.0) -> bool:
        """Whether it may be done now, at so many seconds of training, if it takes `expected` seconds."""
        rested = seconds - self._last >= max(self._least, seconds / 50)
        return rested and self._spent + expected <= self.lent + self._share * (seconds - self._began)

    def done(self, began: float, ended: float) -> None:
        """It took from `began` to `ended`, in seconds of training."""
        self._last = ended
        self._spent += ended - began


class Speed:
    """Steps a second over the last ten seconds, and the time left once that is steady."""

    window = 10.0

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def mark(self, seconds: float, step: int) -> None:
        self._marks.append((seconds, step))
        while len(self._marks) > 2 and seconds - self._marks[1][0] > self.window:
            self._marks.popleft()

    @property
    def steps_per_second(self) -> float | None:
        """None before the second mark."""
        (first, from_step), (last, to_step) = self._marks[0], self._marks[-1]
        return (to_step - from_step) / (last - first) if last > first else None

    def seconds_left(self, fraction: float, seconds: float) -> float | None:
        """From the spent share of the budget; None until ten seconds have shown how fast it goes."""
        if self._marks[-1][0] - self._marks[0][0] < 0.9 * self.window or not 0 < fraction < 1:
            return None
        return seconds * (1 - fraction) / fraction


def duration(seconds: float) -> str:
    """A span of time as a person says it: `duration(95)` is "1 min 35 s", `duration(120)` "2 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    large, small, units = (
        (*divmod(whole, 60), ("min", "s")) if whole < 3600 else (*divmod(whole // 60, 60), ("h", "min"))
    )
    return f"{large} {units[0]} {small} {units[1]}" if small else f"{large} {units[0]}"


def finely(seconds: float) -> str:
    """The same with the digits of a short one: `finely(2.54)` is "2.5 s"."""
    return f"{seconds:.2g} s" if seconds < 10 else duration(seconds)
