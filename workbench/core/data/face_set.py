"""An aligned set while it is made of ordinary photos: a folder that can be gone on with, then a folder or a zip.

NAME.importing/  settings.json  journal.jsonl  000001.jpg …       while it is made
NAME/ or NAME.zip  000001.jpg …  attributes.csv  alignment.json  import.json
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from workbench import __version__
from workbench.core.data.folder import ALIGNMENT, ATTRIBUTES
from workbench.core.errors import WorkbenchError, file_errors
from workbench.core.events import Skipped
from workbench.core.faces.align import Alignment
from workbench.core.files import read_json, write_file, write_json
from workbench.core.pictures import write_picture

REPORT = "import.json"
_QUALITY = 95
_JOURNAL, _SETTINGS = "journal.jsonl", "settings.json"


@dataclass(frozen=True)
class Looked:
    """What came of one photo: the files of its faces, or why there are none; `unread` when that may pass."""

    photo: str
    files: tuple[str, ...] = ()
    reason: str = ""
    unread: bool = False


class FaceSetWriter:
    """Collects faces beside their place; what a stop or a kill left is gone on with.

    Args:
        out: the set: a folder, or a file that ends in .zip; must not exist.
        settings: all that decides which faces come in, the source's fingerprint too: with others it begins anew.

    Raises:
        WorkbenchError: `out` exists, or cannot be written.
    """

    def __init__(self, out: Path, settings: Mapping[str, Any]) -> None:
        if out.exists():
            raise WorkbenchError(f"'{out}' exists already.", "Choose another name for the set.")
        self.out = out
        self.folder = out.with_name(f"{out.name}.importing")
        self.looked: list[Looked] = []
        stored = self.folder / _SETTINGS
        with file_errors(self.folder, "write"):
            if stored.exists() and read_json(stored) == dict(settings):
                self.looked = self._read_journal()
            elif self.folder.exists():
                shutil.rmtree(self.folder)
            self.folder.mkdir(parents=True, exist_ok=True)
        write_json(stored, dict(settings))

    def _read_journal(self) -> list[Looked]:
        """The photos that were looked at; the line that a kill cut off is looked at again."""
        path = self.folder / _JOURNAL
        if not path.exists():
            return []
        looked, whole = [], 0
        for line in path.read_bytes().splitlines(keepends=True):
            try:
                value = json.loads(line)
                looked.append(
                    Looked(value["photo"], tuple(value["files"]), value["reason"], value.get("unread", False))
                )
            except (ValueError, KeyError, TypeError):
                break
            if not line.endswith(b"\n"):
                looked.pop()
                break
            whole += len(line)
        with path.open("r+b") as file:
            file.truncate(whole)
        return looked

    def faces(self) -> list[tuple[str, str]]:
        """Files that are kept so far, each with its photo."""
        return [(file, looked.photo) for looked in self.looked for file in looked.files]

    def read(self, file: str) -> npt.NDArray[np.uint8]:
        """A face that is kept: uint8 (size, size, 3)."""
        with Image.open(self.folder / file) as image:
            return np.asarray(image.convert("RGB"))

    def add(
        self, photo: str, pictures: Sequence[npt.NDArray[np.uint8]], reason: str = "", unread: bool = False
    ) -> Looked:
        """Keep the faces of a photo, or why it has none."""
        first = len(self.faces()) + 1
        files = tuple(f"{number:06d}.jpg" for number in range(first, first + len(pictures)))
        for file, pixels in zip(files, pictures, strict=True):
            write_picture(self.folder / file, pixels, quality=_QUALITY)
        looked = Looked(photo, files, reason, unread)
        with file_errors(self.folder, "write"), (self.folder / _JOURNAL).open("a", encoding="utf-8") as file_of_lines:
            file_of_lines.write(_line(looked))
        self.looked.append(looked)
        return looked

    def go_back(self, row: int) -> None:
        """Forget what came of the photos from the one in `row` on."""
        forgotten, self.looked = self.looked[row:], self.looked[:row]
        write_file(self.folder / _JOURNAL, "".join(map(_line, self.looked)))
        with file_errors(self.folder, "write"):
            for file in (file for looked in forgotten for file in looked.files):
                (self.folder / file).unlink(missing_ok=True)

    def discard(self) -> None:
        """Leave nothing behind: no set will come of it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def finish(self, alignment: Alignment, columns: Mapping[str, Mapping[str, str]], source: str) -> None:
        """Write the set at its place and remove what is beside it.

        Args:
            alignment: of the faces.
            columns: by name, the value of each photo that has one: labels that the photos came with.
            source: where the photos came from, in words.
        """
        skipped = [Skipped(looked.photo, looked.reason) for looked in self.looked if looked.reason]
        report = {
            "program": f"Latent Workbench {__version__}",
            "source": source,
            "settings": read_json(self.folder / _SETTINGS),
            "photos": len(self.looked),
            "faces": len(self.faces()),
            "left_out": [asdict(one) for one in skipped],
        }
        texts = {
            ATTRIBUTES: self._table(columns),
            ALIGNMENT: json.dumps(alignment.to_json(), indent=2) + "\n",
            REPORT: json.dumps(report, indent=2, ensure_ascii=False) + "\n",
        }
        if self.out.suffix.lower() == ".zip":
            write_file(self.out, lambda path: self._pack(path, texts))
            self.discard()
            return
        for name, text in texts.items():
            write_file(self.folder / name, text)
        with file_errors(self.out, "write"):
            for name in (_JOURNAL, _SETTINGS):
                (self.folder / name).unlink(missing_ok=True)
            self.folder.replace(self.out)

    def _table(self, columns: Mapping[str, Mapping[str, str]]) -> str:
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["file", "source_file", *columns])
        for file, photo in self.faces():
            writer.writerow([file, photo, *(values.get(photo, "") for values in columns.values())])
        return text.getvalue()

    def _pack(self, path: Path, texts: Mapping[str, str]) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:  # JPEGs do not get smaller
            for name, text in texts.items():
                archive.writestr(name, text)
            for file, _ in self.faces():
                archive.write(self.folder / file, file)


def _line(looked: Looked) -> str:
    return json.dumps(asdict(looked)) + "\n"
