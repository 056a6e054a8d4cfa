from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from workbench.core.concepts.codes import encode_dataset, encode_drawn
from workbench.core.concepts.draw import draw_sunglasses
from workbench.core.control import Control
from workbench.core.data.cache import Dataset
from workbench.core.errors import Stopped, WorkbenchError
from workbench.core.events import Event, Progress
from workbench.core.runs.trained import TrainedModel, open_model
from workbench.jobs.api import run
from workbench.jobs.prepare_data import prepare_data


@pytest.fixture(scope="module")
def model(trained_run: Path) -> TrainedModel:
    return open_model(trained_run)


@pytest.fixture
def dataset(model: TrainedModel) -> Dataset:
    """The first 300 of the built-in faces."""
    everything = run(prepare_data("builtin:avatars", model.size))
    return replace(everything, pictures=everything.pictures[:300], names=everything.names[:300])


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture(autouse=True)
def cache(dataset: Dataset, places: Path) -> Iterator[Path]:
    """An empty cache of the test's own; the data set was prepared in the session's."""
    return places / "cache" / "codes"


def test_codes_are_the_models_own_in_the_order_of_the_data(
    model: TrainedModel, dataset: Dataset, events: list[Event]
) -> None:
    codes = run(encode_dataset(model, dataset, Control()), events.append)
    assert codes.shape == (300, model.latent)
    assert codes.dtype == np.float32
    assert codes == pytest.approx(model.encode(np.array(dataset.pictures)), abs=1e-5)
    assert [(e.done, e.total) for e in events if isinstance(e, Progress)] == [(0, 300), (256, 300), (300, 300)]


def test_the_second_time_the_codes_are_there_at_once(model: TrainedModel, dataset: Dataset, cache: Path) -> None:
    first = run(encode_dataset(model, dataset, Control()))
    events: list[Event] = []
    assert np.array_equal(run(encode_dataset(model, dataset, Control()), events.append), first)
    assert events == []
    assert len(list(cache.iterdir())) == 1


def test_other_weights_and_other_data_have_codes_of_their_own(
    model: TrainedModel, dataset: Dataset, cache: Path
) -> None:
    for m, d in ((model, dataset), (replace(model, fingerprint="0" * 64), dataset)):
        run(encode_dataset(m, d, Control()))
    run(encode_dataset(model, replace(dataset, fingerprint="1" * 64), Control()))
    assert len(list(cache.iterdir())) == 3


@pytest.mark.parametrize("content", [b"", b"not numpy", b"\x93NUMPY\x01\x00"])
def test_a_damaged_cache_is_made_again(model: TrainedModel, dataset: Dataset, cache: Path, content: bytes) -> None:
    first = run(encode_dataset(model, dataset, Control()))
    (file,) = cache.iterdir()
    file.write_bytes(content)
    assert np.array_equal(run(encode_dataset(model, dataset, Control())), first)


def test_a_cache_of_another_number_of_pictures_is_made_again(model: TrainedModel, dataset: Dataset) -> None:
    run(encode_dataset(model, dataset, Control()))
    fewer = replace(dataset, pictures=dataset.pictures[:50], names=dataset.names[:50])
    assert len(run(encode_dataset(model, fewer, Control()))) == 50


def test_stopping_leaves_nothing_behind(model: TrainedModel, dataset: Dataset, cache: Path) -> None:
    control = Control()
    job = encode_dataset(model, dataset, control)
    next(job)
    control.stop()
    with pytest.raises(Stopped):
        next(job)
    assert not cache.exists()


def test_a_model_whose_codes_are_not_numbers_is_refused(trained_run: Path, dataset: Dataset, cache: Path) -> None:
    broken = replace(open_model(trained_run), fingerprint="2" * 64)
    with torch.no_grad():
        for weight in broken.net.parameters():
            weight.fill_(float("nan"))
    with pytest.raises(WorkbenchError, match="gives codes that are not numbers"):
        run(encode_dataset(broken, dataset, Control()))
    assert not cache.exists()


def test_faces_with_drawn_sunglasses_have_other_codes_and_the_same_with_the_same_seed(
    model: TrainedModel, dataset: Dataset
) -> None:
    faces = np.array(dataset.pictures[:40])

    def drawn() -> np.ndarray:
        rng = np.random.default_rng(0)

        def draw(face: np.ndarray) -> np.ndarray:
            return draw_sunglasses(face, model.alignment, rng)

        return run(encode_drawn(model, faces, draw, "Sunglasses", Control()))

    first = drawn()
    assert first.shape == (40, model.latent)
    assert np.array_equal(first, drawn())
    assert (np.abs(first - model.encode(faces)).max(axis=1) > 1e-3).all()
