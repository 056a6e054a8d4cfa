"""Directions tried before a judge, and one composed of what was seen."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workbench.core.concepts.concept import Concept
from workbench.core.concepts.conditional import CONDITIONAL
from workbench.core.control import Control
from workbench.core.data.table import TRAIN
from workbench.core.errors import WorkbenchError
from workbench.core.events import Progress
from workbench.core.runs.trained import open_model
from workbench.jobs.api import run
from workbench.jobs.concept_examples import open_material
from workbench.jobs.find_concepts import ConceptRequest, find_concepts
from workbench.jobs.judges import GUIDE, PROVER, photos_of
from workbench.jobs.prove_concepts import ProofRequest, prove_concepts

AVATARS = "builtin:avatars"
STEPS = 400


@pytest.fixture(scope="module")
def tried(trained_run: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Concept, ...]]:
    """A copy of the trained run whose directions of two labels were tried."""
    model = Path(shutil.copytree(trained_run, tmp_path_factory.mktemp("tried") / "tiny"))
    request = ConceptRequest(model, AVATARS, ("Facial_Hair", "Long_Hair"), trial=True, steps=STEPS)
    return model, run(find_concepts(request))


def test_every_direction_was_tried_and_one_was_composed(tried: tuple[Path, tuple[Concept, ...]]) -> None:
    for concept in tried[1]:
        assert CONDITIONAL in concept.directions
        for direction in concept.directions.values():
            assert direction.trial is not None
            assert direction.trial.faces > 0
            assert direction.trial.side_effects[concept.name] == pytest.approx(1)
        assert concept.why.startswith("Of ")
        assert open_model(tried[0]).concepts[concept.name].why == concept.why
        assert concept.directions[CONDITIONAL].counts.train_with > 100
    hair = tried[1][1].directions[CONDITIONAL]
    assert hair.auc is not None
    assert hair.auc > 0.9


def test_what_was_composed_takes_along_less_than_what_it_is_made_of(tried: tuple[Path, tuple[Concept, ...]]) -> None:
    for concept in tried[1]:
        along = {}
        for method in (CONDITIONAL, "balanced-means", "discriminant"):
            trial = concept.directions[method].trial
            assert trial is not None
            effects = [effect for label, effect in trial.side_effects.items() if label not in trial.kin]
            along[method] = float(np.linalg.norm(effects))
        assert along[CONDITIONAL] < 0.85 * min(along["balanced-means"], along["discriminant"])


def test_a_composed_direction_is_proven_as_any_other(tried: tuple[Path, tuple[Concept, ...]], tmp_path: Path) -> None:
    model = open_model(tried[0])
    concept = model.concepts["Facial_Hair"].with_method(CONDITIONAL)
    folder = shutil.copytree(tried[0], tmp_path / "tiny")
    concept.save(folder / "concepts" / "Facial_Hair.safetensors")
    (proven,) = run(prove_concepts(ProofRequest(folder, AVATARS, ("Facial_Hair",), faces=40, steps=400)))
    proof = proven.direction.proof
    assert proof is not None
    assert proof.auc_low is not None
    assert proof.angle is None  # it is not found from examples: there is none to be drawn anew
    assert proof.flip_on is not None
    assert proven.why == "It was chosen by hand."


def test_the_judge_that_proves_has_other_photos_than_the_one_that_guides(trained_run: Path) -> None:
    material = run(open_material(trained_run, AVATARS, None, Control()))
    train = material.dataset.rows(TRAIN)
    learned = {}
    for role in (GUIDE, PROVER):
        learn, settle = photos_of(material, role)
        assert not np.intersect1d(learn, settle).size
        assert np.isin(learn, train).all()
        learned[role] = learn
    shared = np.intersect1d(learned[GUIDE], learned[PROVER]).size / len(learned[GUIDE])
    least = 2 - len(train) / len(learned[GUIDE])  # what two of so many must share, whatever their order
    assert shared <= max(0.0, least) + 0.01


def test_a_method_chosen_by_hand_stays_chosen(trained_run: Path, tmp_path: Path) -> None:
    request = ConceptRequest(trained_run, AVATARS, ("Facial_Hair",), "logistic", tmp_path, trial=True, steps=STEPS)
    (concept,) = run(find_concepts(request))
    assert (concept.chosen, concept.why) == ("logistic", "It was chosen by hand.")
    with pytest.raises(WorkbenchError, match="composed after a trial"):
        run(find_concepts(replace(request, method=CONDITIONAL, trial=False)))


def test_without_validation_pictures_nothing_is_tried(trained_run: Path, few_pictures: Path, tmp_path: Path) -> None:
    request = ConceptRequest(trained_run, few_pictures, ("Long_Hair",), out=tmp_path, trial=True, steps=STEPS)
    seen: list[str] = []
    with pytest.raises(WorkbenchError, match="validation pictures to try"):
        run(find_concepts(request), lambda event: seen.append(event.task) if isinstance(event, Progress) else None)
    assert "Training the judge" not in seen  # said before, not after minutes
    assert not any(tmp_path.iterdir())
