"""Undo and redo without end, one entry a gesture."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workbench.core.editing.state import EditState


@dataclass(frozen=True, slots=True)
class History:
    """All states of an edit and which one is shown. Never changes; every method gives a new history.

    A gesture is a drag, or a burst of keys on one slider: consecutive pushes that name the same gesture are one entry.
    """

    states: tuple[EditState, ...]
    index: int = 0
    gesture: str | None = None
    """The gesture that the current entry still grows with."""

    @classmethod
    def of(cls, state: EditState) -> History:
        """A history that begins with `state`."""
        return cls((state,))

    @property
    def current(self) -> EditState:
        """The state that is shown."""
        return self.states[self.index]

    @property
    def can_undo(self) -> bool:
        return self.index > 0

    @property
    def can_redo(self) -> bool:
        return self.index < len(self.states) - 1

    def push(self, state: EditState, gesture: str | None = None) -> History:
        """The history after `state` was reached; what had been undone is forgotten."""
        if gesture is not None and gesture == self.gesture:
            return replace(self, states=(*self.states[: self.index], state))
        ended = self.end_gesture()
        if state == ended.current:
            return ended
        return History((*ended.states[: ended.index + 1], state), ended.index + 1, gesture)

    def end_gesture(self) -> History:
        """The next push is an entry of its own; a gesture that ended where it began leaves none."""
        if self.gesture is not None and self.current == self.states[self.index - 1]:
            return History(self.states[: self.index], self.index - 1)
        return replace(self, gesture=None)

    def undo(self) -> History:
        """The history one entry earlier; itself at the beginning."""
        ended = self.end_gesture()
        return replace(ended, index=ended.index - 1) if ended.can_undo else ended

    def redo(self) -> History:
        """The history one entry later; itself at the end."""
        ended = self.end_gesture()
        return replace(ended, index=ended.index + 1) if ended.can_redo else ended
