"""The losses of a run as rows of a CSV file: one a step, appended and flushed, the very curves of the plot."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

import numpy as np
import numpy.typing as npt

from workbench.core.errors import file_errors
from workbench.core.files import write_file
from workbench.core.tensors import damaged

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
        with _sound(path):
            kept = [line for line in lines if int(line[: line.index(",")]) <= step]
        write_file(path, "".join(line + "\n" for line in [",".join(header), *kept]))


def read_curves(path: Path) -> Curves:
    """All rows by part; a missing file gives none. 200,000 rows take some tenths of a second."""
    return Tail(path).read()


class Tail:
    """A `metrics.csv` that another program is still writing: each `read` gives the rows since the one before.

    Attributes:
        began_again: whether the last `read` gave all rows anew, since steps were taken back and the file replaced.
        seconds: of training, at the last row that was read; None before there is one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = 0
        self._end = 0
        self._first = ""
        self.began_again = False
        self.seconds: float | None = None

    @property
    def header(self) -> list[str]:
        """The names of the columns; none before something was read."""
        return next(csv.reader([self._first]), [])

    def read(self) -> Curves:
        """The new rows by part; none where the file is missing. Raises `WorkbenchError` for a damaged one."""
        with _sound(self._path):
            return self._read()

    def _read(self) -> Curves:
        by_part: dict[str, tuple[list[str], list[str]]] = {}
        for line in self.lines():
            step, seconds, part, cells = line.split(",", 3)
            steps, texts = by_part.setdefault(part, ([], []))
            steps.append(step)
            texts.append(cells)
            self.seconds = float(seconds)
        curves: Curves = {}
        names = self.header[3:]
        for part, (steps, texts) in by_part.items():
            table = _numbers(texts, len(names))
            values = {name: table[:, column] for column, name in enumerate(names)}
            curves[part] = (
                np.array(steps).astype(np.int64),
                {name: column for name, column in values.items() if not np.isnan(column).all()},
            )
        return curves

    def lines(self) -> list[str]:
        """The new rows that are whole; the last one may have been cut off when a program was killed."""
        try:
            opened = self._path.open("rb")
        except FileNotFoundError:
            return []
        with opened as file:
            now = os.fstat(file.fileno())
            self.began_again = self._end > 0 and (now.st_ino != self._file or now.st_size < self._end)
            self._file = now.st_ino
            if self.began_again:
                self._end = 0
            file.seek(self._end)
            content = file.read()
        content = content[: content.rfind(b"\n") + 1]
        with _sound(self._path):
            lines = content.decode("utf-8").splitlines()
        if self._end == 0 and lines:
            self._first = lines[0]
        self._end += len(content)
        commas = self._first.count(",")
        return [line for line in lines if line.count(",") == commas and line != self._first]


def read_clock(path: Path) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """When it was: steps, rising, and the seconds of training that had passed at each; a missing file gives none."""
    last: dict[str, str] = {}  # rows that were written together have one time: that of the last of them
    for line in _lines(path)[1]:
        step, seconds, _ = line.split(",", 2)
        last[seconds] = step
    steps, seconds_at = np.array([*last.values()], dtype=str), np.array([*last], dtype=str)
    with _sound(path):
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
    with _sound(path):
        return {int(step): float(seconds) for step, seconds, _ in rows}


def _header(path: Path) -> list[str]:
    if not path.exists():
        return []
    with _sound(path), path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file), [])


@contextmanager
def _sound(path: Path) -> Iterator[None]:
    """What is no text and no number in the block is damage; raises `WorkbenchError`."""
    try:
        yield
    except ValueError as error:
        raise damaged(path, "table of losses") from error


def _lines(path: Path) -> tuple[list[str], list[str]]:
    """The names of the columns and the whole rows."""
    tail = Tail(path)
    lines = tail.lines()
    return tail.header, lines
