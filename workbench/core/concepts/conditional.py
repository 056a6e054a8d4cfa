"""A direction that moves one thing and holds the rest: composed from what a judge saw of other directions.

Every direction that was found was tried on faces, so that one knows how each label changes along it, and the picture.
From these trials one can tell, by regression, what the judge answers to any step that is made of them; of all steps
that it would answer with the wanted label alone the shortest and calmest is taken: short as faces differ (Mahalanobis),
calm where the picture changes outside the place of something that is worn. InterFaceGAN (Shen et al. 2020) calls it
conditional manipulation, and projects the normals of classifiers of *codes* out of a step; here it is what is *seen* of
a step that is held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

CONDITIONAL = "conditional"

_NOISE = 0.2  # of a trial, in judge deviations: what two trials of nearly one direction may differ by
_SHORT = 0.02  # what a longer step costs beside a side effect
_CALM = 0.2  # what a change outside the region costs that is as large as that of a usual step: nobody judges it

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """What was seen of a step.

    Attributes:
        step: float64 (latent,).
        effect: how far the judge moved on each label, on the mean of some faces, in its deviations: float64 (labels,).
        change: of the picture, on the mean of them, float64 (pixels,).
    """

    step: Float64
    effect: Float64
    change: Float64


def compose(
    tried: Sequence[Tried], whiten: Float64, own: int, held: Sequence[int], outside: npt.NDArray[np.bool_]
) -> Float64:
    """The step that changes label `own` by 1 and the `held` ones hardly: float64 (latent,).

    Args:
        tried: what it is made of.
        whiten: (z - mean) @ whiten has the covariance 1: float64 (latent, latent).
        own: the label to change.
        held: those to be left alone; others may go as they like.
        outside: where the picture should stay as it is, bool (pixels,).
    """
    steps = np.stack([one.step for one in tried])
    changes = np.stack([one.change[outside] for one in tried])
    effects = np.stack([one.effect for one in tried])[:, [own, *held]]
    pictures = changes @ changes.T
    pictures /= max(float(np.trace(pictures)) / len(tried), 1e-12)  # a usual step's is 1
    white = steps @ whiten
    square = white @ white.T
    noisy = square + _NOISE**2 * np.eye(len(tried))
    # the judge's answer to a white step x is x · white.T @ by_label, and so is the picture's change
    by_label = np.linalg.solve(noisy, effects)
    by_picture = np.linalg.solve(noisy, np.linalg.solve(noisy, pictures).T)
    wanted = np.zeros(effects.shape[1])
    wanted[0] = 1
    cost = (by_label @ by_label.T + _CALM * by_picture) @ square + _SHORT * np.eye(len(tried))
    step: Float64 = np.linalg.solve(cost, by_label @ wanted) @ steps
    return step
