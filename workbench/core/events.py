"""What a job reports while it runs: frozen values, safe to hand from thread to thread.

No tensor that lives on a device, no Qt type, nothing mutable that two threads share: arrays are read-only copies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

UInt8Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is. `total` is None when that cannot be known; `rate` is units a second over the last moments;
    `seconds_left` is None until it is steady enough to be worth showing."""

    task: str
    done: int
    total: int | None
    unit: str
    rate: float | None = None
    seconds_left: float | None = None

    @property
    def fraction(self) -> float | None:
        """The share that is done, 0 to 1."""
        return self.done / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class Held:
    """A training run exists on disk and is this job's: what is cut off from here on goes on with that run."""

    run: Path


@dataclass(frozen=True, slots=True)
class Started:
    """A training run exists on disk and its first step is about to be taken. `step` is 0, or where it resumes;
    `phases` are the names of the parts of its steps, none for most models."""

    run: Path
    step: int
    device: str
    settings: Mapping[str, object]
    phases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Losses:
    """Every step's losses since the last report, so that no curve has holes.

    `steps` has shape (n,), int64; each of `values` has shape (n,), float32; `seconds` of training have passed at the
    last of them.
    """

    part: Literal["train", "validation"]
    steps: npt.NDArray[np.int64]
    values: Mapping[str, npt.NDArray[np.float32]]
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """A grid of pictures as the model makes them now: uint8 (H, W, 3), read-only."""

    step: int
    kind: Literal["samples", "reconstructions"]
    picture: UInt8Picture


@dataclass(frozen=True, slots=True)
class Phase:
    """One named part of a training step is over; only models whose steps have parts report them.

    `step` is the one that it belongs to, `number` counts from 1 within it, `note` says in a sentence what came of it;
    `picture` is what it made, uint8 (H, W, 3), read-only, while steps are walked one part at a time, else None.
    """

    step: int
    number: int
    name: str
    note: str
    picture: UInt8Picture | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """A file or folder is complete on disk."""

    path: Path
    kind: Literal["checkpoint", "picture", "concept", "model", "recipe", "data", "codes", "mixture", "encoder"]


@dataclass(frozen=True, slots=True)
class Advice:
    """Something the user should know: what was found, and what to do about it.

    A finding about the health of a training has a `kind`, one of `HEALTH`, and is said once until it went away
    (`Recovered`). `changes` are settings by name that mend it, when some can: a host may offer to go on from a
    checkpoint with them. `trick` is the line of the lecture's bag of tricks that the remedy uses, or empty.
    """

    finding: str
    remedy: str
    kind: str = ""
    step: int | None = None
    trick: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)


HEALTH = (
    "diverged",
    "saturated",
    "mode_collapse",
    "posterior_collapse",
    "prior_hole",
    "vanishing",
    "exploding",
    "plateau",
    "overfitting",
    "memory",
)
"""What a training can be ill with: the kinds of `Advice` that are kept in its run. Of one more kind, "slow", is what is
said before the start."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What an earlier `Advice` of this kind found has gone away by this step."""

    step: int
    kind: str


@dataclass(frozen=True, slots=True)
class Gradients:
    """How long the gradient of each layer was in one step, in the order in which a picture or code passes them.

    `layers` are names like "encoder.0", their part of the net first; `norms` has shape (n,), float32, and was taken
    before any limit.
    """

    step: int
    layers: tuple[str, ...]
    norms: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was left out, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Measured:
    """Values measured on held-out data at one step, by name."""

    step: int
    values: Mapping[str, float] = field(default_factory=dict)


Event = (
    Progress | Held | Started | Losses | Preview | Phase | Saved | Advice | Recovered | Gradients | Skipped | Measured
)


def read_only(array: npt.NDArray) -> npt.NDArray:  # type: ignore[type-arg]
    """A contiguous copy that nobody can change: safe to hand to another thread."""
    copy = np.array(array, order="C", copy=True)
    copy.flags.writeable = False
    return copy
