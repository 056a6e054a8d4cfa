from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from workbench.core.concepts.concept import Concept, Counts, Direction, concept_file, load_all
from workbench.core.concepts.local import Local
from workbench.core.errors import WorkbenchError
from workbench.core.tensors import read_tensors, write_tensors

MODEL = "a" * 64


def direction(method: str = "balanced-means", seed: int = 0) -> Direction:
    vector = np.random.default_rng(seed).normal(size=16)
    vector /= np.linalg.norm(vector)
    return Direction(method, vector.astype(np.float32), 1.5, -2.0, 3.0, 0.9, Counts(100, 200, 10, 20))


@pytest.fixture
def smiling() -> Concept:
    directions = {d.method: d for d in (direction(), direction("logistic", 1))}
    return Concept("Smiling", directions, "balanced-means", MODEL, "builtin:avatars")


@pytest.fixture
def path(smiling: Concept, tmp_path: Path) -> Path:
    smiling.save(tmp_path / "Smiling.safetensors")
    return tmp_path / "Smiling.safetensors"


def change(path: Path, **info: object) -> None:
    """Write the concept file at `path` again with another description."""
    arrays, known = read_tensors(path, "workbench-concept", 1, "concept")
    write_tensors(path, arrays, {**known, **info})


def test_a_saved_concept_comes_back_as_it_was(smiling: Concept, path: Path) -> None:
    back = Concept.load(path, MODEL)
    assert (back.name, back.chosen, back.model, back.data) == ("Smiling", "balanced-means", MODEL, "builtin:avatars")
    assert list(back.directions) == list(smiling.directions)
    for method, found in back.directions.items():
        known = smiling.directions[method]
        assert np.array_equal(found.vector, known.vector)
        assert (found.sigma, found.low, found.high, found.auc, found.counts) == (1.5, -2.0, 3.0, 0.9, known.counts)
    assert back.fingerprint == smiling.fingerprint


@pytest.fixture
def by_face(smiling: Concept) -> Concept:
    """The same with a direction that differs from face to face."""
    rng = np.random.default_rng(5)
    changes = rng.normal(size=(4, 16)).astype(np.float32)
    changes /= np.linalg.norm(changes, axis=1, keepdims=True)
    local = Local(rng.normal(size=(4, 16)).astype(np.float32), changes)
    directions = {**smiling.directions, "neighbours": replace(direction("neighbours", 2), local=local)}
    return replace(smiling, directions=directions, chosen="neighbours")


def test_a_direction_for_each_face_comes_back_as_it_was(by_face: Concept, tmp_path: Path) -> None:
    by_face.save(tmp_path / "Smiling.safetensors")
    back = Concept.load(tmp_path / "Smiling.safetensors", MODEL)
    codes = np.random.default_rng(0).normal(size=(5, 16)).astype(np.float32)
    assert np.array_equal(back.direction.steps(codes), by_face.direction.steps(codes))
    assert back.fingerprint == by_face.fingerprint != by_face.with_method("logistic").fingerprint
    assert np.array_equal(by_face.with_method("logistic").direction.steps(codes[0]), direction("logistic", 1).step)
    assert read_tensors(tmp_path / "Smiling.safetensors", "workbench-concept", 2, "concept")[1]["version"] == 2


@pytest.mark.parametrize(
    "change",
    [
        {"neighbours:centres": None},
        {"neighbours:changes": np.ones((4, 16), np.float32)},
        {"neighbours:centres": np.full((4, 16), np.nan, np.float32)},
        {"neighbours:centres": np.ones((3, 16), np.float32)},
    ],
)
def test_a_damaged_direction_for_each_face_is_refused(by_face: Concept, change: dict[str, np.ndarray | None]) -> None:
    vectors, info = by_face.pack()
    broken = {name: array for name, array in {**vectors, **change}.items() if array is not None}
    with pytest.raises(WorkbenchError, match="damaged"):
        Concept.unpack(broken, info, "model.workbench")


def test_the_file_can_be_read_without_the_program(path: Path) -> None:
    data = path.read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    info = json.loads(header["__metadata__"]["workbench"])
    assert (info["format"], info["version"], info["name"]) == ("workbench-concept", 1, "Smiling")
    assert info["directions"]["logistic"]["counts"]["train_with"] == 100
    assert header["logistic"]["shape"] == [16]


def test_the_fingerprint_is_that_of_the_step_that_the_slider_takes(smiling: Concept) -> None:
    other = smiling.with_method("logistic")
    assert other.fingerprint != smiling.fingerprint
    stronger = {"balanced-means": replace(smiling.direction, sigma=3.0)}
    assert replace(smiling, directions=stronger).fingerprint != smiling.fingerprint
    assert replace(smiling, name="Happy", data="elsewhere").fingerprint == smiling.fingerprint


def test_a_direction_cannot_be_changed_by_accident(smiling: Concept) -> None:
    with pytest.raises(ValueError, match="read-only"):
        smiling.direction.vector[0] = 1.0


def test_an_unknown_method_of_a_concept_is_refused_with_the_nearest(smiling: Concept) -> None:
    with pytest.raises(WorkbenchError, match="Did you mean 'logistic'"):
        smiling.with_method("logistics")


