from __future__ import annotations

import numpy as np
import pytest
from skimage import data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from workbench.core.errors import WorkbenchError
from workbench.core.quality.reconstruction import Pictures, psnr, psnr_each, ssim, ssim_each


@pytest.fixture(scope="module")
def pairs() -> tuple[Pictures, Pictures]:
    """Four cuts of a photo, one of them flat black, and the same with noise, a shift, a blur, and nothing changed."""
    rng = np.random.default_rng(0)
    photo = data.astronaut()
    pictures = np.stack([photo[y : y + 64, 180 : 180 + 64] for y in (0, 60, 120, 180)])
    pictures[3] = 0
    changed = pictures.astype(float)
    changed[0] += rng.normal(0, 20, changed[0].shape)
    changed[1] = np.roll(changed[1], 3, axis=1)
    changed[3] += 2
    return pictures, changed.clip(0, 255).astype(np.uint8)


def test_psnr_is_scikit_images(pairs: tuple[Pictures, Pictures]) -> None:
    each = psnr_each(*pairs)
    for found, a, b in zip(each, *pairs, strict=True):
        if not (a == b).all():
            assert found == pytest.approx(peak_signal_noise_ratio(a, b), rel=1e-6)
    assert np.isinf(each[2])  # nothing differs
    assert psnr(pairs[0][:2], pairs[1][:2]) == pytest.approx(each[:2].mean())


def test_psnr_of_one_grey_level_is_48_decibels() -> None:
    grey = np.full((3, 8, 8, 3), 100, np.uint8)
    assert psnr(grey, grey + 1) == pytest.approx(48.1308, abs=1e-4)


@pytest.mark.parametrize("side", [11, 32, 64])
def test_ssim_is_scikit_images(pairs: tuple[Pictures, Pictures], side: int) -> None:
    pictures, changed = (p[:, :side, :side] for p in pairs)
    for found, a, b in zip(ssim_each(pictures, changed), pictures, changed, strict=True):
        truth = structural_similarity(
            a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255, channel_axis=-1
        )
        assert found == pytest.approx(truth, abs=2e-4)
    assert ssim(pictures, pictures) == pytest.approx(1.0)


def test_ssim_of_pictures_that_are_wider_than_high(pairs: tuple[Pictures, Pictures]) -> None:
    pictures, changed = (p[:, :20, :50] for p in pairs)
    assert ssim_each(pictures, changed)[0] == pytest.approx(
        structural_similarity(
            pictures[0], changed[0], gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255,
            channel_axis=-1,
        ),
        abs=2e-4,
    )  # fmt: skip


def test_pictures_smaller_than_the_window_get_a_sentence() -> None:
    with pytest.raises(WorkbenchError, match="at least 11 pixels; these are 8 x 16"):
        ssim(np.zeros((1, 16, 8, 3), np.uint8), np.zeros((1, 16, 8, 3), np.uint8))
