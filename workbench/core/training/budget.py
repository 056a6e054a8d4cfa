"""How long a training goes on: a number of steps, epochs or minutes. The schedule follows it."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.errors import WorkbenchError

MOST = 1e9
"""Of any unit: minutes for 1,900 years."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Exactly one of three limits, counted from the run's first step, pauses left out."""

    steps: int | None = None
    epochs: float | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        given = {name: value for name, value in self.to_json().items() if value is not None}
        if len(given) != 1:
            raise WorkbenchError(
                "A training needs one limit.", "Give a number of steps, of epochs, or of minutes, and only one of them."
            )
        name, value = next(iter(given.items()))
        if not 0 < value <= MOST:
            raise WorkbenchError(
                f"The number of {name} cannot be {value:g}.", f"It must be more than 0, at most {MOST:,.0f}."
            )

    def to_json(self) -> dict[str, float | None]:
        return {"steps": self.steps, "epochs": self.epochs, "minutes": self.minutes}

    def total_steps(self, steps_per_epoch: int) -> int | None:
        """Steps in all; None when the clock decides."""
        if self.steps is not None:
            return int(self.steps)
        if self.epochs is not None:
            return max(1, round(self.epochs * steps_per_epoch))
        return None

    def fraction(self, step: int, seconds: float, steps_per_epoch: int) -> float:
        """The spent share after `step` steps and `seconds` of training; 1 or more: it is over."""
        total = self.total_steps(steps_per_epoch)
        if total is not None:
            return step / total
        assert self.minutes is not None
        return seconds / (60.0 * self.minutes)
