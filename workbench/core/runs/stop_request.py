"""How another program asks a training to stop: a file in its run folder, looked for between two steps."""

from __future__ import annotations

import contextlib
from typing import Literal, cast, get_args

from workbench.core.errors import WorkbenchError
from workbench.core.files import write_file
from workbench.core.runs.folder import Run

How = Literal["now", "epoch", "discard"]
"""Save and stop now; save and stop after this epoch; stop, and forget what was done since the last checkpoint."""

_NAME = "stop"


def request_stop(run: Run, how: How) -> None:
    """Ask the program that trains `run` to stop.

    Raises:
        WorkbenchError: nobody trains it.
    """
    if not run.active:
        raise WorkbenchError(f"The run '{run.name}' is not being trained.", "There is nothing to stop.")
    write_file(run.path / _NAME, how + "\n")


def take_stop_request(run: Run) -> How | None:
    """What was asked since the last call; asking counts once."""
    path = run.path / _NAME
    if not path.exists():
        return None
    with contextlib.suppress(OSError):
        wish = path.read_text(encoding="utf-8", errors="replace").strip()
        path.unlink()
        return cast(How, wish) if wish in get_args(How) else None
    return None
