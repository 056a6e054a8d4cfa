"""From the start of the program to an edited photo of twelve megapixels: the time that a hand waits, and the memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import skimage.data
from PIL import Image

from benchmarks.rows import Row
from workbench.core.runs.shipped import shipped_models

REPEATS = 3
WIDTH, HEIGHT = 4000, 3000
SECONDS, GIGABYTES = 6.0, 1.2
MEGA = 1e6
_EDIT = """
import sys
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtTest import QTest
from workbench.ui.app import application
app = application()
from workbench.ui.main_window import MainWindow


class Hand(QObject):
    def __init__(self, page):
        super().__init__(page)
        self.page, self.session, self.said = page, page.session, ""
        self.session.rendered.connect(self.rendered)
        page.view.installEventFilter(self)
        self.clock = QTimer(self, interval=5)
        self.clock.timeout.connect(self.move)
        self.clock.start()

    def move(self):
        subject = self.session.subject
        if subject and subject.path and self.session.editable and self.session.result:
            self.clock.stop()
            QTest.keyClick(next(iter(self.page.side.sliders.rows.values())).slider, Qt.Key.Key_PageUp)

    def rendered(self, rendered):
        if rendered.state.strengths and rendered.state == self.session.state:
            self.said = "moved" if rendered.whole is None else "rested"

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and self.said:
            QTimer.singleShot(0, lambda said=self.said: print(said, flush=True))
            self.said = ""
        return False


window = MainWindow(remember=False)
window.resize(1280, 800)
hand = Hand(window.page("Edit"))
window.show()
window.open_path(sys.argv[1])
app.exec()
"""
"""Prints when the moved picture is painted, and when the whole photo has followed; ends when it is told to."""
_TORCH = "import psutil, torch; print(torch.__version__, psutil.Process().memory_info().rss / 1e9)"
"""Its build says what is compared: that with CUDA takes twice to three times the memory of that for the CPU alone."""


def measure(faces: Path | None) -> list[Row]:
    """The median of a few starts after one that warms the disk up, offscreen, with the model that the window opens."""
    if not shipped_models():
        return [Row("an opened photo", "not measured: no model is shipped", "", "", None)]
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.jpg"
        _make_photo(photo)
        found = [_edited(photo, Path(folder) / f"home-{number}") for number in range(REPEATS + 1)][1:]
    seconds, memory = (statistics.median(values) for values in zip(*found, strict=True))
    command = [sys.executable, "-c", _TORCH]
    build, bare = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    return [
        Row(
            f"from the start to a moving slider on a photo of {WIDTH * HEIGHT / MEGA:.0f} megapixels; resident memory",
            f"{seconds:.1f} s; {memory:.2f} GB",
            f"torch {build} alone: {float(bare):.2f} GB",
            f"<= {SECONDS:.0f} s; <= {GIGABYTES} GB",
            seconds <= SECONDS and memory <= GIGABYTES,
        )
    ]


def _make_photo(path: Path) -> None:
    """A portrait before a wide ground."""
    photo = Image.new("RGB", (WIDTH, HEIGHT), (96, 92, 88))
    portrait = Image.fromarray(skimage.data.astronaut()).resize((HEIGHT, HEIGHT), Image.Resampling.LANCZOS)
    photo.paste(portrait, ((WIDTH - HEIGHT) // 2, 0))
    photo.save(path, quality=92)


def _edited(photo: Path, home: Path) -> tuple[float, float]:
    """Seconds until the moved picture is painted; GB of the process then or when the whole photo follows: the more."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "WORKBENCH_HOME": str(home)}
    began = time.perf_counter()
    command = [sys.executable, "-c", _EDIT, str(photo)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        seconds, memory = 0.0, 0.0
        for line in process.stdout:
            seconds = seconds or time.perf_counter() - began
            memory = max(memory, psutil.Process(process.pid).memory_info().rss / 1e9)
            if line.strip() == "rested":
                break
        process.kill()
    if not memory:
        raise RuntimeError("the editor ended before its slider moved")
    return seconds, memory
