from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.core.concepts.choice import MOVERS, choose
from workbench.core.concepts.codes import encode_dataset
from workbench.core.concepts.concept import Concept
from workbench.core.concepts.labels import LabelledCodes
from workbench.core.control import Control
from workbench.core.data.table import VALIDATION
from workbench.core.errors import Stopped, WorkbenchError
from workbench.core.events import Advice, Event, Progress, Saved
from workbench.core.runs.export import export_model
from workbench.core.runs.trained import open_model
from workbench.jobs.api import run
from workbench.jobs.find_concepts import ConceptRequest, find_concepts

AVATARS = "builtin:avatars"
LABEL_METHODS = {
    "balanced-means",
    "combined",
    "discriminant",
    "least-squares",
    "logistic",
    "mean-difference",
    "neighbours",
    "svm",
}

Find = Callable[..., tuple[Concept, ...]]


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def find(trained_run: Path, tmp_path: Path, events: list[Event]) -> Find:
    """Find concepts of the tiny run, into a folder of the test."""

    def find(data: str | Path = AVATARS, *labels: str, method: str | None = None) -> tuple[Concept, ...]:
        request = ConceptRequest(trained_run, data, labels or None, method, tmp_path / "concepts")
        return run(find_concepts(request), events.append)

    return find


def advice(events: list[Event]) -> list[str]:
    return [event.finding for event in events if isinstance(event, Advice)]


def test_a_label_gets_a_direction_by_every_method_with_its_auc_and_counts(find: Find, trained_run: Path) -> None:
    (concept,) = find(AVATARS, "Long_Hair")
    assert concept.name == "Long_Hair"
    assert concept.model == open_model(trained_run).fingerprint
    assert concept.data == AVATARS
    assert set(concept.directions) == LABEL_METHODS
    for direction in concept.directions.values():
        assert direction.auc is not None
        assert direction.auc > 0.7
        assert min(direction.counts.train_with, direction.counts.train_without) > 1000
        assert min(direction.counts.test_with, direction.counts.test_without) > 100
        assert direction.low < 0 < direction.high


def test_the_slider_takes_the_direction_that_the_rule_chooses_on_validation_pictures(
    find: Find, trained_run: Path
) -> None:
    from workbench.jobs.prepare_data import prepare_data

    concepts = find(AVATARS, "Long_Hair", "Facial_Hair")
    model = open_model(trained_run)
    data = run(prepare_data(AVATARS, model.size))
    known = LabelledCodes.of(data, run(encode_dataset(model, data, Control())))
    for concept in concepts:
        assert (concept.chosen, concept.why) == choose(concept.directions, known.examples(concept.name, VALIDATION))


def test_more_of_a_concept_is_more_of_it_in_the_codes_of_unseen_pictures(find: Find, trained_run: Path) -> None:
    from workbench.jobs.prepare_data import prepare_data

    (concept,) = find(AVATARS, "Long_Hair")
    model = open_model(trained_run)
    data = run(prepare_data(AVATARS, model.size))
    rows, has = data.rows(2), data.labels["Long_Hair"][data.rows(2)]
    projections = model.encode(data.pictures[rows]) @ concept.direction.vector
    assert projections[has == 1].mean() > projections[has == -1].mean() + concept.direction.sigma / 2


def test_every_concept_is_saved_and_can_be_loaded(find: Find, events: list[Event], tmp_path: Path) -> None:
    concepts = find(AVATARS, "Long_Hair", "Hat")
    saved = [event.path for event in events if isinstance(event, Saved) and event.kind == "concept"]
    assert saved == [tmp_path / "concepts" / f"{name}.safetensors" for name in ("Long_Hair", "Hat")]
    for path, concept in zip(saved, concepts, strict=True):
        assert Concept.load(path, concept.model).fingerprint == concept.fingerprint


def test_concepts_go_to_the_run_unless_another_folder_is_named(run_copy: Path) -> None:
    before = set(open_model(run_copy).concepts)
    run(find_concepts(ConceptRequest(run_copy, AVATARS, ("Dark_Skin",))))
    assert set(open_model(run_copy).concepts) == before | {"Dark_Skin"}


def test_the_method_that_was_asked_for_moves_the_slider(find: Find) -> None:
    (concept,) = find(AVATARS, "Hat", method="logistic")
    assert concept.chosen == "logistic"
    assert set(concept.directions) == LABEL_METHODS  # the others stand beside it


def test_sunglasses_have_labels_and_drawn_pairs_side_by_side(trained_run: Path) -> None:
    concept = open_model(trained_run).concepts["Sunglasses"]
    assert set(concept.directions) == LABEL_METHODS | {"drawn-pairs"}
    assert concept.chosen in MOVERS
    drawn = concept.directions["drawn-pairs"]
    assert drawn.auc is not None
    assert drawn.auc > 0.7  # measured on sunglasses that nobody of ours has drawn
    assert drawn.vector @ concept.directions["mean-difference"].vector > 0.4


