"""A model's random pictures beside real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.core.control import Control
from workbench.core.data.cache import Dataset
from workbench.core.errors import Stopped, WorkbenchError
from workbench.core.events import Advice, Event, Progress
from workbench.core.quality.features import shipped_features
from workbench.core.runs.trained import TrainedModel, open_model
from workbench.jobs.api import run
from workbench.jobs.measure_samples import SampleMeasures, measure_samples
from workbench.jobs.prepare_data import prepare_data


@pytest.fixture(scope="module")
def model(trained_run: Path) -> TrainedModel:
    return open_model(trained_run)


@pytest.fixture(scope="module")
def dataset(model: TrainedModel) -> Dataset:
    return run(prepare_data("builtin:avatars", model.size))


def measured(model: TrainedModel, dataset: Dataset, count: int, seed: int = 0) -> SampleMeasures:
    return run(measure_samples(model, dataset, shipped_features(), count, seed=seed))


def test_real_pictures_are_nearer_than_what_a_barely_trained_model_makes_up(
    model: TrainedModel, dataset: Dataset
) -> None:
    found = measured(model, dataset, 500)
    assert abs(found.floor.kid) < 0.05 * found.distances.kid
    assert found.floor.fid < 0.5 * found.distances.fid
    assert found.floor.coverage > 0.9 > found.distances.coverage
    assert found.floor.density == pytest.approx(1, abs=0.15)
    assert found.sharpness > 0


def test_a_seed_repeats_every_figure(model: TrainedModel, dataset: Dataset) -> None:
    first, again, other = (measured(model, dataset, 100, seed) for seed in (3, 3, 4))
    assert first == again
    assert first.distances != other.distances
    assert first.floor != other.floor


def test_each_figure_comes_with_how_it_was_measured(model: TrainedModel, dataset: Dataset) -> None:
    how = measured(model, dataset, 100, seed=3).to_json()["conditions"]
    features = shipped_features()
    assert how == {
        "samples": 100, "real": 100, "real_held_out": 100, "floor": 100, "size": 32, "seed": 3, "prior": "mixture",
        "crop": "the middle square of each picture, by Lanczos", "resize": "bicubic, antialiased",
        "features": features.name, "features_fingerprint": features.fingerprint,
        "features_width": 128, "features_size": 64, "neighbours": 5,
    }  # fmt: skip


def test_a_source_with_fewer_pictures_than_samples_gives_all_it_has_and_its_halves_as_floor(
    model: TrainedModel, few_pictures: Path
) -> None:
    few = run(prepare_data(few_pictures, model.size))
    how = measured(model, few, 100).conditions
    assert (how.samples, how.real, how.floor) == (100, len(few), len(few) // 2)
    assert how.real_held_out == len(few.rows(2))


def test_few_pictures_come_with_a_warning(model: TrainedModel, dataset: Dataset) -> None:
    events: list[Event] = []
    run(measure_samples(model, dataset, shipped_features(), 100), events.append)
    (advice,) = [event for event in events if isinstance(event, Advice)]
    assert "of 100 pictures are uncertain" in advice.finding
    assert "2,048" in advice.remedy


def test_pictures_are_made_and_seen_a_batch_at_a_time_with_progress(model: TrainedModel, dataset: Dataset) -> None:
    looked, events = [], []
    hook = shipped_features().net.register_forward_hook(lambda module, given, found: looked.append(len(found)))
    run(measure_samples(model, dataset, shipped_features(), 150), events.append)
    hook.remove()
    assert max(looked) <= 64
    assert sum(looked) == 150 + 300  # the real ones and the floor's, each once
    made = [e for e in events if isinstance(e, Progress) and e.task == "Making random pictures"]
    assert [event.done for event in made] == [0, 64, 128, 150]


@pytest.mark.parametrize("task", ["Looking at real pictures", "Making random pictures", "Comparing"])
def test_it_can_be_stopped_at_any_time(model: TrainedModel, dataset: Dataset, task: str) -> None:
    control = Control()

    def stop(event: Event) -> None:
        if isinstance(event, Progress) and event.task == task:
            control.stop()

    with pytest.raises(Stopped):
        run(measure_samples(model, dataset, shipped_features(), 100, control=control), stop)


def test_too_few_pictures_are_refused(model: TrainedModel, dataset: Dataset) -> None:
    with pytest.raises(WorkbenchError, match="3 random pictures are too few"):
        measured(model, dataset, 3)


def test_the_samples_are_those_that_the_model_draws_from_the_seed(model: TrainedModel, dataset: Dataset) -> None:
    from workbench.core.quality.samples import sample_batches
    from workbench.core.quality.sharpness import sharpness_each

    pictures = np.concatenate(list(sample_batches(model.net, 100, 5)))
    assert measured(model, dataset, 100, 5).sharpness == pytest.approx(sharpness_each(pictures).mean())