def test_another_models_concept_is_refused(path: Path) -> None:
    with pytest.raises(WorkbenchError, match=r"'Smiling'.*belongs to another model.*Find the concepts"):
        Concept.load(path, "b" * 64)


def test_a_concept_of_a_newer_program_is_refused(path: Path) -> None:
    change(path, version=3)
    with pytest.raises(WorkbenchError, match=r"newer program \(concept version 3; this one reads up to 2\)"):
        Concept.load(path, MODEL)


def test_a_pickle_in_disguise_is_not_opened(path: Path) -> None:
    path.write_bytes(pickle.dumps({"vector": [1.0]}))
    with pytest.raises(WorkbenchError, match="pickled Python objects"):
        Concept.load(path, MODEL)
    path.write_bytes(b"PK\x03\x04" + bytes(100))  # what torch.save writes
    with pytest.raises(WorkbenchError, match="pickled Python objects"):
        Concept.load(path, MODEL)


@pytest.mark.parametrize("keep", [0, 4, 30, 500, -1])
def test_a_file_that_was_cut_off_is_damaged(path: Path, keep: int) -> None:
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(WorkbenchError, match="damaged"):
        Concept.load(path, MODEL)


def test_a_safetensors_file_that_is_no_concept_is_told_apart_from_a_damaged_one(path: Path) -> None:
    path.write_bytes(save({"weight": np.ones(3, np.float32)}))
    with pytest.raises(WorkbenchError, match="is not a concept of this program"):
        Concept.load(path, MODEL)
    write_tensors(path, {"weight": np.ones(3, np.float32)}, {"format": "workbench-model", "version": 1})
    with pytest.raises(WorkbenchError, match="is not a concept of this program"):
        Concept.load(path, MODEL)


@pytest.mark.parametrize(
    "info",
    [
        {"name": ""},
        {"version": "1"},
        {"chosen": "nothing"},
        {"directions": {}},
        {"directions": {"logistic": {"sigma": 1.0, "low": -1.0, "high": 1.0, "auc": None}}},
    ],
)
def test_a_description_that_cannot_be_is_damaged(path: Path, info: dict[str, object]) -> None:
    change(path, **info)
    with pytest.raises(WorkbenchError, match="damaged"):
        Concept.load(path, MODEL)


def test_a_concept_of_another_size_than_the_models_codes_is_damaged(path: Path) -> None:
    with pytest.raises(WorkbenchError, match="damaged"):
        Concept.load(path, MODEL, latent=17)


@pytest.mark.parametrize(
    "values", [{"sigma": 0.0}, {"sigma": float("nan")}, {"low": 0.5}, {"high": -1.0}, {"auc": 1.5}, {"sigma": 1e300}]
)
def test_a_direction_with_impossible_values_is_damaged(smiling: Concept, values: dict[str, float]) -> None:
    vectors, info = smiling.pack()
    info["directions"]["logistic"].update(values)
    with pytest.raises(WorkbenchError, match="damaged"):
        Concept.unpack(vectors, info, "model.workbench")


@pytest.mark.parametrize(
    "vector", [np.full(16, np.nan), np.zeros(16), np.ones(16), np.eye(4), np.eye(1, 8)[0], np.full(16, 3e38)]
)
def test_a_vector_that_is_no_direction_is_damaged(smiling: Concept, vector: np.ndarray) -> None:
    vectors, info = smiling.pack()
    with pytest.raises(WorkbenchError, match=r"'model\.workbench' is damaged"):
        Concept.unpack({**vectors, "logistic": vector.astype(np.float32)}, info, "model.workbench")


def test_what_a_later_program_adds_within_this_version_is_passed_over(path: Path) -> None:
    change(path, group="Expression")
    assert Concept.load(path, MODEL).name == "Smiling"


def test_a_folder_gives_the_concepts_of_this_model_only(smiling: Concept, tmp_path: Path) -> None:
    for concept in (smiling, replace(smiling, name="Hat"), replace(smiling, name="Old", model="b" * 64)):
        concept.save(tmp_path / concept_file(concept.name))
    (tmp_path / "Broken.safetensors").write_bytes(b"not a concept")
    assert list(load_all(tmp_path, MODEL)) == ["Hat", "Smiling"]
    assert load_all(tmp_path / "missing", MODEL) == {}


def test_a_missing_file_and_a_folder_in_its_place_get_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="does not exist"):
        Concept.load(tmp_path / "none.safetensors", MODEL)
    with pytest.raises(WorkbenchError, match=r"Cannot read|No permission"):
        Concept.load(tmp_path, MODEL)


@given(st.text(min_size=1))
def test_any_label_gives_a_file_name_that_every_system_takes(name: str) -> None:
    file = concept_file(name)
    assert file.isascii()
    assert len(file) < 120
    assert not set(file) & set('<>:"/\\|?*')
    assert file.isprintable()
    assert file.split(".")[0].upper() not in {"CON", "NUL", "COM1", ""}


def test_plain_labels_keep_their_name_and_odd_ones_stay_apart() -> None:
    assert concept_file("5_o_Clock_Shadow") == "5_o_Clock_Shadow.safetensors"
    assert len({concept_file(name) for name in ("a/b", "a?b", "a_b", "CON", "../a_b", "ä", "ö", ".a_b")}) == 8
