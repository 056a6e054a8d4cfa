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


def test_a_mixture_knows_what_its_codes_know(codes: np.ndarray) -> None:
    from_codes, from_mixture = Typical.of_codes(codes), Typical.of_mixture(Mixture.fit(codes))
    assert from_mixture.distance(codes) == pytest.approx(from_codes.distance(codes), rel=0.03)
    assert from_mixture.middle == pytest.approx(from_codes.middle, rel=0.05)
    assert from_mixture.amber == pytest.approx(from_codes.amber, rel=0.05)


def test_one_face_in_a_hundred_is_rare_and_a_face_pushed_far_is_out_of_range(codes: np.ndarray) -> None:
    typical = Typical.of_codes(codes)
    levels = [typical.level(distance) for distance in typical.distance(codes)]
    assert levels.count("amber") == pytest.approx(0.01 * len(codes), rel=0.1)
    assert levels.count("red") < 4
    along = typical.mean + np.linspace(0, 12, 25)[:, None] * np.array([1.0, 0, 0, 0]) * codes[:, 0].std()
    seen = [typical.level(distance) for distance in typical.distance(along.astype(np.float32))]
    assert seen == sorted(seen, key=["usual", "amber", "red"].index)
    assert {*seen} == {"usual", "amber", "red"}


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
