"""One write fails, whichever it is: what was saved before stays, and the training can go on."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.core.runs.folder import Run
from workbench.core.runs.trained import open_model

_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
Command = Callable[..., Any]
TINY = ("--size", 32, "--steps", 2, "--set", "width=8", "--set", "latent=8", "--set", "batch_size=8")


def fail_at(number: int, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Let the file or folder that is put in its place as number `number` find a full disk; gives them all."""
    replace, placed = os.replace, []

    def place(source: str | Path, target: str | Path) -> None:
        placed.append(Path(target))
        if len(placed) == number:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(source, target)

    monkeypatch.setattr(os, "replace", place)
    return placed


@pytest.mark.parametrize("folder", ["file/runs", "file", pytest.param("/proc/runs", marks=_LINUX)])
def test_a_place_for_runs_that_cannot_be_written_is_called_so_and_never_a_full_disk(
    command: Command, tmp_path: Path, folder: str
) -> None:
    (tmp_path / "file").write_text("no folder")
    outcome = command("train", "--data", "builtin:avatars", "--runs", tmp_path / folder, *TINY)
    assert outcome.code == 2
    assert "full" not in outcome.err
    assert ("is a file, not a folder" if "file" in folder else "No permission to write '/proc") in outcome.err


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="nothing is forbidden to an administrator")
def test_what_says_where_the_programs_own_folders_are_is_named_when_they_cannot_be_written(
    command: Command, places: Path
) -> None:
    places.mkdir()
    places.chmod(0o500)
    outcome = command("queue", "add", "--data", "builtin:avatars", *TINY)
    assert outcome.code == 2
    assert "WORKBENCH_HOME says to keep things there" in outcome.err


def test_whichever_write_fails_the_run_opens_and_goes_on(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("data", "info", "builtin:avatars")
    start = ("train", "--data", "builtin:avatars", "--runs", tmp_path, *TINY)
    assert command(*start, "--name", "whole").code == 0
    number, failed = 0, True
    while failed:
        number += 1
        run = tmp_path / f"run-{number}"
        with monkeypatch.context() as patch:
            placed = fail_at(number, patch)
            outcome = command(*start, "--name", run.name)
        failed = len(placed) >= number
        assert outcome.code == (4 if failed else 0), f"{placed[-1]}: {outcome.err}"
        assert not list(run.rglob("*.part")), placed[-1]
        if (run / "run.json").exists():
            steps = [step for step, _ in Run.open(run).checkpoints()]
            assert not steps or open_model(run).step == steps[-1]
            if failed:
                resumed = command("train", "--resume", run, "--steps", 2)
                assert resumed.code == 0, f"after {placed[-1]}: {resumed.err}"
            assert open_model(run).fingerprint == open_model(tmp_path / "whole").fingerprint, placed[-1]
    assert number > 8, "a training of two steps writes its description, previews and a checkpoint"
