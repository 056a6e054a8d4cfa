"""A folder of ordinary photos becomes an aligned training set: find the faces, cut them out, say what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from workbench.core.alone import alone_at
from workbench.core.control import Control
from workbench.core.data.cache import LARGEST, SMALLEST, of_the_disk
from workbench.core.data.face_set import FaceSetWriter, Looked
from workbench.core.data.listing import SourceLostError
from workbench.core.data.source import Source, open_source
from workbench.core.errors import WorkbenchError
from workbench.core.events import Progress, Saved, Skipped
from workbench.core.faces.align import FACES
from workbench.core.faces.find import Face, find_faces
from workbench.core.faces.gate import Copies, cut_out
from workbench.core.pictures import decode_picture
from workbench.jobs.api import Job
from workbench.jobs.prepare_data import Clock, readable_now

Several = Literal["skip", "largest", "all"]

_BESIDE = 0.5
"""A face less wide than this share of the largest stands in the background, and is not counted."""
_PATIENCE_SECONDS = 0.5

UInt8 = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class ImportRequest:
    """What is to be made of which photos.

    Attributes:
        photos: a folder or zip of photos, as `open_source` takes it; its labels and persons are kept.
        out: the set to make: a folder, or a file that ends in .zip.
        size: side of the faces in pixels.
        several: what becomes of a photo with several faces of about one size: left out, its largest, or all of them.
    """

    photos: str | Path
    out: Path
    size: int = 128
    several: Several = "skip"


@dataclass(frozen=True)
class Imported:
    """What an import made.

    Attributes:
        path: the set.
        photos: how many were looked at.
        faces: how many were cut out.
        left_out: photos without a face in the set, and why.
        reasons: how many of them for which reason, most first; figures in the reasons are left away.
    """

    path: Path
    photos: int
    faces: int
    left_out: tuple[Skipped, ...]
    reasons: Mapping[str, int]


def import_photos(request: ImportRequest, control: Control | None = None) -> Job[Imported]:
    """Make an aligned set of the faces in ordinary photos.

    One photo after the other; what is done is kept when it is stopped or killed, and gone on with by the same request.

    Yields:
        `Progress` (photos), `Skipped`, at the end `Saved`.

    Raises:
        WorkbenchError: no photos there, `out` exists, nothing to cut out, or another import to it is running.
        Stopped: by the user.
    """
    control = control or Control()
    if not SMALLEST <= request.size <= LARGEST:
        raise WorkbenchError(f"Faces of {request.size} pixels are not possible.", f"Choose {SMALLEST} to {LARGEST}.")
    yield Progress("Finding faces", 0, None, "photos")
    source = open_source(request.photos)
    yield from source.skipped
    busy = f"Photos are being imported to '{request.out}' already, by another window or command."
    with alone_at(request.out, busy, patience=_PATIENCE_SECONDS):
        settings = {"photos": source.fingerprint, "size": request.size, "several": request.several}
        writer = FaceSetWriter(request.out, settings)
        unread = (row for row, looked in enumerate(writer.looked) if looked.unread)
        if (row := readable_now(source, unread)) is not None:
            writer.go_back(row)
        yield from (Skipped(looked.photo, looked.reason) for looked in writer.looked if looked.reason)
        copies = Copies()
        for file, photo in writer.faces():
            copies.add(photo, writer.read(file))
        clock = Clock("Finding faces", len(writer.looked), len(source.table), "photos")
        for row in range(len(writer.looked), len(source.table)):
            control.check()
            looked = _look(source, row, request, copies, writer)
            if looked.reason:
                yield Skipped(looked.photo, looked.reason)
            yield from clock.report(row + 1)
        if not writer.faces():
            writer.discard()
            raise WorkbenchError(
                f"No face could be cut out of the {len(source.table)} photos in '{source.location}'.",
                "Choose photos in which one face looks at the camera, large and sharp.",
            )
        writer.finish(FACES, _columns(source), source.name)
    yield Saved(request.out, "data")
    left_out = tuple(Skipped(looked.photo, looked.reason) for looked in writer.looked if looked.reason)
    counts = Counter(skipped.reason.partition(":")[0] for skipped in left_out)
    return Imported(request.out, len(writer.looked), len(writer.faces()), left_out, dict(counts.most_common()))


def _look(source: Source, row: int, request: ImportRequest, copies: Copies, writer: FaceSetWriter) -> Looked:
    """Look at one photo, and keep what is good in it."""
    name = source.table.names[row]
    try:
        pixels = _pixels(source, row)
    except SourceLostError:
        raise
    except WorkbenchError as error:
        return writer.add(name, [], f"cannot be read: {error.what}")
    except OSError as error:
        return writer.add(name, [], f"cannot be read: {error.strerror or error}", of_the_disk(error))
    faces = _wanted(find_faces(pixels), request.several)
    if isinstance(faces, str):
        return writer.add(name, [], faces)
    kept, reasons = [], []
    for face in faces:
        cut = cut_out(pixels, face.points, FACES, request.size)
        twin = None if cut.pixels is None else copies.find(cut.pixels)
        if cut.pixels is None:
            reasons.append(cut.reason)
        elif twin is not None:
            reasons.append(f"nearly the same as another: '{twin}'")
        else:
            copies.add(name, cut.pixels)
            kept.append(cut.pixels)
    return writer.add(name, kept, "" if kept else reasons[0])


def _pixels(source: Source, row: int) -> UInt8:
    content = source.read(row)
    if isinstance(content, np.ndarray):
        return content
    return np.asarray(decode_picture(content, source.table.names[row]))


def _wanted(faces: tuple[Face, ...], several: Several) -> tuple[Face, ...] | str:
    """The faces of a photo that shall be cut out, or why there are none."""
    if not faces:
        return "no face"
    widest = max(face.box[2] - face.box[0] for face in faces)
    front = tuple(face for face in faces if face.box[2] - face.box[0] >= _BESIDE * widest)
    if several == "all":
        return front
    if several == "skip" and len(front) > 1:
        return f"several faces: {len(front)}"
    return front[:1]


def _columns(source: Source) -> dict[str, dict[str, str]]:
    """Persons, partition and labels that the photos came with, by photo."""
    table = source.table
    columns: dict[str, dict[str, str]] = {}
    if table.partition is not None:
        parts = zip(table.names, table.partition.tolist(), strict=True)
        columns["partition"] = {name: str(part) for name, part in parts if part >= 0}
    if table.person is not None:
        columns["person"] = dict(zip(table.names, table.person, strict=True))
    for label, values in table.labels.items():
        known = zip(table.names, values.tolist(), strict=True)
        columns[label] = {name: str(value) for name, value in known if value}
    return columns
