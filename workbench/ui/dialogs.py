"""Asking where a file shall be written: in a folder that is there, with a name that says what is in it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from workbench.ui.preferences import DOCUMENTS, last_folder, remember_folder

_FOLDER = "files/folder"


def ask_where_to_save(parent: QWidget, title: str, name: str, kinds: str) -> str:
    """The path that the user chooses, or an empty text; without an ending it gets that of `name`.

    The dialog asks before it replaces a file.
    """
    start = str(last_folder(_FOLDER, DOCUMENTS) / name)
    chosen, _ = QFileDialog.getSaveFileName(parent, title, start, kinds)
    if chosen:
        remember_folder(_FOLDER, Path(chosen))
    return chosen if not chosen or Path(chosen).suffix else chosen + Path(name).suffix
