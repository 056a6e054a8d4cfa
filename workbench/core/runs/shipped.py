"""The models that come with the program: `resources/models/NAME.workbench`, each with a card `NAME.md`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workbench.core.resources import resource


@dataclass(frozen=True)
class Shipped:
    """A model that is there from the start.

    Attributes:
        name: what it is opened by, in place of a path.
        title: what a person calls it.
        note: what it was trained on and what its weights may be used for, in a sentence or two.
    """

    name: str
    title: str
    note: str
    path: Path

    @property
    def card(self) -> Path:
        """Its model card, Markdown: data and rights, figures, what it cannot do."""
        return self.path.with_suffix(".md")


@cache
def shipped_models() -> dict[str, Shipped]:
    """By name, the one to begin with first; one whose file is being made anew is not there."""
    try:
        folder = resource("models")
    except FileNotFoundError:  # a damaged installation still opens models of one's own
        return {}
    listed = json.loads((folder / "models.json").read_text(encoding="utf-8"))
    models = (
        Shipped(name, about["title"], about["note"], folder / f"{name}.workbench") for name, about in listed.items()
    )
    return {model.name: model for model in models if model.path.exists()}


def shipped_at(path: Path) -> Shipped | None:
    """The shipped model that was opened from `path`, or None."""
    return next((model for model in shipped_models().values() if model.path == path), None)
