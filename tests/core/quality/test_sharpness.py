from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, laplace
from skimage import data

from workbench.core.quality.sharpness import Sharpness, sharpness_each


def test_sharpness_is_the_variance_of_scipys_laplacian_of_the_grey_picture() -> None:
    photo = data.astronaut()[:96, 150:270]
    grey = photo.astype(float) @ (0.299, 0.587, 0.114)
    assert sharpness_each(photo[None])[0] == pytest.approx(laplace(grey)[1:-1, 1:-1].var(), rel=1e-4)


def test_blur_takes_sharpness_away_and_a_flat_picture_has_none() -> None:
    photo = data.astronaut()[:96, 150:270]
    blurred = [gaussian_filter(photo, (sigma, sigma, 0)) for sigma in (0.7, 1.5, 3)]
    each = sharpness_each(np.stack([photo, *blurred, np.full_like(photo, 90)]))
    assert (np.diff(each) < 0).all()
    assert each[-1] == 0


def test_ratios_are_over_the_originals_and_missing_where_nothing_was_measured() -> None:
    found = Sharpness(originals=200.0, samples=50.0)
    assert found.to_json() == {
        "originals": 200.0, "reconstructions": None, "samples": 50.0,
        "reconstructions_ratio": None, "samples_ratio": 0.25,
    }  # fmt: skip
    assert Sharpness(originals=0.0, samples=1.0).samples_ratio is None
