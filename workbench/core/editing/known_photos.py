"""Where the photos were that somebody edited, and the models they were edited with.

A recipe names its photo and its model by content, never by a path. This list, on this computer only, leads back to
them. It is a convenience: when it is lost, the user is asked.
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from workbench.core.alone import alone_at
from workbench.core.errors import WorkbenchError
from workbench.core.files import read_json, write_json
from workbench.core.pictures import SUFFIXES
from workbench.core.places import preferences_folder

_PHOTOS, _MODELS = "photos.json", "models.json"
_LIMIT = 500
_NEIGHBOURS = 300  # pictures of the same folder that are looked through


def remember_photo(sha256: str, path: Path) -> None:
    """Note that the photo whose file has this sha256 is at `path`."""
    _note(_PHOTOS, sha256, path)


def find_photo(sha256: str, beside: Path | None = None) -> Path | None:
    """The photo with this sha256, or None.

    Args:
        sha256: of the file's bytes, hex.
        beside: an exported picture: its folder is looked through too.
    """
    noted = _noted(_PHOTOS).get(sha256)
    candidates = [Path(noted)] if noted else []
    if beside is not None and beside.parent.is_dir():
        pictures = sorted(
            path for path in beside.parent.iterdir() if path.suffix.lower() in SUFFIXES and path != beside
        )
        candidates += pictures[:_NEIGHBOURS]
    return next((path for path in candidates if _sha256(path) == sha256), None)


def remember_model(fingerprint: str, path: Path) -> None:
    """Note that the model with this fingerprint is at `path`."""
    _note(_MODELS, fingerprint, path)


def find_model(fingerprint: str) -> Path | None:
    """Where the model with this fingerprint was last; it may have been trained further since."""
    noted = _noted(_MODELS).get(fingerprint)
    return Path(noted) if noted and Path(noted).exists() else None


def _noted(file: str) -> dict[str, str]:
    """The list; an unreadable one counts as empty."""
    path = preferences_folder() / file
    with contextlib.suppress(WorkbenchError):
        if path.exists() and isinstance(value := read_json(path), dict):
            return {str(key): str(place) for key, place in value.items()}
    return {}


def _note(file: str, key: str, path: Path) -> None:
    """Put an entry at the end of the list; the oldest leave it."""
    place, entry = preferences_folder() / file, str(path.absolute())
    if _noted(file).get(key) == entry:
        return
    with contextlib.suppress(WorkbenchError), alone_at(place, ""):  # an edit is not worth failing for it
        noted = _noted(file)
        noted.pop(key, None)
        noted[key] = entry
        write_json(place, dict(list(noted.items())[-_LIMIT:]))


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
