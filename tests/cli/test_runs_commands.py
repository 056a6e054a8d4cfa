"""Keeping order among runs, and trainings that come from other trainings, through the real command line."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from workbench.core.runs.folder import Run

Command = Callable[..., Any]
TINY = ("--size", 32, "--set", "width=8", "--set", "latent=8", "--set", "batch_size=8", "--threads", 1)
SECONDS = 120


@pytest.fixture
def first(command: Command, tmp_path: Path) -> Path:
    made = command("train", "--data", "builtin:avatars", "--steps", 4, "--runs", tmp_path, "--name", "first", *TINY)
    assert made.code == 0, made.err
    return tmp_path / "first"


def test_like_trains_the_same_with_what_is_changed(command: Command, first: Path) -> None:
    made = command("train", "--like", first, "--set", "learning_rate=0.001", "--steps", 3)
    assert made.code == 0, made.err
    again = Run.open(first.parent / "first-2").info
    before = Run.open(first).info
    assert again.settings == {**before.settings, "learning_rate": 0.001}
    assert (again.step, again.size, again.seed, again.threads) == (3, 32, before.seed, 1)


def test_branch_begins_at_a_checkpoint(command: Command, first: Path) -> None:
    arguments = ("--set", "learning_rate=0.001", "--steps", 6, "--name", "slower", "--json")
    made = command("train", "--branch", f"{first}@4", *arguments)
    assert made.code == 0, made.err
    events = [json.loads(line) for line in made.out.splitlines()]
    assert [event["step"] for event in events if event["event"] == "started"] == [4]
    shown = command("runs", "show", first.parent / "slower", "--json").json
    assert shown["branched_from"] == {"run": "first", "step": 4, "changed": {"learning_rate": [0.0025, 0.001]}}
    refused = command("train", "--branch", first, "--set", "width=16", "--steps", 6)
    assert refused.code == 2
    assert "'width' changes the shape of the net" in refused.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--like", "RUN", "--resume", "RUN"),
        ("--branch", "RUN", "--seed", 3),
        ("--branch", "RUN", "--data", "builtin:avatars"),
        ("--branch", "RUN@99"),
        ("--resume", "RUN", "--set", "latent=3"),
        ("--like", "RUN", "--set", "latnet=3"),
        (),
    ],
)
def test_wishes_that_contradict_each_other_are_refused(
    command: Command, trained_run: Path, arguments: tuple[object, ...]
) -> None:
    before = sorted(trained_run.parent.iterdir())
    outcome = command("train", *[str(a).replace("RUN", str(trained_run)) for a in arguments])
    assert outcome.code == 2
    assert outcome.out == ""
    assert sorted(trained_run.parent.iterdir()) == before


def test_a_run_is_renamed_pinned_and_deleted(command: Command, run_copy: Path, trash: Path) -> None:
    assert command("runs", "rename", run_copy, "mine", "--json").json == {"file": str(run_copy.parent / "mine")}
    mine = run_copy.parent / "mine"
    assert command("runs", "pin", mine, "150", "--json").json == {"pinned": [150]}
    shown = command("runs", "show", mine)
    assert "checkpoints: 150 (best, pinned)" in shown.out
    assert "MB" in shown.out or "kB" in shown.out
    details = command("runs", "show", mine, "--json").json
    assert details["pinned"] == [150]
    assert details["disk"]["total"] == sum(f.stat().st_size for f in mine.rglob("*") if f.is_file())
    assert command("runs", "unpin", mine, "150").out == "pinned: none\n"
    assert command("runs", "pin", mine, "7").code == 2

    with Run.open(mine).locked():
        refused = command("runs", "delete", mine)
        assert refused.code == 2
        assert "being trained" in refused.err
    assert command("runs", "delete", mine).code == 0
    assert not mine.exists()
    assert (trash / "mine" / "run.json").exists()


def test_two_runs_are_compared(command: Command, first: Path, trained_run: Path, tmp_path: Path) -> None:
    said = command("runs", "compare", first, trained_run)
    assert said.code == 0, said.err
    assert "Latent size: 8 in first, 16 in tiny" in said.out
    assert "noise" in said.err
    found = command("runs", "compare", first, trained_run, "--out", tmp_path / "both", "--json").json
    assert {"name": "latent", "label": "Latent size", "first": 8, "second": 16} in found["settings"]
    assert all(Path(path).exists() for path in found["files"])
    assert command("runs", "compare", first, first).code == 2
    assert command("runs", "compare", first, trained_run, "--out", tmp_path / "a.pdf").code == 2


def test_the_samples_of_a_comparison_come_from_the_same_noise(
    command: Command, trained_run: Path, run_copy: Path
) -> None:
    out = run_copy.parent / "both"
    assert command("runs", "compare", trained_run, run_copy, "--out", out, "--seed", 3).code == 0
    with Image.open(out / "samples.png") as samples:
        width = (samples.width - 16) // 2
        left = samples.crop((0, 40, width, samples.height))
        right = samples.crop((width + 16, 40, 2 * width + 16, samples.height))
        assert left.tobytes() == right.tobytes()


def test_a_film_and_a_table_are_written(command: Command, trained_run: Path, tmp_path: Path) -> None:
    for name in ("film.gif", "film.webp", "film.mp4"):
        outcome = command("runs", "film", trained_run, "--kind", "reconstructions", "--out", tmp_path / name)
        assert outcome.code == 0, outcome.err
        assert (tmp_path / name).stat().st_size > 0
    assert command("runs", "film", trained_run, "--out", tmp_path / "film.avi").code == 2
    for name in ("table.csv", "board"):
        assert command("runs", "export-metrics", trained_run, "--out", tmp_path / name).code == 0
        assert (tmp_path / name).exists()


def test_a_damaged_checkpoint_is_said_by_every_command_that_opens_it(
    command: Command, first: Path, tmp_path: Path
) -> None:
    go_on = command("train", "--resume", first, "--steps", 6)
    assert go_on.code == 0, go_on.err
    path = first / "checkpoints" / "000006" / "average.safetensors"
    path.write_bytes(path.read_bytes()[:-8] + b"12345678")
    for arguments in (
        ("sample", first, "--out", tmp_path / "grid.png"),
        ("export", first, "--out", tmp_path / "first.workbench"),
        ("concepts", "list", first),
        ("evaluate", first, "--data", "builtin:avatars", "--partition", 1),
    ):
        outcome = command(*arguments)
        assert outcome.code == 0, outcome.err
        assert "step 6 is damaged" in outcome.err, arguments
    resumed = command("train", "--resume", first, "--steps", 7)
    assert resumed.code == 0
    assert "step 6 is damaged" in resumed.err


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "workbench", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_run_that_another_program_trains_is_read_only_here_and_can_be_stopped_from_here(
    command: Command, tmp_path: Path
) -> None:
    run = tmp_path / "busy"
    training = start(
        "train", "--data", "builtin:avatars", "--steps", 100_000, "--runs", tmp_path, "--name", "busy", *TINY,
        "--set", "checkpoint_seconds=0",
    )  # fmt: skip
    try:
        deadline = time.monotonic() + SECONDS
        while not list(run.glob("checkpoints/[0-9]*")):
            assert training.poll() is None, training.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.05)
        refused = command("train", "--resume", run)
        assert refused.code == 2
        assert f"process {training.pid} on" in refused.err
        assert "runs stop" in refused.err
        for arguments in (
            ("runs", "show", run),
            ("sample", run, "--count", 1, "--out", tmp_path / "one.png"),
            ("evaluate", run, "--data", "builtin:avatars", "--partition", 1),
        ):
            outcome = command(*arguments)
            assert outcome.code == 0, outcome.err
        assert command("runs", "delete", run).code == 2
        assert command("runs", "stop", run, "--after-epoch", "--discard").code == 2
        assert command("runs", "stop", run, "--json").json == {"run": str(run), "asked": "now"}
        out, err = training.communicate(timeout=SECONDS)
        assert training.returncode == 3, err
        assert "Stopped after" in out
        assert Run.open(run).info.status == "stopped"
    finally:
        training.kill()
        training.communicate()
    assert command("runs", "stop", run).code == 2
