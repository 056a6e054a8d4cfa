"""`python -m benchmarks`: one table, ours beside the plain way, all from one run on this machine."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import torch

from benchmarks.rows import line

NAMES = ("start", "import_rate", "slider_latency", "window", "samples", "faces", "starter", "training")
LONG = ("models",)
"""Only when they are named: they take more than an hour."""
TRAINED = ("training", "models")
"""Those that train for a time that can be given."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    named = f"any of: {', '.join(NAMES)} (default: all of these), {', '.join(LONG)} (takes more than an hour)"
    parser.add_argument("names", nargs="*", metavar="NAME", help=named)
    parser.add_argument("--minutes", type=float, help="how long to train; the targets are meant for the default")
    parser.add_argument("--faces", type=Path, help="faces-128.zip; without it the built-in faces serve")
    parser.add_argument("--out", type=Path, help="also write the table to this file, as Markdown")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - {*NAMES, *LONG}:
        parser.error(f"no benchmark called {', '.join(sorted(unknown))}; there are: {', '.join((*NAMES, *LONG))}")
    lines = [
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, torch {torch.__version__}.",
        "",
        "| what | ours | plain | target | met |",
        "|---|---|---|---|---|",
    ]
    print("\n".join(lines), flush=True)
    for name in arguments.names or NAMES:
        given = {"minutes": arguments.minutes} if arguments.minutes and name in TRAINED else {}
        for row in importlib.import_module(f"benchmarks.{name}").measure(arguments.faces, **given):
            lines.append(line(row))
            print(lines[-1], flush=True)
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
