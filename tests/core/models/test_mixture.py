from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from workbench.core.errors import WorkbenchError
from workbench.core.models.mixture import CODES_PER_COMPONENT, SPREAD, Mixture


def clouds(count: int = 600) -> np.ndarray:
    """Two far clouds, one of them drawn out along a diagonal: float32 (count, 3)."""
    random = np.random.default_rng(0)
    near = random.normal(size=(count // 3, 3)) * 0.5 + [6, 0, 0]
    far = random.normal(size=(count - count // 3, 3)) @ np.array([[2.0, 1.9, 0], [0, 0.3, 0], [0, 0, 0.2]]) - [6, 0, 0]
    return np.concatenate([near, far]).astype(np.float32)


def test_codes_drawn_from_it_lie_where_the_codes_lie() -> None:
    codes = clouds(6 * CODES_PER_COMPONENT)
    drawn = Mixture.fit(codes).draw(20_000, torch.Generator().manual_seed(0)).numpy()
    assert drawn.mean(axis=0) == pytest.approx(codes.mean(axis=0), abs=0.15)
    assert np.cov(drawn.T) == pytest.approx(np.cov(codes.T), rel=0.1, abs=0.2)
    assert np.mean(drawn[:, 0] > 3) == pytest.approx(1 / 3, abs=0.03)
    assert np.mean(np.abs(drawn[:, 0]) < 1) < 0.05  # nothing between the clouds, where no code lies
    far = drawn[drawn[:, 0] < -3]
    assert np.corrcoef(far[:, 0], far[:, 1])[0, 1] > 0.9


def test_codes_drawn_from_it_stray_further_than_the_codes_but_not_in_their_mean() -> None:
    cloud = clouds(9000)[3000:]
    drawn = Mixture.fit(cloud, most=1).draw(20_000, torch.Generator().manual_seed(0)).numpy()
    assert drawn.mean(axis=0) == pytest.approx(cloud.mean(axis=0), abs=0.15)
    assert np.cov(drawn.T) == pytest.approx(SPREAD**2 * np.cov(cloud.T), rel=0.05, abs=0.1)


def test_the_same_codes_and_the_same_seed_give_the_same_faces() -> None:
    first, second = (Mixture.fit(clouds()) for _ in range(2))
    drawn = [m.draw(5, torch.Generator().manual_seed(s)) for m, s in ((first, 1), (second, 1), (first, 2))]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_few_codes_are_one_cloud() -> None:
    assert len(Mixture.fit(clouds(60)).weights) == 1


def test_it_is_kept_with_the_weights_it_belongs_to(tmp_path: Path) -> None:
    mixture = Mixture.fit(clouds())
    mixture.save(tmp_path / "mixture.safetensors", "abc")
    loaded = Mixture.load(tmp_path / "mixture.safetensors", "abc", 3)
    assert loaded is not None
    for name in ("weights", "means", "roots"):
        assert torch.equal(getattr(loaded, name), getattr(mixture, name))
    assert Mixture.load(tmp_path / "mixture.safetensors", "of other weights", 3) is None
    assert Mixture.load(tmp_path / "nothing.safetensors", "abc", 3) is None
    with pytest.raises(WorkbenchError, match="damaged"):
        Mixture.load(tmp_path / "mixture.safetensors", "abc", 4)


def test_codes_that_are_not_numbers_have_no_distribution() -> None:
    with pytest.raises(WorkbenchError, match="no distribution"):
        Mixture.fit(np.full((10, 3), np.nan, np.float32))
