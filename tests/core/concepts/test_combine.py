"""One slider of several concepts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workbench.core.concepts.combine import combine
from workbench.core.concepts.concept import Concept
from workbench.core.editing.render import move
from workbench.core.errors import WorkbenchError
from workbench.core.runs.trained import TrainedModel, open_model


@pytest.fixture
def model(trained_run: Path) -> TrainedModel:
    return open_model(trained_run)


def test_strength_1_is_each_part_at_its_weight(model: TrainedModel) -> None:
    joyful = combine(model, "Joyful", {"Smiling": 1, "Facial_Hair": -0.5})
    code = np.zeros(model.latent, np.float32)
    both = model.with_concepts({**model.concepts, "Joyful": joyful})
    for strength in (1.0, -2.0):
        wanted = move(code, {"Smiling": strength, "Facial_Hair": -0.5 * strength}, both.concepts)
        assert np.allclose(move(code, {"Joyful": strength}, both.concepts), wanted, atol=1e-5)
    assert joyful.why == "It is +1 Smiling and -0.5 Facial_Hair."


def test_the_slider_ends_where_the_first_of_its_parts_ends(model: TrainedModel) -> None:
    ends = {"Smiling": (-2.0, 3.0), "Facial_Hair": (-1.0, 4.0)}
    parts = {}
    for name, (low, high) in ends.items():
        direction = replace(model.concepts[name].direction, low=low, high=high)
        parts[name] = replace(model.concepts[name], directions={direction.method: direction})
    model = model.with_concepts(parts)
    direction = combine(model, "Joyful", {"Smiling": 1, "Facial_Hair": -0.5}).direction
    assert (direction.low, direction.high) == (-2.0, 2.0)  # at 2, Facial_Hair is at -1


def test_it_is_a_concept_as_any_other(model: TrainedModel, tmp_path: Path) -> None:
    joyful = combine(model, " Joyful ", {"Smiling": 1, "Facial_Hair": -0.5})
    joyful.save(tmp_path / "Joyful.safetensors")
    back = Concept.load(tmp_path / "Joyful.safetensors", model.fingerprint, model.latent)
    assert (back.name, back.fingerprint, back.why) == ("Joyful", joyful.fingerprint, joyful.why)
    assert back.fingerprint != combine(model, "Joyful", {"Smiling": 1, "Facial_Hair": -0.6}).fingerprint


def test_what_cannot_be_combined_is_refused(model: TrainedModel) -> None:
    with pytest.raises(WorkbenchError, match="Did you mean 'Smiling'"):
        combine(model, "Joyful", {"Smilling": 1})
    with pytest.raises(WorkbenchError, match="has no weight"):
        combine(model, "Joyful", {"Smiling": 0})
    with pytest.raises(WorkbenchError, match="has no parts"):
        combine(model, "Joyful", {})
    with pytest.raises(WorkbenchError, match="has no name"):
        combine(model, " ", {"Smiling": 1})
    with pytest.raises(WorkbenchError, match="has a concept 'Smiling' already"):
        combine(model, "Smiling", {"Smiling": 1})
    assert combine(model, "Smiling", {"Smiling": -1}, replace=True).name == "Smiling"
    opposite = combine(model, "Serious", {"Smiling": -1})
    both = model.with_concepts({**model.concepts, "Serious": opposite})
    with pytest.raises(WorkbenchError, match="cancel out"):
        combine(both, "Nothing", {"Smiling": 1, "Serious": 1})
