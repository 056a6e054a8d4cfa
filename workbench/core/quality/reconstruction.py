"""How near a reconstruction comes to its picture: PSNR, SSIM and MS-SSIM, all on 8-bit values."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.core.errors import WorkbenchError

_WINDOW, _SIGMA = 11, 1.5  # pixels
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2  # keep flat regions from dividing nothing by nothing

_SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of MS-SSIM, the finest first

Pictures = npt.NDArray[np.uint8]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]


def psnr(pictures: Pictures, reconstructions: Pictures) -> float:
    """Peak signal-to-noise ratio in dB, the mean over pictures of `psnr_each`."""
    return float(psnr_each(pictures, reconstructions).mean())


def psnr_each(pictures: Pictures, reconstructions: Pictures) -> Float64:
    """10 * log10(255² / MSE) of each picture, in dB; infinite where nothing differs.

    Args:
        pictures: uint8 (N, H, W, 3).
        reconstructions: of the same shape.

    Returns:
        float64 (N,).
    """
    difference = pictures.astype(np.float32) - reconstructions
    error = np.square(difference, dtype=np.float64).mean(axis=(1, 2, 3))
    with np.errstate(divide="ignore"):
        decibels: Float64 = 10 * np.log10(255**2 / error)
    return decibels


def ssim(pictures: Pictures, reconstructions: Pictures) -> float:
    """Structural similarity, -1 to 1, the mean over pictures of `ssim_each`."""
    return float(ssim_each(pictures, reconstructions).mean())


def ssim_each(pictures: Pictures, reconstructions: Pictures) -> Float64:
    """Structural similarity of each picture (Wang et al. 2004): Gaussian window of 11 pixels, sigma 1.5, per channel,
    the mean over all places where the window lies inside the picture.

    The same as scikit-image's `structural_similarity(a, b, gaussian_weights=True, sigma=1.5,
    use_sample_covariance=False, data_range=255, channel_axis=-1)`.

    Args:
        pictures: uint8 (N, H, W, 3), at least 11 pixels wide and high.
        reconstructions: of the same shape.

    Returns:
        float64 (N,).

    Raises:
        WorkbenchError: the pictures are smaller than the window.
    """
    count, height, width, channels = pictures.shape
    if min(height, width) < _WINDOW:
        raise WorkbenchError(
            f"SSIM needs pictures of at least {_WINDOW} pixels; these are {width} x {height}.", "Use larger pictures."
        )
    down, across = _window(height), _window(width).T
    # (N, 3, H, W) about middle grey: variances stay the same, and squares small enough for float32.
    a, b = (np.moveaxis(p, -1, 1).astype(np.float32) - np.float32(127.5) for p in (pictures, reconstructions))

    def local_mean(values: Float32) -> Float32:
        mean: Float32 = down @ (values.reshape(-1, width) @ across).reshape(count, channels, height, -1)
        return mean

    mean_a, mean_b = local_mean(a), local_mean(b)
    variance = local_mean(a * a) - mean_a**2 + local_mean(b * b) - mean_b**2
    covariance = local_mean(a * b) - mean_a * mean_b
    mean_a, mean_b = mean_a + np.float32(127.5), mean_b + np.float32(127.5)
    luminance = (2 * mean_a * mean_b + _C1) / (mean_a**2 + mean_b**2 + _C1)
    structure = (2 * covariance + _C2) / (variance + _C2)
    each: Float64 = (luminance * structure).mean(axis=(1, 2, 3), dtype=np.float64)
    return each


def ms_ssim(pictures: Pictures, reconstructions: Pictures) -> float:
    """Multi-scale structural similarity, 0 to 1, the mean over pictures of `ms_ssim_each`."""
    return float(ms_ssim_each(pictures, reconstructions).mean())


def ms_ssim_each(pictures: Pictures, reconstructions: Pictures) -> Float64:
    """Multi-scale structural similarity of each picture (Wang, Simoncelli and Bovik 2003), torchmetrics' with the
    window of `ssim_each`, edges mirrored at the coarsest scale, and what is negative taken as 0.

    Its five scales, each half the side of the one before, need 176 pixels. Smaller pictures have the first `scales`
    of them, with the published weights divided by their sum, so that two equal pictures still give 1.

    Args:
        pictures: uint8 (N, S, S, 3), at least 11 pixels wide and high.
        reconstructions: of the same shape.

    Returns:
        float64 (N,).
    """
    from torch import from_numpy
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

    weights = np.array(_SCALE_WEIGHTS[: scales(min(pictures.shape[1:3]))])
    a, b = (from_numpy(np.moveaxis(p, -1, 1).astype(np.float32)) for p in (reconstructions, pictures))
    each: Float64 = multiscale_structural_similarity_index_measure(
        a,
        b,
        sigma=_SIGMA,
        kernel_size=_WINDOW,
        data_range=255.0,
        betas=tuple((weights / weights.sum()).tolist()),
        normalize="relu",
        reduction="none",
    ).double().numpy()  # fmt: skip
    return each


def scales(side: int) -> int:
    """How many scales of MS-SSIM fit pictures of that side, 1 to 5: 2 at 32 pixels, 3 at 64, 4 at 128.

    The window has to fit the smallest, and torchmetrics asks for a side of more than 10 (n - 1)² pixels.
    """
    return max(n for n in range(1, 6) if n == 1 or min(side >> (n - 1), side // (n - 1) ** 2) >= _WINDOW)


def _window(size: int) -> Float32:
    """The Gaussian at every place where it fits, as a matrix (size - 10, size) whose rows sum to 1."""
    bell = np.exp(-0.5 * ((np.arange(_WINDOW) - _WINDOW // 2) / _SIGMA) ** 2)
    matrix = np.zeros((size - _WINDOW + 1, size), np.float32)
    for row in range(len(matrix)):
        matrix[row, row : row + _WINDOW] = bell / bell.sum()
    return matrix
