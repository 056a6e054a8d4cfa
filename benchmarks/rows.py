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


def line(row: Row) -> str:
    """A row of the table, in Markdown."""
    met = {True: "yes", False: "**no**", None: "not judged here"}[row.met]
    return f"| {row.what} | {row.ours} | {row.plain} | {row.target} | {met} |"
