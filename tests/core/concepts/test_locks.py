from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from workbench.core.concepts.concept import Concept, Counts, Direction
from workbench.core.concepts.local import Local
from workbench.core.concepts.locks import SOFT, LockEffect, automatic, gauge, in_words, lock_effect, locked_step

CODE = np.zeros(4, np.float32)


def concept(name: str, *vectors: tuple[float, ...], sigma: float = 2.0) -> Concept:
    """A concept whose slider follows the first vector, and whose classifier's normal, if given, is the second."""
    directions = {}
    for method, vector in zip(("balanced-means", "logistic"), vectors, strict=False):
        unit = np.array(vector, np.float32) / np.float32(np.linalg.norm(vector))
        directions[method] = Direction(method, unit, sigma, -2, 2, None, Counts(1, 1, 1, 1))
    return Concept(name, directions, "balanced-means", "m", "d")


@pytest.fixture
def concepts() -> dict[str, Concept]:
    """Smiling moves Male and Young a little and Hat not at all; Senior is nearly the opposite of Young."""
    found = (
        concept("Smiling", (4, 1, 0.5, 0)),
        concept("Male", (1, 1, 0, 0), (0, 1, 0, 0)),
        concept("Young", (0, 0, 1, 0)),
        concept("Senior", (0, 0.1, -1, 0)),
        concept("Hat", (0, 0, 0, 1)),
    )
    return {c.name: c for c in found}


def step(name: str, concepts: dict[str, Concept], **locks: float) -> np.ndarray:
    return locked_step(concepts[name], CODE, locks, concepts)


def test_without_locks_the_step_is_the_concepts_own(concepts: dict[str, Concept]) -> None:
    assert np.array_equal(step("Smiling", concepts), concepts["Smiling"].direction.step)
    assert np.array_equal(step("Smiling", concepts, Smiling=1.0), concepts["Smiling"].direction.step)


def test_any_number_of_locked_concepts_stays_just_where_it_is(concepts: dict[str, Concept]) -> None:
    moved = step("Smiling", concepts, Male=1.0, Young=1.0, Hat=1.0)
    for name in ("Male", "Young", "Hat"):
        assert moved @ gauge(concepts[name]).vector == pytest.approx(0, abs=1e-6)
    assert moved[0] == pytest.approx(concepts["Smiling"].direction.step[0])


def test_what_is_held_is_what_a_classifier_sees_and_not_where_the_means_are(concepts: dict[str, Concept]) -> None:
    assert gauge(concepts["Male"]).method == "logistic"
    assert gauge(concepts["Young"]).method == "balanced-means"
    assert step("Smiling", concepts, Male=1.0)[:2] == pytest.approx([concepts["Smiling"].direction.step[0], 0])


def test_a_soft_lock_takes_out_its_share(concepts: dict[str, Concept]) -> None:
    own = concepts["Smiling"].direction.step
    held = step("Smiling", concepts, Young=0.7)
    assert held[2] == pytest.approx(0.3 * own[2], rel=1e-5)
    assert held[[0, 1, 3]] == pytest.approx(own[[0, 1, 3]])


def test_two_locks_that_say_the_same_are_one(concepts: dict[str, Concept]) -> None:
    twins = {**concepts, "Man": replace(concepts["Male"], name="Man")}
    once, twice = step("Smiling", twins, Male=1.0), step("Smiling", twins, Male=1.0, Man=1.0)
    assert np.isfinite(twice).all()
    assert twice == pytest.approx(once, abs=1e-5)


def test_the_automatic_locks_leave_alone_what_is_nearly_the_same_change(concepts: dict[str, Concept]) -> None:
    locks = automatic(concepts)
    assert set(locks.values()) == {SOFT}
    assert np.allclose(
        locked_step(concepts["Senior"], CODE, {"Young": SOFT}, concepts), concepts["Senior"].direction.step
    )
    assert np.linalg.norm(locked_step(concepts["Senior"], CODE, {"Young": 1.0}, concepts)) < 0.3  # a hard one holds
    assert abs(locked_step(concepts["Smiling"], CODE, locks, concepts)[2]) < abs(concepts["Smiling"].direction.step[2])


def test_a_lock_that_changes_nothing_is_said(concepts: dict[str, Concept]) -> None:
    effect = lock_effect(concepts["Smiling"], {"Hat": 1.0, "Young": 1.0}, concepts)
    assert effect.idle == ("Hat",)
    assert in_words({"Smiling": effect}) == ["Locking 'Hat' changes nothing: 'Smiling' would not move it anyway."]
    assert effect.moves["Young"] == pytest.approx(concepts["Smiling"].direction.vector[2], rel=1e-5)


def test_of_many_locks_one_sentence_says_what_changes_nothing(concepts: dict[str, Concept]) -> None:
    locks = {"Hat": 1.0, "Young": 1.0, "Hair": 1.0}
    more = {**concepts, "Hair": replace(concepts["Hat"], name="Hair")}
    said = in_words({name: lock_effect(more[name], locks, more) for name in ("Smiling", "Senior")})
    assert len(said) == 2
    assert said[0].startswith("Locking 'Hair' and 'Hat' changes nothing: 'Smiling' and 'Senior' would not move them")
    assert said[1].startswith("With 'Young' locked only 10 % of 'Senior' is left")


def test_locks_that_hold_all_of_it_together_are_named_though_none_does_alone() -> None:
    effect = LockEffect(kept=0.05, idle=("Hat", "Hair"), moves={"Hat": 0.01, "Hair": 0.01})
    _, little = in_words({"Smiling": effect})
    assert little.startswith("With 'Hat' and 'Hair' locked only 5 % of 'Smiling' is left")


def test_a_lock_that_leaves_hardly_anything_is_said(concepts: dict[str, Concept]) -> None:
    effect = lock_effect(concepts["Senior"], {"Young": 1.0}, concepts)
    assert effect.kept < 0.15
    assert in_words({"Senior": effect}) == [
        "With 'Young' locked only 10 % of 'Senior' is left: they are nearly one change."
    ]


def test_a_direction_of_each_face_is_held_at_each_face(concepts: dict[str, Concept]) -> None:
    local = Local(np.eye(4, dtype=np.float32)[:2] * 5, np.array([[0.6, 0.8, 0, 0], [0.8, 0, 0.6, 0]], np.float32))
    smiling = concepts["Smiling"]
    own = {"neighbours": replace(smiling.direction, method="neighbours", local=local)}
    concepts["Smiling"] = replace(smiling, directions=own, chosen="neighbours")
    codes = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    steps = locked_step(concepts["Smiling"], codes, {"Male": 1.0, "Young": 1.0}, concepts)
    assert steps.shape == codes.shape
    assert steps[:, 1:3] == pytest.approx(np.zeros((6, 2)), abs=1e-6)
    assert steps[0] == pytest.approx(locked_step(concepts["Smiling"], codes[0], {"Male": 1.0, "Young": 1.0}, concepts))
