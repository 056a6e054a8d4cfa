"""How fast pictures are imported, beside a bare Pillow loop with the same threads; and what memory that takes."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.rows import Row
from workbench.core.resources import resource
from workbench.jobs.api import run
from workbench.jobs.prepare_data import prepare_data

SIZE, COUNT, REPEATS = 64, 2000, 5
FEW, MANY = 2_000, 20_000
_IMPORT = """
import sys
from workbench.jobs.api import run
from workbench.jobs.prepare_data import prepare_data
run(prepare_data(sys.argv[1], 64))
lines = dict(line.split(":") for line in open("/proc/self/status"))
print(lines["VmHWM"].split()[0])
"""


def measure(faces: Path | None) -> list[Row]:
    """Both figures. `faces` is faces-128.zip or None: then the built-in avatars, enlarged and saved as JPEG, serve."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = _jpegs(faces)
        return [_rate(folder, files), _memory(folder, files)]


def _jpegs(faces: Path | None) -> list[bytes]:
    """1,000 encoded pictures of 128 x 128."""
    if faces is not None:
        with zipfile.ZipFile(faces) as archive:
            return [archive.read(name) for name in archive.namelist() if name.endswith(".jpg")][:1000]
    with zipfile.ZipFile(resource("builtin/avatars.zip")) as archive:
        sheet = Image.open(io.BytesIO(archive.read("pictures.webp"))).convert("RGB")
    files = []
    for number in range(1000):
        left, top = number % 80 * 64, number // 80 * 64
        file = io.BytesIO()
        sheet.crop((left, top, left + 64, top + 64)).resize((128, 128)).save(file, "JPEG", quality=83)
        files.append(file.getvalue())
    return files


def _write(folder: Path, files: list[bytes], count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:05d}.jpg").write_bytes(files[number % len(files)])
    return folder


@contextmanager
def _fresh_cache(folder: Path) -> Iterator[None]:
    """A cache of our own, empty, and gone afterwards."""
    before = os.environ.get("WORKBENCH_HOME")
    os.environ["WORKBENCH_HOME"] = str(folder)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if before is None:
            del os.environ["WORKBENCH_HOME"]
        else:
            os.environ["WORKBENCH_HOME"] = before


def _rate(folder: Path, files: list[bytes]) -> Row:
    """The better of some turns each, taken in turn, so that other work on the machine hits both alike."""
    source = _write(folder / "rate", files, COUNT)
    ours, plain = [], []
    for _ in range(REPEATS):
        start = time.perf_counter()
        with _fresh_cache(folder / "home"):
            run(prepare_data(source, SIZE))
            ours.append(COUNT / (time.perf_counter() - start))
        start = time.perf_counter()
        _bare_loop(source, folder / "plain.npy")
        plain.append(COUNT / (time.perf_counter() - start))
    ratio = max(ours) / max(plain)
    return Row(
        f"import rate, {COUNT} JPEGs of 128 px to {SIZE} px, {os.cpu_count()} threads",
        f"{max(ours):.0f} pictures/s ({ratio:.2f} of plain)",
        f"{max(plain):.0f} pictures/s",
        ">= 0.9 of a bare Pillow loop",
        ratio >= 0.9,
    )


def _bare_loop(source: Path, target: Path) -> None:
    """Decode, resize, store: what anybody would write first."""

    def load(path: Path) -> np.ndarray:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB").resize((SIZE, SIZE), Image.Resampling.LANCZOS))

    pictures = np.empty((COUNT, SIZE, SIZE, 3), np.uint8)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for row, picture in enumerate(pool.map(load, sorted(source.iterdir()))):
            pictures[row] = picture
    np.save(target, pictures)


def _memory(folder: Path, files: list[bytes]) -> Row:
    """The peak of resident memory of a process that does nothing but import."""
    if not Path("/proc/self/status").exists():
        return Row("memory of an import", "not measured: needs Linux", "", "<= 1.1", None)
    peaks = {}
    for count in (FEW, MANY):
        source = _write(folder / f"memory-{count}", files, count)
        with _fresh_cache(folder / "home"):
            done = subprocess.run(
                [sys.executable, "-c", _IMPORT, str(source)], check=True, capture_output=True, text=True
            )
        peaks[count] = int(done.stdout) / 1024
        shutil.rmtree(source)
    ratio = peaks[MANY] / peaks[FEW]
    return Row(
        f"peak memory of importing {MANY:,} pictures over {FEW:,}",
        f"{peaks[MANY]:.0f} MB ({ratio:.2f})",
        f"{peaks[FEW]:.0f} MB",
        "<= 1.1",
        ratio <= 1.1,
    )


if __name__ == "__main__":
    for row in measure(Path(sys.argv[1]) if len(sys.argv) > 1 else None):
        print(row)
