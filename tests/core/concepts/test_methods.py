from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from workbench.core.concepts.methods import METHODS, UNNAMED, Examples, Inside, method_named
from workbench.core.concepts.methods.balanced_means import balance
from workbench.core.errors import WorkbenchError


def unit(vector: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return vector / np.linalg.norm(vector)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_a_planted_direction_and_points_to_more_of_it(method: str) -> None:
    rng = np.random.default_rng(0)
    truth = unit(rng.normal(size=16))
    without = rng.normal(size=(600, 16)).astype(np.float32)
    noise = 0.1 * rng.normal(size=(600, 16))
    with_it = (without + 3.0 * truth + noise).astype(np.float32)
    assert unit(METHODS[method].find(Examples(with_it, without))) @ truth > 0.97


def test_the_difference_of_means_is_just_that() -> None:
    with_it = np.array([[1, 0], [3, 2]], np.float32)
    without = np.array([[0, 0], [0, 4], [0, 2]], np.float32)
    assert METHODS["mean-difference"].find(Examples(with_it, without)).tolist() == [2.0, -1.0]


def test_balanced_means_lose_most_of_what_a_correlated_label_leaks_into_the_plain_difference(planted: Any) -> None:
    plain, balanced = (unit(METHODS[name].find(planted.examples())) for name in ("mean-difference", "balanced-means"))
    assert abs(plain @ planted.man) > 0.5  # a slider that would make women of smiling men
    assert abs(balanced @ planted.man) < 0.05
    assert balanced @ planted.smile > 0.97


def test_balancing_gives_every_label_the_same_share_on_both_sides() -> None:
    rng = np.random.default_rng(1)
    has = rng.random(3000) < 0.4
    columns = {
        "Male": (rng.random(3000) < np.where(has, 0.3, 0.6)).astype(np.int64),
        "source": np.where(has, rng.choice(3, 3000, p=[0.6, 0.3, 0.1]), rng.choice(3, 3000, p=[0.2, 0.4, 0.4])),
        "Hat": rng.integers(0, 2, 3000),
    }
    order = np.argsort(~has, kind="stable")
    groups = {name: values[order] for name, values in columns.items()}
    codes = rng.normal(size=(3000, 2)).astype(np.float32)
    weights = balance(Examples(codes[has], codes[~has], groups))
    assert [w.sum() for w in weights] == pytest.approx([1.0, 1.0])
    for values in groups.values():
        first, second = (np.bincount(v, w, 3) for v, w in zip(np.split(values, [has.sum()]), weights, strict=True))
        assert first == pytest.approx(second, abs=1e-4)


def test_with_one_label_the_weights_are_those_of_repeating_pictures_until_shares_are_equal() -> None:
    groups = np.array([0] * 30 + [1] * 10 + [0] * 20 + [1] * 60)
    codes = np.zeros((120, 2), np.float32)
    with_weights, without_weights = balance(Examples(codes[:40], codes[40:], {"Male": groups}))
    assert with_weights[:30].sum() == pytest.approx(0.5)  # the mean of 30/40 and 20/80
    assert without_weights[:20].sum() == pytest.approx(0.5)
    assert len(set(with_weights[:30].round(9))) == 1


@pytest.mark.parametrize(
    "groups",
    [
        np.repeat([1, 0], 50),  # another spelling of the label itself
        np.array([1] * 49 + [0] + [0] * 49 + [1]),  # the same with two slips
        np.array([0] * 50 + [0] * 25 + [1] * 25),  # occurs on one side only
        np.zeros(100, np.int64),  # says nothing
    ],
)
def test_a_label_that_cannot_be_balanced_is_left_alone(groups: npt.NDArray[np.int64]) -> None:
    codes = np.random.default_rng(0).normal(size=(100, 4)).astype(np.float32)
    examples = Examples(codes[:50], codes[50:], {"other": groups})
    assert METHODS["balanced-means"].find(examples) == pytest.approx(METHODS["mean-difference"].find(examples))


def test_a_handful_of_odd_pictures_never_speaks_for_a_whole_group() -> None:
    rng = np.random.default_rng(0)
    groups = {"a": rng.integers(0, 2, 400), "b": rng.integers(0, 2, 400), "c": np.array([1] * 12 + [0] * 388)}
    codes = rng.normal(size=(400, 4)).astype(np.float32)
    for weights in balance(Examples(codes[:200], codes[200:], groups)):
        assert weights.max() <= 10.5 / 200


def test_the_logistic_normal_belongs_to_the_codes_and_not_to_their_scaled_copies() -> None:
    rng = np.random.default_rng(0)
    scale = np.array([100.0, 1.0, 0.01])
    has = np.arange(2000) < 1000
    codes = (rng.normal(size=(2000, 3)) + has[:, None] * np.array([0.5, 1.0, 1.0])) * scale
    found = METHODS["logistic"].find(Examples(codes[has].astype(np.float32), codes[~has].astype(np.float32)))
    assert unit(found * scale) @ unit(np.array([0.5, 1.0, 1.0])) > 0.99


def test_a_dimension_that_the_encoder_does_not_use_disturbs_no_method() -> None:
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(200, 4)).astype(np.float32)
    codes[:100, 0] += 2
    codes[:, 3] = 0.0
    for method in METHODS.values():
        found = method.find(Examples(codes[:100], codes[100:]))
        assert np.isfinite(found).all()
        assert abs(found[3]) < 1e-9


