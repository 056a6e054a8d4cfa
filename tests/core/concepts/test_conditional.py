"""Composing a step from trials: what a judge sees of it, how long it is, and how much of the picture it changes."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.concepts.conditional import Tried, compose

LATENT, LABELS = 24, 4
CALM = np.zeros(1)  # a picture that does not change
OUTSIDE = np.ones(1, bool)


@pytest.fixture
def answer() -> np.ndarray:
    """What a judge answers to each of 24 numbers of a code."""
    return np.random.default_rng(4).normal(size=(LATENT, LABELS))


@pytest.fixture
def trials(answer: np.ndarray) -> list[Tried]:
    """Twelve steps that were tried, each taking much along."""
    rng = np.random.default_rng(5)
    steps = rng.normal(size=(12, LATENT)) + 2 * answer.T[rng.integers(LABELS, size=12)]
    return [Tried(step, step @ answer, CALM) for step in steps]


def test_a_composed_step_moves_its_own_label_alone(answer: np.ndarray, trials: list[Tried]) -> None:
    for own in range(LABELS):
        others = [label for label in range(LABELS) if label != own]
        moved = compose(trials, np.eye(LATENT), own, others, OUTSIDE) @ answer
        assert moved[own] > 0.9
        assert np.abs(moved[others]).max() < 0.05 * moved[own]
        assert min(np.abs(t.effect[others] / t.effect[own]).max() for t in trials) > 0.1  # of none that was tried


def test_a_label_that_is_not_held_may_go_along(answer: np.ndarray, trials: list[Tried]) -> None:
    free, held = (compose(trials, np.eye(LATENT), 0, others, OUTSIDE) for others in ([], [1, 2, 3]))
    assert np.abs((free @ answer)[1:]).max() > 0.1
    assert np.linalg.norm(free) < np.linalg.norm(held)  # what is free is shorter


def two_ways(*changes: list[float]) -> list[Tried]:
    """Two steps that a judge answers alike."""
    return [Tried(step, np.ones(1), np.array(change)) for step, change in zip(np.eye(2), changes, strict=True)]


def test_of_two_ways_to_the_same_the_one_in_which_faces_differ_is_taken() -> None:
    whiten = np.diag([1 / 4, 1.0])  # faces differ four times as much in the first number
    step = compose(two_ways([0.0], [0.0]), whiten, 0, [], OUTSIDE)
    assert step[0] > 10 * step[1] > 0


def test_of_two_ways_to_the_same_the_one_that_leaves_the_picture_alone_is_taken() -> None:
    ways = two_ways([0.0, 1.0], [9.0, 0.0])  # the second changes the ground
    everywhere, face = (compose(ways, np.eye(2), 0, [], np.array(outside)) for outside in ([True, True], [False, True]))
    assert everywhere[0] > 2 * everywhere[1] > 0
    assert face[1] > face[0]  # where that counts for nothing, the first costs more


def test_a_trial_of_what_was_composed_mends_it() -> None:
    """Along the composed step the judge sees more of the other label than its parts had let one think."""
    tried = [
        Tried(np.array([1.0, 0.0]), np.array([1.0, 0.5]), CALM),
        Tried(np.array([0.0, 1.0]), np.array([0.0, 1.0]), CALM),
    ]
    first = compose(tried, np.eye(2), 0, [1], OUTSIDE)

    def seen(step: np.ndarray) -> np.ndarray:
        return np.array([step[0], 0.7 * step[0] + step[1]])

    second = compose([*tried, Tried(first, seen(first), CALM)], np.eye(2), 0, [1], OUTSIDE)
    assert abs(seen(second)[1] / seen(second)[0]) < 0.7 * abs(seen(first)[1] / seen(first)[0])
