"""Everything that is no data to train on, through the real command line."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

Refused = Callable[..., str]


def picture(path: Path, colour: str = "teal") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 40), colour).save(path)
    return path


def missing(folder: Path) -> str:
    return str(folder / "nowhere")


def empty(folder: Path) -> str:
    (folder / "empty").mkdir()
    return str(folder / "empty")


def without_pictures(folder: Path) -> str:
    (folder / "texts").mkdir()
    (folder / "texts" / "notes.txt").write_text("no picture")
    return str(folder / "texts")


def only_hidden_files(folder: Path) -> str:
    picture(folder / "hidden" / ".thumbnail.png")
    return str(folder / "hidden")


def a_text_file(folder: Path) -> str:
    (folder / "notes.txt").write_text("no data source")
    return str(folder / "notes.txt")


def a_broken_zip(folder: Path) -> str:
    (folder / "faces.zip").write_bytes(b"PK\x03\x04 and then nothing of use")
    return str(folder / "faces.zip")


def a_zip_without_pictures(folder: Path) -> str:
    with zipfile.ZipFile(folder / "texts.zip", "w") as archive:
        archive.writestr("notes.txt", "no picture")
    return str(folder / "texts.zip")


def an_unknown_built_in_set(folder: Path) -> str:
    return "builtin:avatar"


def only_broken_pictures(folder: Path) -> str:
    (folder / "broken").mkdir()
    (folder / "broken" / "a.jpg").write_bytes(b"no picture at all")
    return str(folder / "broken")


BAD = [
    (missing, "nowhere"),
    (empty, "empty"),
    (without_pictures, "texts"),
    (only_hidden_files, "hidden"),
    (a_text_file, "notes.txt"),
    (a_broken_zip, "faces.zip"),
    (a_zip_without_pictures, "texts.zip"),
    (an_unknown_built_in_set, "Did you mean 'avatars'?"),
]


@pytest.mark.parametrize(("make", "said"), BAD)
def test_data_info_refuses_what_is_no_source(
    refused: Refused, tmp_path: Path, make: Callable[[Path], str], said: str
) -> None:
    assert said in refused("data", "info", make(tmp_path))


@pytest.mark.parametrize(("make", "said"), [*BAD, (only_broken_pictures, "broken")])
def test_train_refuses_what_is_no_source(
    refused: Refused, tmp_path: Path, make: Callable[[Path], str], said: str
) -> None:
    assert said in refused("train", "--data", make(tmp_path), "--steps", 1, "--runs", tmp_path / "runs")


TYPO = "file,Smiling\n" + "".join(f"{name}.png,1\n" for name in "abcdefghij") + "k.png,7\n"


@pytest.mark.parametrize(
    ("csv", "said"),
    [
        ("file,Smiling\nnot-there.png,1\n", "names no picture that is there"),
        (TYPO, "Column 'Smiling'"),
        ("Smiling\n1\n", "names no picture that is there"),
        ("a.png,1\n", "no header"),
        ("file,Smiling,Smiling\na.png,1,1\n", "two columns 'Smiling'"),
        ("file,Smiling\na.png,1,1\n", "Line 2"),
        ("file,partition\na.png,9\n", "Column 'partition'"),
        ("", "is empty"),
    ],
    ids=[
        "rows for missing files", "a mistyped label", "no column of files", "no header", "a column twice",
        "a column without a name", "an unknown partition", "nothing",
    ],
)  # fmt: skip
def test_a_table_that_does_not_fit_its_pictures_is_refused(
    refused: Refused, tmp_path: Path, csv: str, said: str
) -> None:
    for name in "abcdefghijk":
        picture(tmp_path / "faces" / f"{name}.png")
    (tmp_path / "faces" / "attributes.csv").write_text(csv)
    found = refused("data", "info", tmp_path / "faces")
    assert said in found
    assert "attributes.csv" in found


def test_a_row_for_a_missing_file_is_listed_and_the_others_are_used(
    command: Callable[..., Any], tmp_path: Path
) -> None:
    picture(tmp_path / "faces" / "a.png")
    (tmp_path / "faces" / "attributes.csv").write_text("file,Smiling\na.png,1\nnot-there.png,1\n")
    outcome = command("data", "info", tmp_path / "faces")
    assert outcome.code == 0
    assert "not-there.png  named in line 3" in outcome.out
