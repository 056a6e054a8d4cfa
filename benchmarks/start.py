"""How soon the program answers: its version, and a painted window."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.rows import Row

REPEATS = 5
_PAINT = """
from workbench.ui.app import application
app = application()
from workbench.ui.main_window import MainWindow
window = MainWindow(remember=False)
window.painted.connect(lambda: print("painted", flush=True))
window.painted.connect(window.close)
window.closed.connect(app.quit)
window.show()
app.exec()
"""


def measure(faces: Path | None) -> list[Row]:
    """Median wall seconds from the start of a process to its first line, warm."""
    version = _seconds("-m", "workbench", "--version")
    python = _seconds("-c", "print()")
    window = _seconds("-c", _PAINT)
    return [
        Row(
            "`python -m workbench --version`",
            f"{version:.2f} s",
            f"bare Python {python:.2f} s",
            "<= 0.3 s",
            version <= 0.3,
        ),
        Row("window painted, warm, from the start of the process", f"{window:.2f} s", "", "<= 1.5 s", window <= 1.5),
    ]


def _seconds(*arguments: str) -> float:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    took = []
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        with subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, env=environment) as process:
            assert process.stdout is not None
            process.stdout.readline()
            took.append(time.perf_counter() - start)
    return statistics.median(took[1:])
