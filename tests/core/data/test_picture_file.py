"""Pictures that are read from a file which may go away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.core.data.picture_file import PictureFile, PicturesGone

PICTURES = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3), dtype=np.uint8)
ROWS = np.array([0, 3, 19])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    np.save(tmp_path / "pictures.npy", PICTURES)
    return tmp_path / "pictures.npy"


def opened(path: Path) -> PictureFile:
    reader = PictureFile.over(np.load(path, mmap_mode="r"))
    assert isinstance(reader, PictureFile)
    return reader


def test_rows_come_as_from_the_array(path: Path) -> None:
    assert np.array_equal(opened(path)[ROWS], PICTURES[ROWS])


def test_an_array_in_memory_is_read_as_it_is() -> None:
    assert PictureFile.over(PICTURES) is PICTURES


def test_a_file_that_is_cut_off_is_an_error_that_passes_when_it_is_whole_again(path: Path) -> None:
    whole = path.read_bytes()
    reader = opened(path)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(PicturesGone):
        reader[ROWS]
    assert not reader.back()
    path.write_bytes(whole)
    assert reader.back()
    assert np.array_equal(reader[ROWS], PICTURES[ROWS])


def test_a_file_that_is_gone_is_an_error_that_passes_when_it_is_there_again(path: Path) -> None:
    reader = opened(path)
    away = path.rename(path.with_name("away"))
    with pytest.raises(PicturesGone) as error:
        reader[ROWS]
    assert error.value.path == path
    assert not reader.back()
    away.rename(path)
    assert reader.back()
