"""Distances between sets of points, beside formulas written out once more in numpy and scipy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from workbench.core.quality import distance
from workbench.core.quality.distance import density_and_coverage, fid, kid, spread


def points(count: int, width: int, seed: int, shift: float = 0.0) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    mix = np.random.default_rng(9).normal(size=(width, width)) / width**0.5
    return torch.from_numpy((rng.normal(size=(count, width)) @ mix + shift).astype(np.float32))


def unbiased_mmd(x: np.ndarray, y: np.ndarray) -> float:
    """Gretton et al. 2012, lemma 6, term by term, with the kernel of Bińkowski et al. 2018."""

    def kernel(a: np.ndarray, b: np.ndarray) -> float:
        return float((a @ b / len(a) + 1) ** 3)

    n = len(x)
    same = sum(kernel(s[i], s[j]) for s in (x, y) for i in range(n) for j in range(n) if i != j)
    other = sum(kernel(a, b) for a in x for b in y)
    return same / (n * (n - 1)) - 2 * other / n**2


def test_kid_is_the_unbiased_squared_mmd_with_the_cubic_kernel() -> None:
    x, y = points(30, 6, 1), points(30, 6, 2, shift=0.7)
    assert kid(x, y) == pytest.approx(unbiased_mmd(x.double().numpy(), y.double().numpy()), rel=1e-9)


def test_kid_of_sets_of_unlike_size_uses_all_of_the_larger_one() -> None:
    x, y = points(90, 6, 1), points(30, 6, 2, shift=0.7)
    truth = np.mean([unbiased_mmd(x[n : n + 30].double().numpy(), y.double().numpy()) for n in (0, 30, 60)])
    assert kid(x, y) == pytest.approx(truth, rel=1e-9)
    assert kid(y, x) == pytest.approx(truth, rel=1e-9)


def test_kid_of_many_pictures_is_the_mean_over_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = points(60, 6, 1), points(60, 6, 2, shift=0.7)
    monkeypatch.setattr(distance, "_BLOCK", 20)
    blocks = [unbiased_mmd(*(s[n : n + 20].double().numpy() for s in (x, y))) for n in (0, 20, 40)]
    assert kid(x, y) == pytest.approx(np.mean(blocks), rel=1e-9)


def test_kid_of_one_distribution_is_zero_on_average_and_draws_nothing() -> None:
    before = torch.random.get_rng_state()
    found = [kid(points(200, 8, 2 * n), points(200, 8, 2 * n + 1)) for n in range(40)]
    assert abs(np.mean(found)) < 2.5 * np.std(found) / len(found) ** 0.5
    assert min(found) < 0 < max(found)
    assert torch.equal(before, torch.random.get_rng_state())


def test_fid_is_the_frechet_distance_of_the_two_normals() -> None:
    x, y = points(300, 6, 1), points(200, 6, 2, shift=0.3) * 1.5
    a, b = x.double().numpy(), y.double().numpy()
    c, d = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    truth = np.square(a.mean(0) - b.mean(0)).sum() + np.trace(c + d - 2 * sqrtm(c @ d).real)
    assert fid(x, y) == pytest.approx(truth, rel=1e-6)
    assert fid(x, x) == pytest.approx(0, abs=1e-6)


def test_fid_of_a_collapsed_set_is_a_number() -> None:
    assert fid(points(50, 6, 1), torch.ones(50, 6)) > 1


def test_density_and_coverage_of_clouds_that_can_be_counted_by_hand() -> None:
    real = torch.tensor([[0.0], [1.0], [2.0], [10.0]])
    # with k = 1 the balls are (-1, 1), (0, 2), (1, 3) and (2, 18), without their edges
    fake = torch.tensor([[0.5], [1.5], [2.5], [100.0]])
    # in two balls; in two; in two; in none
    density, coverage = density_and_coverage(real, fake, k=1)
    assert density == pytest.approx(6 / 4)
    assert coverage == 1.0
    assert density_and_coverage(real, torch.tensor([[0.5]]), k=1) == pytest.approx((2.0, 0.5))
    assert density_and_coverage(real, torch.tensor([[100.0], [200.0]]), k=1) == (0.0, 0.0)
    # with k = 2 they are (-2, 2), (0, 2), (0, 4) and (1, 19)
    assert density_and_coverage(real, torch.tensor([[0.5], [-1.0]]), k=2) == pytest.approx((4 / 4, 3 / 4))


def test_a_set_of_the_same_kind_is_as_dense_and_covers_what_theory_says() -> None:
    density, coverage = density_and_coverage(points(2000, 4, 1), points(2000, 4, 2))
    assert density == pytest.approx(1, abs=0.05)
    assert coverage == pytest.approx(1 - 0.5**5, abs=0.02)  # Naeem et al. 2020, section 3.2


def test_a_collapsed_set_covers_little_however_dense_it_is() -> None:
    real = points(500, 4, 1)
    density, coverage = density_and_coverage(real, real[:1] + 1e-4 * points(500, 4, 2))
    assert density > 0.5
    assert coverage < 0.1


def test_spread_is_the_mean_distance_of_two_points() -> None:
    assert spread(torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 4.0]])) == pytest.approx((5 + 4 + 3) / 3)
