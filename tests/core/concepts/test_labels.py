from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.core.concepts.labels import LabelledCodes
from workbench.core.data.cache import Dataset


def dataset(
    labels: dict[str, list[int]],
    partition: list[int],
    person: tuple[str, ...] | None = None,
    **text: tuple[str, ...],
) -> Dataset:
    count = len(partition)
    return Dataset(
        folder=Path("nowhere"),
        fingerprint="f" * 64,
        source="somewhere",
        name="somewhere",
        kind="folder",
        size=8,
        pictures=np.zeros((count, 8, 8, 3), np.uint8),
        names=tuple(map(str, range(count))),
        labels={name: np.array(values, np.int8) for name, values in labels.items()},
        partition=np.array(partition, np.int8),
        person=person,
        text=dict(text),
        skipped=(),
        alignment=None,
    )


@pytest.fixture
def codes() -> np.ndarray:
    return np.arange(16, dtype=np.float32).reshape(8, 2)


def test_examples_are_the_labelled_pictures_of_one_partition(codes: np.ndarray) -> None:
    data = dataset({"Smiling": [1, -1, 0, 1, -1, -1, 1, 1]}, [0, 0, 0, 0, 0, 2, 2, 1])
    known = LabelledCodes.of(data, codes)
    train, test = known.examples("Smiling", 0), known.examples("Smiling", 2)
    assert train.with_it.tolist() == codes[[0, 3]].tolist()
    assert train.without.tolist() == codes[[1, 4]].tolist()
    assert test.with_it.tolist() == codes[[6]].tolist()
    assert known.train.tolist() == codes[:5].tolist()  # the unknown one too


def test_other_labels_and_the_source_come_along_as_groups_of_the_same_pictures(codes: np.ndarray) -> None:
    data = dataset(
        {"Smiling": [1, -1, 1, -1, 0, 0, 0, 0], "Male": [1, 0, -1, 1, 0, 0, 0, 0]},
        [0] * 8,
        source=("lfw", "aaf", "aaf", "lfw", "lfw", "lfw", "lfw", "lfw"),
        only=("x",) * 8,
    )
    groups = LabelledCodes.of(data, codes).examples("Smiling", 0).groups
    assert set(groups) == {"Male", "source"}  # not the label itself, and not a column that says nothing
    assert groups["Male"].tolist() == [2, 0, 1, 2]  # yes, no | unknown, yes: those with come first
    assert groups["source"].tolist() == [1, 0, 0, 1]


def test_a_column_of_names_is_no_group() -> None:
    data = dataset({"Smiling": [1, -1] * 15}, [0] * 30, person_name=tuple(map(str, range(30))))
    known = LabelledCodes.of(data, np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32))
    assert known.examples("Smiling", 0).groups == {}


def test_a_picture_that_is_there_twice_with_opposite_labels_teaches_nothing(codes: np.ndarray) -> None:
    codes[4] = codes[0]
    codes[5] = codes[1]
    data = dataset({"Smiling": [1, -1, 1, -1, -1, -1, 0, 0]}, [0] * 8)
    known = LabelledCodes.of(data, codes)
    assert known.contradictory("Smiling").tolist() == [True, False, False, False, True, False, False, False]
    train = known.examples("Smiling", 0)
    assert train.with_it.tolist() == codes[[2]].tolist()
    assert len(train.without) == 3  # the other pair agrees and stays


def test_a_direction_is_measured_on_the_first_label_that_has_both_sides(codes: np.ndarray) -> None:
    data = dataset({"Sunglasses": [0] * 8, "Sunglasses_seen": [1, -1, -1, 1, 1, 0, 0, 0]}, [2, 2, 2, 0, 0, 0, 0, 0])
    known = LabelledCodes.of(data, codes)
    found = known.first_measurable(("Sunglasses", "Sunglasses_seen"), 2)
    assert (len(found.with_it), len(found.without)) == (1, 2)
    assert len(known.first_measurable(("Sunglasses", "Hat"), 2).with_it) == 0


def test_sunglasses_are_drawn_on_bare_training_faces_only(codes: np.ndarray) -> None:
    data = dataset(
        {"Eyeglasses": [1, -1, 0, 0, -1, -1, 0, 0], "Sunglasses": [-1, 1, 0, 0, 0, 0, 0, 0]}, [0, 0, 0, 0, 0, 0, 1, 2]
    )
    known = LabelledCodes.of(data, codes)
    assert known.bare_faces(100, np.random.default_rng(0), "glasses").tolist() == [2, 3, 4, 5]
    few = known.bare_faces(2, np.random.default_rng(0), "glasses")
    assert len(few) == 2
    assert few.tolist() == known.bare_faces(2, np.random.default_rng(0), "glasses").tolist()
    assert known.bare_faces(9, np.random.default_rng(0), None).tolist() == [0, 1, 2, 3, 4, 5]  # warmth minds no glasses


def test_pairs_are_the_people_who_are_known_with_and_without(codes: np.ndarray) -> None:
    data = dataset(
        {"Smiling": [1, 1, -1, 1, -1, -1, 1, -1]}, [0, 0, 0, 0, 0, 0, 2, 0], ("a", "a", "a", "b", "b", "c", "c", "")
    )
    pairs = LabelledCodes.of(data, codes).pairs("Smiling", 0)
    assert pairs.with_it.tolist() == [codes[:2].mean(axis=0).tolist(), codes[3].tolist()]
    assert pairs.without.tolist() == [codes[2].tolist(), codes[4].tolist()]
    nobody = LabelledCodes.of(dataset({"Smiling": [1, -1] * 4}, [0] * 8), codes).pairs("Smiling", 0)
    assert nobody.with_it.shape == (0, 2)


def test_labels_count_only_where_they_were_asked_for(codes: np.ndarray) -> None:
    data = dataset({"Smiling": [1, -1, 1, -1, 1, -1, 1, -1]}, [0] * 8)
    known = LabelledCodes.of(data, codes).only(np.arange(8) < 4)
    train = known.examples("Smiling", 0)
    assert (len(train.with_it), len(train.without)) == (2, 2)
    assert len(known.train) == 8  # the spread of all codes stays the measure


def test_the_mean_colours_of_the_same_pictures_come_along(codes: np.ndarray) -> None:
    data = dataset({"Smiling": [1, -1, 0, 1, 0, 0, 0, 0]}, [0] * 8)
    colours = np.arange(24, dtype=float).reshape(8, 3)
    covariates = LabelledCodes.of(data, codes, colours).examples("Smiling", 0).covariates
    assert {name: values.tolist() for name, values in covariates.items()} == {
        "red": [0.0, 9.0, 3.0],
        "green": [1.0, 10.0, 4.0],
        "blue": [2.0, 11.0, 5.0],
    }
