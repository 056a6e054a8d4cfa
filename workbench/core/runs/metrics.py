"""The losses of a run as rows of a CSV file: one a step, appended and flushed, the very curves of the plot."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

import numpy as np
import numpy.typing as npt

from workbench.core.errors import file_errors
from workbench.core.files import write_file

Curves = dict[str, tuple[npt.NDArray[np.int64], dict[str, npt.NDArray[np.float32]]]]
"""By part ("train", "validation"): the steps, and by loss its values; NaN where a part does not have one."""

MEASURED = ("psnr", "active_units", "kid", "diversity")
"""Columns of what is only measured on held-out pictures, or of random ones."""


class MetricsFile:
    """Appends rows to `metrics.csv`; the names of the losses become its header with the first row."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None
        self._names: list[str] = []

    def append(
        self, part: str, steps: Iterable[int], seconds: float, values: Mapping[str, npt.NDArray[np.float32]]
    ) -> None:
        """Add a row for each of `steps`, and hand them to the operating system at once."""
        with file_errors(self._path, "write"):
            writer = csv.writer(self._open(values), lineterminator="\n")
            for row, step in enumerate(steps):
                cells = (f"{values[name][row]:.6g}" if name in values else "" for name in self._names)
                writer.writerow([step, f"{seconds:.2f}", part, *cells])
            assert self._file is not None
            self._file.flush()

    def _open(self, values: Mapping[str, object]) -> TextIO:
        if self._file is None:
            known = _header(self._path)
            self._names = known[3:] or list(dict.fromkeys([*values, *MEASURED]))
            self._file = self._path.open("a", encoding="utf-8", newline="")
            if not known:
                csv.writer(self._file, lineterminator="\n").writerow(["step", "seconds", "part", *self._names])
        return self._file

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def forget_after(path: Path, step: int) -> None:
    """Drop the rows after `step`: they belong to steps that will be taken again."""
    if path.exists():
        header, lines = _lines(path)
        kept = [line for line in lines if int(line[: line.index(",")]) <= step]
        write_file(path, "".join(line + "\n" for line in [",".join(header), *kept]))


def read_curves(path: Path) -> Curves:
    """All rows by part; a missing file gives none. 200,000 rows take some tenths of a second."""
    header, lines = _lines(path)
    by_part: dict[str, tuple[list[str], list[str]]] = {}
    for line in lines:
        step, _, part, cells = line.split(",", 3)
        steps, texts = by_part.setdefault(part, ([], []))
        steps.append(step)
        texts.append(cells)
    curves: Curves = {}
    for part, (steps, texts) in by_part.items():
        table = _numbers(texts, len(header) - 3)
        values = {name: table[:, column] for column, name in enumerate(header[3:])}
        curves[part] = (
            np.array(steps).astype(np.int64),
            {name: column for name, column in values.items() if not np.isnan(column).all()},
        )
    return curves


def read_clock(path: Path) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """When it was: steps, rising, and the seconds of training that had passed at each; a missing file gives none."""
    last: dict[str, str] = {}  # rows that were written together have one time: that of the last of them
    for line in _lines(path)[1]:
        step, seconds, _ = line.split(",", 2)
        last[seconds] = step
    steps, seconds_at = np.array([*last.values()], dtype=str), np.array([*last], dtype=str)
    return steps.astype(np.int64), seconds_at.astype(np.float64)


def _numbers(texts: list[str], columns: int) -> npt.NDArray[np.float32]:
    """Lines of cells as numbers, NaN where a cell is empty: float32 (len(texts), columns).

    numpy reads them all at once; Python would take a second for a long run.
    """
    text = f",{','.join(texts)},"
    while ",," in text:
        text = text.replace(",,", ",nan,")
    return np.fromstring(text[1:-1], np.float64, sep=",").astype(np.float32).reshape(len(texts), columns)


def read_seconds(path: Path) -> dict[int, float]:
    """Seconds of training after each step that has a row."""
    rows = (line.split(",", 2) for line in _lines(path)[1])
    return {int(step): float(seconds) for step, seconds, _ in rows}


def _header(path: Path) -> list[str]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file), [])


def _lines(path: Path) -> tuple[list[str], list[str]]:
    """The names of the columns and the whole rows; the last row may have been cut off when the program was killed."""
    header = _header(path)
    if not header:
        return [], []
    first, *lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    commas = len(header) - 1
    return header, [line for line in lines if line.count(",") == commas and line != first]
