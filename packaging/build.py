"""Freeze the program into `dist/workbench`, a folder that runs without Python, and try it.

    .venv/bin/python packaging/build.py             freeze
    .venv/bin/python packaging/build.py --smoke     freeze, then train ten steps and edit a photo with the copy
    .venv/bin/python packaging/build.py --only-smoke

What is frozen is what is installed beside the Python that runs this; it needs the dependency groups `freeze` and
`test`. On Linux make that environment with `bootstrap.py --torch cpu`: the copy would be five times larger with CUDA.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUNDLE = ROOT / "dist" / "workbench"
PROGRAM = BUNDLE / ("workbench.exe" if os.name == "nt" else "workbench")


def freeze() -> None:
    """Make `dist/workbench` anew."""
    folders = ["--distpath", ROOT / "dist", "--workpath", ROOT / "build" / "freeze"]
    recipe = ROOT / "packaging" / "workbench.spec"
    subprocess.run(
        [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", *folders, recipe],
        check=True,
        cwd=ROOT,
    )
    files = [path for path in BUNDLE.rglob("*") if path.is_file() and not path.is_symlink()]
    print(f"{BUNDLE}: {sum(path.stat().st_size for path in files) / 1e6:.0f} MB in {len(files)} files")
    if sys.platform == "darwin":
        one_openmp(files)


def one_openmp(files: list[Path]) -> None:
    """Two OpenMP libraries in one process end it on macOS ("OMP: Error #15"): stop here, not on a user's computer."""
    found = [path for path in files if path.name.startswith(("libomp", "libiomp"))]
    if len(found) > 1:
        sys.exit("More than one OpenMP library in the bundle:\n" + "\n".join(f"    {path}" for path in found))


def smoke() -> None:
    """Do the main job with the frozen copy, in a folder where nothing else of ours is."""
    from skimage.data import astronaut
    from skimage.io import imsave

    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        imsave(work / "portrait.png", astronaut())
        for arguments in (
            ["--version"],
            ["doctor"],
            ["data", "info", "builtin:avatars"],
            ["train", "--data", "builtin:avatars", "--size", "32", "--steps", "10", "--runs", ".", "--name", "ten"],
            ["concepts", "find", "ten", "--data", "builtin:avatars", "--labels", "Smiling"],
            ["edit", "portrait.png", "--model", "ten", "--concept", "Smiling=1.5", "--out", "smiling.png"],
            ["export", "ten", "--out", "ten.workbench"],
            ["edit", "portrait.png", "--model", "ten.workbench", "--recipe", "smiling.png", "--out", "again.png"],
        ):
            try_it(work, arguments)
        if (work / "smiling.png").read_bytes() != (work / "again.png").read_bytes():
            sys.exit("The recipe did not give the same picture.")
    print("The frozen copy works.")


def try_it(work: Path, arguments: list[str]) -> None:
    """Run the frozen copy once in `work`; its failure is ours."""
    places = {"WORKBENCH_HOME": str(work / "home"), "QT_QPA_PLATFORM": "offscreen"}
    start = time.monotonic()
    answer = subprocess.run([PROGRAM, *arguments], cwd=work, env={**os.environ, **places}, check=False)
    print(f"--- {time.monotonic() - start:5.1f} s   workbench {' '.join(arguments)}", flush=True)
    if answer.returncode:
        sys.exit(f"It ended with {answer.returncode}.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="try the copy after freezing it")
    parser.add_argument("--only-smoke", action="store_true", help="try the copy that is there")
    options = parser.parse_args()
    if not options.only_smoke:
        shutil.rmtree(BUNDLE, ignore_errors=True)
        freeze()
    if options.smoke or options.only_smoke:
        smoke()


if __name__ == "__main__":
    main()
