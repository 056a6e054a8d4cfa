"""The one function that finds the files we ship, in a checkout, an installed wheel and a frozen copy alike."""

from __future__ import annotations

import sys
from pathlib import Path


def resource(name: str) -> Path:
    """The path of a shipped file or folder.

    Args:
        name: its path below `resources/`, with forward slashes: "icons/edit.svg".

    Raises:
        FileNotFoundError: it is not there, which is an error of ours.
    """
    package = Path(__file__).resolve().parent.parent
    candidates = [package / "_resources", package.parent / "resources"]  # wheel; checkout
    if frozen := getattr(sys, "_MEIPASS", None):
        candidates.insert(0, Path(frozen) / "workbench" / "_resources")
    for folder in candidates:
        path = folder.joinpath(*name.split("/"))
        if path.exists():
            return path
    raise FileNotFoundError(f"The program's own file '{name}' is missing.")
