"""From a data set's labels to examples that a method can learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.methods.base import Examples
from workbench.core.data.cache import Dataset
from workbench.core.data.table import TRAIN

LEAST = 10
"""Pictures that a label needs on each side of the training partition."""

_MOST_VALUES = 20  # of a text column that is a property of pictures (their source) rather than a name or a number

Codes = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledCodes:
    """A data set's codes with all that is known of its pictures.

    Attributes:
        codes: float32 (N, latent).
        labels: by name, int8 (N,): 1 yes, -1 no, 0 unknown.
        partition: int8 (N,): 0 train, 1 validation, 2 test.
        groups: labels and text columns as numbers of their values from 0, int64 (N,).
        twins: a number for each picture that is the same where codes are the same, int64 (N,).
        persons: a number for each person from 0, -1 where it is not known who it is, int64 (N,).
        colours: the mean red, green and blue of each picture, 0 to 255, float64 (N, 3); None where nobody needs it.
    """

    codes: Codes
    labels: Mapping[str, npt.NDArray[np.int8]]
    partition: npt.NDArray[np.int8]
    groups: Mapping[str, Ints]
    twins: Ints
    persons: Ints
    colours: npt.NDArray[np.float64] | None = None

    @property
    def train(self) -> Codes:
        """The codes of the training partition, whatever their labels."""
        codes: Codes = self.codes[self.partition == TRAIN]
        return codes

    @classmethod
    def of(cls, dataset: Dataset, codes: Codes, colours: npt.NDArray[np.float64] | None = None) -> LabelledCodes:
        groups = {name: values.astype(np.int64) + 1 for name, values in dataset.labels.items()}
        for name, texts in dataset.text.items():
            if 2 <= len(set(texts)) <= _MOST_VALUES:
                groups[name] = np.unique(np.array(texts), return_inverse=True)[1].astype(np.int64)
        rows = np.ascontiguousarray(codes).view(np.dtype((np.void, codes.itemsize * codes.shape[1]))).ravel()
        twins = np.unique(rows, return_inverse=True)[1].astype(np.int64)
        names = np.array(dataset.person or ("",) * len(codes))
        persons = np.where(names == "", -1, np.unique(names, return_inverse=True)[1]).astype(np.int64)
        return cls(codes, dataset.labels, dataset.partition, groups, twins, persons, colours)

    def only(self, chosen: npt.NDArray[np.bool_]) -> LabelledCodes:
        """The same pictures, of which only the `chosen` ones, bool (N,), have labels."""
        labels = {name: np.where(chosen, values, 0).astype(np.int8) for name, values in self.labels.items()}
        return replace(self, labels=labels)

    def examples(self, label: str, partition: int) -> Examples:
        """The pictures of one partition with and without `label`, contradictions left out."""
        values = np.where(self.contradictory(label), 0, self.labels[label])
        with_it, without = (np.flatnonzero((self.partition == partition) & (values == side)) for side in (1, -1))
        both = np.concatenate([with_it, without])
        groups = {name: numbers[both] for name, numbers in self.groups.items() if name != label}
        colours = () if self.colours is None else self.colours[both].T
        return Examples(
            self.codes[with_it], self.codes[without], groups, dict(zip(("red", "green", "blue"), colours, strict=False))
        )

    def pairs(self, label: str, partition: int) -> Examples:
        """The people of one partition who are known with `label` and without it: of each the mean code of the pictures
        with, and of those without; row i of both sides is the same person."""
        values = np.where(self.contradictory(label) | (self.partition != partition) | (self.persons < 0), 0, 1)
        values *= self.labels[label]
        counts = [np.bincount(self.persons[values == side], minlength=self.persons.max() + 1) for side in (1, -1)]
        both = np.flatnonzero((counts[0] > 0) & (counts[1] > 0)) if self.persons.max() >= 0 else np.zeros(0, np.int64)
        means = []
        for side, count in zip((1, -1), counts, strict=True):
            sums = np.zeros((len(count), self.codes.shape[1]))
            np.add.at(sums, self.persons[values == side], self.codes[values == side])
            means.append((sums[both] / count[both, None]).astype(np.float32))
        return Examples(means[0], means[1])

    def contradictory(self, label: str) -> npt.NDArray[np.bool_]:
        """Which pictures are in the data more than once, with `label` and without it: bool (N,)."""
        values = self.labels[label]
        yes, no = (np.bincount(self.twins, values == side) > 0 for side in (1, -1))
        found: npt.NDArray[np.bool_] = (yes & no)[self.twins] & (values != 0)
        return found

    def first_measurable(self, labels: Sequence[str], partition: int) -> Examples:
        """The examples of the first of `labels` that has both sides in `partition`; none if there is no such label."""
        for label in labels:
            if label in self.labels:
                found = self.examples(label, partition)
                if len(found.with_it) and len(found.without):
                    return found
        return Examples(self.codes[:0], self.codes[:0])

    def bare_faces(self, most: int, rng: np.random.Generator, mark: str | None, partition: int = TRAIN) -> Ints:
        """Pictures of one partition of which no label with `mark` in its name says yes: at most `most` rows."""
        marked = np.zeros(len(self.codes), bool)
        for name, values in self.labels.items():
            if mark is not None and mark in name.lower():
                marked |= values == 1
        rows = np.flatnonzero((self.partition == partition) & ~marked)
        return np.sort(rng.choice(rows, min(most, len(rows)), replace=False))
