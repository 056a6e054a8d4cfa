"""Pictures side by side on one sheet."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.training.previews import grid


@pytest.mark.parametrize(("count", "columns"), [(1, 8), (3, 8), (8, 8), (11, 4)])
def test_each_picture_has_its_place_on_white(count: int, columns: int) -> None:
    side = 5
    pictures = np.arange(count, dtype=np.uint8)[:, None, None, None].repeat(side, 1).repeat(side, 2).repeat(3, 3)
    sheet = grid(pictures, columns)
    across = min(columns, count)
    assert sheet.shape == (-(-count // across) * (side + 2) + 2, across * (side + 2) + 2, 3)
    for number in range(count):
        row, column = divmod(number, columns)
        top, left = 2 + row * (side + 2), 2 + column * (side + 2)
        assert (sheet[top : top + side, left : left + side] == number).all()
    assert (sheet == 255).all(axis=2).sum() == sheet.shape[0] * sheet.shape[1] - count * side**2
    assert not sheet.flags.writeable