def test_sunglasses_by_drawing_alone_compute_nothing_else(find: Find, trained_run: Path, tmp_path: Path) -> None:
    (concept,) = find(AVATARS, "Sunglasses", method="drawn-pairs")
    assert set(concept.directions) == {"drawn-pairs"}
    assert concept.chosen == "drawn-pairs"
    assert concept.direction.counts.train_with == concept.direction.counts.train_without > 100
    assert [path.name for path in (tmp_path / "concepts").iterdir()] == ["Sunglasses.safetensors"]
    beside = open_model(trained_run).concepts["Sunglasses"].directions["drawn-pairs"]
    # the same drawings each time; how many threads encode them shows in the last bits
    np.testing.assert_allclose(concept.direction.vector, beside.vector, atol=1e-5)


def test_only_sunglasses_can_be_drawn(find: Find) -> None:
    with pytest.raises(WorkbenchError, match="'Hat' cannot be found by drawing, only Sunglasses, Eyeglasses"):
        find(AVATARS, "Hat", method="drawn-pairs")


def test_nothing_is_drawn_on_pictures_that_are_not_aligned_faces(find: Find, few_pictures: Path) -> None:
    with pytest.raises(WorkbenchError, match="Nothing can be drawn on 'few'"):
        find(few_pictures, method="drawn-pairs")


def test_labels_with_too_few_on_a_side_are_left_out_with_advice(
    find: Find, events: list[Event], few_pictures: Path
) -> None:
    assert [concept.name for concept in find(few_pictures)] == ["Long_Hair"]
    found = advice(events)
    assert (
        "'Rare' has too few examples: of the training pictures 3 have it and 57 do not. Its labels were not used."
        in found
    )
    assert any(finding.startswith("'One_Sided' has too few examples") for finding in found)


def test_a_label_that_was_asked_for_and_is_one_sided_is_an_error_and_nothing_is_saved(
    find: Find, few_pictures: Path, tmp_path: Path
) -> None:
    with pytest.raises(WorkbenchError, match=r"of the training pictures 60 have it and 0 do not\. Label at least 10"):
        find(few_pictures, "Long_Hair", "One_Sided")
    assert not (tmp_path / "concepts").exists()


def test_contradictory_labels_are_left_out_with_advice(find: Find, events: list[Event], few_pictures: Path) -> None:
    (concept,) = find(few_pictures, "Long_Hair")
    assert "4 pictures are in the data more than once, with 'Long_Hair' and without it." in advice(events)
    counts = concept.direction.counts
    assert (counts.train_with, counts.train_without, counts.test_with, counts.test_without) == (29, 29, 10, 10)


def test_labels_that_say_nothing_about_the_pictures_are_an_error(find: Find, tmp_path: Path) -> None:
    folder = tmp_path / "grey"
    for side in ("with", "without"):
        (folder / side).mkdir(parents=True)
        for number in range(30):
            Image.new("RGB", (32, 32), (100, 120, 90)).save(folder / side / f"{number}.png")
    with pytest.raises(WorkbenchError, match="has too few examples: of the training pictures 0 have it"):
        find(folder, "with")
    with pytest.raises(WorkbenchError, match="No label of 'grey' can be made a concept"):
        find(folder)


def test_an_unknown_label_gets_the_nearest_name(find: Find) -> None:
    with pytest.raises(WorkbenchError, match=r"no label 'smilling'\. Did you mean 'Smiling'"):
        find(AVATARS, "smilling")


def test_an_unknown_method_is_refused_before_anything_is_computed(find: Find, events: list[Event]) -> None:
    with pytest.raises(WorkbenchError, match=r"no method 'logistics'\. Did you mean 'logistic'"):
        find(AVATARS, "Smiling", method="logistics")
    assert events == []


def test_a_source_without_labels_gets_a_sentence(find: Find, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(12):
        Image.fromarray(rng.integers(0, 255, (32, 32, 3), np.uint8)).save(folder / f"{number}.png")
    with pytest.raises(WorkbenchError, match=r"'plain' has no labels\. Add an attributes\.csv"):
        find(folder)


def test_a_model_file_stays_as_it_is_and_has_its_new_concepts_beside(run_copy: Path, tmp_path: Path) -> None:
    path = export_model(open_model(run_copy), tmp_path / "tiny.workbench")
    before = path.read_bytes()
    (concept,) = run(find_concepts(ConceptRequest(path, AVATARS, ("Hat",))))
    assert path.read_bytes() == before
    opened = open_model(path)
    assert set(opened.concepts) == {"Facial_Hair", "Hat", "Smiling", "Sunglasses"}
    assert opened.concepts["Hat"].fingerprint == concept.fingerprint
    assert (opened.concepts_folder / "Hat.safetensors").exists()


def test_concepts_go_where_one_says(run_copy: Path, tmp_path: Path) -> None:
    path = export_model(open_model(run_copy), tmp_path / "tiny.workbench")
    (concept,) = run(find_concepts(ConceptRequest(path, AVATARS, ("Hat",), out=tmp_path / "out")))
    assert concept.model == open_model(run_copy).fingerprint  # the run's: the weights are the same
    assert (tmp_path / "out" / "Hat.safetensors").exists()


def test_stopping_saves_nothing(trained_run: Path, tmp_path: Path) -> None:
    control = Control()
    out = tmp_path / "concepts"
    job = find_concepts(ConceptRequest(trained_run, AVATARS, ("Hat", "Long_Hair"), out=out), control)
    while not (isinstance(event := next(job), Progress) and event.task == "Finding concepts"):
        pass
    control.stop()
    with pytest.raises(Stopped):
        next(job)
    assert not out.exists()
