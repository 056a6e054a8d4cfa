"""The codes of a whole data set: streamed through the model in batches, then kept in the cache."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.core.control import Control
from workbench.core.data.cache import Dataset
from workbench.core.errors import WorkbenchError
from workbench.core.events import Event, Progress
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
    path = cache_folder() / "codes" / f"{model.encoding[:24]}-{dataset.fingerprint[:24]}.npy"
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


def encode_drawn(
    model: TrainedModel,
    pictures: npt.NDArray[np.uint8],
    draw: Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.uint8]],
    what: str,
    control: Control,
) -> Generator[Event, None, Codes]:
    """The codes of pictures, uint8 (N, S, S, 3), after something was drawn on each: float32 (N, latent).

    Args:
        model: encodes them.
        pictures: they are not changed.
        draw: what is done to each.
        what: what a user calls it.
        control: to stop.

    Yields:
        Progress, a batch at a time.

    Raises:
        Stopped: the user asked for it.
    """
    codes = np.empty((len(pictures), model.latent), np.float32)
    batch = _BATCH // 8  # drawing takes longer than encoding
    task = f"Drawing {what.replace('_', ' ').lower()}"
    for start in range(0, len(pictures), batch):
        control.check()
        yield Progress(task, start, len(pictures), "pictures")
        codes[start : start + batch] = model.encode(np.stack([draw(p) for p in pictures[start : start + batch]]))
    yield Progress(task, len(pictures), len(pictures), "pictures")
    return codes


def mean_colours(dataset: Dataset, control: Control) -> Generator[Event, None, npt.NDArray[np.float64]]:
    """The mean red, green and blue of each picture, 0 to 255: float64 (N, 3).

    Raises:
        Stopped: the user asked for it.
    """
    colours = np.empty((len(dataset), 3))
    for start in range(0, len(dataset), _BATCH):
        control.check()
        if start % (16 * _BATCH) == 0:
            yield Progress("Looking at colours", start, len(dataset), "pictures")
        colours[start : start + _BATCH] = dataset.pictures[start : start + _BATCH].mean(axis=(1, 2))
    return colours


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
