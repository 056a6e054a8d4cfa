"""The training loop on the built-in faces, seconds long."""

from __future__ import annotations

import dataclasses
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from workbench.core.control import Control
from workbench.core.errors import WorkbenchError
from workbench.core.events import Advice, Event, Losses, Measured, Phase, Preview, Progress, Saved, Started
from workbench.core.models.base import Step, Steps
from workbench.core.models.images import to_pictures
from workbench.core.models.vae import Vae
from workbench.core.runs.checkpoint import read_weights
from workbench.core.runs.folder import Run
from workbench.core.runs.trained import open_model
from workbench.core.training.budget import Budget
from workbench.jobs.api import run
from workbench.jobs.prepare_data import prepare_data
from workbench.jobs.train import TrainRequest, free_name, resume, train


def request(runs: Path, steps: int = 6, **changes: object) -> TrainRequest:
    settings = {"latent": 8, "width": 8, "batch_size": 16, "augment": "strong"}
    base = TrainRequest("builtin:avatars", Budget(steps=steps), size=32, settings=settings, runs=runs, device="cpu")
    return dataclasses.replace(base, **{"threads": 1, **changes})


class StopAfter:
    """Asks for a stop once so many steps were reported."""

    def __init__(self, control: Control, step: int) -> None:
        self.control, self.step = control, step

    def __call__(self, event: Event) -> None:
        if isinstance(event, Losses) and event.part == "train" and event.steps[-1] >= self.step:
            self.control.stop()


@pytest.fixture(autouse=True)
def _report_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.core.training.loop.REPORT_SECONDS", 0.0)


def weights(path: Path, step: int, name: str = "weights") -> dict[str, np.ndarray]:
    return read_weights(path / "checkpoints" / f"{step:06d}" / f"{name}.safetensors")


def assert_same(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> None:
    assert first.keys() == second.keys()
    for name in first:
        assert np.array_equal(first[name], second[name]), name


def test_a_training_tells_its_story_and_leaves_a_run_that_opens(tmp_path: Path) -> None:
    events: list[Event] = []
    result = run(train(request(tmp_path)), events.append)
    assert (result.status, result.step) == ("done", 6)
    steps = [s for e in events if isinstance(e, Losses) and e.part == "train" for s in e.steps]
    assert steps == [1, 2, 3, 4, 5, 6]
    kinds = {type(event) for event in events}
    assert kinds >= {Started, Progress, Losses, Preview, Measured, Saved}
    looking = [n for n, event in enumerate(events) if isinstance(event, Progress) and event.task == "A last look"]
    after = [next(e for e in events[n + 1 :] if isinstance(e, Preview | Measured)) for n in looking]
    assert [type(event) for event in after] == [Preview, Measured]  # each is announced: it can take minutes
    training = Run.open(result.run)
    assert training.info.status == "done"
    assert training.info.step == 6
    assert [step for step, _ in training.previews("samples")] == [0, 6]
    assert [step for step, _ in training.previews("reconstructions")] == [0, 6]
    steps_on_disk, curves = training.losses()["train"]
    assert list(steps_on_disk) == steps
    assert set(curves) == {"total", "reconstruction", "kl"}
    assert "psnr" in training.losses()["validation"][1]
    assert result.values["psnr"] > 5
    assert open_model(result.run).step == 6


def test_each_picture_of_a_batch_comes_with_its_own_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = run(prepare_data("builtin:avatars", 32))
    taken: list[tuple[torch.Tensor, torch.Tensor]] = []
    learn = Vae.steps

    def watched(self: Vae, images: torch.Tensor, step: Step) -> Steps:
        if step.labels is not None:  # not of the probe before the start
            taken.append((images, step.labels))
        return (yield from learn(self, images, step))

    monkeypatch.setattr(Vae, "steps", watched)
    settings = {**request(tmp_path).settings, "augment": "none", "labels": "Hat No_such", "accumulate": 2}
    events: list[Event] = []
    result = run(train(request(tmp_path, 2, settings=settings)), events.append)
    assert len(taken) == 4  # two steps in two parts each
    row_of = {picture.tobytes(): row for row, picture in enumerate(np.array(data.pictures))}
    for images, labels in taken:
        rows = [row_of[picture.tobytes()] for picture in to_pictures(images)]
        assert np.array_equal(labels[:, 0], data.labels["Hat"][rows])
        assert not labels[:, 1].any()
    assert "labels" in Run.open(result.run).losses()["train"][1]
    assert any(isinstance(event, Advice) and "No_such" in event.finding for event in events)
    assert "reader.0.weight" in weights(result.run, 2)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tmp_path: Path) -> None:
    first, second, other = (run(train(request(tmp_path, seed=seed))).run for seed in (3, 3, 4))
    assert_same(weights(first, 6), weights(second, 6))
    with pytest.raises(AssertionError):
        assert_same(weights(first, 6), weights(other, 6))


