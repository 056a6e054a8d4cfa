from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.core.models.mixture import Mixture
from workbench.core.quality.typical import Typical
from workbench.core.runs.trained import open_model


@pytest.fixture(scope="module")
def codes() -> np.ndarray:
    """Two kinds of faces, in dimensions of very different use."""
    rng = np.random.default_rng(0)
    spread = np.array([3.0, 1.0, 0.8, 0.6])
    centres = np.where(rng.random((4000, 1)) < 0.3, 2.0, -1.0) * np.array([1.0, 0.5, 0.0, 0.0])
    return (rng.normal(size=(4000, 4)) * spread + centres).astype(np.float32)


def test_the_distance_is_mahalanobis_own(codes: np.ndarray) -> None:
    typical = Typical.of_codes(codes)
    inverse = np.linalg.inv(np.cov(codes.astype(np.float64), rowvar=False, bias=True))
    off = codes[:5] - codes.mean(axis=0, dtype=np.float64)
    assert typical.distance(codes[:5]) == pytest.approx(np.sqrt(np.einsum("ni,ij,nj->n", off, inverse, off)), rel=1e-5)
    assert typical.distance(codes[0]) == pytest.approx(typical.distance(codes[:1])[0])


def test_a_mixture_keeps_how_far_its_codes_lay(codes: np.ndarray, tmp_path: Path) -> None:
    from_codes = Typical.of_codes(codes)
    Mixture.fit(codes).save(tmp_path / "mixture.safetensors", "m" * 64)
    mixture = Mixture.load(tmp_path / "mixture.safetensors", "m" * 64, 4)
    assert mixture is not None
    assert mixture.typical is not None
    assert mixture.typical.distance(codes) == pytest.approx(from_codes.distance(codes), rel=0.03)
    assert (mixture.typical.middle, mixture.typical.amber) == pytest.approx((from_codes.middle, from_codes.amber))


def test_one_face_in_a_hundred_is_rare_and_a_face_pushed_far_is_out_of_range(codes: np.ndarray) -> None:
    typical = Typical.of_codes(codes)
    levels = [typical.level(distance) for distance in typical.distance(codes)]
    assert levels.count("amber") == pytest.approx(0.01 * len(codes), rel=0.1)
    assert levels.count("red") < 4
    along = typical.mean + np.linspace(0, 12, 25)[:, None] * np.array([1.0, 0, 0, 0]) * codes[:, 0].std()
    seen = [typical.level(distance) for distance in typical.distance(along.astype(np.float32))]
    assert seen == sorted(seen, key=["usual", "amber", "red"].index)
    assert {*seen} == {"usual", "amber", "red"}


def test_a_long_step_in_one_of_many_directions_is_noticed() -> None:
    rng = np.random.default_rng(0)
    many = rng.normal(size=(4000, 128)).astype(np.float32)
    typical = Typical.of_codes(many)
    faces, step = many[:200], np.eye(128, dtype=np.float32)[5]
    assert typical.level(float(np.median(typical.distance(faces + 5 * step)))) == "usual"  # it does not see it
    for strength, level in ((0.5, "usual"), (4.5, "amber"), (9.0, "red")):
        strain = float(np.median(typical.strain(faces, faces + np.float32(strength) * step)))
        assert Typical.strained(strain) == level
    assert typical.strain(faces[0], faces[0]) == pytest.approx(max(0.0, typical.strain(faces[:1], faces[:1])[0]))
    assert np.mean(typical.strain(faces, faces) <= 0.5) > 0.95


def test_a_number_of_the_code_that_never_changes_disturbs_nothing(codes: np.ndarray) -> None:
    still = np.column_stack([codes, np.full(len(codes), 7.0, np.float32)])
    assert Typical.of_codes(still).distance(still) == pytest.approx(Typical.of_codes(codes).distance(codes), rel=1e-3)


def test_a_trained_model_knows_its_usual_faces(trained_run: Path) -> None:
    model = open_model(trained_run)
    assert model.typical is not None
    faces = model.sample(64)
    levels = [model.typical.level(distance) for distance in model.typical.distance(model.encode(faces))]
    assert levels.count("usual") > 48
    assert open_model(trained_run, prior="normal").typical is None
