"""`python -m benchmarks`: one table, ours beside the plain way, all from one run on this machine."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import torch

from benchmarks.rows import Row

NAMES = ("start", "import_rate", "slider_latency", "window", "samples", "training")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of: {', '.join(NAMES)} (default: all)")
    parser.add_argument("--faces", type=Path, help="faces-128.zip; without it the built-in faces serve")
    parser.add_argument("--out", type=Path, help="also write the table to this file, as Markdown")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"no benchmark called {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}")
    lines = [
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, torch {torch.__version__}.",
        "",
        "| what | ours | plain | target | met |",
        "|---|---|---|---|---|",
    ]
    print("\n".join(lines), flush=True)
    for name in arguments.names or NAMES:
        for row in importlib.import_module(f"benchmarks.{name}").measure(arguments.faces):
            lines.append(_line(row))
            print(lines[-1], flush=True)
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text("\n".join(lines) + "\n")


def _line(row: Row) -> str:
    met = {True: "yes", False: "**no**", None: "not judged here"}[row.met]
    return f"| {row.what} | {row.ours} | {row.plain} | {row.target} | {met} |"


if __name__ == "__main__":
    main()
