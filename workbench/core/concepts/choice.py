"""Which of a concept's directions its slider moves along: decided on held-out pictures, by a rule one can retell."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.core.concepts.concept import Direction
from workbench.core.concepts.methods import Examples
from workbench.core.concepts.roc import auc

MOVERS = ("balanced-means", "discriminant", "drawn-pairs")
"""The methods that a slider may take unasked, the first being the strongest and the calmest. Not the others: the plain
difference of means takes other labels along, and the normals of classifiers tell faces apart by what is hardly seen (on
the built-in faces the logistic one gave a beard to 48 of 100, balanced means to 98)."""

TOLERANCE = 0.03
"""Of AUC. By so much a direction may tell worse than the best one before the next is asked."""

LEAST_HELD_OUT = 20
"""Pictures on each side; an AUC of fewer strays by more than the tolerance, and decides nothing."""


def choose(directions: Mapping[str, Direction], held_out: Examples) -> str:
    """The method whose direction moves the slider.

    It is the first of `MOVERS` whose AUC on `held_out` is at most `TOLERANCE` below that of the best method there is;
    if none comes so near, the one of them that comes nearest. With too few held-out pictures it is the first.

    Args:
        directions: by method, at least one.
        held_out: pictures of the validation partition: the test partition only proves what was chosen.
    """
    movers = [method for method in MOVERS if method in directions] or list(directions)
    if min(len(held_out.with_it), len(held_out.without)) < LEAST_HELD_OUT:
        return movers[0]
    found = {method: auc(held_out.with_it @ d.vector, held_out.without @ d.vector) for method, d in directions.items()}
    scores = {method: score for method, score in found.items() if score is not None}
    enough = max(scores.values()) - TOLERANCE
    return next((method for method in movers if scores[method] >= enough), max(movers, key=scores.__getitem__))
