from __future__ import annotations

import numpy as np
import pytest

from workbench.core.concepts.teach import how_sure, teach

LATENT = 32


@pytest.fixture(scope="module")
def world() -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """A direction that is planted, a spread of faces that is uneven, and its moments."""
    rng = np.random.default_rng(0)
    beard = np.linalg.qr(rng.normal(size=(LATENT, 1)))[0][:, 0]
    spread = np.linspace(2.5, 0.3, LATENT)
    many = rng.normal(size=(4000, LATENT)) * spread
    return beard, spread, (many.mean(axis=0), np.cov(many, rowvar=False))


def piles(world: tuple, count: int, seed: int = 1, strength: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    beard, spread, _ = world
    rng = np.random.default_rng(seed)
    with_it, without = (rng.normal(size=(count, LATENT)) * spread for _ in range(2))
    return (with_it + strength * beard).astype(np.float32), without.astype(np.float32)


def test_twenty_of_each_find_the_planted_direction_and_are_sure_of_it(world: tuple) -> None:
    direction = teach(*piles(world, 20), world[2])
    assert np.linalg.norm(direction.vector) == pytest.approx(1, abs=1e-5)
    assert direction.vector @ world[0] > 0.5
    assert direction.auc is not None
    assert direction.proof is not None
    assert direction.proof.auc_low is not None
    assert direction.proof.auc_low > 0.6
    assert direction.counts.train_with == 20


def test_more_pictures_are_surer(world: tuple) -> None:
    widths, angles = [], []
    for count in (5, 40):
        proof = teach(*piles(world, count), world[2]).proof
        assert proof is not None
        assert proof.auc_low is not None
        assert proof.auc_high is not None
        assert proof.angle is not None
        widths.append(proof.auc_high - proof.auc_low)
        angles.append(proof.angle)
    assert widths[0] > 1.5 * widths[1]
    assert angles[0] > 1.3 * angles[1]


def test_five_of_each_that_differ_in_nothing_are_called_chance(world: tuple) -> None:
    chance = 0
    for seed in range(20):
        direction = teach(*piles(world, 5, seed, strength=0), world[2])
        chance += "That may be chance" in how_sure(direction)
    assert chance >= 16


def test_the_pair_that_is_judged_is_never_learned_from(world: tuple) -> None:
    with_it, without = piles(world, 6)
    right = 0.0
    mean, covariance = world[2]
    shrunk = 0.3 * covariance + 0.7 * np.trace(covariance) / LATENT * np.eye(LATENT)
    for i in range(6):
        for j in range(6):
            difference = np.delete(with_it, i, 0).mean(axis=0) - np.delete(without, j, 0).mean(axis=0)
            right += (with_it[i] - without[j]) @ np.linalg.solve(shrunk, difference) > 0
    assert teach(with_it, without, (mean, covariance)).auc == pytest.approx(right / 36)


def test_knowing_how_faces_differ_helps_few_pictures(world: tuple) -> None:
    known, plain = (
        np.mean([teach(*piles(world, 5, seed), moments).vector @ world[0] for seed in range(20)])
        for moments in (world[2], None)
    )
    assert known > plain + 0.02


def test_the_same_piles_teach_the_same(world: tuple) -> None:
    first, second = (teach(*piles(world, 5), world[2]) for _ in range(2))
    assert np.array_equal(first.vector, second.vector)
    assert first.proof == second.proof
