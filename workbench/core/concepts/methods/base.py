"""What every concept method gets and gives: codes with and without an attribute in, one vector out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.local import Local

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Codes of pictures of which it is known whether they have an attribute.

    Attributes:
        with_it: float32 (n, latent).
        without: float32 (m, latent); where the pictures come in pairs, m = n and row i is the same face.
        groups: what else is known of the pictures, by column: for each of them a whole number from 0, that of its
            value in that column ("unknown" is a value too), first all with, then all without: int64 (n + m,).
        covariates: what was measured of the pictures, by name, as their mean colour, in the same order: float64
            (n + m,).
    """

    with_it: npt.NDArray[np.float32]
    without: npt.NDArray[np.float32]
    groups: Mapping[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    covariates: Mapping[str, Float64] = field(default_factory=dict)

    def take(self, with_rows: npt.NDArray[np.int64], without_rows: npt.NDArray[np.int64]) -> Examples:
        """These rows of each side, in this order; a row may come more than once."""
        both = np.concatenate([with_rows, len(self.with_it) + without_rows])
        return Examples(
            self.with_it[with_rows],
            self.without[without_rows],
            {name: values[both] for name, values in self.groups.items()},
            {name: values[both] for name, values in self.covariates.items()},
        )


@dataclass(frozen=True, slots=True)
class Method:
    """One way to find a direction from examples.

    Attributes:
        name: as the command line and files call it.
        title: as the window calls it.
        summary: one sentence for people who choose a method.
        examples: what it needs: pictures with labels, pairs of pictures of one person with and without, or pairs of one
            picture with and without something drawn on it.
        find: the direction, float64 (latent,) of any length; + adds the attribute.
        local: for a method whose direction differs from face to face, how; `find` then gives the mean direction.
    """

    name: str
    title: str
    summary: str
    examples: Literal["labels", "persons", "drawn"]
    find: Callable[[Examples], Float64]
    local: Callable[[Examples], Local] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Inside:
    """What is known of a model without a single label.

    Attributes:
        covariance: of the codes of its training faces, float64 (latent, latent).
        first_layer: the weights with which its decoder begins, float64 (outputs, latent).
    """

    covariance: Float64
    first_layer: Float64


@dataclass(frozen=True, slots=True)
class UnnamedMethod:
    """One way to find directions that have no name yet.

    Attributes:
        name, title, summary: as of a `Method`.
        find: the directions, most telling first, each with a length of one standard deviation of the codes along it or
            of any other: float64 (directions, latent).
    """

    name: str
    title: str
    summary: str
    find: Callable[[Inside], Float64]
