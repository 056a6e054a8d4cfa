"""Files of arrays with a described meaning: safetensors, with a JSON text in the metadata. No pickle, ever.

The JSON names its `format` and its `version`, so that a file of another kind or of a later program is told apart from
a damaged one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from workbench.core.errors import WorkbenchError, file_errors
from workbench.core.files import write_file

Array = npt.NDArray[Any]

_ENTRY = "workbench"  # the one entry of the safetensors metadata that holds our JSON
_PICKLES = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")  # zip as torch.save makes it; pickle 2-5


def write_tensors(path: Path, arrays: Mapping[str, Array], info: Mapping[str, Any]) -> None:
    """Write `arrays` and what `info` says of them (`format`, `version`, anything JSON can hold) as one whole file.

    Raises:
        WorkbenchError: no permission, or the disk is full.
    """
    contiguous = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    write_file(path, save(contiguous, metadata={_ENTRY: json.dumps(info, ensure_ascii=False)}))


def read_tensors(
    path: Path, format: str, version: int, kind: str
) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
    """The arrays of a file and its description.

    Args:
        path: the file.
        format: what the description must name as its `format`.
        version: the newest version that this program reads.
        kind: what a user calls such a file: "concept".

    Raises:
        WorkbenchError: missing, damaged, of another kind, too new, or a pickle.
    """
    arrays, info = read_arrays(path, kind)
    if info is None:
        raise WorkbenchError(f"'{path}' is not a {kind} of this program.", f"Choose a {kind} file that it wrote.")
    check_format(info, format, version, kind, str(path))
    return arrays, info


def read_arrays(path: Path, kind: str) -> tuple[dict[str, npt.NDArray[Any]], Any]:
    """The arrays of any safetensors file and, where this program wrote it, its description (not yet checked).

    Raises:
        WorkbenchError: missing, damaged, or a pickle.
    """
    with file_errors(path, "read"):
        with path.open("rb") as file:
            start = file.read(8)
        if start.startswith(_PICKLES):
            raise WorkbenchError(
                f"'{path}' holds pickled Python objects, which could run a stranger's program. It was not opened.",
                f"Ask for the {kind} as a file that this program wrote.",
            )
        try:
            with safe_open(path, framework="numpy") as file:
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
                text = (file.metadata() or {}).get(_ENTRY)
        except (SafetensorError, TypeError, ValueError) as error:
            raise damaged(path, kind) from error
    if text is None:
        return arrays, None
    try:
        return arrays, json.loads(text)
    except json.JSONDecodeError as error:
        raise damaged(path, kind) from error


def check_format(info: Any, format: str, version: int, kind: str, where: str) -> None:
    """Raise `WorkbenchError` unless `info` describes a `kind` that this program can read; `where` names its place."""
    if not isinstance(info, dict) or info.get("format") != format:
        raise WorkbenchError(f"'{where}' is not a {kind} of this program.", f"Choose a {kind} file that it wrote.")
    found = info.get("version")
    if not isinstance(found, int) or found < 1:
        raise damaged(where, kind)
    if found > version:
        raise WorkbenchError(
            f"'{where}' was written by a newer program ({kind} version {found}; this one reads up to {version}).",
            "Update the program.",
        )


def damaged(where: str | Path, kind: str) -> WorkbenchError:
    """The error for a file, or a part of one, that cannot be what it says it is."""
    return WorkbenchError(f"'{where}' is damaged and cannot be read as a {kind}.", "Use a backup, or make it again.")
