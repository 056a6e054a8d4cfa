"""What a training will take, measured on real steps of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from workbench.core.control import Control
from workbench.core.errors import Stopped
from workbench.core.events import Advice, Event
from workbench.core.models.autoencoder import Autoencoder
from workbench.core.models.base import Step, Steps
from workbench.core.models.registry import MODELS, model_class
from workbench.core.training import estimate as module
from workbench.core.training.budget import Budget
from workbench.core.training.estimate import Cost, Estimate, LiveTensors, Probe, at, to_lower
from workbench.jobs import first_steps
from workbench.jobs.api import run
from workbench.jobs.estimate import estimate
from workbench.jobs.train import TrainRequest, train

TINY = {"latent": 8, "width": 8, "batch_size": 8}
CPU = torch.device("cpu")


def probe(model: str = "autoencoder", **settings: Any) -> Probe:
    kind = model_class(model)
    return Probe(kind, kind.Settings.parse({**TINY, **settings}), 32, CPU, "float32", 1000)


def costs(tried: Probe) -> list[Cost]:
    going = tried.costs(Control())
    while True:
        try:
            next(going)
        except StopIteration as end:
            return list(end.value)


def test_live_tensors_are_counted_while_they_live() -> None:
    with LiveTensors() as counter:
        first = torch.zeros(1000)
        second = first + 1
        view = second[:10]
        assert counter.now == 8000
        del first, second
        assert counter.now == 4000  # the view holds on to all of it
        del view
        third = torch.ones(100)
    assert counter.peak == 8000
    assert counter.now == 400
    del third


@pytest.mark.parametrize("model", MODELS)
def test_a_step_needs_at_least_its_weights_gradients_and_both_memories_of_adam(model: str) -> None:
    tried = probe(model)
    net = tried._model(tried.settings, 32)
    weights = sum(p.numel() * 4 for p in net.parameters())
    found = costs(tried)
    assert [cost.batch for cost in found] == [2, 4, 8]
    assert 5 * weights < found[0].memory  # weights, average, gradient, two of Adam
    assert found[0].memory < found[1].memory < found[2].memory
    assert all(cost.seconds > 0 for cost in found)


def test_twice_the_pictures_take_twice_the_memory_of_pictures() -> None:
    found = costs(probe(batch_size=16))
    assert at(found[:2], 16).memory == pytest.approx(found[2].memory, rel=0.15)


def test_parts_of_a_batch_take_the_memory_of_a_part_and_the_time_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = probe(batch_size=16, accumulate=4)
    assert parts.at_a_time == 4
    found = parts.estimate([Cost(2, 0.5, 100), Cost(4, 1.0, 200)], Budget(steps=10))
    assert (found.step_seconds, found.memory, found.seconds) == (4.0, 200, 40.0)


def test_a_budget_is_told_in_steps_pictures_and_rounds_of_the_data() -> None:
    known = [Cost(4, 0.1, 10**6), Cost(8, 0.2, 2 * 10**6)]
    tried = probe()
    by_clock = tried.estimate(known, Budget(minutes=1.0))
    assert (by_clock.steps, by_clock.pictures, by_clock.epochs) == (300, 2400, 300 / 125)
    by_rounds = tried.estimate(known, Budget(epochs=2.0))
    assert (by_rounds.steps, by_rounds.seconds) == (250, 50.0)
    assert by_clock.fits


def test_what_does_not_fit_says_what_to_lower(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = model_class("vae").Settings.parse({"batch_size": 64, "width": 64})
    known = [Cost(2, 0.1, 1200), Cost(4, 0.2, 1400)]  # 1,000 and 100 a picture
    assert to_lower(settings, known, 7400, 10_000, 64) == ("", {})
    assert to_lower(settings, known, 7400, 3_000, 64)[1] == {"batch_size": 16}  # 2,600 of 2,700
    assert to_lower(settings, known, 7400, 1_000, 64)[1] == {"batch_size": 2, "width": 32}


def test_what_runs_out_of_memory_while_it_is_tried_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = Autoencoder.steps

    def steps(net: Autoencoder, images: torch.Tensor, step: Step) -> Steps:
        if len(images) > 4:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return (yield from taken(net, images, step))

    monkeypatch.setattr(Autoencoder, "steps", steps)
    tried = probe()
    found = tried.estimate(costs(tried), Budget(steps=5))
    assert not found.fits
    assert found.measured_with == 4


def request(**changes: Any) -> TrainRequest:
    given = {"budget": Budget(steps=5), "size": 32, "settings": TINY, "device": "cpu", "threads": 1, **changes}
    return TrainRequest("builtin:avatars", **given)


def test_a_batch_that_takes_long_is_not_tried_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def steps(net: Autoencoder, images: torch.Tensor, step: Step) -> Steps:
        tried.append(len(images))
        time.sleep(0.05 * len(images))
        loss = net.measure(images, step.generator)["total"]
        step.descend(loss, "adam")
        yield from ()
        return {"total": loss.detach()}

    monkeypatch.setattr(Autoencoder, "steps", steps)
    found: Estimate = run(estimate(request(model="autoencoder", settings={**TINY, "batch_size": 100})))
    assert set(tried) == {2, 4}
    assert found.measured_with == 4
    assert found.step_seconds == pytest.approx(5.0, rel=0.5)


def test_a_slow_training_says_before_its_start_how_long_it_takes_and_a_quick_one_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick: list[Event] = []
    run(train(request(runs=tmp_path, budget=Budget(steps=1), model="autoencoder")), quick.append)
    assert not [event for event in quick if isinstance(event, Advice)]
    for part in (module, first_steps):
        monkeypatch.setattr(part, "SLOW", 1e-4)
    slow: list[Event] = []
    run(train(request(runs=tmp_path, budget=Budget(steps=1), model="autoencoder")), slow.append)
    (advice,) = [event for event in slow if isinstance(event, Advice)]
    assert advice.kind == "slow"
    assert "One step with 8 pictures takes about" in advice.finding
    assert "1 steps" in advice.finding


def test_an_estimate_is_stopped_within_two_seconds() -> None:
    control = Control()
    settings = {"latent": 32, "width": 32, "batch_size": 32}
    job = estimate(request(model="vae", size=64, settings=settings), control)
    asked = 0.0

    def stop() -> None:
        nonlocal asked
        asked = time.monotonic()
        control.stop()

    threading.Timer(0.3, stop).start()
    with pytest.raises(Stopped):
        run(job)
    assert time.monotonic() - asked < 2


def test_every_preset_says_what_it_takes_without_writing_anything(command: Callable[..., Any], places: Path) -> None:
    given = ("--data", "builtin:avatars", "--device", "cpu", "--size", 32, "--set", "width=8", "--set", "batch_size=4")
    outcome = command("train", *given, "--estimate", "--json", "--minutes", 2)
    assert outcome.code == 0
    found = outcome.json
    assert found["fits"]
    assert found["seconds"] == 120
    assert found["steps"] == pytest.approx(120 / found["step_seconds"], abs=1)
    assert not (places / "runs").exists() or not list((places / "runs").iterdir())
    said = command("train", *given, "--estimate", "--steps", 7)
    assert "7 steps" in said.out
    assert "Memory" in said.out


def test_only_a_new_training_is_estimated(command: Callable[..., Any], trained_run: Path) -> None:
    outcome = command("train", "--resume", trained_run, "--estimate")
    assert outcome.code == 2
    assert "Only a new training" in outcome.err
