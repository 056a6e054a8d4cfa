"""The metrics of a run for other programs: a table for a spreadsheet, or a folder for TensorBoard."""

from __future__ import annotations

import csv
import io
import math
from bisect import bisect_left
from datetime import datetime
from pathlib import Path

import numpy as np
from PIL import Image

from workbench.core.errors import WorkbenchError
from workbench.core.files import write_file, write_folder
from workbench.core.optional import need
from workbench.core.runs.folder import Run
from workbench.core.runs.metrics import read_seconds


def export_metrics(run: Run, out: Path) -> Path:
    """Write the metrics of `run`: as a table where `out` ends with `.csv`, else as a new folder for TensorBoard.

    Raises:
        WorkbenchError: another kind of file, nothing was measured yet, the folder exists, or TensorBoard's writer is
            not installed.
    """
    table = out.suffix.lower() == ".csv"
    if out.suffix and not table and not out.is_dir():
        raise WorkbenchError(f"Metrics cannot be written as '{out.name}'.", "Name a table, NAME.csv, or a new folder.")
    curves = run.losses()
    if not curves:
        raise WorkbenchError(f"'{run.name}' has measured nothing yet.", "Train it a little first.")
    if table:
        write_file(out, _table(run))
    else:
        _write_tensorboard(run, out)
    return out


def _columns(run: Run) -> dict[str, dict[int, float]]:
    """Value by step, by `part/loss`."""
    return {
        f"{part}/{name}": {
            int(step): float(value) for step, value in zip(steps, values, strict=True) if math.isfinite(value)
        }
        for part, (steps, losses) in run.losses().items()
        for name, values in losses.items()
    }


def _table(run: Run) -> str:
    """One row a step, one column for each loss of each part."""
    columns, seconds = _columns(run), read_seconds(run.metrics_file)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["step", "seconds", *columns])
    for step in sorted(seconds):
        cells = (f"{values[step]:.6g}" if step in values else "" for values in columns.values())
        table.writerow([step, f"{seconds[step]:.2f}", *cells])
    return text.getvalue()


def _write_tensorboard(run: Run, folder: Path) -> None:
    """Scalars as `train/total`, and the previews as pictures; each at the time it was made."""
    writer_of = need(
        "tensorboardX", "tensorboardX", "A folder for TensorBoard", "write a table, NAME.csv"
    ).SummaryWriter
    if folder.exists():
        raise WorkbenchError(f"'{folder}' exists already.", "Name a new folder, or a table NAME.csv.")
    began = datetime.fromisoformat(run.info.created).timestamp()
    seconds = read_seconds(run.metrics_file)
    known = sorted(seconds)
    with write_folder(folder) as part, writer_of(str(part)) as writer:
        for tag, values in _columns(run).items():
            for step, value in values.items():
                writer.add_scalar(tag, value, step, walltime=began + seconds[step])
        for kind in ("samples", "reconstructions"):
            for step, path in run.previews(kind):
                near = known[min(bisect_left(known, step), len(known) - 1)]
                with Image.open(path) as picture:
                    pixels = np.asarray(picture.convert("RGB"))
                writer.add_image(kind, pixels, step, walltime=began + seconds[near], dataformats="HWC")