def test_an_unknown_method_is_refused_with_the_nearest() -> None:
    with pytest.raises(WorkbenchError, match=r"no method 'balanced-mean'. Did you mean 'balanced-means'"):
        method_named("balanced-mean")


def test_least_squares_hold_labels_and_colours_that_go_with_the_attribute() -> None:
    rng = np.random.default_rng(0)
    smile, man, dark = np.linalg.qr(rng.normal(size=(16, 3)))[0].T
    has = np.arange(3000) < 1500
    men = rng.random(3000) < np.where(has, 0.2, 0.8)
    darkness = rng.normal(size=3000) + has  # those who smile stand in the shade
    codes = (
        rng.normal(size=(3000, 16)) + 2 * np.outer(has, smile) + 3 * np.outer(men, man) + 2 * np.outer(darkness, dark)
    )
    examples = Examples(
        codes[has].astype(np.float32),
        codes[~has].astype(np.float32),
        {"Male": men.astype(np.int64), "Smiling_too": has.astype(np.int64)},  # the second cannot be held
        {"red": 100 - 20 * darkness, "still": np.full(3000, 7.0)},
    )
    plain, held = (unit(METHODS[name].find(examples)) for name in ("mean-difference", "least-squares"))
    assert abs(plain @ man) > 0.4
    assert abs(plain @ dark) > 0.4
    assert abs(held @ man) < 0.1
    assert abs(held @ dark) < 0.1
    assert held @ smile > 0.97


def test_support_vectors_find_the_border_where_means_are_drawn_aside() -> None:
    rng = np.random.default_rng(0)
    without = rng.normal(size=(500, 4)) * 0.2
    with_it = without + np.array([1, 0, 0, 0])
    with_it[:100] += np.array([0, 30, 0, 0])  # far behind the border: it does not matter how far
    examples = Examples(with_it.astype(np.float32), without.astype(np.float32))
    assert unit(METHODS["mean-difference"].find(examples))[1] > 0.9
    assert unit(METHODS["svm"].find(examples))[0] > 0.9


def test_the_combined_direction_lies_between_its_parts(planted: Any) -> None:
    names = ("balanced-means", "least-squares", "discriminant")
    parts = [unit(METHODS[name].find(planted.examples())) for name in names]
    middle = unit(METHODS["combined"].find(planted.examples()))
    angles = [middle @ part for part in parts]
    assert min(angles) >= min(a @ b for a in parts for b in parts) - 1e-9
    assert middle @ planted.smile > 0.9


