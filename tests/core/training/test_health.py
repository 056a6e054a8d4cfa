"""What is found in trainings that are really made to fail in each way, and that healthy ones are left alone."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from workbench.core.data.builtin import open_builtin
from workbench.core.errors import WorkbenchError
from workbench.core.events import HEALTH, Advice, Event, Gradients, Recovered
from workbench.core.models.autoencoder import Autoencoder
from workbench.core.models.base import Step, Steps
from workbench.core.models.mixture import Mixture
from workbench.core.models.registry import MODELS, model_class
from workbench.core.runs.folder import Run
from workbench.core.runs.trained import open_model
from workbench.core.training import hole, loop, remedies, symptoms, training
from workbench.core.training.budget import Budget
from workbench.core.training.clock import Pace
from workbench.core.training.health import Health
from workbench.core.training.hole import look_for_hole
from workbench.jobs.again import BranchRequest, branch
from workbench.jobs.api import run
from workbench.jobs.prepare_data import prepare_data
from workbench.jobs.train import TrainRequest, resume, train

TINY = {"latent": 8, "width": 8, "batch_size": 8}


class EveryFewSteps(Pace):
    """Measures by steps, not by the clock, so that a slow computer sees what a fast one does."""

    every = 10

    def __init__(self, share: float, least: float, began: float = 0.0) -> None:
        super().__init__(share, least, began)
        self._turns = {loop.MEASURE_SECONDS: self.every, loop.SAMPLE_SECONDS: 1}.get(least, 10**9)
        self._asked = 0

    def due(self, seconds: float, expected: float = 0.0) -> bool:
        self._asked += 1
        return self._asked % self._turns == 0


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "REPORT_SECONDS", 0.0)
    monkeypatch.setattr(training, "VALIDATION_PICTURES", 32)
    monkeypatch.setattr(training, "QUALITY_PICTURES", 32)
    for module in (training, hole, loop):
        monkeypatch.setattr(module, "QUALITY_SAMPLES", 16)
    monkeypatch.setattr(loop, "Pace", EveryFewSteps)


@pytest.fixture
def _unsampled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random pictures are not looked at: the net that sees them takes most of the time."""
    monkeypatch.setattr(training.Training, "sample_quality", lambda self: {})
    monkeypatch.setattr("workbench.jobs.train.look_for_hole", lambda *given: None)


def trained(runs: Path, model: str, steps: int, **changes: Any) -> tuple[Path, list[Event]]:
    """A real training with these settings, and all that it told."""
    events: list[Event] = []
    data = changes.pop("data", "builtin:avatars")
    preset = changes.pop("preset", None)
    request = TrainRequest(
        data, Budget(steps=steps), model, preset, 32, {**TINY, **changes}, runs=runs, device="cpu", threads=1
    )
    return run(train(request), events.append).run, events


def kinds(events: Iterable[Event]) -> list[str]:
    return [event.kind for event in events if isinstance(event, Advice) and event.kind in HEALTH]


def the(kind: str, events: Iterable[Event]) -> Advice:
    """The only advice of that kind."""
    (found,) = [event for event in events if isinstance(event, Advice) and event.kind == kind]
    return found


# Provoked


@pytest.mark.usefixtures("_unsampled")
def test_a_kl_term_that_drowns_the_pictures_silences_the_codes_and_is_found_and_kept(tmp_path: Path) -> None:
    path, events = trained(tmp_path, "vae", 240, beta=100.0, beta_warmup=0.0, learning_rate=2e-4)
    advice = the("posterior_collapse", events)
    assert kinds(events) == ["posterior_collapse"]
    assert advice.changes == {"beta": 1.0, "free_bits": 0.1}
    assert "0 of their 8 numbers" in advice.finding
    (kept,) = Run.open(path).info.findings
    assert (kept.kind, kept.step, kept.changes) == (advice.kind, advice.step, dict(advice.changes))
    again: list[Event] = []
    run(resume(path, budget=Budget(steps=250), threads=1), again.append)
    assert kinds(again) == []  # it is still so, and was said
    assert open_ones(path) == ["posterior_collapse"]
    changed: list[Event] = []
    request = BranchRequest(path, None, {**advice.changes, "learning_rate": 3e-3}, Budget(steps=450))
    healed = run(branch(request), changed.append).run
    assert [event.kind for event in changed if isinstance(event, Recovered)] == ["posterior_collapse"]
    assert open_ones(healed) == []


