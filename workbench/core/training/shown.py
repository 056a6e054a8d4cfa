"""What a step is shown: the pictures of a batch, each changed a little by chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from workbench.core.concepts.draw import draw_eyeglasses, draw_sunglasses
from workbench.core.data.augment import augment
from workbench.core.data.cache import Dataset
from workbench.core.faces.align import Alignment
from workbench.core.models.images import to_images
from workbench.core.training.settings import TrainSettings


def as_shown(
    pictures: Tensor, settings: TrainSettings, alignment: Alignment, device: torch.device, chance: torch.Generator
) -> Tensor:
    """The images of a batch as `settings` want them changed: float32 (B, 3, S, S) in [-1, 1], on `device`.

    Args:
        pictures: uint8 (B, S, S, 3), on the CPU.
        alignment: where the eyes and the mouth are in all of them.
        chance: on the CPU; the only source of what is drawn.
    """
    if settings.glasses:
        pictures = with_glasses(pictures, settings.glasses, alignment, chance)
    return augment(to_images(pictures, device), settings.augment, chance)


def known_labels(data: Dataset, names: Sequence[str]) -> Tensor:
    """What is known of each picture of `data`: float32 (N, L), 1 yes, -1 no, 0 unknown or no such label."""
    unknown = np.zeros(len(data), np.int8)
    columns = [data.labels.get(name, unknown) for name in names]
    return torch.from_numpy(np.stack(columns, axis=1) if columns else np.zeros((len(data), 0))).float()


def with_glasses(pictures: Tensor, share: float, alignment: Alignment, chance: torch.Generator) -> Tensor:
    """A copy of `pictures` in which each has, with the chance of `share`, glasses drawn on: clear or dark ones."""
    wears = torch.rand(len(pictures), generator=chance) < share
    rng = np.random.default_rng(int(torch.randint(2**62, (), generator=chance, dtype=torch.int64)))
    drawn = pictures.clone()
    for row in wears.nonzero().flatten().tolist():
        draw = draw_sunglasses if rng.random() < 0.5 else draw_eyeglasses
        drawn[row] = torch.from_numpy(draw(pictures[row].numpy(), alignment, rng))
    return drawn
