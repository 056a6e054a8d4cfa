"""Make one slider of several concepts, and keep it with the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.core.concepts.combine import combine
from workbench.core.concepts.concept import Concept, concept_file
from workbench.core.control import Control
from workbench.core.events import Saved
from workbench.core.runs.trained import open_model
from workbench.jobs.api import Job, notices
from workbench.jobs.find_concepts import concepts_folder


@dataclass(frozen=True, slots=True)
class CombineRequest:
    """What to combine.

    Attributes:
        model: a run, a checkpoint or an exported model.
        name: of the new concept.
        parts: weights by concept: strength 1 of the new one is a strength of so much of each.
        out: the folder for the concept; None for the run's own.
        replace: a concept of this name that is there already.
    """

    model: str | Path
    name: str
    parts: Mapping[str, float]
    out: Path | None = None
    replace: bool = False


def combine_concepts(request: CombineRequest, control: Control | None = None) -> Job[Concept]:
    """Save the sum of a model's concepts as one of its own.

    Yields:
        Saved.

    Raises:
        WorkbenchError: as `combine`; no such model, or nothing can be written there.
    """
    model = open_model(request.model)
    yield from notices(model)
    folder = concepts_folder(request.out, model)
    concept = combine(model, request.name, request.parts, request.replace)
    path = folder / concept_file(concept.name)
    concept.save(path)
    yield Saved(path, "concept")
    return concept