def open_ones(path: Path) -> list[str]:
    return [finding.kind for finding in Run.open(path).info.findings if finding.recovered is None]


def test_a_generator_that_hardly_learns_loses_against_its_discriminator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(symptoms, "LONG", 30)  # 200 steps take too long for a test
    monkeypatch.setattr(EveryFewSteps, "every", 1000)
    duel = {"learning_rate": 2e-3, "generator_rate": 1e-6, "diff_augment": "off"}
    for more in ({"loss": "classic", "penalty": 0.0}, {"loss": "relativistic"}):
        _, events = trained(tmp_path, "dcgan", 110, **duel, **more)
        advice = the("saturated", events)
        assert advice.changes["learning_rate"] == 5e-4
        if more["loss"] == "classic":
            assert advice.trick == remedies.TRICKS["noise"]
            assert advice.changes["label_noise"] == 0.1


def test_two_nets_that_learn_ever_faster_without_a_limit_make_the_gradient_explode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(symptoms, "LONG", 40)
    monkeypatch.setattr(EveryFewSteps, "every", 1000)
    wild = {"learning_rate": 0.1, "generator_rate": 0.1, "warmup_steps": 200, "penalty": 0.0, "diff_augment": "off"}
    _, events = trained(tmp_path, "dcgan", 90, **wild)
    advice = the("exploding", events)
    assert advice.changes == {"learning_rate": 0.05, "generator_rate": 0.05, "clip_norm": 1.0}
    times = re.search(r"it is ([\d,]+) times as long as it was", advice.finding)
    assert times is not None
    assert int(times[1].replace(",", "")) > 100


def few_pictures(folder: Path, learned: int, held_out: int) -> str:
    """A folder of cartoon faces, so many to learn from and so many for validation."""
    avatars = open_builtin("builtin:avatars")
    folder.mkdir()
    rows = ["file,partition"]
    for row in range(learned + held_out):
        Image.fromarray(avatars.read(row)).save(folder / f"{row:02d}.png")
        rows.append(f"{row:02d}.png,{int(row >= learned)}")
    (folder / "attributes.csv").write_text("\n".join(rows) + "\n")
    return str(folder)


@pytest.mark.usefixtures("_unsampled")
def test_few_pictures_are_learned_by_heart(tmp_path: Path) -> None:
    few = few_pictures(tmp_path / "few", 12, 28)
    _, events = trained(tmp_path, "autoencoder", 250, data=few, latent=256, augment="none", average_decay=0.9)
    assert the("overfitting", events).changes == {"augment": "strong"}


def test_a_generator_that_saturates_gets_no_gradient_any_more(tmp_path: Path) -> None:
    bad = {"output": "sigmoid", "generator_activation": "relu", "generator_rate": 0.1, "learning_rate": 0.01}
    _, events = trained(tmp_path, "dcgan", 120, **bad)
    advice = the("vanishing", events)
    assert advice.changes["output"] == "tanh"
    assert advice.trick == remedies.TRICKS["tanh"]
    last = [event for event in events if isinstance(event, Gradients)][-1]
    assert last.layers[0] == "generator.0"
    assert len(last.layers) == len(last.norms)


def test_all_random_pictures_alike_is_a_collapse_when_they_were_not_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EveryFewSteps, "every", 2)
    path, before = trained(tmp_path, "dcgan", 8, output="sigmoid", generator_activation="relu", generator_rate=0.01)
    assert kinds(before) == []
    events: list[Event] = []
    run(
        branch(BranchRequest(path, None, {"generator_rate": 0.1, "learning_rate": 0.01}, Budget(steps=30))),
        events.append,
    )
    assert the("mode_collapse", events).changes["generator_rate"] == 0.05


@pytest.mark.usefixtures("_unsampled")
def test_a_loss_that_is_no_number_is_a_finding_like_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = Autoencoder.steps

    def break_down(net: Autoencoder, images: Tensor, step: Step) -> Steps:
        return (yield from taken(net, images * (float("nan") if step.number == 3 else 1.0), step))

    monkeypatch.setattr(Autoencoder, "steps", break_down)
    monkeypatch.setattr("workbench.jobs.train.say_if_slow", lambda *given: iter(()))
    events: list[Event] = []
    request = TrainRequest(
        "builtin:avatars", Budget(steps=9), "autoencoder", None, 32, TINY, runs=tmp_path, name="ill", device="cpu"
    )
    with pytest.raises(WorkbenchError, match="diverged at step 4"):
        run(train(request), events.append)
    advice = the("diverged", events)
    assert (advice.step, advice.changes) == (4, {"learning_rate": 1.25e-3})
    assert [finding.kind for finding in Run.open(tmp_path / "ill").info.findings] == ["diverged"]


