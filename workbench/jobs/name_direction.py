"""Make a direction that had no name a slider, and keep it with the model."""

from __future__ import annotations

from pathlib import Path

from workbench.core.concepts.concept import Concept, concept_file
from workbench.core.concepts.unnamed import named
from workbench.core.control import Control
from workbench.core.events import Saved
from workbench.core.runs.trained import TrainedModel
from workbench.jobs.api import Job
from workbench.jobs.find_concepts import concepts_folder


def name_direction(
    model: TrainedModel, direction: str, name: str, out: Path | None = None, control: Control | None = None
) -> Job[Concept]:
    """Save a direction that `discover` shows as a concept called `name`, in the folder `out` or the model's own.

    Yields:
        Saved.

    Raises:
        WorkbenchError: no such direction, no name, a name that is taken, or nothing can be written there.
    """
    concept = named(model, direction, name)
    path = concepts_folder(out, model) / concept_file(concept.name)
    concept.save(path)
    yield Saved(path, "concept")
    return concept
