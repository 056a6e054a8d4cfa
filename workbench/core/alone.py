"""One at a time at a path: what is read, changed and written there is one step for all who do the same.

The locks lie in the program's own folder, never beside a user's files; so they do not hold between two computers.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.core.errors import file_errors
from workbench.core.lock import Lock
from workbench.core.places import state_folder

_PATIENCE_SECONDS = 5.0


@contextmanager
def alone_at(path: Path, busy: str, patience: float = _PATIENCE_SECONDS) -> Iterator[None]:
    """Nobody else is at `path`, a file or folder that need not exist, inside the `with` block.

    Args:
        busy: the sentence of the `WorkbenchError` when another thread or program still is after `patience` seconds.
    """
    folder = state_folder() / "locks"
    with file_errors(folder, "write"):
        folder.mkdir(parents=True, exist_ok=True)
    place = os.fsencode(os.path.normcase(path.resolve()))
    with Lock(folder / hashlib.sha256(place).hexdigest()[:20], busy, patience=patience):
        yield
