"""Which direction a slider takes: a rule on held-out pictures that a user can retell."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.concepts.choice import LEAST_HELD_OUT, MOVERS, choose
from workbench.core.concepts.concept import Direction
from workbench.core.concepts.measure import find_direction
from workbench.core.concepts.methods import METHODS, Examples
from workbench.core.concepts.roc import auc

LABEL_METHODS = [method for method in METHODS.values() if method.examples == "labels"]


def halves(codes: np.ndarray, has: np.ndarray) -> tuple[Examples, Examples]:
    """The first half to learn from, the second held out."""
    middle = len(codes) // 2
    first, second = (Examples(codes[s][has[s]], codes[s][~has[s]]) for s in (slice(middle), slice(middle, None)))
    return first, second


def found(train: Examples, codes: np.ndarray) -> dict[str, Direction]:
    directions = {method.name: find_direction(method, train, codes, train) for method in LABEL_METHODS}
    return {name: direction for name, direction in directions.items() if direction is not None}


@pytest.fixture
def drifting() -> tuple[np.ndarray, np.ndarray]:
    """Codes in which bearded faces happen to be darker by a little, and light varies far more than beards do."""
    rng = np.random.default_rng(5)
    has = rng.random(3000) < 0.5
    codes = rng.normal(size=(3000, 16)).astype(np.float32)
    codes[:, 0] += 2.0 * has
    codes[:, 1] = 8.0 * codes[:, 1] + 3.0 * has
    return codes, has


def test_balanced_means_move_the_slider_where_they_tell_as_well_as_any() -> None:
    rng = np.random.default_rng(1)
    has = rng.random(2000) < 0.5
    codes = rng.normal(size=(2000, 16)).astype(np.float32)
    codes[:, 3] += 3.0 * has
    train, held_out = halves(codes, has)
    assert choose(found(train, codes), held_out) == "balanced-means"


def test_where_most_of_a_step_along_the_means_is_something_else_the_discriminant_moves_the_slider(
    drifting: tuple[np.ndarray, np.ndarray],
) -> None:
    train, held_out = halves(*drifting)
    directions = found(train, drifting[0])
    scores = {name: auc(held_out.with_it @ d.vector, held_out.without @ d.vector) for name, d in directions.items()}
    assert scores["balanced-means"] < scores["discriminant"] - 0.1  # type: ignore[operator]
    assert choose(directions, held_out) == "discriminant"


def test_a_classifier_never_moves_a_slider_unasked(drifting: tuple[np.ndarray, np.ndarray]) -> None:
    train, held_out = halves(*drifting)
    directions = found(train, drifting[0])
    del directions["discriminant"]
    assert choose(directions, held_out) == "balanced-means"  # though the logistic normal tells far better
    assert "logistic" not in MOVERS


def test_a_handful_of_held_out_pictures_decides_nothing(drifting: tuple[np.ndarray, np.ndarray]) -> None:
    train, held_out = halves(*drifting)
    few = Examples(held_out.with_it[: LEAST_HELD_OUT - 1], held_out.without)
    assert choose(found(train, drifting[0]), few) == "balanced-means"


def test_the_only_direction_there_is_moves_the_slider(drifting: tuple[np.ndarray, np.ndarray]) -> None:
    train, held_out = halves(*drifting)
    logistic = {"logistic": found(train, drifting[0])["logistic"]}
    assert choose(logistic, held_out) == "logistic"
    assert choose(logistic, Examples(held_out.with_it[:0], held_out.without[:0])) == "logistic"


def test_the_discriminant_takes_along_less_of_what_varies_anyway(drifting: tuple[np.ndarray, np.ndarray]) -> None:
    train, _ = halves(*drifting)
    directions = found(train, drifting[0])
    light = {name: abs(float(direction.vector[1])) for name, direction in directions.items()}
    assert light["balanced-means"] > 0.7
    assert light["discriminant"] < 0.3
