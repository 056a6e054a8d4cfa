"""Batches in parts, and what happens when memory runs out in the middle of a step."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from workbench.core.control import Control
from workbench.core.errors import ExitCode, WorkbenchError
from workbench.core.events import Advice, Event, Losses
from workbench.core.models.autoencoder import Autoencoder
from workbench.core.models.base import Step, Steps
from workbench.core.models.dcgan import Dcgan
from workbench.core.models.registry import model_class
from workbench.core.runs.checkpoint import read_weights
from workbench.core.runs.folder import Run
from workbench.core.training import loop
from workbench.core.training.budget import Budget
from workbench.core.training.descent import Descent
from workbench.jobs.api import run
from workbench.jobs.train import TrainRequest, resume, train

TINY = {"latent": 8, "width": 8, "batch_size": 16}


@pytest.fixture(autouse=True)
def _report_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "REPORT_SECONDS", 0.0)


def request(runs: Path, model: str = "autoencoder", **changes: object) -> TrainRequest:
    base = TrainRequest("builtin:avatars", Budget(steps=4), model, None, 32, TINY, runs=runs, device="cpu", threads=1)
    return dataclasses.replace(base, **changes)


def weights(path: Path, step: int) -> dict[str, np.ndarray]:
    return read_weights(path / "checkpoints" / f"{step:06d}" / "weights.safetensors")


def assert_same(first: Path, second: Path, step: int = 4) -> None:
    ours, theirs = weights(first, step), weights(second, step)
    assert all(np.array_equal(ours[name], theirs[name]) for name in ours)


class Memory:
    """A device on which a step with more than `most` pictures does not fit."""

    def __init__(self, most: int, monkeypatch: pytest.MonkeyPatch, model: type = Autoencoder) -> None:
        self.tried: list[int] = []
        taken = model.steps

        def steps(net: Autoencoder, images: torch.Tensor, step: Step) -> Steps:
            self.tried.append(len(images))
            if len(images) > most:
                net.draw(3, step.generator)  # what broke off has drawn random numbers
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
            return (yield from taken(net, images, step))

        monkeypatch.setattr(model, "steps", steps)


def advices(events: list[Event]) -> list[Advice]:
    return [event for event in events if isinstance(event, Advice) and event.kind == "memory"]


def test_the_parts_of_a_batch_add_up_to_the_gradient_of_the_whole() -> None:
    found = []
    for cuts in ((12,), (6, 6), (5, 4, 3)):
        net = torch.nn.Linear(4, 1)
        with torch.no_grad():
            net.weight.fill_(0.5)
            net.bias.fill_(0.1)
        settings = model_class("autoencoder").Settings.parse({"clip_norm": 0.0})
        descent = Descent(net, {"sgd": torch.optim.SGD(net.parameters(), lr=1.0)}, settings)
        data = torch.randn(12, 4, generator=torch.Generator().manual_seed(0))
        descent.begin(1)
        for number, part in enumerate(data.split(cuts)):
            descent.part(len(part) / 12, first=number == 0, last=number == len(cuts) - 1)
            before = net.weight.clone()
            descent(net(part).square().mean(), "sgd")
            assert torch.equal(net.weight, before) == (number < len(cuts) - 1)  # the weights move once, at the end
        descent.end()
        found.append((net.weight.detach().clone(), descent.take_norms()["sgd"]))
    for weight, norms in found[1:]:
        torch.testing.assert_close(weight, found[0][0])
        assert norms == pytest.approx(found[0][1])


def test_after_memory_ran_out_the_same_step_is_taken_in_halves_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = run(train(request(tmp_path, name="asked", settings={**TINY, "accumulate": 4}))).run
    memory = Memory(4, monkeypatch)
    events: list[Event] = []
    result = run(
        train(
            request(tmp_path, name="forced"),
        ),
        events.append,
    )
    assert memory.tried[:6] == [2, 16, 8, 4, 4, 4]  # two pictures tell whether it is slow
    assert [advice.finding for advice in advices(events)] == [
        f"Memory ran out at step 1. Each batch of 16 is now computed in {parts} parts, one after the other."
        for parts in (2, 4)
    ]
    assert (result.status, result.step) == ("done", 4)
    assert Run.open(result.run).info.settings["accumulate"] == 4
    assert [finding.kind for finding in Run.open(result.run).info.findings] == ["memory", "memory"]
    assert_same(asked, result.run)  # to the bit, though it broke off twice


def test_a_run_in_parts_is_resumed_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    straight = run(train(request(tmp_path, name="straight", settings={**TINY, "accumulate": 2}))).run
    Memory(8, monkeypatch)
    control = Control()

    def stop(event: Event) -> None:
        if isinstance(event, Losses) and event.steps[-1] == 2:
            control.stop()

    stopped = run(train(request(tmp_path, name="stopped"), control), stop)
    assert stopped.step == 2
    events: list[Event] = []
    resumed = run(resume(stopped.run, threads=1), events.append)
    assert not advices(events)  # it begins in parts
    assert_same(straight, resumed.run)


def test_a_discriminator_that_had_moved_when_memory_ran_out_is_not_moved_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory runs out between the two optimisers' steps; the first one stays, the second is taken in halves."""
    moved: list[str] = []
    descend = Descent.__call__

    def exhausted_once(self: Descent, loss: torch.Tensor, optimiser: str) -> None:
        if optimiser == "generator" and "exhausted" not in moved:
            moved.append("exhausted")
            raise torch.OutOfMemoryError("CUDA out of memory.")
        before = set(self._moved)
        descend(self, loss, optimiser)
        moved.extend(self._moved - before)

    monkeypatch.setattr(Descent, "__call__", exhausted_once)
    monkeypatch.setattr("workbench.jobs.train.say_if_slow", lambda *given: iter(()))
    assert run(train(request(tmp_path, "dcgan", budget=Budget(steps=1)))).step == 1
    assert moved == ["discriminator", "exhausted", "generator"]


def test_a_phased_step_that_ran_out_of_memory_is_undone_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lecture = {**TINY, "latent": 4, "batch_size": 4}
    asked = run(
        train(
            request(
                tmp_path, "dcgan", name="asked", preset="lecture-small", settings={**lecture, "accumulate": 2},
                budget=Budget(steps=2),
            )
        )
    ).run  # fmt: skip
    Memory(2, monkeypatch, Dcgan)
    forced = run(
        train(
            request(tmp_path, "dcgan", name="forced", preset="lecture-small", settings=lecture, budget=Budget(steps=2))
        )
    ).run
    assert_same(asked, forced, 2)


def test_when_two_pictures_are_too_many_it_ends_with_a_batch_size_to_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory(1, monkeypatch)
    with pytest.raises(WorkbenchError, match="batch size of 8") as error:
        run(train(request(tmp_path)))
    assert error.value.code == ExitCode.RESOURCES
    assert memory.tried[1:] == [16, 8, 4, 2]
