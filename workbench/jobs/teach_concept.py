"""Teach a model a concept of one's own: pictures that have it, and pictures that have it not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from workbench.core.concepts.concept import Concept, concept_file
from workbench.core.concepts.teach import LEAST, TAUGHT, how_sure, teach
from workbench.core.control import Control
from workbench.core.data.cache import Dataset, square
from workbench.core.data.listing import is_picture
from workbench.core.errors import WorkbenchError, file_errors, unknown
from workbench.core.events import Advice, Progress, Saved, Skipped
from workbench.core.faces.align import align, similarity
from workbench.core.faces.find import find_faces
from workbench.core.pictures import read_photo
from workbench.core.runs.trained import TrainedModel, open_model
from workbench.jobs.api import Job, notices
from workbench.jobs.find_concepts import concepts_folder
from workbench.jobs.fit_encoder import with_encoder
from workbench.jobs.prepare_data import prepare_data

UInt8 = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class TeachRequest:
    """A name and two piles.

    Attributes:
        model: a run, a checkpoint or an exported model.
        name: of the concept.
        with_it: pictures that have it: names of the pictures of `data`, files, and folders.
        without: pictures that have it not, likewise.
        data: a source of which pictures are named; None where all are files and folders.
        out: the folder for the concept; None for the run's own.
        replace: a concept of this name that is there already.
    """

    model: str | Path
    name: str
    with_it: tuple[str, ...]
    without: tuple[str, ...]
    data: str | None = None
    out: Path | None = None
    replace: bool = False


def teach_concept(request: TeachRequest, control: Control | None = None) -> Job[Concept]:
    """Find the direction from one pile to the other, say how sure it is, and keep it with the model.

    In a photo the largest face is taken, aligned as the model's; a square picture in which no face is found is taken as
    it is.

    Yields:
        Progress, Skipped for a picture in which no face is found; Advice that says how sure it is; Saved.

    Raises:
        WorkbenchError: a pile with fewer than three pictures, a picture in both piles, no name or a name that is taken,
            no such model or picture; the two piles cannot be told apart at all.
        Stopped: the user asked for it; nothing is saved.
    """
    control = control or Control()
    name = request.name.strip()
    if not name:
        raise WorkbenchError("The concept has no name.", "Say what the pictures have in common, as in Beard.")
    model = open_model(request.model)
    yield from notices(model)
    folder = concepts_folder(request.out, model)
    if name in model.concepts and not request.replace:
        raise WorkbenchError(
            f"'{model.name}' has a concept '{name}' already.", "Choose another name, or ask to replace it."
        )
    piles = yield from _piles(request, model, control)
    for pile, word in zip(piles, ("with", "without"), strict=True):
        if len(pile) < LEAST:
            few = "is empty" if not len(pile) else f"has only {len(pile)} of the {LEAST} pictures that it needs"
            raise WorkbenchError(
                f"The pile {word} '{name}' {few}.", "Five in each pile are a start, twenty are a good one."
            )
    model = yield from with_encoder(model, control)
    control.check()
    yield Progress("Teaching", 0, 1, "concepts")
    codes = [model.encode(pile) for pile in piles]
    if not np.abs(codes[0].mean(axis=0) - codes[1].mean(axis=0)).max() > 0:
        raise WorkbenchError(
            f"The model sees no difference between the piles with and without '{name}'.", "Choose other pictures."
        )
    moments = model.net.mixture.moments() if model.net.mixture else None
    direction = teach(codes[0], codes[1], moments)
    concept = Concept(name, {TAUGHT: direction}, TAUGHT, model.fingerprint, request.data or "pictures")
    path = folder / concept_file(name)
    concept.save(path)
    yield Saved(path, "concept")
    yield Progress("Teaching", 1, 1, "concepts")
    yield Advice(how_sure(direction), "")
    return concept


def _piles(request: TeachRequest, model: TrainedModel, control: Control) -> Job[tuple[UInt8, UInt8]]:
    """The pictures of both piles at the model's size: uint8 (n, S, S, 3) each.

    Raises:
        WorkbenchError: a picture is in both.
    """
    dataset = None
    if request.data is not None:
        dataset = yield from prepare_data(request.data, model.size, control)
    with_it = yield from _pictures(request.with_it, dataset, model, control)
    without = yield from _pictures(request.without, dataset, model, control)
    seen = {picture.tobytes(): name for name, picture in with_it.items()}
    both = [seen[picture.tobytes()] for picture in without.values() if picture.tobytes() in seen]
    if both:
        more = f", and {len(both) - 1} more" if len(both) > 1 else ""
        raise WorkbenchError(
            f"'{both[0]}' is in both piles{more}.", f"A picture has '{request.name}' or has it not: take it out of one."
        )
    empty = np.zeros((0, model.size, model.size, 3), np.uint8)
    first, second = (np.stack(list(pile.values())) if pile else empty for pile in (with_it, without))
    return first, second


def _pictures(
    names: Sequence[str], dataset: Dataset | None, model: TrainedModel, control: Control
) -> Job[dict[str, UInt8]]:
    """The pictures of a pile by their names: those of the source, and faces in photos, aligned."""
    rows = {name: row for row, name in enumerate(dataset.names)} if dataset else {}
    found: dict[str, UInt8] = {}
    paths: list[Path] = []
    for name in names:
        path = Path(name).expanduser()
        if dataset is not None and name in rows:
            found[name] = np.array(dataset.pictures[rows[name]])
        elif dataset is not None and not path.exists():
            raise unknown(f"picture in '{dataset.name}' called", name, rows)
        elif path.is_dir():
            with file_errors(path, "read"):
                paths += sorted(file for file in path.iterdir() if file.is_file() and is_picture(file.name))
        else:
            with file_errors(path, "read"):
                path.stat()
            paths.append(path)
    found |= yield from _faces(list(dict.fromkeys(paths)), model, control)
    return found


def _faces(paths: Sequence[Path], model: TrainedModel, control: Control) -> Job[dict[str, UInt8]]:
    """The largest face of each photo, aligned as the model's; a square picture without one as it is."""
    found: dict[str, UInt8] = {}
    for number, path in enumerate(paths):
        control.check()
        yield Progress("Reading pictures", number, len(paths), "pictures")
        try:
            pixels = read_photo(path).pixels
        except WorkbenchError as error:
            yield Skipped(str(path), error.what)
            continue
        faces = find_faces(pixels)
        if faces:
            matrix = similarity(faces[0].points, model.alignment, model.size)
            found[str(path)] = align(pixels, matrix, model.size)
        elif pixels.shape[0] == pixels.shape[1]:
            found[str(path)] = np.array(square(Image.fromarray(pixels), model.size))
        else:
            yield Skipped(str(path), "no face was found in it")
    return found
