"""What the window says of a concept: its title, how sure it is, and on what that stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.core.concepts.concept import Direction

_WEAK, _SURE = 0.75, 0.9  # a sureness below the first is hardly better than guessing; from the second it is trusted


def title(name: str) -> str:
    """A concept's name as one reads it: 'Facial_Hair' is 'Facial Hair'."""
    return name.replace("_", " ")


def _figure(auc: float) -> str:
    """Two digits, and a third where two would promise certainty."""
    return f"{auc:.2f}" if auc < 0.995 else f"{auc:.3f}"


def said(direction: Direction) -> str:
    """How sure a concept is, in two words."""
    if direction.sureness is None:
        return "not measured"
    return f"AUC {_figure(direction.auc)}" if direction.sureness == direction.auc else f"turns {_percent(direction)} %"


def _percent(direction: Direction) -> int:
    return round(100 * (direction.turns or 0))


def rank(sure: float | None) -> int:
    """In which group of sliders a concept is: 0 sure, 1 so-so, 2 weak, 3 unknown; in one, figures differ by chance."""
    return 3 if sure is None else (sure < _SURE) + (sure < _WEAK)


def role(sure: float | None, doubt: str | None) -> str:
    """How a badge is coloured: amber where a concept is weak, green where it is sure and nothing speaks against it."""
    if sure is not None and sure < _WEAK:
        return "warn"
    return "good" if sure is not None and sure >= _SURE and not doubt else "muted"


def proof(name: str, direction: Direction) -> str:
    """In words: how sure a concept is, and on what that stands."""
    counts = direction.counts
    if direction.sureness != direction.auc:
        sure = (
            f"At the slider's ends a judge of pictures sees at least {_percent(direction)} of 100 faces turned round."
        )
    elif not (counts.train_with or direction.auc):
        return f"Found without labels, and named by hand.\nMethod: {direction.method}."
    elif direction.auc is None:
        sure = "How sure it is could not be measured: there were no test pictures of both kinds."
    else:
        sure = (
            f"AUC {_figure(direction.auc)}: shown two faces it never saw, one with '{title(name)}' and one without, "
            f"it tells which is which {100 * direction.auc:.3g} times in 100 (guessing: 50)."
        )
    if direction.sureness is not None and direction.sureness < _WEAK:
        sure = f"Weak: moving it may change other things too. {sure}"
    return (
        f"{sure}\nMethod: {direction.method}. Learned from {counts.train_with:,} pictures with and "
        f"{counts.train_without:,} without; tested on {counts.test_with:,} and {counts.test_without:,}."
    )
