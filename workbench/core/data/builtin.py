"""The sets that ship with the program: `builtin:avatars`."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import zipfile

import numpy as np
import numpy.typing as npt
from PIL import Image

from workbench.core.data.folder import read_table
from workbench.core.data.table import Table
from workbench.core.errors import unknown
from workbench.core.events import Skipped
from workbench.core.faces.align import Alignment
from workbench.core.resources import resource

PREFIX = "builtin:"
NAMES = ("avatars",)
_SIDE = 64


class BuiltinSource:
    """All pictures side by side in one lossless file, decoded when the first is asked for."""

    kind = "built-in"
    skipped: tuple[Skipped, ...] = ()

    def __init__(self, name: str) -> None:
        self.name = name
        self.location = PREFIX + name
        with zipfile.ZipFile(resource(f"builtin/{name}.zip")) as archive:
            self._packed = archive.read("pictures.webp")
            csv = archive.read("attributes.csv").decode()
            self.alignment: Alignment | None = Alignment.from_json(json.loads(archive.read("alignment.json")))
        names = tuple(line.partition(",")[0] for line in csv.splitlines()[1:])
        self.table: Table = read_table(csv, names, f"{name}/attributes.csv")[0]
        self.fingerprint = hashlib.sha256(self._packed).hexdigest()

    @functools.cached_property
    def _pictures(self) -> npt.NDArray[np.uint8]:
        sheet = np.asarray(Image.open(io.BytesIO(self._packed)).convert("RGB"))
        rows, columns = sheet.shape[0] // _SIDE, sheet.shape[1] // _SIDE
        return sheet.reshape(rows, _SIDE, columns, _SIDE, 3).swapaxes(1, 2).reshape(-1, _SIDE, _SIDE, 3)

    def read(self, row: int) -> npt.NDArray[np.uint8]:
        """Pixels of one picture: uint8 (64, 64, 3)."""
        picture: npt.NDArray[np.uint8] = self._pictures[row]
        return picture


def open_builtin(location: str) -> BuiltinSource:
    """The set named by `builtin:NAME`; an unknown one raises `WorkbenchError`."""
    name = location.removeprefix(PREFIX)
    if name not in NAMES:
        raise unknown("built-in set", name, NAMES)
    return BuiltinSource(name)
