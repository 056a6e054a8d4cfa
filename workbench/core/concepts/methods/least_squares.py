"""The difference that the attribute makes while everything else that is known is held: least squares.

Each number of the code is explained at once by the attribute, by every other label and text column (the source, for
one) and by the picture's mean colour. The coefficient of the attribute is "with it, all the rest the same": the normal
equations of a linear model with covariates (Frisch and Waugh 1933; Lovell 1963).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.methods.base import Examples, Method
from workbench.core.concepts.methods.columns import separable

_RIDGE = 1e-3  # of a column's own square: two columns that say the same share what they explain

Float64 = npt.NDArray[np.float64]


def find(examples: Examples) -> Float64:
    """The attribute's row of the least squares solution of codes = [attribute, everything else known, 1] · B."""
    codes = np.concatenate([examples.with_it, examples.without]).astype(np.float64)
    has = (np.arange(len(codes)) < len(examples.with_it)).astype(np.float64)
    columns = [has, *_indicators(examples), *_measured(examples)]
    design = np.stack([column - column.mean() for column in columns], axis=1)
    square = design.T @ design
    square[np.diag_indices_from(square)] *= 1 + np.where(np.arange(len(square)) > 0, _RIDGE, 0.0)
    of_attribute: Float64 = np.linalg.solve(square, design.T @ (codes - codes.mean(axis=0)))[0]
    return of_attribute


def _indicators(examples: Examples) -> list[Float64]:
    """A column of 0 and 1 for every value of every other label but one; all of them would add up to one constant."""
    columns = []
    for groups in separable(examples):
        values = np.flatnonzero(np.bincount(groups))
        columns += [(groups == value).astype(np.float64) for value in values[:-1]]
    return columns


def _measured(examples: Examples) -> list[Float64]:
    """The covariates, each with deviation 1; one that is the same for all says nothing."""
    return [values / values.std() for values in examples.covariates.values() if values.std() > 1e-9]


METHOD = Method(
    name="least-squares",
    title="Least squares",
    summary="What the attribute changes while all other labels, the source and the mean colour are held.",
    examples="labels",
    find=find,
)
