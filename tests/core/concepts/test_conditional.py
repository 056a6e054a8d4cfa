"""Composing a step from trials: what a judge sees of it, and how long it is."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.concepts.conditional import compose

LATENT, LABELS = 24, 4


@pytest.fixture
def trials() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a judge answers to each of 24 numbers of a code; twelve steps that were tried, each taking much along."""
    rng = np.random.default_rng(4)
    answer = rng.normal(size=(LATENT, LABELS))
    steps = rng.normal(size=(12, LATENT)) + 2 * answer.T[rng.integers(LABELS, size=12)]
    return answer, steps, steps @ answer


def test_a_composed_step_moves_its_own_label_alone(trials: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    answer, steps, effects = trials
    for own in range(LABELS):
        others = [label for label in range(LABELS) if label != own]
        moved = compose(list(steps), list(effects), np.eye(LATENT), own, others) @ answer
        assert moved[own] > 0.9
        assert np.abs(moved[others]).max() < 0.05 * moved[own]
        assert min(np.abs(effects[:, others] / effects[:, [own]]).max(axis=1)) > 0.1  # of none that was tried


def test_a_label_that_is_not_held_may_go_along(trials: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    answer, steps, effects = trials
    free = compose(list(steps), list(effects), np.eye(LATENT), 0, [])
    held = compose(list(steps), list(effects), np.eye(LATENT), 0, [1, 2, 3])
    assert np.abs((free @ answer)[1:]).max() > 0.1
    assert np.linalg.norm(free) < np.linalg.norm(held)  # what is free is shorter


def test_of_two_ways_to_the_same_the_one_in_which_faces_differ_is_taken() -> None:
    steps = np.eye(2)
    effects = np.ones((2, 1))
    whiten = np.diag([1 / 4, 1.0])  # faces differ four times as much in the first number
    step = compose(list(steps), list(effects), whiten, 0, [])
    assert step[0] > 10 * step[1] > 0


def test_a_trial_of_what_was_composed_mends_it() -> None:
    """The judge answers less along the first step the further one goes; seen once more, the rest is made up for."""
    steps = [np.array([1.0, 0.0]), np.array([0.0, 1.0])]
    effects = [np.array([1.0, 0.5]), np.array([0.0, 1.0])]
    first = compose(steps, effects, np.eye(2), 0, [1])
    seen = np.array([first[0], 0.7 * first[0] + first[1]])  # it takes more along than it had seemed
    second = compose([*steps, first], [*effects, seen], np.eye(2), 0, [1])
    truth = np.array([second[0], 0.7 * second[0] + second[1]])
    assert abs(truth[1] / truth[0]) < 0.6 * abs(seen[1] / seen[0])
