"""Which of a concept's directions its slider moves along: decided on validation pictures, by a rule one can retell."""

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


FLIPS, NEARLY = 0.75, 0.9
"""Of validation faces: so many must turn round at the slider's ends before a direction is asked what it takes along; or
nine tenths of those that the best direction turns, where none turns so many."""


def choose(directions: Mapping[str, Direction], held_out: Examples) -> tuple[str, str]:
    """The method whose direction moves the slider, and why, in a sentence.

    Where the directions were tried, it is the one that takes other labels along least, of those that turn round enough
    faces at both ends (`FLIPS`, `NEARLY`).

    Otherwise it is the first of `MOVERS` whose AUC on `held_out` is at most `TOLERANCE` below that of the best method
    there is; if none comes so near, the one of them that comes nearest. With too few held-out pictures it is the first.

    Args:
        directions: by method, at least one.
        held_out: pictures of the validation partition: the test partition only proves what was chosen.
    """
    return _by_trial(directions) or _by_auc(directions, held_out)


def _by_trial(directions: Mapping[str, Direction]) -> tuple[str, str] | None:
    """None where too little was seen of them to choose."""
    flips, along = {}, {}
    for method, direction in directions.items():
        trial = direction.trial
        shares = [share for share in (trial.flip_on, trial.flip_off) if share is not None] if trial else []
        if trial and shares:
            flips[method] = min(shares)
            along[method] = abs(trial.collateral[1]) if trial.collateral else 0.0
    if not flips:
        return None
    enough = min(FLIPS, NEARLY * max(flips.values()))
    strong = [method for method, share in flips.items() if share >= enough]
    best = min(strong, key=along.__getitem__)
    return best, (
        f"Of {len(flips)} methods, {len(strong)} turn {100 * enough:.0f} % of the validation faces round; this one "
        f"takes along least, {along[best]:.2f} of its own change."
    )


def _by_auc(directions: Mapping[str, Direction], held_out: Examples) -> tuple[str, str]:
    movers = [method for method in MOVERS if method in directions] or list(directions)
    if min(len(held_out.with_it), len(held_out.without)) < LEAST_HELD_OUT:
        return movers[0], "It is the first that there is; validation pictures are too few to say more."
    found = {method: auc(held_out.with_it @ d.vector, held_out.without @ d.vector) for method, d in directions.items()}
    scores = {method: score for method, score in found.items() if score is not None}
    best = max(scores.values())
    for method in movers:
        if scores[method] >= best - TOLERANCE:
            return (
                method,
                f"It is the first that tells validation pictures nearly as well as any: AUC {scores[method]:.3f}.",
            )
    nearest = max(movers, key=scores.__getitem__)
    return nearest, f"Of the methods that draw well it tells validation pictures best: AUC {scores[nearest]:.3f}."
