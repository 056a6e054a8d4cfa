"""The list that leads from a recipe's fingerprints back to files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from workbench.core.editing import known_photos


@pytest.fixture
def photo(tmp_path: Path) -> tuple[str, Path]:
    path = tmp_path / "album" / "photo.jpg"
    path.parent.mkdir()
    path.write_bytes(b"a photo")
    return hashlib.sha256(b"a photo").hexdigest(), path


def test_a_remembered_photo_is_found_again(photo: tuple[str, Path], places: Path) -> None:
    known_photos.remember_photo(*photo)
    assert known_photos.find_photo(photo[0]) == photo[1]


def test_an_unknown_photo_is_not_found(photo: tuple[str, Path], places: Path) -> None:
    assert known_photos.find_photo(photo[0]) is None


def test_a_photo_that_was_changed_since_is_not_taken_for_the_same(photo: tuple[str, Path], places: Path) -> None:
    known_photos.remember_photo(*photo)
    photo[1].write_bytes(b"another photo")
    assert known_photos.find_photo(photo[0]) is None


def test_a_photo_beside_the_exported_picture_is_found(photo: tuple[str, Path], places: Path) -> None:
    exported = photo[1].with_name("edited.png")
    exported.write_bytes(b"an exported picture")
    assert known_photos.find_photo(photo[0], beside=exported) == photo[1]


def test_a_photo_that_moved_beside_the_exported_picture_is_found(photo: tuple[str, Path], places: Path) -> None:
    known_photos.remember_photo(*photo)
    moved = photo[1].rename(photo[1].with_name("renamed.jpg"))
    assert known_photos.find_photo(photo[0], beside=moved.with_name("edited.png")) == moved


def test_the_list_forgets_its_oldest(photo: tuple[str, Path], places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_photos, "_LIMIT", 3)
    known_photos.remember_photo(*photo)
    for number in range(3):
        known_photos.remember_photo(f"{number}", photo[1])
    assert known_photos.find_photo(photo[0]) is None


def test_a_damaged_list_counts_as_empty(photo: tuple[str, Path], places: Path) -> None:
    known_photos.remember_photo(*photo)
    (places / "preferences" / "photos.json").write_text("{ not json")
    assert known_photos.find_photo(photo[0]) is None
    known_photos.remember_photo(*photo)
    assert known_photos.find_photo(photo[0]) == photo[1]


def test_a_model_is_found_where_it_was(tmp_path: Path, places: Path) -> None:
    known_photos.remember_model("f00d", tmp_path)
    assert known_photos.find_model("f00d") == tmp_path
    known_photos.remember_model("beef", tmp_path / "gone")
    assert known_photos.find_model("beef") is None
