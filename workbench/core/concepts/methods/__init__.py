"""The methods that find a concept's direction. To add one: a file with a `METHOD`, and its line here."""

from __future__ import annotations

from workbench.core.concepts.methods import (
    balanced_means,
    combined,
    discriminant,
    drawn_pairs,
    least_squares,
    logistic,
    mean_difference,
    neighbours,
    pca,
    svd,
    svm,
    true_pairs,
)
from workbench.core.concepts.methods.base import Examples, Inside, Method, UnnamedMethod
from workbench.core.errors import unknown

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        balanced_means.METHOD,
        discriminant.METHOD,
        logistic.METHOD,
        mean_difference.METHOD,
        least_squares.METHOD,
        svm.METHOD,
        combined.METHOD,
        neighbours.METHOD,
        true_pairs.METHOD,
        drawn_pairs.METHOD,
    )
}
"""By name; `choice.choose` says which of them a slider takes."""

UNNAMED: dict[str, UnnamedMethod] = {method.name: method for method in (pca.METHOD, svd.METHOD)}
"""Those that need no examples; what they find has no name yet."""


def method_named(name: str) -> Method:
    """The method called `name`; an unknown name raises `WorkbenchError` with the nearest."""
    if name not in METHODS:
        raise unknown("method", name, METHODS)
    return METHODS[name]


__all__ = ["METHODS", "UNNAMED", "Examples", "Inside", "Method", "UnnamedMethod", "method_named"]
