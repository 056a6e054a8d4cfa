from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from skimage import data

from workbench.core.concepts.aligned import are_aligned
from workbench.core.faces.align import FACES, Points, align, similarity

EYES_AND_MOUTH = np.array([(203, 109), (247, 109), (228, 158)], np.float64)  # of the astronaut


def faces(shift: float = 0.0, scale: float = 1.0, size: int = 64) -> npt.NDArray[np.uint8]:
    """The astronaut's face, as if its eyes and mouth were `shift` pixels further and `scale` times further apart."""
    middle = EYES_AND_MOUTH.mean(axis=0)
    points = Points.from_array((EYES_AND_MOUTH - middle) * scale + middle + shift)
    picture = align(data.astronaut(), similarity(points, FACES, size), size)
    return np.stack([picture, picture[:, :, ::-1]])  # in two lights


@pytest.mark.parametrize("size", [32, 64, 128])
def test_aligned_faces_are_recognised_at_every_size(size: int) -> None:
    assert are_aligned(faces(size=size), FACES)


@pytest.mark.parametrize(("shift", "scale"), [(20.0, 1.0), (0.0, 1.8)])
def test_faces_that_lie_elsewhere_are_not_aligned(shift: float, scale: float) -> None:
    assert not are_aligned(faces(shift, scale), FACES)


def test_half_of_the_pictures_must_be_aligned_faces() -> None:
    two = faces()
    empty = np.full_like(two, 200)
    assert are_aligned(np.concatenate([two, empty]), FACES)
    assert not are_aligned(np.concatenate([two, empty, empty[:1]]), FACES)
    assert not are_aligned(two[:0], FACES)
