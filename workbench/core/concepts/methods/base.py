"""What every concept method gets and gives: codes with and without an attribute in, one vector out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Codes of pictures of which it is known whether they have an attribute.

    Attributes:
        with_it: float32 (n, latent).
        without: float32 (m, latent); where the pictures come in pairs, m = n and row i is the same face.
        groups: what else is known of the pictures, by column: for each of them a whole number from 0, that of its
            value in that column ("unknown" is a value too), first all with, then all without: int64 (n + m,).
    """

    with_it: npt.NDArray[np.float32]
    without: npt.NDArray[np.float32]
    groups: Mapping[str, npt.NDArray[np.int64]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Method:
    """One way to find a direction.

    Attributes:
        name: as the command line and files call it.
        title: as the window calls it.
        summary: one sentence for people who choose a method.
        examples: what it needs: pictures with labels, or pairs of the same face with and without.
        find: the direction, float64 (latent,) of any length; + adds the attribute.
    """

    name: str
    title: str
    summary: str
    examples: Literal["labels", "pairs"]
    find: Callable[[Examples], npt.NDArray[np.float64]]
