"""Every epoch shows every picture once, and a resumed one goes on exactly."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from workbench.core.data.batches import Batches

PICTURES = np.arange(50, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
ROWS = np.arange(3, 50, dtype=np.int64)


def batches(seed: int = 0, rows: np.ndarray = ROWS, size: int = 10) -> Batches:
    return Batches(PICTURES, rows, size, torch.Generator().manual_seed(seed))


def shown(source: Batches, count: int) -> list[list[int]]:
    return [next(source)[:, 0, 0, 0].tolist() for _ in range(count)]


def test_an_epoch_shows_each_picture_at_most_once_and_the_next_another_order() -> None:
    source = batches()
    assert source.batches_per_epoch == 4
    first, second = shown(source, 4), shown(source, 4)
    assert source.epoch == 1
    for epoch in (first, second):
        flat = [value for batch in epoch for value in batch]
        assert len(flat) == len(set(flat)) == 40
        assert set(flat) <= set(ROWS.tolist())
    assert first != second
    assert next(source).shape == (10, 2, 2, 3)
    assert next(source).dtype == torch.uint8


def test_the_order_comes_from_the_generator_alone() -> None:
    torch.manual_seed(1)
    first = shown(batches(), 9)
    torch.manual_seed(2)
    assert shown(batches(), 9) == first
    assert shown(batches(seed=1), 9) != first


@pytest.mark.parametrize("taken", [0, 1, 4, 7, 8])
def test_a_restored_state_goes_on_exactly(taken: int) -> None:
    generator = torch.Generator().manual_seed(0)
    source = Batches(PICTURES, ROWS, 10, generator)
    shown(source, taken)
    state, random = json.loads(json.dumps(source.state())), generator.get_state()
    expected = shown(source, 11)
    other = torch.Generator().manual_seed(5)
    again = Batches(PICTURES, ROWS, 10, other)
    again.restore(state)
    other.set_state(random)
    assert shown(again, 11) == expected
    assert again.epoch == source.epoch


def test_few_pictures_make_one_batch_of_all() -> None:
    source = batches(rows=np.array([4, 9, 2]), size=64)
    assert source.batches_per_epoch == 1
    assert shown(source, 2) == [[2, 4, 9], [2, 4, 9]]


def test_no_pictures_and_the_state_of_other_data_are_refused() -> None:
    with pytest.raises(ValueError, match="no rows"):
        batches(rows=np.array([], np.int64))
    with pytest.raises(ValueError, match="other data"):
        batches().restore(batches(rows=ROWS[:20]).state())
