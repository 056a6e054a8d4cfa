"""Strips: faces that the model made up, moved along a direction from end to end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from workbench.core.captions import strip as words
from workbench.core.concepts.concept import Direction
from workbench.core.runs.trained import TrainedModel
from workbench.core.training.previews import grid

LENGTH = 7
"""Pictures in a strip; the middle one is the face as it is."""

UInt8 = npt.NDArray[np.uint8]
Float32 = npt.NDArray[np.float32]


def invented(model: TrainedModel, count: int, seed: int = 0) -> Float32:
    """Codes of faces that nobody has: float32 (count, latent). The same seed gives the same ones."""
    codes: Float32 = model.net.draw(count, torch.Generator().manual_seed(seed)).numpy()
    return codes


def strip(model: TrainedModel, codes: Float32, direction: Direction) -> UInt8:
    """Each face, a row, from the slider's left end over 0 to its right end: uint8 (H, W, 3)."""
    half = LENGTH // 2
    strengths = np.concatenate([np.linspace(direction.low, 0, half + 1)[:-1], np.linspace(0, direction.high, half + 1)])
    steps = direction.steps(codes)
    moved = codes[:, None] + strengths.astype(np.float32)[None, :, None] * steps[:, None]
    return grid(model.decode(moved.reshape(-1, codes.shape[1])), LENGTH)


def sheet(strips: Sequence[tuple[str, UInt8]]) -> UInt8:
    """Strips below one another, each under its words: uint8 (H, W, 3)."""
    parts = [part for said, picture in strips for part in (words(said, picture.shape[1]), picture)]
    return np.concatenate(parts)