@pytest.mark.usefixtures("_unsampled")
def test_a_learning_rate_that_is_far_too_small_lets_the_training_stand_still(tmp_path: Path) -> None:
    path, before = trained(tmp_path, "autoencoder", 100, average_decay=0.9)
    assert kinds(before) == []
    events: list[Event] = []
    run(branch(BranchRequest(path, None, {"learning_rate": 3e-6}, Budget(steps=340))), events.append)
    advice = the("plateau", events)
    assert kinds(events) == ["plateau"]
    assert advice.changes == {"learning_rate": 1e-6}
    assert "since about step 1" in advice.finding  # it stood still from step 100 on


def test_random_codes_that_stray_from_every_face_are_a_hole_beside_pictures_known_by_heart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EveryFewSteps, "every", 10_000)
    monkeypatch.setattr(loop, "SAMPLE_SECONDS", 0.0)
    few = few_pictures(tmp_path / "few", 24, 0)
    by_heart = {"data": few, "latent": 64, "learning_rate": 5e-3, "augment": "none", "average_decay": 0.9}
    with monkeypatch.context() as vague:
        vague.setattr("workbench.core.models.mixture._FLOOR", 100.0)  # random codes stray by ten in every direction
        path, events = trained(tmp_path, "autoencoder", 300, **by_heart)
    advice = the("prior_hole", events)
    assert "Use it to reconstruct" in advice.remedy
    assert open_ones(path) == ["prior_hole"]
    data = run(prepare_data(few, 32))
    training = loop.Training(Run.open(path), data, torch.device("cpu"))
    codes = open_model(path).encode(np.array(data.pictures))
    assert look_for_hole(training, Mixture.fit(codes)) is None  # drawn from where its codes lie they are faces


def test_random_pictures_much_worse_than_reconstructions_are_a_hole() -> None:
    assert not symptoms.prior_hole(samples=7.5, reconstructions=3.0)  # a VAE of four minutes: docs/measures.md
    assert not symptoms.prior_hole(samples=0.3, reconstructions=0.01)  # all is good
    assert symptoms.prior_hole(samples=72.7, reconstructions=3.0)  # noise beside the same VAE's reconstructions


def test_at_the_end_pictures_from_the_mixture_are_compared_with_reconstructions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EveryFewSteps, "every", 1000)
    path, events = trained(tmp_path, "vae", 60)
    assert kinds(events) == []
    data = run(prepare_data("builtin:avatars", 32))
    training = loop.Training(Run.open(path), data, torch.device("cpu"))
    mixture = Mixture.load(Run.open(path).mixture_file, open_model(path).fingerprint, 8)
    assert mixture is not None
    compared: list[tuple[float, float]] = []

    def compare(samples: float, reconstructions: float) -> bool:
        compared.append((samples, reconstructions))
        return samples > 1.5 * compared[0][0]

    monkeypatch.setattr(symptoms, "prior_hole", compare)
    monkeypatch.setattr(loop, "SAMPLE_SECONDS", 1e9)
    assert look_for_hole(training, mixture) is None
    assert not compared  # it has not trained for long
    monkeypatch.setattr(loop, "SAMPLE_SECONDS", 0.0)
    assert look_for_hole(training, mixture) is None
    advice = look_for_hole(training, dataclasses.replace(mixture, means=mixture.means + 50))  # beside the codes
    assert advice is not None
    assert (advice.kind, advice.changes) == ("prior_hole", {"beta": 4.0})
    assert compared[0][1] == compared[1][1]
    assert training.average.net.prior == "normal"


# Healthy


@pytest.mark.parametrize("model", MODELS)
def test_a_healthy_training_is_left_alone(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EveryFewSteps, "every", 20)
    path, events = trained(tmp_path, model, 140, **({"judge_width": 8} if model == "vaegan" else {}))
    assert kinds(events) == []
    looks = [event for event in events if isinstance(event, Gradients)]
    assert len(looks) >= 5
    assert all(np.isfinite(look.norms).all() and len(look.layers) > 5 for look in looks)
    curves = Run.open(path).losses()["validation"][1]
    assert {"kid", "diversity"} <= curves.keys()
    assert ("active_units" in curves) == (model in ("vae", "vaegan"))


