"""A code that shows a face as nearly as the model can."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.core.control import Control
from workbench.core.editing.refine import refine
from workbench.core.editing.state import as_code
from workbench.core.errors import Stopped
from workbench.core.events import Progress
from workbench.core.quality.reconstruction import psnr, psnr_each
from workbench.core.runs.trained import TrainedModel, open_model
from workbench.jobs.api import run
from workbench.jobs.prepare_data import prepare_data

OWN = 28.0
"""dB at which a model's own pictures have to come back."""


@pytest.fixture(scope="module")
def gan(gan_run: Path) -> TrainedModel:
    return open_model(gan_run)


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    dataset = run(prepare_data("builtin:avatars", 32))
    return np.array(dataset.pictures[dataset.rows(2)[:3]])


def refined(model: TrainedModel, face: np.ndarray, code: np.ndarray) -> np.ndarray:
    return run(refine(model, face, code, Control()))


def test_a_gans_own_pictures_come_back_even_without_an_encoder(gan: TrainedModel) -> None:
    own, middle = gan.sample(6, seed=3), gan.spread[0].astype(np.float32)
    codes = np.stack([refined(gan, picture, middle) for picture in own])
    assert psnr_each(own, gan.decode(codes)).min() > OWN
    assert psnr(own, gan.decode(np.tile(middle, (6, 1)))) < OWN


def test_a_real_face_comes_nearer_and_its_code_stays_a_usual_one(model: TrainedModel, faces: np.ndarray) -> None:
    before = model.encode(faces)
    after = np.stack([refined(model, face, code) for face, code in zip(faces, before, strict=True)])
    gained = psnr_each(faces, model.decode(after)) - psnr_each(faces, model.decode(before))
    assert gained.min() > 0.1
    typical = model.typical
    assert typical is not None
    assert [typical.level(float(d)) for d in typical.distance(after)] == ["usual"] * len(faces)


def test_a_picture_that_no_face_is_like_does_not_lead_out_of_the_usual_codes(gan: TrainedModel) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    code = refined(gan, noise, gan.encode(noise[None])[0])
    assert gan.typical is not None
    assert gan.typical.level(float(gan.typical.distance(code))) == "usual"


def test_the_same_face_gives_the_same_code(model: TrainedModel, faces: np.ndarray) -> None:
    start = model.encode(faces[:1])[0]
    assert np.array_equal(refined(model, faces[0], start), refined(model, faces[0], start))


def test_it_stops_when_it_is_asked_to(model: TrainedModel, faces: np.ndarray) -> None:
    control = Control()
    job = refine(model, faces[0], model.encode(faces[:1])[0], control)
    assert isinstance(next(job), Progress)
    control.stop()
    with pytest.raises(Stopped):
        next(job)


def test_a_code_in_words_is_the_very_code() -> None:
    code = np.random.default_rng(1).normal(size=200).astype(np.float32)
    assert np.array_equal(np.array(as_code(code), np.float32), code)
    assert max(len(repr(number)) for number in as_code(code)) <= 14
