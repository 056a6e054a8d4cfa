"""The methods that find a concept's direction. To add one: a file with a `METHOD`, and its line here."""

from __future__ import annotations

from workbench.core.concepts.methods import balanced_means, discriminant, drawn_pairs, logistic, mean_difference
from workbench.core.concepts.methods.base import Examples, Method
from workbench.core.errors import unknown

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        balanced_means.METHOD,
        discriminant.METHOD,
        logistic.METHOD,
        mean_difference.METHOD,
        drawn_pairs.METHOD,
    )
}
"""By name; `choice.choose` says which of them a slider takes."""


def method_named(name: str) -> Method:
    """The method called `name`; an unknown name raises `WorkbenchError` with the nearest."""
    if name not in METHODS:
        raise unknown("method", name, METHODS)
    return METHODS[name]


__all__ = ["METHODS", "Examples", "Method", "method_named"]
