"""The public API, and the example that the documents show."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import workbench
from workbench.core.events import Event, Losses

EXAMPLE = Path(__file__).parent.parent / "docs" / "example.py"


def test_every_public_name_is_there_and_explains_itself() -> None:
    for name in workbench.__all__:
        assert getattr(workbench, name).__doc__, name
    assert set(workbench.__all__) <= set(dir(workbench))


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        _ = workbench.trian


def test_the_api_trains_and_resumes_and_reports(tmp_path: Path) -> None:
    events: list[Event] = []
    settings = {"width": 8, "latent": 8, "batch_size": 8}
    first = workbench.train(
        "builtin:avatars", size=32, steps=2, settings=settings, runs=tmp_path, on_event=events.append
    )
    assert first.step == 2
    assert any(isinstance(event, Losses) for event in events)
    assert workbench.resume(first.run, steps=3).step == 3


def test_the_api_trains_again_branches_compares_and_films(tmp_path: Path) -> None:
    settings = {"width": 8, "latent": 8, "batch_size": 8}
    first = workbench.train("builtin:avatars", size=32, steps=2, settings=settings, runs=tmp_path, name="first")
    again = workbench.train_like(first.run, steps=3, settings={"learning_rate": 0.001})
    assert (again.run.name, again.step) == ("first-2", 3)
    branched = workbench.branch(first.run, 2, steps=4, settings={"learning_rate": 0.0005}, name="branch")
    assert branched.step == 4
    found = workbench.compare(first.run, again.run, tmp_path / "both.html")
    assert {difference.name for difference in found.settings} == {"learning_rate", "budget"}
    assert (tmp_path / "both.html").exists()
    assert workbench.film(branched.run, tmp_path / "film.gif").stat().st_size > 0


def test_the_api_keeps_order_among_runs(run_copy: Path, trash: Path, tmp_path: Path) -> None:
    renamed = workbench.rename_run(run_copy, "smiles")
    assert [run.path for run in workbench.list_runs(tmp_path)] == [renamed]
    step = workbench.pin_checkpoint(renamed)
    assert step == 150
    assert (renamed / "checkpoints" / "000150" / "pinned").exists()
    assert workbench.unpin_checkpoint(renamed, step) == step
    assert not (renamed / "checkpoints" / "000150" / "pinned").exists()
    table = workbench.export_metrics(renamed, tmp_path / "tables" / "m.csv")
    assert table.read_text(encoding="utf-8").startswith("step,seconds,")
    with pytest.raises(workbench.WorkbenchError, match="is not being trained"):
        workbench.stop_run(renamed)
    workbench.delete_run(renamed)
    assert workbench.list_runs(tmp_path) == []
    assert (trash / "smiles" / "run.json").exists()


def test_the_api_stops_a_run_from_outside(tmp_path: Path) -> None:
    def ask(event: Event) -> None:
        if isinstance(event, Losses):
            workbench.stop_run(tmp_path / "long", "now")

    settings = {"width": 8, "latent": 8, "batch_size": 8}
    ended = workbench.train(
        "builtin:avatars", size=32, minutes=5, settings=settings, runs=tmp_path, name="long", on_event=ask
    )
    assert ended.status == "stopped"


def test_the_api_queues_trainings_and_works_through_them(places: Path, tmp_path: Path) -> None:
    options = {"size": 32, "settings": {"width": 8, "latent": 8, "batch_size": 8}, "runs": tmp_path / "runs"}
    first = workbench.queue_training("builtin:avatars", steps=2, name="one", **options)
    second = workbench.queue_training("builtin:avatars", steps=2, name="two", **options)
    assert [waiting.id for waiting in workbench.queued()] == [first, second]
    with pytest.raises(workbench.WorkbenchError, match="Did you mean 'vae'"):
        workbench.queue_training("builtin:avatars", steps=2, model="vea")
    workbench.move_queued(second, 1)
    assert [waiting.id for waiting in workbench.queued()] == [second, first]
    workbench.unqueue(second)
    (turn,) = workbench.run_queue()
    assert turn.result
    assert turn.result.step == 2
    assert [run.name for run in workbench.list_runs(tmp_path / "runs")] == ["one"]
    assert workbench.queued() == ()


def test_a_training_needs_exactly_one_budget(tmp_path: Path) -> None:
    with pytest.raises(workbench.WorkbenchError):
        workbench.train("builtin:avatars", size=32, steps=2, minutes=1, runs=tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_example_of_the_documents_runs(
    portrait: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it stands, only shorter: five minutes of training become three steps."""
    train = workbench.train

    def train_briefly(data: str, *, minutes: float) -> Any:
        assert minutes == 5
        return train(data, steps=3, size=32, settings={"width": 8, "latent": 8})

    folder = portrait.parent
    portrait.rename(folder / "portrait.jpg")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(workbench, "train", train_briefly)
    runpy.run_path(str(EXAMPLE))
    assert "Smiling" in capsys.readouterr().out
    assert (folder / "smiling.png").exists()
    model: Callable[..., Any] = workbench.open_model
    assert "Smiling" in model("avatars.workbench").concepts
