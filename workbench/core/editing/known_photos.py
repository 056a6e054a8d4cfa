"""Where photos were opened from, so that a recipe, which names its photo by fingerprint, finds it again.

The list stays on this computer, in the folder of preferences: {"<sha256>": "<path>", …}, oldest first.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.core.files import read_json, write_json
from workbench.core.pictures import SUFFIXES
from workbench.core.places import preferences_folder

_REMEMBERED = 500
_LOOKED_AT = 200
"""So many pictures of a folder are looked at before giving up."""


def remember_photo(sha256: str, path: Path) -> None:
    """Remember that the photo with this fingerprint is at `path`."""
    known = _known()
    known.pop(sha256, None)
    known[sha256] = str(path.resolve())
    write_json(_list_file(), dict(list(known.items())[-_REMEMBERED:]))


def find_photo(sha256: str, beside: Path | None = None) -> Path | None:
    """The file with this fingerprint: where it was last opened, or a picture in the folder of `beside`; else None."""
    remembered = _known().get(sha256)
    candidates = [Path(remembered)] if remembered else []
    if beside is not None:
        pictures = (path for path in beside.parent.iterdir() if path.suffix.lower() in SUFFIXES and path != beside)
        candidates += sorted(pictures)[:_LOOKED_AT]
    return next((path for path in candidates if path.is_file() and _fingerprint(path) == sha256), None)


def _list_file() -> Path:
    return preferences_folder() / "photos.json"


def _known() -> dict[str, str]:
    try:
        known = read_json(_list_file())
    except WorkbenchError:  # not there yet, or damaged: a convenience, made again as photos are opened
        return {}
    return {str(key): str(value) for key, value in known.items()} if isinstance(known, dict) else {}


def _fingerprint(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
