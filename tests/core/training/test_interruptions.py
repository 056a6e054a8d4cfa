"""What holds a training up: its pictures go, another program asks it to stop, its last steps are not wanted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from workbench.core.control import Control
from workbench.core.data.cache import cache_path
from workbench.core.data.source import open_source
from workbench.core.errors import WorkbenchError
from workbench.core.events import Advice, Event, Losses, Saved
from workbench.core.runs.checkpoint import read_weights
from workbench.core.runs.folder import Run
from workbench.core.runs.stop_request import How, request_stop
from workbench.core.training.budget import Budget
from workbench.jobs.api import run
from workbench.jobs.train import TrainRequest, resume, train


@pytest.fixture(autouse=True)
def _report_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.core.training.loop.REPORT_SECONDS", 0.0)
    monkeypatch.setattr("workbench.core.training.interruptions.LOOK_SECONDS", 0.01)


def request(runs: Path, name: str, steps: int = 6, **settings: object) -> TrainRequest:
    small = {"latent": 8, "width": 8, "batch_size": 16, **settings}
    return TrainRequest(
        "builtin:avatars", Budget(steps=steps), size=32, settings=small, runs=runs, name=name, device="cpu", threads=1
    )


def at_step(step: int, act: Callable[[], object]) -> Callable[[Event], None]:
    """Calls `act` once, when this step was reported."""
    done: list[bool] = []

    def on_event(event: Event) -> None:
        if isinstance(event, Losses) and event.part == "train" and event.steps[-1] >= step and not done:
            done.append(True)
            act()

    return on_event


def weights(path: Path, step: int) -> dict[str, np.ndarray]:
    return read_weights(path / "checkpoints" / f"{step:06d}" / "weights.safetensors")


def assert_same(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> None:
    for name in first:
        assert np.array_equal(first[name], second[name]), name


@pytest.fixture
def pictures(places: Path) -> Path:
    """The prepared pictures of the built-in faces, in a cache of this test alone."""
    return cache_path(open_source("builtin:avatars"), 32) / "pictures.npy"


def test_pictures_that_go_pause_the_training_and_it_goes_on_when_they_are_back(tmp_path: Path, pictures: Path) -> None:
    straight = run(train(request(tmp_path, "straight"))).run
    whole = pictures.read_bytes()
    said: list[str] = []
    saved_at: list[int] = []
    cut = at_step(3, lambda: pictures.write_bytes(whole[:1000]))

    def on_event(event: Event) -> None:
        cut(event)
        if isinstance(event, Saved) and event.kind == "checkpoint":
            saved_at.append(int(event.path.name))
        if isinstance(event, Advice):
            said.append(event.finding)
            if "waits" in event.finding:
                threading.Timer(0.2, pictures.write_bytes, [whole]).start()

    interrupted = run(train(request(tmp_path, "interrupted")), on_event)
    assert (interrupted.status, interrupted.step) == ("done", 6)
    assert str(pictures) in said[0]
    assert "goes on" in said[1]
    assert saved_at[0] == 3, "it is saved before it waits"
    assert_same(weights(straight, 6), weights(interrupted.run, 6))


def test_a_training_that_waits_for_its_pictures_can_be_stopped_and_resumed(tmp_path: Path, pictures: Path) -> None:
    control = Control()
    run(train(request(tmp_path, "first", steps=1)))  # fills the cache
    whole = pictures.read_bytes()
    cut = at_step(3, lambda: pictures.write_bytes(whole[:1000]))

    def on_event(event: Event) -> None:
        cut(event)
        if isinstance(event, Advice) and "waits" in event.finding:
            threading.Timer(0.1, control.stop).start()

    stopped = run(train(request(tmp_path, "stopped"), control), on_event)
    assert (stopped.status, stopped.step) == ("stopped", 3)
    pictures.write_bytes(whole)
    assert run(resume(stopped.run)).step == 6


def test_the_source_itself_may_go_once_its_pictures_are_prepared(tmp_path: Path) -> None:
    from PIL import Image

    folder = tmp_path / "faces"
    folder.mkdir()
    for number in range(30):
        Image.new("RGB", (40, 40), (number, 0, 0)).save(folder / f"{number}.png")
    asked = TrainRequest(
        str(folder), Budget(steps=5), size=32, settings={"latent": 8, "width": 8, "batch_size": 8},
        runs=tmp_path / "runs", device="cpu", threads=1,
    )  # fmt: skip
    ended = run(train(asked), at_step(2, lambda: folder.rename(tmp_path / "unplugged")))
    assert (ended.status, ended.step) == ("done", 5)


def test_discarding_leaves_the_run_as_it_was_at_its_last_checkpoint(tmp_path: Path) -> None:
    path = run(train(request(tmp_path, "run", steps=3))).run
    before = weights(path, 3)
    control = Control()
    ended = run(resume(path, control, budget=Budget(steps=8)), at_step(6, control.discard))
    assert (ended.status, ended.step) == ("stopped", 3)
    left = Run.open(path)
    assert (left.info.status, left.info.step) == ("stopped", 3)
    assert [step for step, _ in left.checkpoints()] == [3]
    assert max(left.losses()["train"][0]) == 3
    assert max(step for step, _ in left.previews("samples")) == 3
    assert_same(before, weights(path, 3))
    assert run(resume(path)).step == 8


def test_discarding_before_the_first_checkpoint_leaves_a_run_that_can_begin_again(tmp_path: Path) -> None:
    control = Control()
    ended = run(train(request(tmp_path, "run"), control), at_step(2, control.discard))
    assert (ended.status, ended.step) == ("stopped", 0)
    assert not Run.open(ended.run).checkpoints()
    assert run(resume(ended.run)).step == 6


@pytest.mark.parametrize(("how", "kept"), [("now", 3), ("epoch", 4), ("discard", 0)])
def test_another_program_stops_a_training_in_three_ways(tmp_path: Path, how: How, kept: int) -> None:
    # 3,262 pictures to train on: four steps an epoch
    ask = at_step(3, lambda: request_stop(Run.open(tmp_path / "run"), how))
    ended = run(train(request(tmp_path, "run", steps=30, batch_size=800)), ask)
    assert (ended.status, ended.step) == ("stopped", kept)
    assert not (tmp_path / "run" / "stop").exists()


def test_another_program_stops_a_training_that_is_paused(tmp_path: Path) -> None:
    control = Control()

    def pause_and_ask() -> None:
        control.pause()
        request_stop(Run.open(tmp_path / "run"), "now")

    ended = run(train(request(tmp_path, "run", steps=30), control), at_step(2, pause_and_ask))
    assert ended.status == "stopped"


def test_nobody_is_asked_to_stop_where_nothing_runs(tmp_path: Path) -> None:
    path = run(train(request(tmp_path, "run", steps=1))).run
    with pytest.raises(WorkbenchError, match="not being trained"):
        request_stop(Run.open(path), "now")
    (path / "stop").write_text("now")  # one that came too late
    assert run(resume(path, budget=Budget(steps=4))).step == 4


def test_what_differs_is_said_when_a_run_goes_on(tmp_path: Path) -> None:
    path = run(train(request(tmp_path, "run", steps=2))).run
    events: list[Event] = []
    control = Control()
    control.stop()
    run(resume(path, control, budget=Budget(steps=9), threads=2), events.append)
    (advice,) = (event for event in events if isinstance(event, Advice))
    assert advice.finding.startswith("Continues 'run' at step 2, same settings, but for: ")
    assert "train for 9 steps (before: 2 steps)" in advice.finding
    assert "threads 2 (before: 1)" in advice.finding
    assert "to the bit" in advice.remedy
    events.clear()
    run(resume(path, control), events.append)
    (advice,) = (event for event in events if isinstance(event, Advice))
    assert (advice.finding, advice.remedy) == ("Continues 'run' at step 2, same settings.", "")
