"""What a step is shown."""

from __future__ import annotations

import numpy as np
import torch

from workbench.core.faces.align import FACES
from workbench.core.training.settings import TrainSettings
from workbench.core.training.shown import as_shown, known_labels, with_glasses
from workbench.jobs.api import run
from workbench.jobs.prepare_data import prepare_data

CPU = torch.device("cpu")


def faces(count: int = 64) -> torch.Tensor:
    return torch.full((count, 32, 32, 3), 180, dtype=torch.uint8)


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def changed(before: torch.Tensor, after: torch.Tensor) -> np.ndarray:
    return (before != after).flatten(1).any(dim=1).numpy()


def test_about_the_share_of_the_pictures_wears_glasses_over_the_eyes_and_no_picture_is_spoiled() -> None:
    bare = faces()
    drawn = with_glasses(bare, 0.25, FACES, chance())
    assert 8 <= changed(bare, drawn).sum() <= 24
    assert torch.equal(bare, faces())
    assert torch.equal(bare[:, 24:], drawn[:, 24:])  # the mouth is as it was
    darkest = drawn[changed(bare, drawn)].float().mean(dim=(1, 2, 3))
    assert darkest.min() < 170 < darkest.max()  # dark ones and clear ones


def test_the_same_chance_draws_the_same_glasses() -> None:
    assert torch.equal(with_glasses(faces(), 0.5, FACES, chance(3)), with_glasses(faces(), 0.5, FACES, chance(3)))
    assert not torch.equal(with_glasses(faces(), 0.5, FACES, chance(3)), with_glasses(faces(), 0.5, FACES, chance(4)))


def test_without_glasses_and_augmentation_a_step_is_shown_the_pictures() -> None:
    images = as_shown(faces(2), TrainSettings(augment="none"), FACES, CPU, chance())
    assert torch.allclose(images, torch.full((2, 3, 32, 32), 180 / 127.5 - 1))
    worn = as_shown(faces(2), TrainSettings(augment="none", glasses=1.0), FACES, CPU, chance())
    assert not torch.equal(images, worn)


def test_labels_are_in_the_order_that_was_asked_for_and_unknown_where_the_data_has_none() -> None:
    data = run(prepare_data("builtin:avatars", 32))
    known = known_labels(data, ("Hat", "No_such", "Smiling"))
    assert known.shape == (len(data), 3)
    assert np.array_equal(known[:, 0], data.labels["Hat"])
    assert not known[:, 1].any()
    assert np.array_equal(known[:, 2], data.labels["Smiling"])
    assert known_labels(data, ()).shape == (len(data), 0)
