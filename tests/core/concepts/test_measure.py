from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from workbench.core.concepts.measure import find_direction, slider_ends
from workbench.core.concepts.methods import METHODS, Examples
from workbench.core.concepts.roc import auc

scores = st.lists(st.integers(-5, 5), min_size=1, max_size=30)  # whole numbers: many are equal


@given(scores, scores)
def test_auc_is_scikit_learns_with_equal_scores_too(with_it: list[int], without: list[int]) -> None:
    truth = roc_auc_score([1] * len(with_it) + [0] * len(without), with_it + without)
    assert auc(np.array(with_it, float), np.array(without, float)) == pytest.approx(truth)


def test_auc_of_one_side_is_unknown() -> None:
    assert auc(np.array([1.0]), np.array([])) is None
    assert auc(np.array([]), np.array([1.0])) is None


def test_a_direction_comes_with_its_unit_its_ends_its_auc_and_its_counts(planted: Any) -> None:
    examples = planted.examples()
    train = Examples(examples.with_it[:1500], examples.without[:1400])
    test = Examples(examples.with_it[1500:], examples.without[1400:])
    codes = np.concatenate([train.with_it, train.without])
    direction = find_direction(METHODS["logistic"], train, codes, test)
    assert direction is not None
    assert np.linalg.norm(direction.vector) == pytest.approx(1.0)
    assert direction.sigma == pytest.approx(np.std(codes @ direction.vector), rel=1e-5)
    projections = [side @ direction.vector for side in (test.with_it, test.without)]
    assert direction.auc == pytest.approx(auc(*projections))
    assert direction.auc is not None
    assert direction.auc > 0.9
    assert direction.counts.train_with == 1500
    assert direction.counts.test_without == len(examples.without) - 1400


def test_a_slider_ends_where_the_data_ends() -> None:
    rng = np.random.default_rng(0)
    without, with_it = rng.normal(0, 1, 100_000), rng.normal(2, 1, 100_000)
    low, high = slider_ends(with_it, without, 1.0)
    assert high == pytest.approx(2 + 1.645, abs=0.05)  # from the middle without to the 95th percentile with
    assert low == pytest.approx(-2 - 1.645, abs=0.05)
    assert slider_ends(with_it, without, 2.0) == pytest.approx((low / 2, high / 2))


def test_a_slider_always_has_two_ends() -> None:
    low, high = slider_ends(np.full(10, -9.0), np.full(10, 9.0), 1.0)
    assert low == -1
    assert high == 1


def test_two_sides_that_are_the_same_have_no_direction() -> None:
    codes = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    same = Examples(codes, codes[::-1])
    assert find_direction(METHODS["mean-difference"], same, codes, same) is None
    still = Examples(codes * 0 + 1, codes * 0 + 1)
    assert find_direction(METHODS["mean-difference"], still, codes * 0 + 1, still) is None
