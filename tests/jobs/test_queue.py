"""Trainings that wait for one another."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.core.control import Control
from workbench.core.errors import WorkbenchError
from workbench.core.events import Advice, Event, Held, Losses, Progress
from workbench.core.places import state_folder
from workbench.core.runs.folder import Run
from workbench.core.training.budget import Budget
from workbench.jobs.again import BranchRequest
from workbench.jobs.api import run
from workbench.jobs.queue import Queue, ResumeRequest, check_request, train_next, work_through
from workbench.jobs.train import TrainRequest
from workbench.ui.pages.train_queue import read_queue

SETTINGS = {"latent": 8, "width": 8, "batch_size": 16}


@pytest.fixture(autouse=True)
def _own_queue(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.core.training.loop.REPORT_SECONDS", 0.0)


def request(runs: Path, name: str, steps: int = 2, data: str = "builtin:avatars") -> TrainRequest:
    return TrainRequest(
        data, Budget(steps=steps), size=32, settings=SETTINGS, runs=runs, name=name, device="cpu", threads=1
    )


def test_what_is_added_is_there_after_a_restart(tmp_path: Path) -> None:
    asked = [
        request(tmp_path, "one"),
        BranchRequest(tmp_path / "one", 2, {"learning_rate": "0.001"}, Budget(minutes=1.5)),
        ResumeRequest(tmp_path / "one", Budget(epochs=3)),
    ]
    for each in asked:
        Queue().add(each)
    assert [entry.request for entry in Queue().waiting()] == asked
    stored = json.loads((state_folder() / "queue.json").read_text())
    assert (stored["format"], stored["version"]) == ("workbench-queue", 1)


def test_the_order_can_be_changed_and_is_so_after_a_restart(tmp_path: Path) -> None:
    one, two, three = (Queue().add(request(tmp_path, name)) for name in ("one", "two", "three"))
    order = lambda: [entry.id for entry in Queue().waiting()]  # noqa: E731
    for which, place, expected in (
        (three, 1, [three, one, two]),
        (three, 2, [one, three, two]),
        (one, 99, [three, two, one]),
        (two, 2, [three, two, one]),
    ):
        assert Queue().move(which.id, place) == which
        assert order() == [entry.id for entry in expected]
    assert Queue().next() == three
    with pytest.raises(WorkbenchError, match="no place 0"):
        Queue().move(one.id, 0)
    with pytest.raises(WorkbenchError, match="is called 'nobody'"):
        Queue().move("nobody", 1)
    assert order() == [three.id, two.id, one.id]


def test_trainings_have_their_turns_one_after_the_other(tmp_path: Path) -> None:
    queue = Queue()
    for name in ("one", "two"):
        queue.add(request(tmp_path, name))
    queue.add(ResumeRequest(tmp_path / "one", Budget(steps=3)))
    turns = run(work_through())
    assert [turn.result.step for turn in turns if turn.result] == [2, 2, 3]
    assert (Run.open(tmp_path / "one").info.step, Run.open(tmp_path / "two").info.step) == (3, 2)
    assert queue.waiting() == ()
    assert run(train_next()) is None


def test_one_that_cannot_start_stays_with_its_reason_and_the_others_go_on(tmp_path: Path) -> None:
    queue = Queue()
    bad = queue.add(request(tmp_path, "bad", data=str(tmp_path / "unplugged")))
    queue.add(request(tmp_path, "good"))
    events: list[Event] = []
    turns = run(work_through(), events.append)
    assert [turn.result is None for turn in turns] == [True, False]
    (left,) = queue.waiting()
    assert left.id == bad.id
    assert "unplugged" in (left.reason or "")
    assert any("unplugged" in event.finding for event in events if isinstance(event, Advice))
    assert run(work_through()) == (), "it is not tried again by itself"

    queue.retry(bad.id)
    (turn,) = run(work_through())
    assert turn.result is None
    queue.remove(bad.id)
    assert queue.waiting() == ()


def test_one_that_is_stopped_goes_on_first_the_next_time(tmp_path: Path) -> None:
    queue = Queue()
    queue.add(request(tmp_path, "one", steps=6))
    queue.add(request(tmp_path, "two"))
    control = Control()

    def stop(event: Event) -> None:
        if isinstance(event, Losses) and event.part == "train":
            control.stop()

    (turn,) = run(work_through(control), stop)
    assert turn.result is not None
    assert turn.result.status == "stopped"
    assert [type(entry.request) for entry in queue.waiting()] == [ResumeRequest, TrainRequest]
    turns = run(work_through())
    assert [turn.result.step for turn in turns if turn.result] == [6, 2]
    assert len(list(tmp_path.glob("one*"))) == 1


@pytest.mark.parametrize("at", [Held, Losses], ids=["before its first step", "later"])
def test_one_that_was_cut_off_goes_on_with_its_run(tmp_path: Path, at: type[Event]) -> None:
    queue = Queue()
    queue.add(request(tmp_path, "one", steps=6))
    job = train_next()
    while not isinstance(next(job), at):
        pass
    (entry,) = queue.waiting()
    assert entry.request == ResumeRequest(tmp_path / "one"), "a program that is killed now leaves this"
    job.close()
    (turn,) = run(work_through())
    assert turn.result is not None
    assert turn.result.step == 6


def test_what_is_trained_is_not_removed_and_what_was_removed_meanwhile_holds_up_no_other(tmp_path: Path) -> None:
    queue = Queue()
    one, two = queue.add(request(tmp_path, "one")), queue.add(request(tmp_path, "two"))
    refused = []

    def remove(event: Event) -> None:
        if isinstance(event, Progress) and event.unit == "pictures" and len(queue.waiting()) == 2:
            queue.remove(one.id)  # its pictures are being prepared: nothing is trained yet
        elif isinstance(event, Losses) and event.part == "train" and queue.waiting()[0].active:
            with pytest.raises(WorkbenchError, match="is being trained"):
                queue.remove(two.id)
            refused.append(two.id)

    turns = run(work_through(), remove)
    assert [turn.result.status for turn in turns if turn.result] == ["done", "done"]
    assert refused
    assert queue.waiting() == ()


def test_what_can_never_be_trained_is_refused_at_once(tmp_path: Path) -> None:
    check_request(request(tmp_path, "one"))
    with pytest.raises(WorkbenchError, match="nowhere' does not exist"):
        check_request(request(tmp_path, "one", data=str(tmp_path / "nowhere")))


def test_the_name_of_a_shipped_model_is_no_folder_that_happens_to_be_called_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "avatars").mkdir()
    monkeypatch.chdir(tmp_path)
    from_shipped, from_file = (
        replace(request(tmp_path, "one"), start_from=start) for start in ("avatars", "mine.workbench")
    )
    assert Queue().add(from_shipped).request.start_from == "avatars"
    assert Queue().add(from_file).request.start_from == str(tmp_path / "mine.workbench")


def test_one_that_ended_just_before_a_crash_is_not_trained_again(tmp_path: Path) -> None:
    queue = Queue()
    queue.add(request(tmp_path, "one"))
    run(work_through())
    queue.add(ResumeRequest(tmp_path / "one"))
    assert [entry.done for entry in queue.waiting()] == [True]
    assert run(read_queue(Control())) == [], "the window lists and begins only what is left to do"
    assert run(work_through()) == ()
    assert queue.waiting() == ()


def test_a_damaged_run_stays_with_its_reason_and_holds_up_no_other(tmp_path: Path) -> None:
    queue = Queue()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "run.json").write_text("{")
    queue.add(ResumeRequest(tmp_path / "damaged"))
    queue.add(request(tmp_path, "one"))
    assert [turn.result is not None for turn in run(work_through())] == [False, True]
    (entry,) = queue.waiting()
    assert "damaged" in str(entry.reason)


def test_only_one_program_takes_trainings_from_the_queue(tmp_path: Path) -> None:
    queue = Queue()
    queue.add(request(tmp_path, "one"))
    with queue.worked_through():
        assert queue.busy
        with pytest.raises(WorkbenchError, match="worked through by another program"):
            run(train_next())
    assert not queue.busy
    assert len(queue.waiting()) == 1


def test_programs_that_add_at_the_same_moment_lose_nothing(tmp_path: Path) -> None:
    def add_some(which: int) -> None:
        for number in range(5):
            Queue().add(ResumeRequest(tmp_path / f"{which}-{number}"))

    threads = [threading.Thread(target=add_some, args=(which,)) for which in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Queue().waiting()) == 20


def test_two_that_are_like_the_same_run_get_names_of_their_own(tmp_path: Path, trained_run: Path) -> None:
    from workbench.jobs.again import request_like

    for _ in range(2):
        Queue().add(request_like(trained_run, {"runs": tmp_path, "budget": Budget(steps=1)}))
    run(work_through())
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "home") == ["tiny", "tiny-2"]


@pytest.mark.parametrize("content", ["{", '{"format": "something"}', '{"format": "workbench-queue", "version": 9}'])
def test_a_queue_that_cannot_be_read_is_left_alone_and_said(tmp_path: Path, content: str) -> None:
    state_folder().mkdir(parents=True)
    (state_folder() / "queue.json").write_text(content)
    with pytest.raises(WorkbenchError):
        Queue().add(ResumeRequest(tmp_path))
    assert (state_folder() / "queue.json").read_text() == content


def test_an_id_that_nothing_has_is_refused() -> None:
    with pytest.raises(WorkbenchError, match="Nothing in the queue is called 'abc'"):
        Queue().remove("abc")


def test_a_training_is_told_of_by_the_name_of_its_pictures(tmp_path: Path) -> None:
    pictures = tmp_path / "celeba-faces-128.zip"
    pictures.touch()
    entry = Queue().add(request(tmp_path, "one", data=str(pictures)))
    assert entry.summary == "one on celeba-faces-128.zip, 2 steps"
    assert entry.where == str(pictures)
    assert Queue().add(request(tmp_path, "two")).summary == "two on builtin:avatars, 2 steps"
