"""The curves of a run as they come back from its file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.runs.metrics import MetricsFile, Tail, forget_after, read_clock, read_curves, read_seconds


def write(path: Path, rows: int) -> None:
    with MetricsFile(path) as file:
        steps = np.arange(1, rows + 1)
        values = {name: (steps * scale).astype(np.float32) for name, scale in (("total", -0.5), ("kl", 0.001))}
        file.append("train", steps, 1.5, values)
        file.append("validation", [rows], 2.0, {"total": np.float32([3.25]), "psnr": np.float32([21.5])})


def test_what_was_written_comes_back_by_part_and_name(tmp_path: Path) -> None:
    write(tmp_path / "metrics.csv", 3)
    curves = read_curves(tmp_path / "metrics.csv")
    steps, values = curves["train"]
    assert steps.tolist() == [1, 2, 3]
    assert values["total"].tolist() == [-0.5, -1.0, -1.5]
    assert "psnr" not in values  # a training batch has none
    steps, values = curves["validation"]
    assert steps.tolist() == [3]
    assert {name: column.tolist() for name, column in values.items()} == {"total": [3.25], "psnr": [21.5]}


def test_losses_that_are_no_numbers_come_back_as_such(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("step,seconds,part,total,kl,psnr\n1,0.1,train,nan,,\n2,0.2,train,inf,,\n3,0.3,train,,2.5,\n")
    steps, values = read_curves(path)["train"]
    assert steps.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(values["total"], np.float32([np.nan, np.inf, np.nan]))
    np.testing.assert_array_equal(values["kl"], np.float32([np.nan, np.nan, 2.5]))


def test_a_row_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    write(path, 3)
    path.write_text(path.read_text() + "4,2.5,train,1.2")
    assert read_curves(path)["train"][0].tolist() == [1, 2, 3]
    forget_after(path, 2)
    assert path.read_text().splitlines() == [
        "step,seconds,part,total,kl,psnr,active_units,kid,diversity",
        "1,1.50,train,-0.5,0.001,,,,", "2,1.50,train,-1,0.002,,,,",
    ]  # fmt: skip


@pytest.mark.parametrize("row", [b"1,0.50,train,\xff\xfe\n", b"one,0.50,train,3.0\n"], ids=["bytes", "words"])
@pytest.mark.parametrize(
    "read", [read_curves, read_clock, read_seconds, lambda path: forget_after(path, 1)],
    ids=["curves", "clock", "seconds", "rows to drop"],
)  # fmt: skip
def test_a_damaged_file_is_said_to_be(tmp_path: Path, row: bytes, read: Callable[[Path], object]) -> None:
    path = tmp_path / "metrics.csv"
    path.write_bytes(b"step,seconds,part,total\n" + row)
    with pytest.raises(WorkbenchError, match="damaged and cannot be read as a table of losses"):
        read(path)
    assert path.read_bytes().endswith(row)


def test_a_missing_file_has_no_curves(tmp_path: Path) -> None:
    assert read_curves(tmp_path / "metrics.csv") == {}


def test_only_rows_since_the_last_look_are_read(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    tail = Tail(path)
    assert (tail.read(), tail.seconds) == ({}, None)
    write(path, 3)
    assert {part: steps.tolist() for part, (steps, _) in tail.read().items()} == {"train": [1, 2, 3], "validation": [3]}
    assert (tail.read(), tail.seconds) == ({}, 2.0)
    with path.open("a") as file:
        file.write("4,2.50,train,1.5,0.5,,,,\n5,2.50,train,1.")
    steps, values = tail.read()["train"]
    assert (steps.tolist(), values["total"].tolist(), tail.seconds) == ([4], [1.5], 2.5)
    with path.open("a") as file:
        file.write("25,0.5,,,,\n")
    assert tail.read()["train"][1]["total"].tolist() == [1.25]
    assert not tail.began_again


@pytest.mark.parametrize("kept", [2, 3])
def test_rows_that_were_taken_back_are_noticed(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "metrics.csv"
    write(path, 3)
    tail = Tail(path)
    tail.read()
    forget_after(path, kept)
    assert tail.read()["train"][0].tolist() == list(range(1, kept + 1))
    assert tail.began_again
    tail.read()
    assert not tail.began_again


@pytest.mark.parametrize("rows", [200_000])
def test_a_long_run_is_read_in_a_moment(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "metrics.csv"
    write(path, rows)
    start = time.process_time()
    curves = read_curves(path)
    assert time.process_time() - start < 2.0  # a fraction of that on a quiet machine; row by row it took several
    assert len(curves["train"][0]) == rows
    assert curves["train"][1]["total"][-1] == -rows / 2
