"""Which direction a slider takes: a rule on held-out pictures that a user can retell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from workbench.core.concepts.choice import FLIPS, LEAST_HELD_OUT, MOVERS, choose
from workbench.core.concepts.concept import Counts, Direction
from workbench.core.concepts.measure import find_direction
from workbench.core.concepts.methods import METHODS, Examples
from workbench.core.concepts.proof import Proof
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
    assert choose(found(train, codes), held_out)[0] == "balanced-means"


def test_where_most_of_a_step_along_the_means_is_something_else_the_discriminant_moves_the_slider(
    drifting: tuple[np.ndarray, np.ndarray],
) -> None:
    train, held_out = halves(*drifting)
    directions = found(train, drifting[0])
    scores = {name: auc(held_out.with_it @ d.vector, held_out.without @ d.vector) for name, d in directions.items()}
    assert scores["balanced-means"] < scores["discriminant"] - 0.1  # type: ignore[operator]
    assert choose(directions, held_out)[0] == "discriminant"


def test_a_classifier_never_moves_a_slider_unasked(drifting: tuple[np.ndarray, np.ndarray]) -> None:
    train, held_out = halves(*drifting)
    directions = found(train, drifting[0])
    del directions["discriminant"]
    assert choose(directions, held_out)[0] == "balanced-means"  # though the logistic normal tells far better
    assert "logistic" not in MOVERS


def test_a_handful_of_held_out_pictures_decides_nothing(drifting: tuple[np.ndarray, np.ndarray]) -> None:
    train, held_out = halves(*drifting)
    few = Examples(held_out.with_it[: LEAST_HELD_OUT - 1], held_out.without)
    assert choose(found(train, drifting[0]), few)[0] == "balanced-means"


def test_the_only_direction_there_is_moves_the_slider(drifting: tuple[np.ndarray, np.ndarray]) -> None:
    train, held_out = halves(*drifting)
    logistic = {"logistic": found(train, drifting[0])["logistic"]}
    assert choose(logistic, held_out)[0] == "logistic"
    assert choose(logistic, Examples(held_out.with_it[:0], held_out.without[:0]))[0] == "logistic"


def test_the_discriminant_takes_along_less_of_what_varies_anyway(drifting: tuple[np.ndarray, np.ndarray]) -> None:
    train, _ = halves(*drifting)
    directions = found(train, drifting[0])
    light = {name: abs(float(direction.vector[1])) for name, direction in directions.items()}
    assert light["balanced-means"] > 0.7
    assert light["discriminant"] < 0.3


NOTHING = Examples(np.zeros((0, 4), np.float32), np.zeros((0, 4), np.float32))


def tried(method: str, flips: tuple[float | None, float | None], along: float) -> Direction:
    trial = Proof(flip_on=flips[0], flip_off=flips[1], side_effects={"Smiling": 1.0, "Male": along, "Laughing": 0.9},
                  kin=("Smiling", "Laughing"))  # fmt: skip
    vector = np.array([1, 0, 0, 0], np.float32)
    return Direction(method, vector, 1.0, -3.0, 3.0, 0.9, Counts(10, 10, 10, 10), trial=trial)


def test_of_those_that_turn_faces_round_the_one_that_takes_along_least_moves_the_slider() -> None:
    directions = {
        d.method: d
        for d in (
            tried("balanced-means", (0.99, 0.99), 0.4),
            tried("logistic", (0.99, FLIPS - 0.01), 0.01),  # too weak to the left
            tried("conditional", (0.9, None), -0.1),  # too few faces have it
        )
    }
    method, why = choose(directions, NOTHING)
    assert method == "conditional"
    assert why == (
        "Of 3 methods, 2 turn 75 % of the validation faces round; this one takes along least, 0.10 of its own change."
    )


def test_where_none_turns_enough_faces_round_nearly_as_many_as_the_strongest_do() -> None:
    strong, nearly, weak = tried("logistic", (0.7, 0.9), 0.4), tried("svm", (0.9, 0.64), 0.1), tried("pca", (0.6, 1), 0)
    method, why = choose({"pca": weak, "svm": nearly, "logistic": strong}, NOTHING)
    assert method == "svm"
    assert "2 turn 63 %" in why


def test_directions_that_no_judge_could_look_at_are_chosen_by_auc(drifting: tuple[np.ndarray, np.ndarray]) -> None:
    train, held_out = halves(*drifting)
    directions = {name: replace(d, trial=Proof(faces=100)) for name, d in found(train, drifting[0]).items()}
    method, why = choose(directions, held_out)
    assert method == "discriminant"
    assert "AUC 0.9" in why or "AUC 0.8" in why
