"""What two trainings have not in common, in words: for a run that goes on, and for two that are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.events import Advice
from workbench.core.models.registry import model_class
from workbench.core.runs.folder import Run, RunInfo

_LABELS = {
    "model": "Model",
    "preset": "Preset",
    "size": "Size",
    "data": "Data",
    "pictures": "Pictures to train on",
    "budget": "Train for",
    "seed": "Seed",
    "device": "Device",
    "precision": "Computed in",
    "threads": "Threads",
    "program": "Program version",
    "torch": "PyTorch version",
    "branched_from": "Branched from",
    "started_from": "Begun with",
}
_NOT_EXACT = ("device", "threads", "program", "torch")
"""With another of these the weights are near those of an uninterrupted run, but not the same to the bit."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same in two trainings; a value is None where there is no such thing."""

    name: str
    label: str
    first: Any
    second: Any

    def in_words(self, first: str, second: str) -> str:
        """One line, with the names of the two."""
        return f"{self.label}: {said(self.first)} in {first}, {said(self.second)} in {second}"


def said(value: Any) -> str:
    """A value as people read it."""
    if value in (None, ""):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def budget_in_words(budget: Mapping[str, float | None]) -> str:
    """`{"steps": 300, ...}` as "300 steps"."""
    return next((f"{value:,.10g} {unit}" for unit, value in budget.items() if value is not None), "no limit")


def differences(first: RunInfo, second: RunInfo) -> tuple[Difference, ...]:
    """What was not the same when two runs were trained: the model and its size, the settings, then the rest."""
    labels = {**_setting_labels(second.model), **_setting_labels(first.model)}
    one, other = _all_settings(first), _all_settings(second)
    settings = [(n, labels.get(n, n), one.get(n), other.get(n)) for n in dict.fromkeys([*one, *other])]
    ours, theirs = _circumstances(first), _circumstances(second)
    rest = [(name, label, ours[name], theirs[name]) for name, label in _LABELS.items()]
    pairs = [*rest[:3], *settings, *rest[3:]]
    return tuple(Difference(*pair) for pair in pairs if pair[2] != pair[3])


def _circumstances(info: RunInfo) -> dict[str, Any]:
    """What a run was trained on and with, beside its settings, by the names of `_LABELS`."""
    branch = info.branched_from
    return {
        **{name: getattr(info, name) for name in _LABELS if name in type(info).model_fields},
        "data": info.data.source,
        "pictures": info.data.train,
        "budget": budget_in_words(info.budget),
        "branched_from": f"{branch.run} at step {branch.step}" if branch else None,
        "started_from": info.started_from.model if info.started_from else None,
    }


def _all_settings(info: RunInfo) -> dict[str, Any]:
    """A run's settings; one that its program did not know yet has its default, which changes nothing."""
    try:
        return model_class(info.model).Settings.parse(info.settings).model_dump()
    except WorkbenchError:  # of a newer program, or no longer possible
        return info.settings


def _setting_labels(model: str) -> dict[str, str]:
    try:
        return {info.name: info.label for info in model_class(model).Settings.infos()}
    except WorkbenchError:  # a model of a newer program
        return {}


def going_on(run: Run, step: int, now: Mapping[str, Any]) -> Advice:
    """What to say when a run goes on at `step`: with the same settings, or what differs.

    Args:
        now: the `budget`, `device`, `threads`, `program` and `torch` of the training that begins.
    """
    before = run.info.model_dump()
    changed = [name for name in now if now[name] != before[name]]
    if not changed:
        return Advice(f"Continues '{run.name}' at step {step}, same settings.", "")
    words = []
    for name in changed:
        say = budget_in_words if name == "budget" else said
        label = _LABELS[name] if name == "torch" else _LABELS[name].lower()
        words.append(f"{label} {say(now[name])} (before: {say(before[name])})")
    exact = not set(changed) & set(_NOT_EXACT)
    remedy = "" if exact else "The weights will not be the same to the bit as those of an uninterrupted run."
    return Advice(f"Continues '{run.name}' at step {step}, same settings, but for: {'; '.join(words)}.", remedy)