@pytest.mark.parametrize("preset", ["radford-64", "lecture-small", "modern"])
def test_a_healthy_duel_is_left_alone(preset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EveryFewSteps, "every", 15)
    monkeypatch.setattr(symptoms, "LONG", 40)
    _, events = trained(tmp_path, "dcgan", 80, preset=preset)
    assert kinds(events) == []


# The numbers of real trainings that take too long for a test, and of ones that failed slowly

LECTURE = (0.267, 0.246, 0.301, 0.167, 0.174, 0.241, 0.382, 0.304, 0.633, 0.668, 0.659, 0.689, 0.715, 0.699)
"""Diversity of `lecture-small` at width 8, every 15 steps: late to differ, and healthy."""
VAE = (-268, -796, -1160, -1680, -2100, -2430, -2650, -2820, -2940, -3040, -3110, -3170, -3210, -3240, -3260, -3270)
"""Reconstruction of a tiny VAE on validation pictures."""


def test_a_gan_that_is_late_to_make_different_pictures_has_not_collapsed() -> None:
    steps = range(15, 15 * len(LECTURE) + 1, 15)
    assert not any(symptoms.mode_collapse(steps[:n], LECTURE[:n]) for n in range(1, len(LECTURE) + 1))
    assert symptoms.mode_collapse(range(15, 421, 15), (0.0,) * 28)


def test_a_loss_that_stands_still_is_a_plateau_and_one_that_falls_slowly_is_none() -> None:
    assert symptoms.plateau(VAE) is False
    assert symptoms.plateau([-3500 * (1 - 0.5**n) for n in range(30)])
    slow = [-500 * np.log(1 + n) for n in range(200)]
    assert not any(symptoms.plateau(slow[:n]) for n in range(1, 200))


def test_a_gradient_that_grows_a_hundredfold_explodes_and_one_that_jumps_about_does_not() -> None:
    random = np.random.default_rng(0)
    wild = np.exp(random.normal(0, 1.5, 1000))
    assert symptoms.exploding(wild) is False
    assert symptoms.exploding(np.concatenate([wild, wild[:60] * 1000]))


def test_a_finding_is_said_once_though_its_number_wavers_about_the_limit(tmp_path: Path) -> None:
    path, _ = trained(tmp_path, "dcgan", 1)
    opened = Run.open(path)
    kind = model_class("dcgan")
    health = Health(kind(kind.Settings.parse(TINY), 32), opened)
    said: list[Event] = []
    for number, diversity in enumerate((0.9, 0.2, 0.2, 0.29, 0.35, 0.28, 0.25, 0.29, 0.6, 0.7, 0.8, 0.2, 0.2, 0.2)):
        said += health.after_measure(10 * number, 0.5, {"diversity": diversity})
    assert [(type(event), event.step) for event in said] == [(Advice, 30), (Recovered, 100), (Advice, 130)]  # type: ignore[union-attr]
    assert [(finding.step, finding.recovered) for finding in Run.open(path).info.findings] == [(30, 100), (130, None)]
    opened.forget_after(90)
    assert [(finding.step, finding.recovered) for finding in Run.open(path).info.findings] == [(30, None)]


@pytest.mark.parametrize("model", MODELS)
def test_every_change_that_a_remedy_names_is_a_valid_setting_that_a_checkpoint_can_go_on_with(model: str) -> None:
    from workbench.core.models.base import _shape

    kind = model_class(model)
    for preset in kind.presets:
        settings = kind.Settings.parse({**kind.presets[preset], "width": 16})
        size = 32
        offers = [
            remedies.diverged(1, settings),
            remedies.plateau(1, settings, 1),
            remedies.overfitting(1, settings, 1),
            remedies.exploding(1, settings, "adam", 200.0),
            remedies.vanishing(1, settings, "generator", 0.0),
        ]
        if model == "dcgan":
            offers += [remedies.mode_collapse(1, settings, 0.1)]
        if model in ("dcgan", "vaegan"):
            offers += [remedies.saturated(1, settings, 200)]
        if model in ("vae", "vaegan"):
            offers += [remedies.posterior_collapse(1, settings, 0, 8)]
        shape = _shape(kind(settings, size))
        for offer in offers:
            changed = kind.Settings.parse({**settings.model_dump(), **offer.changes})
            assert changed != settings, offer.kind
            assert _shape(kind(changed, size)) == shape, offer.kind
