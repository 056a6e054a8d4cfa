"""What is known of each picture of a source: its name, its labels, its part, its person."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Int8 = npt.NDArray[np.int8]
Int64 = npt.NDArray[np.int64]

TRAIN, VALIDATION, TEST = 0, 1, 2
PARTITIONS = ("train", "validation", "test")


@dataclass(frozen=True)
class Table:
    """One row a picture, N rows.

    Attributes:
        names: the files, as paths below the source with forward slashes.
        labels: by name, int8 (N,): 1 yes, -1 no, 0 unknown.
        partition: int8 (N,): 0 train, 1 validation, 2 test; None when the source does not say.
        person: who it shows, "" where unknown; None when the source does not say.
        text: other columns, by name.
    """

    names: tuple[str, ...]
    labels: Mapping[str, Int8] = field(default_factory=dict)
    partition: Int8 | None = None
    person: tuple[str, ...] | None = None
    text: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)

    def take(self, rows: Int64) -> Table:
        """The table of these rows only."""
        if len(rows) == len(self) and np.array_equal(rows, np.arange(len(self))):
            return self
        return Table(
            names=tuple(self.names[row] for row in rows),
            labels={name: values[rows] for name, values in self.labels.items()},
            partition=None if self.partition is None else self.partition[rows],
            person=None if self.person is None else tuple(self.person[row] for row in rows),
            text={name: tuple(values[row] for row in rows) for name, values in self.text.items()},
        )

    def parts(self) -> Int8:
        """`partition`, with 80/10/10 made by `made_partition` where the source does not say: int8 (N,)."""
        persons = self.person or ("",) * len(self)
        made = made_partition([person or name for person, name in zip(persons, self.names, strict=True)])
        if self.partition is None:
            return made
        return np.where(self.partition < 0, made, self.partition).astype(np.int8)


def made_partition(keys: Sequence[str]) -> Int8:
    """80/10/10 by a hash of each key (the person, or the file): adding pictures never moves one to another part."""
    drawn = (int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64 for key in keys)
    return np.digitize(np.fromiter(drawn, np.float64, len(keys)), [0.8, 0.9]).astype(np.int8)
