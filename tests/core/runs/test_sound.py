"""Checkpoints that were damaged on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.events import Advice, Event
from workbench.core.runs.checkpoint import FILES, check
from workbench.core.runs.folder import Run
from workbench.core.runs.sound import newest_sound, whole
from workbench.core.runs.trained import open_model
from workbench.core.training.budget import Budget
from workbench.jobs.api import run
from workbench.jobs.train import TrainRequest, resume, train


@pytest.fixture
def saved(tmp_path: Path) -> Run:
    """A run with the checkpoints of its last three steps."""
    settings = {"latent": 8, "width": 8, "batch_size": 16, "checkpoint_seconds": 0.0}
    request = TrainRequest(
        "builtin:avatars", Budget(steps=4), size=32, settings=settings, runs=tmp_path, device="cpu", threads=1
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workbench.core.training.loop.REPORT_SECONDS", 0.0)
        return Run.open(run(train(request)).run)


def flip(path: Path) -> None:
    """One bit in the middle: the file still opens."""
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(content)


SPOILT: dict[str, Callable[[Path], object]] = {
    "a flipped bit": lambda path: flip(path / "average.safetensors"),
    "cut off": lambda path: (path / "average.safetensors").write_bytes(b"12345"),
    "a file is gone": lambda path: (path / "average.safetensors").unlink(),
    "another state": lambda path: (path / "state.json").write_text('{"step": 3}'),
}


def test_the_hashes_are_those_that_sha256sum_checks(saved: Run) -> None:
    path = saved.latest_checkpoint()
    lines = (path / "sha256sums.txt").read_text().splitlines()
    assert lines == [f"{hashlib.sha256((path / name).read_bytes()).hexdigest()}  {name}" for name in FILES]
    check(path)


@pytest.mark.parametrize("damage", SPOILT)
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(saved: Run, damage: str) -> None:
    SPOILT[damage](saved.latest_checkpoint())
    model = open_model(saved.path)
    assert model.step == 3
    assert model.notice == "The checkpoint of step 4 is damaged on disk; the one of step 3 is used instead."
    with pytest.raises(WorkbenchError):
        open_model(saved.latest_checkpoint())


def test_a_whole_run_is_opened_without_a_notice(saved: Run) -> None:
    assert open_model(saved.path).notice == ""
    assert open_model(saved.path).step == 4


@pytest.mark.parametrize("name", FILES)
def test_a_training_goes_on_from_the_checkpoint_before_a_damaged_one(saved: Run, name: str) -> None:
    flip(saved.latest_checkpoint() / name)
    events: list[Event] = []
    assert run(resume(saved.path, budget=Budget(steps=5), threads=1), events.append).step == 5
    said = " ".join(event.finding for event in events if isinstance(event, Advice))
    assert "step 4 is damaged" in said
    assert "at step 3" in said
    left = Run.open(saved.path)
    assert list(left.losses()["train"][0]) == [1, 2, 3, 4, 5]
    assert open_model(saved.path).step == 5
    assert (saved.path / "checkpoints" / "000004.damaged").is_dir()


def test_a_run_with_nothing_but_damage_says_so(saved: Run) -> None:
    for _, path in saved.checkpoints():
        flip(path / "average.safetensors")
    with pytest.raises(WorkbenchError, match="Every checkpoint"):
        open_model(saved.path)
    with pytest.raises(WorkbenchError, match="Every checkpoint"):
        run(resume(saved.path, budget=Budget(steps=9)))


def test_a_checkpoint_of_an_older_program_has_no_hashes_and_opens(saved: Run) -> None:
    (saved.latest_checkpoint() / "sha256sums.txt").unlink()
    assert open_model(saved.path).step == 4
    assert newest_sound(saved, whole).step == 4


def test_a_checkpoint_that_is_forgotten_while_it_is_read_is_not_called_damaged(saved: Run) -> None:
    import shutil

    def read(path: Path) -> int:
        if path.name == "000004":
            shutil.rmtree(path)
            raise WorkbenchError("gone", "")
        return int(path.name)

    found = newest_sound(saved, read)
    assert (found.content, found.damaged) == (3, ())
