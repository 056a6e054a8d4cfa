"""Every layout is recognised, and every mistake in one gets its sentence."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from workbench.core.data.listing import SourceLostError
from workbench.core.data.source import open_source
from workbench.core.data.table import Table, made_partition
from workbench.core.errors import WorkbenchError

Make = Callable[[Mapping[str, bytes | str]], Path]


def labels_of(table: Table) -> dict[str, list[int]]:
    return {name: values.tolist() for name, values in table.labels.items()}


def test_the_built_in_avatars_are_complete() -> None:
    source = open_source("builtin:avatars")
    assert len(source.table) == 4000
    assert set(source.table.labels) == {
        "Smiling", "Sunglasses", "Eyeglasses", "Facial_Hair", "Long_Hair", "Hat", "Dark_Skin",
    }  # fmt: skip
    picture = source.read(3999)
    assert isinstance(picture, np.ndarray)
    assert (picture.shape, picture.dtype) == ((64, 64, 3), np.uint8)
    assert source.alignment is not None
    assert source.alignment.left_eye[0] < source.alignment.mouth[0] < source.alignment.right_eye[0]
    assert open_source(source.location).fingerprint == source.fingerprint


def test_no_label_of_the_avatars_hints_at_another() -> None:
    labels = open_source("builtin:avatars").table.labels
    for one in labels:
        assert 0.25 < (labels[one] > 0).mean() < 0.75
        for other in labels:
            known = (labels[one] != 0) & (labels[other] != 0)
            if one < other and {one, other} != {"Eyeglasses", "Sunglasses"}:
                assert abs(np.corrcoef(labels[one][known], labels[other][known])[0, 1]) < 0.06, (one, other)


def test_a_plain_folder_has_pictures_and_no_labels(make: Make, pictures: dict[str, bytes]) -> None:
    path = make({**pictures, "more/e.jpg": pictures["a.jpg"], "notes.txt": "x"})
    source = open_source(path)
    assert source.table.names == ("a.jpg", "b.jpg", "c.jpg", "d.jpg", "more/e.jpg")
    assert source.table.labels == {}
    assert source.read(1) == pictures["b.jpg"]
    assert source.kind in ("folder", "zip")
    assert source.name == "data"
    assert open_source(source.location).fingerprint == source.fingerprint


def test_hidden_files_are_ignored(make: Make, pictures: dict[str, bytes]) -> None:
    hidden = ("._a.jpg", ".hidden/b.jpg", "__MACOSX/._c.jpg", "Thumbs.db", "desktop.ini", ".DS_Store", "@eaDir/a.jpg")
    assert open_source(make({**pictures, **dict.fromkeys(hidden, b"x")})).table.names == tuple(pictures)


def test_attributes_become_labels_parts_persons_and_text(make: Make, pictures: dict[str, bytes]) -> None:
    csv = (
        "file,Smiling,partition,person,age,Hat,Empty\n"
        "a.jpg,1,0,ann,31,-1,\nb.jpg,-1,1,bob,8,1,\nc.jpg,,2,,1,0,\nd.jpg,1,,ann,54,1,\n"
    )
    source = open_source(make({**pictures, "attributes.csv": csv}))
    assert labels_of(source.table) == {"Smiling": [1, -1, 0, 1], "Hat": [-1, 1, 0, 1]}
    assert source.table.partition is not None
    assert source.table.parts()[:3].tolist() == [0, 1, 2]
    assert source.table.parts()[3] in (0, 1, 2)
    assert source.table.person == ("ann", "bob", "", "ann")
    assert source.table.text == {"age": ("31", "8", "1", "54")}
    assert source.skipped == ()


def test_a_table_in_one_inner_folder_and_from_a_spreadsheet_is_read(make: Make, pictures: dict[str, bytes]) -> None:
    files: dict[str, bytes | str] = {f"faces/img/{name}": data for name, data in pictures.items()}
    csv = "\ufefffile;Smiling\r\nimg\\a.jpg;1\r\n./img/b.jpg;-1\r\n\r\n"
    source = open_source(make({**files, "faces/attributes.csv": csv}))
    assert labels_of(source.table) == {"Smiling": [1, -1, 0, 0]}
    assert source.read(0) == pictures["a.jpg"]


def test_rows_for_missing_files_are_listed_and_not_fatal(make: Make, pictures: dict[str, bytes]) -> None:
    csv = "file,Smiling\na.jpg,1\ngone.jpg,-1\nb.jpg,-1\na.jpg,-1\n"
    source = open_source(make({**pictures, "attributes.csv": csv}))
    assert [(skipped.name, "line" in skipped.reason) for skipped in source.skipped] == [
        ("gone.jpg", True),
        ("a.jpg", True),
    ]
    assert labels_of(source.table) == {"Smiling": [1, -1, 0, 0]}


@pytest.mark.parametrize(
    ("csv", "words"),
    [
        ("", "is empty"),
        ("a.jpg,1\nb.jpg,-1\n", "has no header"),
        ("file,Smiling\nx.jpg,1\ny.jpg,1\n", "names no picture that is there: its first column, 'file'"),
        ("file,Smiling,Smiling\na.jpg,1,1\n", "two columns 'Smiling'"),
        ("file,,Hat\na.jpg,1,1\n", "Column 2 of .* has no name"),
        ("file,Smiling\na.jpg,1,1\n", "Line 2 of .* has 3 columns, but the first line names 2"),
        ("file,partition\na.jpg,train\n", "Column 'partition' of .* has 'train' in line 2.*0 .train."),
        ("file,Smiling\na.jpg,1\nb.jpg,0\n", "has 1 and 0, but no -1"),
        ("file,Smiling\n" + "".join(f"{n}.jpg,1\n" for n in range(19)) + "a.jpg,yes\n", "has 'yes' in line 21"),
        ('file,Smiling\n"a.jpg,1\n', "names no picture"),
        ("file,Smiling\n\xe4.jpg,1\n".encode("latin-1"), "not text in UTF-8"),
    ],
)
def test_mistakes_in_a_table_are_named(csv: str | bytes, words: str, make: Make, pictures: dict[str, bytes]) -> None:
    more = {f"{number}.jpg": b"x" for number in range(19)}
    with pytest.raises(WorkbenchError, match=words) as error:
        open_source(make({**pictures, **more, "attributes.csv": csv}))
    assert "attributes.csv" in error.value.what
    assert error.value.next_step


def test_one_subfolder_per_label(make: Make, pictures: dict[str, bytes]) -> None:
    path = make(
        {
            "set/smile/a.jpg": pictures["a.jpg"],
            "set/sad/b.jpg": pictures["b.jpg"],
            "set/sad/in/c.jpg": pictures["c.jpg"],
        }
    )
    source = open_source(path)
    assert source.kind == "labelled folders"
    assert source.table.names == ("set/sad/b.jpg", "set/sad/in/c.jpg", "set/smile/a.jpg")
    assert labels_of(source.table) == {"sad": [1, 1, -1], "smile": [-1, -1, 1]}


CELEBA = {
    "list_attr_celeba.txt": "3\nSmiling Eyeglasses \n000001.jpg  1 -1\n000002.jpg -1 -1\n000009.jpg -1  1\n",
    "list_eval_partition.txt": "000001.jpg 0\n000002.jpg 2\n",
    "identity_CelebA.txt": "000001.jpg 77\n000002.jpg 78\n",
}


@pytest.mark.parametrize("folders", [("", ""), ("celeba/Anno/", "celeba/Img/")])
def test_celeba(folders: tuple[str, str], make: Make, pictures: dict[str, bytes]) -> None:
    texts, images = folders
    files: dict[str, bytes | str] = {texts + name: text for name, text in CELEBA.items()}
    for number in (1, 2):
        files[f"{images}img_align_celeba/{number:06d}.jpg"] = pictures["a.jpg"]
    source = open_source(make(files))
    assert source.kind == "CelebA"
    assert source.table.names == ("000001.jpg", "000002.jpg")
    assert labels_of(source.table) == {"Smiling": [1, -1], "Eyeglasses": [-1, -1]}
    assert source.table.parts().tolist() == [0, 2]
    assert source.table.person == ("77", "78")
    assert [skipped.name for skipped in source.skipped] == ["000009.jpg"]
    assert source.alignment is not None
    assert source.read(1) == pictures["a.jpg"]


def test_celeba_with_mistakes_is_refused(make: Make, pictures: dict[str, bytes]) -> None:
    with pytest.raises(WorkbenchError, match="no pictures in 'img_align_celeba/'"):
        open_source(make({**CELEBA, "elsewhere/a.jpg": pictures["a.jpg"]}))
    files = {**CELEBA, "img_align_celeba/000001.jpg": pictures["a.jpg"]}
    with pytest.raises(WorkbenchError, match=r"Line 4 of 'list_attr_celeba.txt' is damaged"):
        open_source(make({**files, "list_attr_celeba.txt": "2\nSmiling\n000001.jpg 1\n000002.jpg\n"}))
    with pytest.raises(WorkbenchError, match="is empty"):
        open_source(make({**files, "list_attr_celeba.txt": ""}))


def test_what_is_no_source_is_refused_with_a_sentence(tmp_path: Path, pictures: dict[str, bytes]) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("x")
    (tmp_path / "one.jpg").write_bytes(pictures["a.jpg"])
    (tmp_path / "page.zip").write_text("\n<!DOCTYPE html><html>Quota exceeded</html>")
    (tmp_path / "table.csv").write_text("file,Smiling\n")
    (tmp_path / "noise.zip").write_bytes(b"1234")
    with zipfile.ZipFile(tmp_path / "no.zip", "w") as archive:
        archive.writestr("a.txt", "x")
    (tmp_path / "cut.zip").write_bytes((tmp_path / "no.zip").read_bytes()[:40])
    cases = {
        "missing": "does not exist",
        "empty": "No pictures in",
        "texts": "No pictures in",
        "no.zip": "No pictures in",
        "one.jpg": "is one picture, not a data source",
        "page.zip": "is a web page, not a zip",
        "table.csv": "is a table",
        "noise.zip": "is no data source",
        "cut.zip": "is damaged: its end is missing",
    }
    for name, words in cases.items():
        with pytest.raises(WorkbenchError, match=words) as error:
            open_source(tmp_path / name)
        assert name in error.value.what
        assert error.value.next_step
    with pytest.raises(WorkbenchError, match=r"no built-in set 'avatar'\. Did you mean 'avatars'"):
        open_source("builtin:avatar")


def test_names_that_lead_out_of_a_zip_lead_nowhere(tmp_path: Path, pictures: dict[str, bytes]) -> None:
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("../../out.jpg", "/etc/root.jpg", "fine.jpg"):
            archive.writestr(name, pictures["a.jpg"])
    source = open_source(path)
    assert "fine.jpg" in source.table.names
    assert all(source.read(row) == pictures["a.jpg"] for row in range(len(source.table)))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["evil.zip"]


def test_a_damaged_member_of_a_zip_is_found(tmp_path: Path, pictures: dict[str, bytes]) -> None:
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.jpg", pictures["a.jpg"])
    data = bytearray(path.read_bytes())
    data[100] ^= 255
    path.write_bytes(data)
    with pytest.raises(OSError, match="damaged in the zip"):
        open_source(path).read(0)


def test_a_zip_that_is_replaced_while_it_is_read_gives_the_same_pictures_or_an_end(
    tmp_path: Path, pictures: dict[str, bytes]
) -> None:
    path = tmp_path / "faces.zip"

    def write(files: dict[str, bytes]) -> None:
        with zipfile.ZipFile(tmp_path / "new.zip", "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        (tmp_path / "new.zip").replace(path)

    write(pictures)
    source = open_source(path)
    write({"attributes.csv": b"file,Hat\na.jpg,1\n", **pictures})  # as a label is written: all lies further back
    assert [source.read(row) for row in range(4)] == list(pictures.values())
    write({**pictures, "a.jpg": pictures["b.jpg"]})
    assert source.read(1) == pictures["b.jpg"]
    with pytest.raises(SourceLostError, match="was changed"):
        source.read(0)
    path.write_bytes(b"half a zip")
    with pytest.raises(SourceLostError, match="was changed"):
        source.read(1)
    path.unlink()
    with pytest.raises(SourceLostError, match="is gone"):
        source.read(1)


def test_a_file_or_folder_that_goes_away_while_a_folder_is_listed_is_not_in_it(
    tmp_path: Path, pictures: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = os.scandir

    class Passing:
        """A folder from which `b.jpg` and the folder `c` are taken away just when their names have been read."""

        def __init__(self, folder: Path) -> None:
            with scan(folder) as entries:
                self.entries = sorted(entries, key=lambda entry: entry.name)
            (tmp_path / "b.jpg").unlink(missing_ok=True)
            shutil.rmtree(tmp_path / "c", ignore_errors=True)

        def __iter__(self) -> Iterator[os.DirEntry[str]]:
            return iter(self.entries)

        def __enter__(self) -> None:
            pass

        def __exit__(self, *_: object) -> None:
            pass

    (tmp_path / "c").mkdir()
    for name in ("a.jpg", "b.jpg", "c/d.jpg"):
        (tmp_path / name).write_bytes(pictures["a.jpg"])
    monkeypatch.setattr(os, "scandir", lambda folder: Passing(folder) if folder == tmp_path else scan(folder))
    assert open_source(tmp_path).table.names == ("a.jpg",)


def test_the_fingerprint_follows_the_pictures_and_not_the_labels(make: Make, pictures: dict[str, bytes]) -> None:
    first = open_source(make(pictures)).fingerprint
    assert open_source(make({**pictures, "attributes.csv": "file,Hat\na.jpg,1\nb.jpg,-1\n"})).fingerprint == first
    assert open_source(make({**pictures, "e.jpg": pictures["a.jpg"]})).fingerprint != first


def test_made_parts_are_stable_and_follow_the_person() -> None:
    names = [f"{number}.jpg" for number in range(4000)]
    parts = made_partition(names)
    assert np.array_equal(made_partition(names[1000:]), parts[1000:])
    assert np.abs(np.bincount(parts) / len(names) - [0.8, 0.1, 0.1]).max() < 0.02
    table = Table(tuple(names), person=tuple(f"person {number // 10}" for number in range(4000)))
    of_persons = table.parts().reshape(-1, 10)
    assert (of_persons == of_persons[:, :1]).all()
