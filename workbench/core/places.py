"""Where the program keeps things that are not in a folder the user chose."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

_APP = "latent-workbench"


def _place(name: str, default: str) -> Path:
    home = os.environ.get("WORKBENCH_HOME")
    return Path(home) / name if home else Path(default)


def cache_folder() -> Path:
    """Decoded pictures and codes: safe to delete, made again when needed."""
    return _place("cache", platformdirs.user_cache_dir(_APP, appauthor=False))


def preferences_folder() -> Path:
    """Window layout, last folders, the list of known photos."""
    return _place("preferences", platformdirs.user_config_dir(_APP, appauthor=False))


def state_folder() -> Path:
    """What goes on from one start to the next: the queue of trainings."""
    return _place("state", platformdirs.user_state_dir(_APP, appauthor=False))


def concepts_folder() -> Path:
    """Concepts that were found for model files, which are not changed: a folder for each model."""
    return _place("concepts", platformdirs.user_data_dir(_APP, appauthor=False) + "/concepts")


def log_folder() -> Path:
    """The program's log."""
    return _place("logs", platformdirs.user_log_dir(_APP, appauthor=False))


def runs_folder() -> Path:
    """Where trainings go unless the user says otherwise: `~/Workbench/runs`."""
    return _place("runs", str(Path.home() / "Workbench" / "runs"))
