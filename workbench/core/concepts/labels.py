"""From a data set's labels to examples that a method can learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
    """

    codes: Codes
    labels: Mapping[str, npt.NDArray[np.int8]]
    partition: npt.NDArray[np.int8]
    groups: Mapping[str, Ints]
    twins: Ints

    @property
    def train(self) -> Codes:
        """The codes of the training partition, whatever their labels."""
        codes: Codes = self.codes[self.partition == TRAIN]
        return codes

    @classmethod
    def of(cls, dataset: Dataset, codes: Codes) -> LabelledCodes:
        groups = {name: values.astype(np.int64) + 1 for name, values in dataset.labels.items()}
        for name, texts in dataset.text.items():
            if 2 <= len(set(texts)) <= _MOST_VALUES:
                groups[name] = np.unique(np.array(texts), return_inverse=True)[1].astype(np.int64)
        rows = np.ascontiguousarray(codes).view(np.dtype((np.void, codes.itemsize * codes.shape[1]))).ravel()
        twins = np.unique(rows, return_inverse=True)[1].astype(np.int64)
        return cls(codes, dataset.labels, dataset.partition, groups, twins)

    def examples(self, label: str, partition: int) -> Examples:
        """The pictures of one partition with and without `label`, contradictions left out."""
        values = np.where(self.contradictory(label), 0, self.labels[label])
        with_it, without = (np.flatnonzero((self.partition == partition) & (values == side)) for side in (1, -1))
        both = np.concatenate([with_it, without])
        groups = {name: numbers[both] for name, numbers in self.groups.items() if name != label}
        return Examples(self.codes[with_it], self.codes[without], groups)

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

    def bare_faces(self, most: int, rng: np.random.Generator) -> Ints:
        """Training pictures of which no label says that there are glasses: at most `most` rows, drawn from `rng`."""
        glasses = np.zeros(len(self.codes), bool)
        for name, values in self.labels.items():
            if "glasses" in name.lower():
                glasses |= values == 1
        rows = np.flatnonzero((self.partition == TRAIN) & ~glasses)
        return np.sort(rng.choice(rows, min(most, len(rows)), replace=False))
