"""The mean change between two pictures of one face, without and with something drawn on it."""

from __future__ import annotations

from workbench.core.concepts.methods.base import Method
from workbench.core.concepts.methods.true_pairs import find

METHOD = Method(
    name="drawn-pairs",
    title="Drawn pairs",
    summary="The same faces with and without a drawing, sunglasses for one: nothing else changes with it.",
    examples="drawn",
    find=find,
)
