from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workbench.core.concepts.concept import Concept, load_all
from workbench.core.concepts.measure import find_direction
from workbench.core.concepts.methods import METHODS
from workbench.core.control import Control
from workbench.core.data.table import TEST, TRAIN
from workbench.core.errors import Stopped, WorkbenchError
from workbench.core.events import Advice, Event, Progress, Saved
from workbench.core.runs.trained import open_model
from workbench.jobs.api import run
from workbench.jobs.concept_examples import open_material
from workbench.jobs.prove_concepts import ProofRequest, prove_concepts

AVATARS = "builtin:avatars"
STEPS = 400


def request(model: Path, *names: str, **changes: object) -> ProofRequest:
    return replace(ProofRequest(model, AVATARS, names or None, faces=60, steps=STEPS), **changes)


@pytest.fixture(scope="module")
def proven(trained_run: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """A copy of the trained run with two concepts proven, and one that is nothing but noise."""
    model = Path(shutil.copytree(trained_run, tmp_path_factory.mktemp("proven") / "tiny"))
    opened = open_model(model)
    hair = opened.concepts["Facial_Hair"]
    rng = np.random.default_rng(0)
    noise = rng.normal(size=opened.latent)
    vector = (noise / np.linalg.norm(noise)).astype(np.float32)
    direction = replace(hair.direction, vector=vector)
    Concept("Noise", {hair.chosen: direction}, hair.chosen, hair.model, AVATARS).save(
        model / "concepts" / "Noise.safetensors"
    )
    events: list[Event] = []
    run(prove_concepts(request(model, "Facial_Hair", "Sunglasses", "Noise")), events.append)
    return model, events


def test_a_proof_is_kept_with_the_concept(proven: tuple[Path, list[Event]]) -> None:
    model, events = proven
    concepts = open_model(model).concepts
    direction = concepts["Facial_Hair"].direction
    proof = direction.proof
    assert proof is not None
    assert direction.auc is not None
    assert proof.auc_low is not None
    assert proof.auc_high is not None
    assert proof.auc_low < direction.auc < proof.auc_high
    assert proof.angle is not None
    assert 0 < proof.angle < 30
    assert proof.faces == 60
    assert (direction.low, direction.high) == (proof.low, proof.high)
    assert [event.path.name for event in events if isinstance(event, Saved)] == [
        "Facial_Hair.safetensors",
        "Sunglasses.safetensors",
        "Noise.safetensors",
    ]
    assert concepts["Smiling"].direction.proof is None  # nobody asked


def test_the_judge_sees_what_it_was_taught_and_the_edit_turns_it_round(proven: tuple[Path, list[Event]]) -> None:
    proof = open_model(proven[0]).concepts["Facial_Hair"].direction.proof
    assert proof is not None
    photos, decoded = proof.judge_auc
    assert photos is not None
    assert decoded is not None
    assert photos > 0.7
    assert decoded > 0.65
    assert proof.flip_on is not None
    assert proof.flip_on > 0.5
    assert proof.side_effects["Facial_Hair"] == 1
    assert {"Smiling", "Male", "Sunglasses"} - set(proof.side_effects) == {"Male"} - set(proof.side_effects)
    worst = proof.collateral
    assert worst is not None
    assert worst[0] not in proof.kin


def test_a_change_that_belongs_to_the_eyes_is_looked_for_there(proven: tuple[Path, list[Event]]) -> None:
    concepts = open_model(proven[0]).concepts
    eyes, mouth = (concepts[name].direction.proof for name in ("Sunglasses", "Facial_Hair"))
    assert eyes is not None
    assert mouth is not None
    assert (eyes.region, mouth.region) == ("eyes", "mouth")
    assert eyes.inside is not None
    assert eyes.inside > 0.3  # a fifth of the picture
    assert eyes.recognised is not None
    assert 0 <= eyes.recognised <= 1


def test_noise_has_no_examples_to_be_measured_on_and_says_nothing_of_itself(proven: tuple[Path, list[Event]]) -> None:
    proof = open_model(proven[0]).concepts["Noise"].direction.proof
    assert proof is not None
    assert proof.auc_low is None
    assert proof.angle is None
    assert proof.flip_on is None
    assert dict(proof.side_effects) == {}
    assert {"Smiling", "Facial_Hair"} <= set(proof.moves)  # but what a judge sees of it is told
    assert proof.recognised is not None


def test_the_same_proof_comes_out_again(proven: tuple[Path, list[Event]], tmp_path: Path) -> None:
    model = open_model(proven[0])
    events: list[Event] = []
    (again,) = run(prove_concepts(request(proven[0], "Facial_Hair", out=tmp_path)), events.append)
    assert again.direction.proof == model.concepts["Facial_Hair"].direction.proof
    assert not any(isinstance(event, Progress) and event.task == "Training the judge" for event in events)  # kept
    assert load_all(tmp_path, model.fingerprint).keys() == {"Facial_Hair"}


def test_every_method_can_be_proven_side_by_side(proven: tuple[Path, list[Event]], tmp_path: Path) -> None:
    (hair,) = run(prove_concepts(request(proven[0], "Facial_Hair", every_method=True, faces=20, out=tmp_path)))
    assert all(direction.proof is not None for direction in hair.directions.values())


def test_a_stop_leaves_what_was_proven(proven: tuple[Path, list[Event]], tmp_path: Path) -> None:
    control = Control()

    def stop_after_the_first(event: Event) -> None:
        if isinstance(event, Saved):
            control.stop()

    with pytest.raises(Stopped):
        run(
            prove_concepts(request(proven[0], "Facial_Hair", "Sunglasses", out=tmp_path), control), stop_after_the_first
        )
    assert [path.name for path in tmp_path.iterdir()] == ["Facial_Hair.safetensors"]


def test_a_concept_that_is_found_anew_meanwhile_stays(proven: tuple[Path, list[Event]], tmp_path: Path) -> None:
    model = open_model(proven[0])
    old = model.concepts["Facial_Hair"]
    new = replace(old, directions={old.chosen: replace(old.direction, sigma=2 * old.direction.sigma)})
    said = []

    def find_anew(event: Event) -> None:
        if isinstance(event, Progress) and event.task == "Proving concepts" and event.done == 0:
            new.save(tmp_path / "Facial_Hair.safetensors")
        elif isinstance(event, Advice):
            said.append(event.finding)

    assert run(prove_concepts(request(proven[0], "Facial_Hair", out=tmp_path)), find_anew) == ()
    assert load_all(tmp_path, model.fingerprint)["Facial_Hair"].fingerprint == new.fingerprint
    assert any("found anew" in finding for finding in said)


def test_what_cannot_be_proven_is_refused(trained_run: Path, run_copy: Path, few_pictures: Path) -> None:
    with pytest.raises(WorkbenchError, match="Did you mean 'Smiling'"):
        run(prove_concepts(request(trained_run, "Smilling")))
    shutil.rmtree(run_copy / "concepts")
    with pytest.raises(WorkbenchError, match=r"has no concepts yet\. Find them first"):
        run(prove_concepts(request(run_copy)))


def test_a_column_says_where_labels_count(trained_run: Path) -> None:
    with pytest.raises(WorkbenchError, match="no text column 'sauce'"):
        run(open_material(trained_run, AVATARS, "sauce=lfw", Control()))
    with pytest.raises(WorkbenchError, match="names no value"):
        run(open_material(trained_run, AVATARS, "source", Control()))


def test_a_direction_from_few_pictures_turns_more_than_one_from_many(trained_run: Path) -> None:
    from workbench.core.concepts.measure import turned

    material = run(open_material(trained_run, AVATARS, None, Control()))
    method = METHODS["mean-difference"]
    many, test = (material.known.examples("Facial_Hair", part) for part in (TRAIN, TEST))
    few = many.take(np.arange(12), np.arange(12))
    angles = []
    for examples in (many, few):
        direction = find_direction(method, examples, material.known.train, test)
        assert direction is not None
        angles.append(np.median(list(turned(method, examples, direction.vector))))
    assert angles[0] < angles[1] / 2


def test_labels_that_exclude_each_other_are_no_side_effects(proven: tuple[Path, list[Event]]) -> None:
    proof = open_model(proven[0]).concepts["Sunglasses"].direction.proof
    assert proof is not None
    assert "Eyeglasses" in proof.kin  # nobody wears both
    assert proof.collateral is not None
    assert proof.collateral[0] != "Eyeglasses"