def test_a_stopped_and_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(tmp_path: Path) -> None:
    # over the end of an epoch: data order, augmentation, noise, optimiser and average all go on
    settings = settings_with(batch_size=800)
    straight = run(train(request(tmp_path, name="straight", settings=settings))).run
    control = Control()
    stopped = run(train(request(tmp_path, name="stopped", settings=settings), control), StopAfter(control, 3))
    assert (stopped.status, stopped.step) == ("stopped", 3)
    assert Run.open(stopped.run).info.status == "stopped"
    resumed = run(resume(stopped.run, threads=1))
    assert (resumed.status, resumed.step) == ("done", 6)
    for name in ("weights", "average", "optimiser"):
        assert_same(weights(straight, 6, name), weights(resumed.run, 6, name))
    assert list(Run.open(resumed.run).losses()["train"][0]) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("kept", [0, 1])
def test_what_a_killed_program_wrote_after_its_last_checkpoint_is_taken_again(tmp_path: Path, kept: int) -> None:
    straight = run(train(request(tmp_path, name="straight", settings=settings_with(checkpoint_seconds=0.0)))).run
    killed = Path(shutil.copytree(straight, tmp_path / "killed"))
    for _, checkpoint in Run.open(killed).checkpoints()[kept:]:
        shutil.rmtree(checkpoint)
    half_written = killed / "checkpoints" / ".000004.12345678.part"
    half_written.mkdir()
    with (killed / "metrics.csv").open("a") as file:
        file.write("7,0.5,tra")
    run(resume(killed, budget=Budget(steps=6), threads=1))
    assert_same(weights(straight, 6), weights(killed, 6))
    assert list(Run.open(killed).losses()["train"][0]) == [1, 2, 3, 4, 5, 6]
    assert not half_written.exists()


def settings_with(**changes: object) -> dict[str, object]:
    return {"latent": 8, "width": 8, "batch_size": 16, "augment": "strong", **changes}


def test_old_checkpoints_are_forgotten_but_the_last_three_and_the_best_stay(tmp_path: Path) -> None:
    result = run(train(request(tmp_path, steps=8, settings=settings_with(checkpoint_seconds=0.0))))
    training = Run.open(result.run)
    steps = [step for step, _ in training.checkpoints()]
    assert steps[-3:] == [6, 7, 8]
    assert set(steps) <= {6, 7, 8, training.info.best_step}


def test_a_loss_that_is_no_number_stops_before_any_weight_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = Vae.steps

    def break_down(self: Vae, images: torch.Tensor, step: Step) -> Steps:
        return (yield from steps(self, images * (float("nan") if step.number == 3 else 1.0), step))

    monkeypatch.setattr(Vae, "steps", break_down)
    settings = settings_with(checkpoint_seconds=0.0)
    with pytest.raises(WorkbenchError, match=r"diverged at step 4.*Train a new run") as error:
        run(train(request(tmp_path, name="nan", settings=settings)))
    assert "--set learning_rate" in str(error.value)  # a resumed run keeps its settings
    broken = Run.open(tmp_path / "nan")
    assert broken.info.status == "failed"
    assert "diverged" in (broken.info.error or "")
    assert broken.checkpoints()[-1][0] == 3
    model = open_model(tmp_path / "nan")
    assert np.isfinite(model.encode(model.sample(2))).all()
    monkeypatch.setattr(Vae, "steps", steps)
    assert run(resume(tmp_path / "nan", threads=1)).step == 6


def gan(runs: Path, preset: str, steps: int = 4, **changes: object) -> TrainRequest:
    settings = {"latent": 8, "width": 8, "batch_size": 8}
    return request(runs, steps, model="dcgan", preset=preset, settings=settings, **changes)