@pytest.fixture(scope="module")
def two_ways() -> Examples:
    """Faces of two kinds, far apart, that smile in two ways at right angles."""
    rng = np.random.default_rng(0)
    kind = rng.random(2000) < 0.5
    has = rng.random(2000) < 0.5
    codes = rng.normal(size=(2000, 8)) + 12.0 * np.outer(kind, np.eye(8)[7])
    codes += 3.0 * np.where(kind[:, None], np.eye(8)[0], np.eye(8)[1]) * has[:, None]
    return Examples(codes[has].astype(np.float32), codes[~has].astype(np.float32))


def test_neighbours_give_each_face_its_own_direction(two_ways: Examples) -> None:
    method = METHODS["neighbours"]
    assert method.local
    local = method.local(two_ways)
    first, second = np.zeros((2, 8), np.float32)
    first[7] = 12.0
    at_first, at_second = local.at(np.stack([first, second]))
    assert at_first[0] > 0.95
    assert at_second[1] > 0.95
    assert local.at(first) == pytest.approx(at_first)
    everywhere = unit(method.find(two_ways))
    assert 0.5 < everywhere[0] < 0.9
    assert 0.5 < everywhere[1] < 0.9


def test_a_direction_turns_from_one_kind_of_face_to_the_other_without_a_jump(two_ways: Examples) -> None:
    method = METHODS["neighbours"]
    assert method.local
    way = np.outer(np.linspace(0, 12, 241), np.eye(8)[7]).astype(np.float32)
    directions = method.local(two_ways).at(way)
    assert np.linalg.norm(directions, axis=1) == pytest.approx(np.ones(241), abs=1e-5)
    assert (directions[1:] * directions[:-1]).sum(axis=1).min() > 0.99


def test_principal_components_come_in_the_order_of_how_much_faces_differ() -> None:
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 5)))[0]
    variances = np.array([1.0, 9.0, 4.0, 0.1, 2.0])
    found = UNNAMED["pca"].find(Inside(turn @ np.diag(variances) @ turn.T, np.eye(5)))
    for direction, which in zip(found, np.argsort(-variances), strict=True):
        assert abs(unit(direction) @ turn[:, which]) == pytest.approx(1)


def test_the_first_layer_counts_by_what_one_deviation_of_the_codes_does() -> None:
    layer = np.diag([1.0, 3.0, 2.0])
    alike = UNNAMED["svd"].find(Inside(np.eye(3), layer))
    assert np.argmax(np.abs(alike), axis=1).tolist() == [1, 2, 0]
    uneven = UNNAMED["svd"].find(Inside(np.diag([100.0, 1.0, 1.0]), layer))  # 10 x 1 is more than 1 x 3
    assert np.argmax(np.abs(uneven), axis=1).tolist() == [0, 1, 2]


@pytest.mark.parametrize("method", METHODS)
def test_the_same_examples_give_the_same_direction_to_the_bit(method: str, planted: Any) -> None:
    examples = planted.examples()
    few = examples.take(np.arange(200), np.arange(200))
    assert np.array_equal(METHODS[method].find(few), METHODS[method].find(few))


def test_examples_are_taken_with_all_that_is_known_of_them() -> None:
    codes = np.arange(10, dtype=np.float32).reshape(5, 2)
    examples = Examples(codes[:3], codes[3:], {"g": np.arange(5)}, {"red": np.arange(5.0)})
    some = examples.take(np.array([2, 2]), np.array([1]))
    assert some.with_it.tolist() == [[4, 5], [4, 5]]
    assert some.without.tolist() == [[8, 9]]
    assert some.groups["g"].tolist() == [2, 2, 4]
    assert some.covariates["red"].tolist() == [2.0, 2.0, 4.0]


def test_every_method_describes_itself() -> None:
    for name, method in {**METHODS, **UNNAMED}.items():
        assert method.name == name
        assert method.title
        assert method.summary.endswith(".")
