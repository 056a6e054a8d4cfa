"""What is said of a face that a model can hardly represent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workbench.core.editing.fit import BAD, POOR, Fit
from workbench.core.editing.render import Crop
from workbench.core.faces.align import Points
from workbench.core.quality.reconstruction import psnr
from workbench.core.runs.trained import TrainedModel, open_model

ANY = Points((10, 10), (20, 10), (15, 22))
STAYS = np.eye(2, 3)


@pytest.fixture(scope="module")
def model(trained_run: Path) -> TrainedModel:
    return open_model(trained_run)


def cut(model: TrainedModel, pixels: np.ndarray) -> Crop:
    code = model.encode(pixels[None])[0]
    return Crop(ANY, STAYS, pixels, code, model.decode_float(code[None])[0])


def kinds(fit: Fit) -> list[str]:
    return [doubt.kind for doubt in fit.doubts]


def test_a_face_that_the_model_makes_up_itself_leaves_no_doubt(model: TrainedModel) -> None:
    fits = [Fit.of(model, cut(model, pixels)) for pixels in model.sample(20, seed=1)]
    assert sum(bool(fit.doubts) for fit in fits) <= 2  # one of a hundred is rare by definition


def test_a_face_that_the_model_made_from_a_code_is_exact_whatever_was_rounded(model: TrainedModel) -> None:
    code = model.draw(1, seed=4)
    face = model.decode(code)[0]
    face[0, 0] ^= 1  # a grey level more or less, as another processor may round
    crop = Crop(ANY, STAYS, face, code[0], model.decode_float(code)[0])
    assert Fit.of(model, crop).nearness == "exact"
    assert Fit.of(model, cut(model, face)).nearness.endswith(" dB")


def test_what_no_model_of_faces_can_draw_reconstructs_badly(model: TrainedModel) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (model.size, model.size, 3), dtype=np.uint8)
    crop = cut(model, noise)
    fit = Fit.of(model, crop)
    assert fit.psnr == psnr(noise[None], np.rint(crop.decoded).clip(0, 255).astype(np.uint8)[None])
    assert "reconstruction" in kinds(fit)
    assert f"{fit.psnr:.1f} dB" in fit.doubts[0].finding
    unmeasured = Fit.of(replace(model, info=model.info.model_copy(update={"best_psnr": None})), crop)
    assert f"badly ({fit.psnr:.1f} dB)" in unmeasured.doubts[0].finding


def test_a_reconstruction_is_bad_beside_the_models_own_validation_faces_only(model: TrainedModel) -> None:
    crop = cut(model, model.sample(1, seed=2)[0])
    found = Fit.of(model, crop).psnr
    for usual, expected in ((found + BAD + 0.1, True), (found + BAD - 0.1, False), (None, found < POOR)):
        judged = Fit.of(replace(model, info=model.info.model_copy(update={"best_psnr": usual})), crop)
        assert ("reconstruction" in kinds(judged)) == expected


def test_a_code_far_from_those_of_the_training_faces_is_unlike_them(model: TrainedModel) -> None:
    crop = cut(model, model.sample(1, seed=3)[0])
    assert "unlike" not in kinds(Fit.of(model, crop))
    assert "unlike" in kinds(Fit.of(model, replace(crop, code=crop.code * 20 + 50)))


def test_without_the_spread_of_the_codes_nothing_is_said_of_it(model: TrainedModel) -> None:
    crop = cut(model, model.sample(1, seed=3)[0])
    other = replace(model)
    other.__dict__["typical"] = None
    fit = Fit.of(other, replace(crop, code=crop.code * 20 + 50))
    assert (fit.distance, fit.level) == (None, None)
    assert "unlike" not in kinds(fit)
