"""One line of the table that `python -m benchmarks` prints."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A figure beside the plain way of getting it, measured in the same run."""

    what: str
    ours: str
    plain: str
    target: str
    met: bool | None
    """None: the target cannot be judged on this machine."""
