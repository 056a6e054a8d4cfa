"""The program is killed at the worst moment: what was saved opens, and the training goes on."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.core.runs.folder import Run
from workbench.core.runs.trained import open_model

Command = Callable[..., Any]
TINY = ("--set", "width=8", "--set", "latent=8", "--set", "batch_size=8", "--set", "checkpoint_seconds=0")
SECONDS = 120


def train_until_killed(arguments: list[str], run: Path, after: int, wait: float) -> None:
    """Start a training that saves all the time; once it has saved a step above `after`, wait a moment and kill it."""
    training = subprocess.Popen(
        [sys.executable, "-m", "workbench", "train", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        deadline = time.monotonic() + SECONDS
        while not any(step > after for step in saved_steps(run)):
            assert training.poll() is None, training.communicate()[1].decode()
            assert time.monotonic() < deadline, "nothing was saved"
            time.sleep(0.01)
        time.sleep(wait)
    finally:
        training.kill()
        training.communicate()


def saved_steps(run: Path) -> list[int]:
    """The steps of the checkpoints on disk, as anybody who lists the folder sees them."""
    return sorted(int(path.name) for path in (run / "checkpoints").glob("[0-9]*"))


def test_a_run_killed_during_its_saves_opens_and_goes_on(command: Command, tmp_path: Path) -> None:
    chance = random.Random(0)
    run = tmp_path / "run"
    start = ["--data", "builtin:avatars", "--size", "32", "--steps", "100000", "--runs", str(tmp_path), "--name", "run"]
    go_on = ["--resume", str(run)]
    for arguments in ([*start, *TINY], go_on, go_on):
        reached = max(saved_steps(run), default=0)
        train_until_killed(arguments, run, reached, chance.uniform(0.0, 0.3))
        assert open_model(run).step > reached
        assert Run.open(run).info.model == "vae"

    saved = max(saved_steps(run))
    outcome = command("train", "--resume", run, "--steps", saved + 3, "--json")
    assert outcome.code == 0, outcome.err
    assert open_model(run).step == saved + 3
    assert not list(run.rglob("*.part")), "what the kills left half-written is cleared away"
