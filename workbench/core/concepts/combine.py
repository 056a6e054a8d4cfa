"""Several concepts on one slider: their steps added up, each with a weight of its own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from workbench.core.concepts.concept import Concept, Counts, Direction
from workbench.core.errors import WorkbenchError, unknown
from workbench.core.runs.trained import TrainedModel

SUM = "sum"
_NO_EXAMPLES = Counts(0, 0, 0, 0)


def combine(model: TrainedModel, name: str, parts: Mapping[str, float], replace: bool = False) -> Concept:
    """A concept whose strength 1 is, of each part, a strength of its weight: {"Smiling": 1, "Male": -0.5}.

    Its slider ends where the first of the parts' sliders ends. A part that differs from face to face counts with what
    it does to a usual face.

    Args:
        model: it is not changed.
        name: of the new concept.
        parts: weights by concept, in either direction.
        replace: a concept of this name that is there already.

    Raises:
        WorkbenchError: no name, or one that is taken; no such concept; no part, a weight that is 0 or no number, or
            parts that cancel out.
    """
    name = name.strip()
    if not name:
        raise WorkbenchError("The concept has no name.", "Say what the slider shall be called.")
    if name in model.concepts and not replace:
        raise WorkbenchError(
            f"'{model.name}' has a concept '{name}' already.", "Choose another name, or ask to replace it."
        )
    for part, weight in parts.items():
        if part not in model.concepts:
            raise unknown("concept", part, model.concepts)
        if weight == 0 or not np.isfinite(weight):
            raise WorkbenchError(f"'{part}' has no weight.", "Give each part a number other than 0.")
    if not parts:
        raise WorkbenchError(f"'{name}' has no parts.", "Say which concepts it is made of.")
    directions = {part: model.concepts[part].direction for part in parts}
    step = np.sum([weight * directions[part].step.astype(np.float64) for part, weight in parts.items()], axis=0)
    length = float(np.linalg.norm(step))
    if not length > 1e-3 * max(abs(weight) * directions[part].sigma for part, weight in parts.items()):
        raise WorkbenchError(f"The parts of '{name}' cancel out.", "Change a weight or its sign.")
    ends = [sorted((directions[part].low / weight, directions[part].high / weight)) for part, weight in parts.items()]
    low, high = max(low for low, _ in ends), min(high for _, high in ends)
    direction = Direction(SUM, (step / length).astype(np.float32), length, low, high, None, _NO_EXAMPLES)
    said = " and ".join(f"{weight:+g} {part}" for part, weight in parts.items())
    return Concept(name, {SUM: direction}, SUM, model.fingerprint, "the model's concepts", why=f"It is {said}.")