@pytest.mark.parametrize("preset", ["lecture-small", "radford-64", "compact", "modern"])
def test_a_gan_trains_is_stopped_and_goes_on_exactly(tmp_path: Path, preset: str) -> None:
    straight = run(train(gan(tmp_path, preset, name="straight"))).run
    control = Control()
    stopped = run(train(gan(tmp_path, preset, name="stopped"), control), StopAfter(control, 2))
    assert stopped.step == 2
    resumed = run(resume(stopped.run, threads=1))
    for name in ("weights", "average", "optimiser"):
        assert_same(weights(straight, 4, name), weights(resumed.run, 4, name))
    trained = Run.open(straight)
    assert {"discriminator", "generator", "accuracy"} <= set(trained.losses()["train"][1])
    assert trained.previews("samples")
    assert not trained.previews("reconstructions")  # it cannot encode
    assert open_model(straight).sample(2).shape == (2, 32, 32, 3)


@pytest.mark.parametrize("phase", range(1, 7))
def test_a_step_given_up_in_the_middle_is_the_same_step_when_it_is_taken_again(tmp_path: Path, phase: int) -> None:
    straight = run(train(gan(tmp_path, "lecture-small", name="straight"))).run
    control = Control()

    def stop_in_the_third_step(event: Event) -> None:
        if isinstance(event, Phase) and (event.step, event.number) == (3, phase):
            control.stop()

    stopped = run(train(gan(tmp_path, "lecture-small", name="stopped"), control), stop_in_the_third_step)
    assert (stopped.status, stopped.step) == ("stopped", 2)
    resumed = run(resume(stopped.run, threads=1))
    for name in ("weights", "average", "optimiser"):
        assert_same(weights(straight, 4, name), weights(resumed.run, 4, name))


def test_a_walked_training_waits_after_each_of_the_six_steps_and_shows_what_each_made(tmp_path: Path) -> None:
    control = Control()
    control.walk()
    seen: list[Phase] = []

    def look(event: Event) -> None:
        if isinstance(event, Phase):
            seen.append(event)
            (control.next_phase if len(seen) < 8 else control.resume)()  # the very moment that it is told

    run(train(gan(tmp_path, "lecture-small"), control), look)
    walked = seen[:8]
    assert [(phase.step, phase.number) for phase in walked] == [(1, n) for n in range(1, 7)] + [(2, 1), (2, 2)]
    assert [phase.picture is not None for phase in walked[:6]] == [False, True, True, False, False, True]
    assert walked[0].name == "draw random points"
    assert "8 points of 8 numbers" in walked[0].note
    assert all(phase.picture is None for phase in seen[8:])  # nobody walks any more


def test_a_step_is_told_with_all_six_phases_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.core.training.loop.REPORT_SECONDS", 0.2)
    told: list[tuple[int, int]] = []

    def look(event: Event) -> None:
        if isinstance(event, Phase):
            told.append((event.step, event.number))

    run(train(gan(tmp_path, "lecture-small")), look)
    steps = list(dict.fromkeys(step for step, _ in told))
    assert told == [(step, number) for step in steps for number in range(1, 7)]
    assert steps


