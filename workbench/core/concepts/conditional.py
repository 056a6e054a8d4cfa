"""A direction that moves one thing and holds the rest: composed from what a judge saw of other directions.

Every direction that was found was tried on faces, so that it is known by how much each label changes along it. From
these trials one can tell, by regression, what the judge answers to any step that is made of them; and of all steps that
it would answer with the wanted label alone, the shortest is taken, measured as faces differ (Mahalanobis). InterFaceGAN
(Shen et al. 2020) calls it conditional manipulation, and projects the normals of classifiers of *codes* out of a step;
here it is what is *seen* of a step that is held.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

CONDITIONAL = "conditional"
TITLE = "Conditional"
SUMMARY = "The shortest step along which a judge of pictures sees the concept change and nothing else."

_NOISE = 0.2  # of a trial, in judge deviations: what two trials of nearly one direction may differ by
_SHORT = 0.05  # what a longer step costs beside a side effect

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]


def compose(
    steps: Sequence[Float64], effects: Sequence[Float64], whiten: Float64, own: int, held: Sequence[int]
) -> Float64:
    """The step that changes label `own` by 1 and the `held` ones hardly.

    Args:
        steps: that were tried, each float64 (latent,).
        effects: of each, how far the judge moved on each label, float64 (labels,), in its deviations.
        whiten: (z - mean) @ whiten has the covariance 1: float64 (latent, latent).
        own: the label to change.
        held: those to be left alone; others may go as they like.
    """
    tried, seen = np.stack(steps), np.stack(effects)[:, [own, *held]]
    white = tried @ whiten
    square = white @ white.T
    square[np.diag_indices_from(square)] += _NOISE**2
    by_step = np.linalg.solve(square, seen)  # the judge's answer to white step x is x · white.T @ by_step
    answers = white.T @ by_step
    answering = answers.T @ answers
    wanted = np.zeros(len(answering))
    wanted[0] = 1
    answering[np.diag_indices_from(answering)] += _SHORT
    weights = by_step @ np.linalg.solve(answering, wanted)
    return weights @ tried
