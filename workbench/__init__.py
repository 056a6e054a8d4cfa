"""Latent Workbench: train small generative models on faces, find concept vectors, edit photos with sliders.

The public API, in the order of the work; each name is loaded when it is first used, so that importing is cheap:

>>> import workbench                                                              # doctest: +SKIP
>>> trained = workbench.train("builtin:avatars", minutes=5)                       # doctest: +SKIP
>>> workbench.find_concepts(trained.run, "builtin:avatars")                       # doctest: +SKIP
>>> workbench.edit("portrait.jpg", trained.run, "smiling.png", {"Smiling": 1.5})  # doctest: +SKIP
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

# How OpenMP's threads wait for one another; torch reads it when it is first imported. Spinning for long, as they do by
# default, makes two threads on two busy cores 5 to 10 times slower than one; sleeping at once costs a third of the
# speed of small batches. GNU's OpenMP (Linux) can do in between: some ten microseconds of spinning, then sleep.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "20000")

if TYPE_CHECKING:
    from workbench.api import (
        branch,
        combine_concepts,
        compare,
        edit,
        evaluate,
        export_model,
        film,
        find_concepts,
        fit_encoder,
        prepare_data,
        prove_concepts,
        resume,
        teach_concept,
        train,
        train_like,
    )
    from workbench.api_runs import (
        delete_run,
        export_metrics,
        list_runs,
        move_queued,
        pin_checkpoint,
        queue_training,
        queued,
        rename_run,
        retry_queued,
        run_queue,
        stop_run,
        unpin_checkpoint,
        unqueue,
    )
    from workbench.core.control import Control
    from workbench.core.data.source import open_source
    from workbench.core.errors import Stopped, WorkbenchError
    from workbench.core.runs.trained import open_model
    from workbench.jobs.api import run

__version__ = "0.1.0"

_HOME = {
    "open_source": "workbench.core.data.source",
    "prepare_data": "workbench.api",
    "train": "workbench.api",
    "train_like": "workbench.api",
    "resume": "workbench.api",
    "branch": "workbench.api",
    "compare": "workbench.api",
    "film": "workbench.api",
    "fit_encoder": "workbench.api",
    "find_concepts": "workbench.api",
    "prove_concepts": "workbench.api",
    "teach_concept": "workbench.api",
    "combine_concepts": "workbench.api",
    "evaluate": "workbench.api",
    "open_model": "workbench.core.runs.trained",
    "export_model": "workbench.api",
    "edit": "workbench.api",
    "list_runs": "workbench.api_runs",
    "rename_run": "workbench.api_runs",
    "delete_run": "workbench.api_runs",
    "pin_checkpoint": "workbench.api_runs",
    "unpin_checkpoint": "workbench.api_runs",
    "stop_run": "workbench.api_runs",
    "export_metrics": "workbench.api_runs",
    "queue_training": "workbench.api_runs",
    "queued": "workbench.api_runs",
    "unqueue": "workbench.api_runs",
    "move_queued": "workbench.api_runs",
    "retry_queued": "workbench.api_runs",
    "run_queue": "workbench.api_runs",
    "run": "workbench.jobs.api",
    "Control": "workbench.core.control",
    "Stopped": "workbench.core.errors",
    "WorkbenchError": "workbench.core.errors",
}

__all__ = [
    "Control",
    "Stopped",
    "WorkbenchError",
    "branch",
    "combine_concepts",
    "compare",
    "delete_run",
    "edit",
    "evaluate",
    "export_metrics",
    "export_model",
    "film",
    "find_concepts",
    "fit_encoder",
    "list_runs",
    "move_queued",
    "open_model",
    "open_source",
    "pin_checkpoint",
    "prepare_data",
    "prove_concepts",
    "queue_training",
    "queued",
    "rename_run",
    "resume",
    "retry_queued",
    "run",
    "run_queue",
    "stop_run",
    "teach_concept",
    "train",
    "train_like",
    "unpin_checkpoint",
    "unqueue",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
