"""A model and a photo to edit."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from workbench.core.concepts.concept import Concept
from workbench.core.editing.render import Editor
from workbench.core.editing.state import EditState
from workbench.core.faces.align import Points
from workbench.core.pictures import Photo
from workbench.core.runs.trained import TrainedModel, open_model

FACE = Points((94.3, 61.0), (131.2, 66.4), (107.9, 108.8))
"""A face in a photo of an odd size; nothing is drawn there, and editing does not mind."""


@pytest.fixture(scope="session")
def model(trained_run: Path) -> TrainedModel:
    """The trained run, opened."""
    return open_model(trained_run)


@pytest.fixture
def photo() -> Photo:
    """223 x 187 pixels of noise over a slope, with an alpha channel."""
    rng = np.random.default_rng(0)
    slope = np.linspace(40, 200, 223)[:, None].repeat(3, axis=1)
    pixels = np.rint(slope + rng.normal(0, 12, (187, 223, 3))).clip(0, 255).astype(np.uint8)
    alpha = rng.integers(1, 256, (187, 223), dtype=np.uint8)
    return Photo(pixels, alpha, None, None, "0" * 64)


@pytest.fixture
def editor(model: TrainedModel, photo: Photo) -> Editor:
    return Editor(model, photo, FACE)


@pytest.fixture
def smiling() -> EditState:
    return EditState(FACE).with_strength("Smiling", 2.0)


@pytest.fixture
def refound(model: TrainedModel) -> TrainedModel:
    """The same model after its concept Smiling was found anew, from other pictures."""
    old = model.concepts["Smiling"]
    turned = np.roll(old.direction.vector, 1)
    directions = {old.chosen: dataclasses.replace(old.direction, vector=turned)}
    new = Concept(old.name, directions, old.chosen, old.model, old.data)
    return model.with_concepts({**model.concepts, "Smiling": new})
