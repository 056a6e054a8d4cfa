"""The terminal as the host of a job."""

from __future__ import annotations

import io
import json
import signal
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from workbench.cli import console
from workbench.cli.console import Display, run_job
from workbench.core.control import Control
from workbench.core.errors import Stopped
from workbench.core.events import Advice, Losses, Preview, Progress, Recovered, Saved, Skipped, Started, read_only
from workbench.jobs.api import Job


def counting(control: Control, *, until: int = 3) -> Job[int]:
    for done in range(until):
        control.check()
        yield Progress("Counting", done, until, "numbers")
    return until


def test_a_job_gives_its_result() -> None:
    assert run_job(counting) == 3


def test_ctrl_c_asks_the_job_to_stop_and_leaves_ctrl_c_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT)

    def interrupted(control: Control) -> Job[str]:
        yield Progress("Working", 0, None, "steps")
        signal.raise_signal(signal.SIGINT)
        assert control.stopping
        return "saved"

    assert run_job(interrupted) == "saved"
    assert "Stopping" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_ctrl_c_breaks_the_job_off() -> None:
    def stubborn(control: Control) -> Job[None]:
        yield Progress("Working", 0, None, "steps")
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_job(stubborn)


def test_a_job_that_does_not_save_ends_as_stopped() -> None:
    def interrupted(control: Control) -> Job[None]:
        signal.raise_signal(signal.SIGINT)
        yield from counting(control)

    with pytest.raises(Stopped):
        run_job(interrupted)


def test_events_as_json_lines_hold_every_value_but_pictures(capsys: pytest.CaptureFixture[str]) -> None:
    def training(control: Control) -> Job[None]:
        yield Started(Path("runs/a"), 0, "cpu", {"latent": 64})
        total = read_only(np.array([0.5, 0.25], np.float32))
        yield Losses("train", read_only(np.array([1, 2])), {"total": total}, seconds=1.5)
        yield Preview(2, "samples", read_only(np.zeros((8, 8, 3), np.uint8)))

    run_job(training, json_lines=True)
    started, losses, preview = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert started == {
        "event": "started", "run": str(Path("runs/a")), "step": 0, "device": "cpu", "settings": {"latent": 64},
        "phases": [],
    }  # fmt: skip
    assert losses == {
        "event": "losses", "part": "train", "steps": [1, 2], "values": {"total": [0.5, 0.25]}, "seconds": 1.5,
    }  # fmt: skip
    assert preview == {"event": "preview", "step": 2, "kind": "samples"}


def test_without_a_terminal_there_are_no_bars_but_advice_and_what_was_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Display() as display:
        display.show(Progress("Importing", 5, 10, "pictures"))
        display.show(Advice("The loss jumps about.", "Lower the learning rate."))
        for number in range(7):
            display.show(Skipped(f"{number}.jpg", "it is cut off"))
    err = capsys.readouterr().err
    assert "Importing" not in err
    assert "The loss jumps about. Lower the learning rate." in err
    assert "Left out '4.jpg': it is cut off" in err
    assert "5.jpg" not in err
    assert "2 more were left out" in err


def test_a_finding_comes_with_its_trick_and_the_command_that_goes_on_with_the_remedy(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ill = Advice(
        "It is ill.", "Mend it.", "saturated", 510, "Noise helps.", {"learning_rate": 0.001, "augment": "none"}
    )
    with Display() as display:
        display.show(Started(Path("runs/a"), 0, "cpu", {}))
        display.show(ill)
        display.show(Saved(Path("runs/a/checkpoints/000500"), "checkpoint"))
        display.show(ill)
        display.show(Recovered(600, "saturated"))
    err = capsys.readouterr().err
    assert "It is ill. Mend it." in err
    assert "bag of tricks: Noise helps." in err
    path = Path("runs/a")
    assert f"workbench train --like '{path}' --set learning_rate=0.001 --set augment=none" in err
    assert f"workbench train --branch '{path}@500' --set learning_rate=0.001 --set augment=none" in err
    assert "At step 600 that is over: saturated." in err


def test_on_a_terminal_the_bar_shows_progress_losses_rate_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Console(force_terminal=True, width=160, record=True, file=io.StringIO())
    monkeypatch.setattr(console, "Console", lambda stderr: terminal)
    with Display() as display:
        display.show(Losses("train", read_only(np.array([7])), {"total": read_only(np.array([12.5], np.float32))}))
        display.show(Progress("Training", 7, 100, "steps", rate=321.4, seconds_left=95))
    shown = terminal.export_text()
    assert "Training" in shown
    assert "7/100 steps" in shown
    assert "total 12.5, 321/s, 1 min 35 s left" in shown
