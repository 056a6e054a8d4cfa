"""Batches for training: endless, each epoch in a new order, continued exactly after a checkpoint."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch

from workbench.core.data.picture_file import PictureFile
from workbench.core.data.table import Int64


class Batches:
    """An endless iterator of batches: torch.uint8 (B, S, S, 3).

    Every epoch visits each row once, in an order drawn from `generator`; what is left over when the rows do not divide
    by the batch size is dropped, and drawn again with the next epoch. With fewer rows than one batch, a batch is all
    of them. Only the pictures of a batch are read, in the order they lie on disk; a read that fails takes no batch.

    Args:
        pictures: uint8 (N, S, S, 3), in memory, memory-mapped or read from a file.
        rows: which of them to use: int64 (n,), at least one.
        batch_size: B, at least 1.
        generator: the only source of randomness; its state is the caller's to save, but `state` holds what this class
            needs of it.
    """

    def __init__(
        self,
        pictures: npt.NDArray[np.uint8] | PictureFile,
        rows: Int64,
        batch_size: int,
        generator: torch.Generator,
    ) -> None:
        if len(rows) == 0:
            raise ValueError("no rows to make batches of")
        self.batch_size = min(batch_size, len(rows))
        self.epoch = 0
        self.position = 0
        """Batches taken of the current epoch."""
        self.taken = np.zeros(0, np.int64)
        """The rows of the newest batch, in its order."""
        self._pictures = pictures
        self._rows = np.asarray(rows, np.int64)
        self._generator = generator
        self._seed = 0
        self._order = self._rows
        self._draw()

    @property
    def pictures(self) -> int:
        """How many different pictures there are."""
        return len(self._rows)

    @property
    def batches_per_epoch(self) -> int:
        return len(self._rows) // self.batch_size

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> torch.Tensor:
        if self.position == self.batches_per_epoch:
            self.epoch += 1
            self.position = 0
            self._draw()
        start = self.position * self.batch_size
        rows = np.sort(self._order[start : start + self.batch_size])
        pictures = torch.from_numpy(self._pictures[rows])
        self.taken = rows
        self.position += 1
        return pictures

    def state(self) -> dict[str, Any]:
        """Where it is, as JSON can hold it; the generator's own state is not in it."""
        return {"epoch": self.epoch, "position": self.position, "seed": self._seed, "rows": len(self._rows)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`, on the same rows with the same batch size; raises ValueError for others."""
        if state["rows"] != len(self._rows) or not 0 <= state["position"] <= self.batches_per_epoch:
            raise ValueError("this state is of other data, or of another batch size")
        self.epoch, self.position, self._seed = state["epoch"], state["position"], state["seed"]
        self._order = self._permuted()

    @staticmethod
    def for_batch_size(state: dict[str, Any], before: int, after: int) -> dict[str, Any]:
        """`state` of batches of `before` pictures, as it is for batches of `after`: about as far through the epoch."""
        rows = state["rows"]
        before, after = min(before, rows), min(after, rows)
        return {**state, "position": min(state["position"] * before // after, rows // after)}

    def _draw(self) -> None:
        """The order of a new epoch. Only its seed is drawn from the generator, so that the state stays small."""
        self._seed = int(torch.randint(2**62, (), generator=self._generator, dtype=torch.int64))
        self._order = self._permuted()

    def _permuted(self) -> Int64:
        own = torch.Generator().manual_seed(self._seed)
        order: Int64 = self._rows[torch.randperm(len(self._rows), generator=own).numpy()]
        return order