def test_one_picture_is_too_few_and_leaves_no_run(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    Image.new("RGB", (40, 40), "red").save(tmp_path / "one" / "face.png")
    with pytest.raises(WorkbenchError, match="too few pictures"):
        run(train(request(tmp_path / "runs", data=str(tmp_path / "one"))))
    assert not (tmp_path / "runs").exists()


def test_a_run_is_called_after_its_data_as_far_as_a_folder_can_be(tmp_path: Path) -> None:
    assert free_name(tmp_path, 'vae-32-a: "b"?') == "vae-32-a- -b--"
    assert len(free_name(tmp_path, "ü" * 300)) == 50


def test_a_walked_training_can_be_stopped_while_it_waits(tmp_path: Path) -> None:
    control = Control()
    control.walk()

    def stop_soon(event: Event) -> None:
        if isinstance(event, Phase):
            threading.Timer(0.05, control.stop).start()

    result = run(train(gan(tmp_path, "lecture-small"), control), stop_soon)
    assert (result.status, result.step) == ("stopped", 0)


def test_a_paused_training_waits_and_goes_on(tmp_path: Path) -> None:
    control = Control()
    paused_at: list[int] = []

    def pause_once(event: Event) -> None:
        if isinstance(event, Progress) and event.task == "Training" and event.done == 2 and not paused_at:
            control.pause()
            paused_at.append(event.done)
            threading.Timer(0.3, control.resume).start()

    result = run(train(request(tmp_path), control), pause_once)
    assert paused_at == [2]
    assert result.status == "done"
    assert list(Run.open(result.run).losses()["train"][0]) == [1, 2, 3, 4, 5, 6]


def test_stop_after_this_epoch_ends_with_the_epoch(tmp_path: Path) -> None:
    control = Control()
    control.stop_after_epoch()
    settings = settings_with(batch_size=1024, augment="none")
    result = run(train(request(tmp_path, steps=50, settings=settings), control))
    assert (result.status, result.step) == ("stopped", 3)


def test_a_finished_run_is_not_resumed_without_more_to_do(tmp_path: Path) -> None:
    finished = run(train(request(tmp_path, steps=2))).run
    with pytest.raises(WorkbenchError, match="finished"):
        run(resume(finished))
    assert run(resume(finished, budget=Budget(steps=4), threads=1)).step == 4


def test_a_run_that_is_being_trained_is_not_trained_a_second_time(tmp_path: Path) -> None:
    path = run(train(request(tmp_path, steps=2))).run
    before = (path / "run.json").read_bytes()
    with Run.open(path).locked(), pytest.raises(WorkbenchError, match="trained by another program"):
        run(resume(path, budget=Budget(steps=4)))
    assert (path / "run.json").read_bytes() == before
    assert not Run.open(path).active


def test_a_run_whose_pictures_are_parted_anew_is_not_resumed(tmp_path: Path) -> None:
    training = Run.open(run(train(request(tmp_path, steps=2))).run)
    info = training.info.data
    training.update(data=info.model_copy(update={"train": info.train - 1, "validation": info.validation + 1}))
    with pytest.raises(WorkbenchError, match="are not those that"):
        run(resume(training.path, budget=Budget(steps=4), threads=1))


def test_a_run_whose_parts_have_swapped_pictures_is_not_resumed(tmp_path: Path, pictures: Path) -> None:
    """As many pictures in each part as before, but others: the run would be measured on what it has learned."""
    table = pictures / "attributes.csv"
    path = run(train(request(tmp_path, steps=2, data=str(pictures)))).run
    assert run(resume(path, budget=Budget(steps=3), threads=1)).step == 3
    lines = table.read_text().splitlines()
    lines[1], lines[-1] = lines[1].replace(",0", ",1"), lines[-1].replace(",1", ",0")
    table.write_text("\n".join(lines) + "\n")
    with pytest.raises(WorkbenchError, match="are not those that"):
        run(resume(path, budget=Budget(steps=4), threads=1))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Twelve pictures, nine to train on and three to steer by, as a table says."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(12):
        noise = np.random.default_rng(number).integers(0, 256, (32, 32, 3), np.uint8)
        Image.fromarray(noise).save(folder / f"{number:02d}.png")
    rows = [f"{number:02d}.png,{int(number > 8)}" for number in range(12)]
    (folder / "attributes.csv").write_text("\n".join(["file,partition", *rows]) + "\n")
    return folder


def test_what_another_program_wrote_meanwhile_is_read_under_the_lock(tmp_path: Path) -> None:
    path = run(train(request(tmp_path, steps=2))).run
    Run.open(path).update(status="stopped")
    job = resume(path, threads=1)
    next(job)  # it has read the run, and prepares the pictures
    Run.open(path).update(status="done", best_psnr=31.0)
    with pytest.raises(WorkbenchError, match="is finished"):
        run(job)
    assert (Run.open(path).info.status, Run.open(path).info.best_psnr) == ("done", 31.0)


def test_previews_show_the_same_noise_and_the_same_faces_each_time(tmp_path: Path) -> None:
    shown = [e for e in _events(train(request(tmp_path))) if isinstance(e, Preview)]
    first, last = (e.picture for e in shown if e.kind == "reconstructions")
    side = 32 + 4
    assert np.array_equal(first[:side], last[:side])  # the faces stay
    assert not np.array_equal(first[side:], last[side:])  # what they decode to improves
    assert not first.flags.writeable


def _events(job: object) -> list[Event]:
    events: list[Event] = []
    run(job, events.append)  # type: ignore[arg-type]
    return events
