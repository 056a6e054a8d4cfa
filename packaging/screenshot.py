"""Make the pictures of the README: a portrait to try the program on, the window as it opens, and a training.

.venv/bin/python packaging/screenshot.py                train for it, in build/screenshot, then make them
.venv/bin/python packaging/screenshot.py --run RUN      with this run of the cartoon faces
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PIL import Image
from PySide6.QtCore import QEventLoop, QPointF, QTimer

import workbench
from workbench.ui.app import application
from workbench.ui.main_window import MainWindow
from workbench.ui.picture_view import Compare

ROOT = Path(__file__).resolve().parent.parent
PORTRAIT = ROOT / "docs" / "portrait.png"
DATA = "builtin:avatars"
FACE, SIDE = 2297, 512
"""The row of the portrait in the built-in set, and how large it is drawn."""
STRENGTHS = {"Sunglasses": 6}
EYES = 220, 110
"""Where the example's face is, in its pixels."""


def trained_run() -> Path:
    """A run; the one that an earlier call made, when there is one."""
    run = ROOT / "build" / "screenshot" / "faces"
    if not run.exists():
        workbench.train(DATA, minutes=15, runs=run.parent, name=run.name)
    return run


def work(milliseconds: int) -> None:
    """Let the window and its threads work for a while. (QTest.qWait would keep Python's lock from the threads.)"""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def wait(until: Callable[[], object], seconds: float = 120) -> None:
    """Let the window work until something is so."""
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            raise TimeoutError("The window did not get there.")
        work(20)


def make_portrait() -> None:
    """A cartoon to edit, one that the model has not seen and the face finder takes for a face."""
    pixels = workbench.prepare_data(DATA, 64).pictures[FACE]
    Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(PORTRAIT)


def show_edit(window: MainWindow, run: Path) -> None:
    """The Edit page with its example, changed, beside what it was, by the model that it opens with."""
    page = window.page("Edit")
    wait(lambda: page.session.editable)
    page.welcome.example_button.click()
    wait(lambda: page.session.subject.path and page.session.editable)
    page.view.set_compare(Compare.SIDE_BY_SIDE)
    page.view.zoom(3, page.view.to_screen(QPointF(*EYES)))
    for name, strength in STRENGTHS.items():
        page.session.move(name, strength, page.view.scale)
        page.session.end_gesture()
    wait(
        lambda: page.session.result and page.session.result.state == page.session.state
    )  # the full picture follows when the hand rests


def show_training(window: MainWindow, run: Path) -> None:
    """The Train page with the losses and the pictures of the run."""
    page = window.page("Train")
    window.show_page(page.name)
    page.open_path(str(run))
    wait(lambda: page.watch.run == run)
    work(3000)  # the plot draws by its own clock, the pictures are read in a thread


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, help="a trained run with concepts")
    run = (parser.parse_args().run or trained_run()).resolve()
    with tempfile.TemporaryDirectory() as home:
        os.environ["WORKBENCH_HOME"] = home
        make_portrait()
        application()
        window = MainWindow(remember=False)
        window.resize(1280, 800)
        window.show()
        with_torch: list[bool] = []
        window.ready.connect(lambda: with_torch.append(True))
        wait(lambda: with_torch)
        for name, show in {"screenshot": show_edit, "training": show_training}.items():
            show(window, run)
            window.messages.dismiss()
            work(100)
            window.grab().save(str(ROOT / "docs" / f"{name}.png"))
        closed: list[bool] = []
        window.closed.connect(lambda: closed.append(True))
        window.close()
        wait(lambda: closed)


if __name__ == "__main__":
    main()
