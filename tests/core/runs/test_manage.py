"""Keeping order among runs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.files import entries
from workbench.core.runs import manage
from workbench.core.runs.folder import Run
from workbench.core.runs.metrics import read_curves
from workbench.core.runs.trained import open_model
from workbench.core.training.budget import Budget
from workbench.jobs.api import run
from workbench.jobs.train import TrainRequest, resume, train


@pytest.fixture
def tiny(run_copy: Path) -> Run:
    return Run.open(run_copy)


def test_files_that_go_while_they_are_looked_at_are_not_there(tiny: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    all_of_it = manage.disk_use(tiny)

    def then_gone(folder: Path) -> list[os.DirEntry[str]]:
        found = entries(folder)
        for entry in found:
            if entry.name == "metrics.csv":
                Path(entry.path).unlink()
        return found

    monkeypatch.setattr("workbench.core.runs.manage.entries", then_gone)
    assert manage.disk_use(tiny).other < all_of_it.other
    shutil.rmtree(tiny.path / "previews")
    shutil.rmtree(tiny.path / "checkpoints")
    assert tiny.previews("samples") == tiny.checkpoints() == []
    assert manage.disk_use(tiny).previews == 0
    assert read_curves(tiny.metrics_file) == {}


def test_a_renamed_run_is_the_same_run_in_another_folder(tiny: Run) -> None:
    before = open_model(tiny.path).fingerprint
    renamed = manage.rename(tiny, "faces of mine")
    assert renamed.path == tiny.path.parent / "faces of mine"
    assert not tiny.path.exists()
    assert Run.open(renamed.path).name == "faces of mine"
    assert open_model(renamed.path).fingerprint == before


def test_a_run_keeps_its_name_when_the_new_one_is_taken_or_impossible(tiny: Run) -> None:
    (tiny.path.parent / "taken").mkdir()
    for name, said in (
        ("taken", "exists already"),
        ("a/b", "cannot be called"),
        (" ", "cannot be called"),
        ("ä" * 101, "too long"),
    ):
        with pytest.raises(WorkbenchError, match=said):
            manage.rename(tiny, name)
    assert manage.rename(tiny, "tiny").path == tiny.path
    assert Run.open(tiny.path).name == "tiny"


def test_a_deleted_run_lies_in_the_trash(tiny: Run, trash: Path) -> None:
    manage.delete(tiny)
    assert not tiny.path.exists()
    assert Run.open(trash / "tiny").name == "tiny"


def test_a_run_that_is_being_trained_is_neither_renamed_nor_deleted(tiny: Run, trash: Path) -> None:
    with tiny.locked():
        with pytest.raises(WorkbenchError, match=r"being trained \(process \d+ on .*cannot be deleted.*runs stop"):
            manage.delete(tiny)
        with pytest.raises(WorkbenchError, match="cannot be renamed"):
            manage.rename(tiny, "other")
    assert tiny.path.exists()
    assert not trash.exists()


def test_a_pinned_checkpoint_outlives_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.core.training.loop.REPORT_SECONDS", 0.0)
    settings = {"latent": 8, "width": 8, "batch_size": 16, "checkpoint_seconds": 0.0}
    request = TrainRequest(
        "builtin:avatars", Budget(steps=2), size=32, settings=settings, runs=tmp_path, device="cpu", threads=1
    )
    training = Run.open(run(train(request)).run)
    assert manage.pin(training, 1) == 1
    assert manage.pinned(training) == (1,)
    run(resume(training.path, budget=Budget(steps=7), threads=1))
    training = Run.open(training.path)
    kept = {step for step, _ in training.checkpoints()}
    assert {1, 5, 6, 7} <= kept <= {1, 2, 5, 6, 7}, "2 was the best for a while"
    manage.unpin(training, 1)
    training.update(best_step=7)
    training.forget_old_checkpoints()
    assert [step for step, _ in training.checkpoints()] == [5, 6, 7]
    with pytest.raises(WorkbenchError, match=r"no checkpoint of step 1\. Its checkpoints: 5, 6, 7"):
        manage.pin(training, 1)
    assert manage.pin(training) == 7, "the newest, when none is named"


def test_the_disk_use_is_that_of_the_files(tiny: Run) -> None:
    use = manage.disk_use(tiny)
    assert use.total == sum(file.stat().st_size for file in tiny.path.rglob("*") if file.is_file())
    assert min(use.checkpoints, use.previews, use.concepts, use.other) > 0


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 kB"), (340_400, "340 kB"), (12_345_678, "12.3 MB"), (1_200_000_000, "1.2 GB")]
)
def test_bytes_are_said_as_people_say_them(count: int, text: str) -> None:
    assert manage.megabytes(count) == text
