"""Labels given by hand."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from workbench.core.data.label_file import set_labels
from workbench.core.data.source import open_source
from workbench.core.errors import WorkbenchError


@pytest.fixture(params=["folder", "zip"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "faces"
    folder.mkdir()
    for name in ("a.png", "b.png", "c.png"):
        Image.new("RGB", (9, 9), "teal").save(folder / name)
    (folder / "attributes.csv").write_text("file;Age;Smiling\na.png;31;1\nb.png;64;-1\n")
    return folder if request.param == "folder" else Path(shutil.make_archive(str(folder), "zip", folder))


def labels(where: Path, name: str) -> dict[str, int]:
    table = open_source(where).table
    return dict(zip(table.names, table.labels[name].tolist(), strict=True))


def test_a_label_is_changed_and_all_else_stays(where: Path) -> None:
    set_labels(where, "Smiling", {"b.png": 1, "c.png": -1})
    set_labels(where, "Hat", {"a.png": -1, "c.png": 1})
    assert labels(where, "Smiling") == {"a.png": 1, "b.png": 1, "c.png": -1}
    assert labels(where, "Hat") == {"a.png": -1, "b.png": 0, "c.png": 1}
    assert open_source(where).table.text["Age"] == ("31", "64", "")
    set_labels(where, "Smiling", {"a.png": 0})
    assert labels(where, "Smiling")["a.png"] == 0


def test_pictures_without_a_table_get_one(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        Image.new("RGB", (9, 9), "teal").save(tmp_path / name)
    set_labels(tmp_path, "Hat", {"b.png": 1})
    assert labels(tmp_path, "Hat") == {"a.png": 0, "b.png": 1}


@pytest.mark.parametrize("label", ["", "person", "partition", "Age", "a\nb"])
def test_a_name_that_is_no_labels_is_refused(where: Path, label: str) -> None:
    before = open_source(where).table
    with pytest.raises(WorkbenchError, match="cannot be a label"):
        set_labels(where, label, {"a.png": 1})
    assert open_source(where).table.text == before.text


def test_a_picture_that_is_not_there_is_named(where: Path) -> None:
    with pytest.raises(WorkbenchError, match=r"no picture 'd\.png'"):
        set_labels(where, "Smiling", {"d.png": 1})


@pytest.mark.parametrize("packed", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_with_a_damaged_picture_stays_as_it_is(packed: int, tmp_path: Path) -> None:
    where = tmp_path / "faces.zip"
    with zipfile.ZipFile(where, "w", packed) as archive:
        archive.writestr("a.png", bytes(range(256)) * 9)
    content = bytearray(where.read_bytes())
    content[40:60] = b"\xff" * 20
    where.write_bytes(content)
    with pytest.raises(WorkbenchError, match="are damaged"):
        set_labels(where, "Hat", {"a.png": 1})
    assert (where.read_bytes(), list(tmp_path.iterdir())) == (content, [where])


def test_built_in_faces_keep_their_labels() -> None:
    with pytest.raises(WorkbenchError, match="cannot be changed"):
        set_labels(Path("builtin:avatars"), "Smiling", {})
