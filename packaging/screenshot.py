"""Make the pictures of the README: the real window, with a model trained on the built-in faces.

.venv/bin/python packaging/screenshot.py                train a model for it, in build/screenshot, then make them
.venv/bin/python packaging/screenshot.py --run RUN      with this run, which has concepts
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import numpy as np
from PIL import Image
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

import workbench
from workbench.core.editing.recipe import Recipe
from workbench.core.editing.state import EditState
from workbench.core.faces.align import Points
from workbench.core.pictures import read_photo
from workbench.ui.app import application
from workbench.ui.main_window import MainWindow
from workbench.ui.picture_view import Compare

ROOT = Path(__file__).resolve().parent.parent
DATA = "builtin:avatars"
FACE = 3  # which of the plain faces is shown
SIDE = 512  # of the portrait
STRENGTHS = {"Smiling": 2.0, "Sunglasses": 1.8}


def trained_run() -> Path:
    """A run with concepts; the one that an earlier call made, when there is one."""
    run = ROOT / "build" / "screenshot" / "faces"
    if not run.exists():
        workbench.train(DATA, minutes=15, runs=run.parent, name=run.name)
        workbench.find_concepts(run, DATA)
    return run


def wait(until: Callable[[], object], seconds: float = 300) -> None:
    """Let the window work until something is so."""
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            raise TimeoutError("The window did not get there.")
        QTest.qWait(20)


def edited_portrait(folder: Path, run: Path) -> Path:
    """The recipe of an edit, and beside it the portrait: one of the built-in faces that the model has not seen."""
    data = workbench.prepare_data(DATA, 64)
    plain = np.all([data.labels[name] == -1 for name in (*STRENGTHS, "Eyeglasses", "Hat", "Facial_Hair")], axis=0)
    row = np.flatnonzero(plain & (data.partition == 2))[FACE]
    portrait = folder / "portrait.png"
    Image.fromarray(data.pictures[row]).resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(portrait)
    model = workbench.open_model(run)
    points = Points.from_array(model.alignment.array() * SIDE - 0.5)
    recipe = Recipe.of(model, read_photo(portrait), EditState(points).with_strengths(STRENGTHS))
    path = folder / "edit.json"
    path.write_text(recipe.to_json(), encoding="utf-8")
    return path


def show_edit(window: MainWindow, run: Path, folder: Path) -> None:
    """The Edit page with an edited face beside what it was."""
    page = window.page("Edit")
    window.open_path(run)
    wait(lambda: page.session.model)
    window.open_path(edited_portrait(folder, run))
    wait(lambda: page.session.editable and page.session.result)
    page.view.set_compare(Compare.SIDE_BY_SIDE)
    QTest.qWait(3000)  # the full picture follows when the hand rests


def show_training(window: MainWindow, run: Path, folder: Path) -> None:
    """The Train page with the losses and the pictures of the run."""
    page = window.page("Train")
    window.show_page(page.name)
    page.open_path(str(run))
    wait(lambda: page.watch.run == run)
    QTest.qWait(4000)  # the plot draws by its own clock, the pictures are read in a thread


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, help="a trained run with concepts")
    run = (parser.parse_args().run or trained_run()).resolve()
    with tempfile.TemporaryDirectory() as home:
        os.environ["WORKBENCH_HOME"] = home
        application()
        window = MainWindow(remember=False)
        window.resize(1280, 800)
        window.show()
        with_torch: list[bool] = []
        window.ready.connect(lambda: with_torch.append(True))
        wait(lambda: with_torch)
        for name, show in {"screenshot": show_edit, "training": show_training}.items():
            show(window, run, Path(home))
            window.messages.dismiss()
            QApplication.processEvents()
            window.grab().save(str(ROOT / "docs" / f"{name}.png"))
        closed: list[bool] = []
        window.closed.connect(lambda: closed.append(True))
        window.close()
        wait(lambda: closed)


if __name__ == "__main__":
    main()
