"""What a new training comes from, if not from nothing: a run that it is like, or a checkpoint that it goes on from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from workbench.core.control import Control
from workbench.jobs.api import Job
from workbench.ui.theme import GRID
from workbench.ui.widgets import tool_button
from workbench.ui.wrapped import Wrapped

if TYPE_CHECKING:
    from workbench.jobs.queue import Request


@dataclass(frozen=True, slots=True)
class Origin:
    """A run that fills the form; `step` is that of the checkpoint to go on from, None to train from the start.

    `changes` are settings that are not to be as they were.
    """

    run: Path
    step: int | None
    name: str
    model: str
    preset: str
    size: int
    seed: int
    data: str
    device: str
    settings: Mapping[str, Any]
    budget: tuple[str, int]
    changes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What the form says above everything."""
        if self.step is None:
            return f"As “{self.name}”: change what you like."
        return f"Goes on from step {self.step:,} of “{self.name}”, as a new run: same data, same net."


def read_mended(path: Path, changes: Mapping[str, Any], control: Control) -> Job[Origin]:
    """The same from the newest checkpoint of a run, with settings that mend what it suffers from."""
    from workbench.core.runs.folder import Run

    checkpoints = Run.open(path).checkpoints()
    origin = yield from read_origin(path, checkpoints[-1][0] if checkpoints else None, control)
    return replace(origin, changes=changes)


def read_slower(path: Path, step: int, control: Control) -> Job[Origin]:
    """The same from a checkpoint of a run, with half of each learning rate."""
    from workbench.core.models.registry import model_class
    from workbench.core.training.remedies import slower

    origin = yield from read_origin(path, step, control)
    return replace(origin, changes=slower(model_class(origin.model).Settings.parse(origin.settings), 2))


def read_origin(path: Path, step: int | None, control: Control) -> Job[Origin]:
    """Read what the form needs of a run."""
    from workbench.core.runs.folder import Run

    yield from ()
    info = Run.open(path).info
    unit, amount = next((unit, amount) for unit, amount in info.budget.items() if amount is not None)
    if step is not None and info.status == "done" and step >= info.step:
        amount *= 2  # the budget is spent: there must be something left to do
    return Origin(
        run=path,
        step=step,
        name=info.name,
        model=info.model,
        preset=info.preset,
        size=info.size,
        seed=info.seed,
        data=info.data.source,
        device=info.device,
        settings=info.settings,
        budget=(unit, max(1, round(amount))),
    )


def request_of(
    values: Mapping[str, Any],
    changed: Mapping[str, Any],
    budget: tuple[str, int],
    origin: Origin | None,
    threads: int | None,
) -> Request:
    """The training that the form asks for.

    Args:
        values: all that the form says, but for the budget.
        changed: the settings that are not those of `origin`.
    """
    from workbench.core.training.budget import Budget
    from workbench.jobs.again import BranchRequest
    from workbench.jobs.train import TrainRequest

    unit, amount = budget
    limit = Budget(**{unit: amount})
    if origin is None:
        return TrainRequest(**values, budget=limit, threads=threads)
    if origin.step is not None:
        return BranchRequest(origin.run, origin.step, dict(changed), limit, device=values["device"], threads=threads)
    like: dict[str, Any] = {"seed": origin.seed, "like": origin.name, "threads": threads}
    if values["model"] == origin.model:  # as they are, not as the form rounds them
        like["settings"] = {**origin.settings, **changed}
    return TrainRequest(**{**values, **like}, budget=limit)


class OriginBar(QWidget):
    """Says what the form was filled from, with a way back."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        card = QFrame()
        card.setProperty("role", "card")
        self.setAccessibleName("Where this training comes from")
        self._text = Wrapped()
        close = tool_button("close", "Start from nothing", "Back to a training that starts from nothing")
        close.clicked.connect(self.closed)
        row = QHBoxLayout(card)
        row.setContentsMargins(2 * GRID, GRID, GRID, GRID)
        row.setSpacing(GRID)
        row.addWidget(self._text, 1)
        row.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 2 * GRID)
        layout.addWidget(card)
        self.hide()

    def show_origin(self, origin: Origin | None) -> None:
        self._text.setText(origin.sentence if origin else "")
        self.setVisible(origin is not None)
