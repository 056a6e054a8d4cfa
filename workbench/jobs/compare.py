"""Compare two runs: open both, let both make pictures from the same noise."""

from __future__ import annotations

from pathlib import Path

from workbench.core.control import Control
from workbench.core.errors import WorkbenchError
from workbench.core.events import Advice, Progress
from workbench.core.runs.compare import Comparison, UInt8, compare_runs
from workbench.core.runs.folder import Run
from workbench.core.runs.trained import TrainedModel, open_model
from workbench.core.training.previews import grid
from workbench.jobs.api import Job

COUNT, COLUMNS = 32, 8


def compare(first: Path, second: Path, seed: int = 0, control: Control | None = None) -> Job[Comparison]:
    """What two runs were set to, what came out, and pictures that both make from the same noise.

    Args:
        first, second: run folders; one that is being trained is compared as it is now.
        seed: of the noise.

    Yields:
        Progress; Advice when a damaged checkpoint was passed over.

    Raises:
        WorkbenchError: one of them is no run, or both are the same.
        Stopped: by the user.
    """
    control = control or Control()
    runs = Run.open(first), Run.open(second)
    if runs[0].path.resolve() == runs[1].path.resolve():
        raise WorkbenchError("These are the same run.", "Choose two different ones.")
    models: list[TrainedModel | None] = []
    samples: list[UInt8 | None] = []
    notes: list[str] = []
    for number, run in enumerate(runs):
        control.check()
        yield Progress("Making samples", number, 2, "runs")
        if not run.checkpoints():
            models.append(None)
            samples.append(None)
            notes.append(f"'{run.name}' has no checkpoint yet, so it makes no pictures.")
            continue
        model = open_model(run.path)
        if model.notice:
            yield Advice(f"'{run.name}': {model.notice}", "")
        models.append(model)
        samples.append(grid(model.sample(COUNT, seed), COLUMNS))
    yield Progress("Making samples", 2, 2, "runs")
    one, other = models
    if one and other and one.latent != other.latent:
        notes.append(
            f"Their codes have {one.latent} and {other.latent} numbers, so the noise is only the same in its seed."
        )
    return compare_runs(runs, (samples[0], samples[1]), notes)
