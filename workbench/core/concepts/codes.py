"""The codes of a whole data set: streamed through the model in batches, then kept in the cache."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.draw import draw_sunglasses
from workbench.core.control import Control
from workbench.core.data.cache import Dataset
from workbench.core.errors import WorkbenchError
from workbench.core.events import Event, Progress
from workbench.core.faces.align import Alignment
from workbench.core.files import need_space, write_file
from workbench.core.places import cache_folder
from workbench.core.runs.trained import TrainedModel

_BATCH = 256

Codes = npt.NDArray[np.float32]


def encode_dataset(model: TrainedModel, dataset: Dataset, control: Control) -> Generator[Event, None, Codes]:
    """The code of every picture of `dataset`, float32 (N, latent), in its order.

    Yields:
        Progress, a batch at a time; nothing when the codes are in the cache.

    Raises:
        Stopped: the user asked for it; nothing is kept.
        WorkbenchError: the model's codes are not numbers, or there is no room for them.
    """
    path = cache_folder() / "codes" / f"{model.fingerprint[:24]}-{dataset.fingerprint[:24]}.npy"
    shape = (len(dataset), model.latent)
    if (cached := _read(path, shape)) is not None:
        return cached
    need_space(path.parent, 4 * shape[0] * shape[1])
    codes = np.empty(shape, np.float32)
    for start in range(0, shape[0], _BATCH):
        control.check()
        yield Progress("Encoding", start, shape[0], "pictures")
        pictures = np.array(dataset.pictures[start : start + _BATCH])  # a copy: torch wants no read-only memory
        codes[start : start + _BATCH] = model.encode(pictures)
    yield Progress("Encoding", shape[0], shape[0], "pictures")
    if not np.isfinite(codes).all():
        raise WorkbenchError(
            f"The model '{model.name}' gives codes that are not numbers.", "Use an earlier checkpoint, or train again."
        )
    write_file(path, lambda part: _write(part, codes))
    return codes


def encode_with_sunglasses(
    model: TrainedModel,
    pictures: npt.NDArray[np.uint8],
    alignment: Alignment,
    rng: np.random.Generator,
    control: Control,
) -> Generator[Event, None, Codes]:
    """The codes of aligned faces, uint8 (N, S, S, 3), after a pair of sunglasses was drawn on each: (N, latent).

    Yields:
        Progress, a batch at a time.

    Raises:
        Stopped: the user asked for it.
    """
    codes = np.empty((len(pictures), model.latent), np.float32)
    batch = _BATCH // 8  # drawing takes longer than encoding
    for start in range(0, len(pictures), batch):
        control.check()
        yield Progress("Drawing sunglasses", start, len(pictures), "pictures")
        drawn = [draw_sunglasses(picture, alignment, rng) for picture in pictures[start : start + batch]]
        codes[start : start + batch] = model.encode(np.stack(drawn))
    yield Progress("Drawing sunglasses", len(pictures), len(pictures), "pictures")
    return codes


def _read(path: Path, shape: tuple[int, int]) -> Codes | None:
    """The codes in the cache; None where they are missing or cannot be those of this model and data."""
    try:
        codes: Codes = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return codes if codes.shape == shape and codes.dtype == np.float32 else None


def _write(path: Path, codes: Codes) -> None:
    with path.open("wb") as file:  # np.save would add a suffix to a path
        np.save(file, codes, allow_pickle=False)
