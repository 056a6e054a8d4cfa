from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import convolve2d
from skimage import data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from workbench.core.errors import WorkbenchError
from workbench.core.quality.reconstruction import (
    Pictures,
    ms_ssim,
    ms_ssim_each,
    psnr,
    psnr_each,
    scales,
    ssim,
    ssim_each,
)


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


def structure(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Mean SSIM, and mean of its part without the luminance, of one channel: Wang et al. 2004, equations 6 and 13."""
    bell = np.exp(-0.5 * ((np.arange(11) - 5) / 1.5) ** 2)
    window = np.outer(bell, bell) / bell.sum() ** 2

    def local(values: np.ndarray) -> np.ndarray:
        return np.asarray(convolve2d(values, window, mode="valid"))

    ma, mb = local(a), local(b)
    va, vb, cov = local(a * a) - ma**2, local(b * b) - mb**2, local(a * b) - ma * mb
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    contrast = (2 * cov + c2) / (va + vb + c2)
    return float((contrast * (2 * ma * mb + c1) / (ma**2 + mb**2 + c1)).mean()), float(contrast.mean())


def halved(values: np.ndarray) -> np.ndarray:
    height, width = values.shape
    return np.asarray(values.reshape(height // 2, 2, width // 2, 2).mean((1, 3)))


@pytest.mark.parametrize(("side", "weights"), [(32, (0.0448, 0.2856)), (64, (0.0448, 0.2856, 0.3001))])
def test_ms_ssim_is_the_product_over_the_scales_that_fit_with_weights_that_sum_to_one(
    pairs: tuple[Pictures, Pictures], side: int, weights: tuple[float, ...]
) -> None:
    pictures, changed = (p[:2, :side, :side] for p in pairs)
    assert scales(side) == len(weights)
    for found, a, b in zip(ms_ssim_each(pictures, changed), pictures, changed, strict=True):
        values = []  # the means go over the three channels before the powers are taken
        channels = [(a[..., c].astype(float), b[..., c].astype(float)) for c in range(3)]
        for _ in weights[1:]:
            values.append(np.mean([structure(x, y)[1] for x, y in channels]))
            channels = [(halved(x), halved(y)) for x, y in channels]
        mirrored = [[np.pad(channel, 5, mode="reflect") for channel in pair] for pair in channels]
        values.append(np.mean([structure(x, y)[0] for x, y in mirrored]))
        assert found == pytest.approx(np.prod(np.array(values) ** (np.array(weights) / sum(weights))), abs=2e-4)


@pytest.mark.parametrize(("side", "count"), [(11, 1), (22, 2), (32, 2), (64, 3), (128, 4), (176, 5), (1024, 5)])
def test_equal_pictures_have_an_ms_ssim_of_one_at_any_size(side: int, count: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1, side, side, 3), np.uint8)
    assert scales(side) == count
    assert ms_ssim(noise, noise) == pytest.approx(1.0, abs=1e-5)
