"""Where the faces are in some photos: the command line's `faces find`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.core.control import Control
from workbench.core.errors import WorkbenchError
from workbench.core.events import Progress, Skipped
from workbench.core.faces.find import Face, find_faces
from workbench.core.pictures import read_photo
from workbench.jobs.api import Job


@dataclass(frozen=True)
class PhotoFaces:
    """A photo, upright as its EXIF says, and its faces in pixels of that, the largest first."""

    path: Path
    width: int
    height: int
    faces: tuple[Face, ...]


def faces_of_photos(paths: Sequence[Path], control: Control | None = None) -> Job[tuple[PhotoFaces, ...]]:
    """Find the faces of photos, one photo after the other.

    A photo that cannot be read is skipped and told, so that it does not cost the others their answer.

    Yields:
        `Progress` (photos), `Skipped`.

    Raises:
        WorkbenchError: none of them can be read.
        Stopped: by the user.
    """
    control = control or Control()
    found: list[PhotoFaces] = []
    for done, path in enumerate(paths):
        yield Progress("Finding faces", done, len(paths), "photos")
        control.check()
        try:
            pixels = read_photo(path).pixels
        except WorkbenchError as error:
            if len(paths) == 1:
                raise
            yield Skipped(str(path), error.what)
            continue
        height, width = pixels.shape[:2]
        found.append(PhotoFaces(path, width, height, find_faces(pixels)))
    if paths and not found:
        raise WorkbenchError("None of these photos can be read.", "Choose JPEG, PNG, WebP or HEIC pictures.")
    yield Progress("Finding faces", len(paths), len(paths), "photos")
    return tuple(found)
