"""Metrics for other programs."""

from __future__ import annotations

import csv
import struct
import sys
from pathlib import Path

import pytest
from tensorboardX.proto.event_pb2 import Event

from workbench.core.errors import WorkbenchError
from workbench.core.runs.export_metrics import export_metrics
from workbench.core.runs.folder import Run


def test_the_table_has_a_row_a_step_and_a_column_for_each_loss_of_each_part(trained_run: Path, tmp_path: Path) -> None:
    run = Run.open(trained_run)
    with export_metrics(run, tmp_path / "table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    steps, curves = run.losses()["train"]
    assert [int(row["step"]) for row in rows] == list(steps)
    assert [float(row["train/total"]) for row in rows] == pytest.approx(list(curves["total"]), rel=1e-5)
    measured, quality = run.losses()["validation"]
    assert {int(row["step"]): float(row["validation/psnr"]) for row in rows if row["validation/psnr"]} == pytest.approx(
        dict(zip(map(int, measured), map(float, quality["psnr"]), strict=True)), rel=1e-5
    )


def events(folder: Path) -> list[Event]:
    """What TensorBoard would read: records of length, check, content, check."""
    (path,) = folder.iterdir()
    content, found, at = path.read_bytes(), [], 0
    while at < len(content):
        (length,) = struct.unpack_from("<Q", content, at)
        found.append(Event.FromString(content[at + 12 : at + 12 + length]))
        at += 12 + length + 4
    return found


def test_the_folder_for_tensorboard_has_the_same_values_and_the_pictures(trained_run: Path, tmp_path: Path) -> None:
    run = Run.open(trained_run)
    read = events(export_metrics(run, tmp_path / "board"))
    scalars = {
        (value.tag, event.step): value.simple_value
        for event in read
        for value in event.summary.value
        if value.HasField("simple_value")
    }
    steps, curves = run.losses()["train"]
    for step, total in zip(steps, curves["total"], strict=True):
        assert scalars["train/total", step] == pytest.approx(float(total), rel=1e-5)
    assert any(tag == "validation/psnr" for tag, _ in scalars)
    pictures = [v.tag for event in read for v in event.summary.value if v.HasField("image")]
    assert len(pictures) == 2 * len(run.previews("samples"))


def test_what_cannot_be_exported_is_said_and_nothing_is_overwritten(
    trained_run: Path, run_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "board").mkdir()
    with pytest.raises(WorkbenchError, match="exists already"):
        export_metrics(Run.open(trained_run), tmp_path / "board")
    assert not list((tmp_path / "board").iterdir())
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(WorkbenchError, match=r"pip install tensorboardX. Or write a table"):
        export_metrics(Run.open(trained_run), tmp_path / "other")
    with pytest.raises(WorkbenchError, match="cannot be written as"):
        export_metrics(Run.open(trained_run), tmp_path / "table.xlsx")
    (run_copy / "metrics.csv").unlink()
    with pytest.raises(WorkbenchError, match="measured nothing yet"):
        export_metrics(Run.open(run_copy), tmp_path / "table.csv")
