"""What is stored is what was decoded: the middle square, resized without aliasing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from workbench.core.data.cache import CacheWriter, square


def test_the_middle_square_is_cut_out_and_small_pictures_are_kept_bit_for_bit() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (20, 32, 3), dtype=np.uint8)
    assert np.array_equal(square(Image.fromarray(noise), 20), noise[:, 6:26])


def test_resizing_does_not_alias() -> None:
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, ::2] = 255  # finer than the small picture can show: an even grey, where dropping pixels gives stripes
    small = square(Image.fromarray(stripes), 64)
    assert small.shape == (64, 64, 3)
    assert np.abs(small[:, 4:-4].astype(int) - 127.5).max() < 4


def test_a_journal_cut_off_in_the_middle_is_taken_up_as_far_as_its_pictures_go(tmp_path: Path) -> None:
    picture = np.full((8, 8, 3), 7, np.uint8)
    writer = CacheWriter(tmp_path, 10, 8)
    writer.add([picture, "is broken", picture, picture])
    writer.save()
    writer.add([picture])  # never saved, so never vouched for
    writer.close()
    journal = tmp_path / "journal.jsonl"
    journal.write_text(journal.read_text() + "nul")
    again = CacheWriter(tmp_path, 10, 8)
    assert list(again.reasons) == [None, "is broken", None, None]
    again.close()
    part = tmp_path / "pictures.part"
    part.write_bytes(part.read_bytes()[:-1])  # the last picture did not make it to disk
    third = CacheWriter(tmp_path, 10, 8)
    assert list(third.reasons) == [None, "is broken", None]
    third.add([picture] * 7)
    third.finish("abc")
    pictures = np.load(tmp_path / "pictures.npy", mmap_mode="r")
    assert pictures.shape == (9, 8, 8, 3)
    assert (pictures == 7).all()
    assert {entry.name for entry in tmp_path.iterdir()} == {"pictures.npy", "index.json"}
