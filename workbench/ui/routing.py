"""Which page a dropped or opened path belongs to."""

from __future__ import annotations

from pathlib import Path

MODEL_SUFFIX = ".workbench"
_DATA_SUFFIXES = (".zip",)


def page_for(path: Path, current: str) -> str:
    """The name of the page that opens `path` when it comes in while the page `current` is shown.

    A run or a model, a photo, a recipe: Edit. A folder or zip of pictures: a data source, for Train when one is about
    to train, for Data otherwise. Whatever is none of these goes to Edit, which says what it cannot open.
    """
    if is_model(path):
        return "Edit"
    if path.is_dir() or path.suffix.lower() in _DATA_SUFFIXES:
        return "Train" if current == "Train" else "Data"
    return "Edit"


def is_model(path: Path) -> bool:
    """Whether `path` looks like a run folder, a checkpoint folder or a model file."""
    if path.is_dir():
        return (path / "run.json").is_file() or (path / "state.json").is_file()
    return path.suffix.lower() == MODEL_SUFFIX
