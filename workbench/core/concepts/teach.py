"""A concept from two small piles of pictures, with and without, and how sure one can be of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.concept import Counts, Direction
from workbench.core.concepts.measure import slider_ends
from workbench.core.concepts.proof import Proof
from workbench.core.concepts.roc import RESAMPLES, certain
from workbench.core.quality.typical import Moments

TAUGHT = "taught"
LEAST = 3
"""Pictures a pile needs at all."""
ENOUGH = 20
"""Pictures on each side from which a concept can be expected to be of use."""

_SPHERE = 0.7
"""How far the covariance of all faces is shrunk to a sphere. Of a VAE's codes of photographs (64 pixels, 24 dB) five
pictures with and five without gave an AUC of 0.68 for Smiling, where the plain difference of means gave 0.63 and the
whole covariance 0.64; twenty and twenty 0.80, 0.75 and 0.73; 0.5 and 0.7 did equally well."""
_END = 3.0  # sigma: of a slider whose pictures are too few to say how far faces go

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]


def teach(with_it: Float32, without: Float32, moments: Moments | None) -> Direction:
    """The direction from the pictures without to those with, freed of what faces differ in anyway.

    The difference of the two means is divided by the covariance of the codes of *all* faces the model learned from,
    shrunk towards a sphere: Fisher's discriminant (1936) with a covariance that ten pictures could never give. Its AUC
    is that of leaving out one picture of each pile in turn (Airola et al. 2011): every pair is judged by a direction
    that has seen neither. The interval and the angle are by the bootstrap.

    Args:
        with_it: codes (n, latent), n at least `LEAST`.
        without: codes (m, latent), likewise.
        moments: mean and covariance of the model's codes; None where they are not known: then the plain difference.
    """
    sides = with_it.astype(np.float64), without.astype(np.float64)
    latent = with_it.shape[1]
    covariance = np.eye(latent) if moments is None else moments[1]
    sphere = np.trace(covariance) / latent
    divide = np.linalg.inv((1 - _SPHERE) * covariance + _SPHERE * sphere * np.eye(latent))
    found = divide @ (sides[0].mean(axis=0) - sides[1].mean(axis=0))
    vector = found / np.linalg.norm(found)
    if moments is None:
        sigma = float(np.concatenate(sides).std(axis=0) @ np.abs(vector))
    else:
        sigma = float(np.sqrt(vector @ covariance @ vector))
    ends = (-_END, _END)
    if min(len(with_it), len(without)) >= ENOUGH:
        ends = slider_ends(sides[0] @ vector, sides[1] @ vector, sigma)
    right = _pairs_right(sides[0], sides[1], divide)
    low, high = _interval(right)
    counts = Counts(len(with_it), len(without), len(with_it), len(without))
    proof = Proof(auc_low=low, auc_high=high, angle=_angle(sides[0], sides[1], divide, vector))
    return Direction(TAUGHT, vector.astype(np.float32), sigma, *ends, float(right.mean()), counts, proof=proof)


def _pairs_right(with_it: Float64, without: Float64, divide: Float64) -> Float64:
    """Whether each pair of one picture with and one without is told apart by a direction from all the others.

    1 right, 0 wrong, float64 (n, m).
    """
    n, m = len(with_it), len(without)
    left_with = (n * with_it.mean(axis=0) - with_it) / (n - 1)  # the mean without each picture
    left_without = (m * without.mean(axis=0) - without) / (m - 1)
    x, y, p, q = with_it @ divide, without @ divide, left_with, left_without
    # (x_i - y_j) · (p_i - q_j), with the division in x and y
    score = (x * p).sum(axis=1)[:, None] - x @ q.T - (y @ p.T).T + (y * q).sum(axis=1)[None]
    right: Float64 = (score > 0) + 0.5 * (score == 0)
    return right


def _interval(right: Float64) -> tuple[float, float]:
    """95 % interval of the share of pairs told right, over both piles drawn anew."""
    rng = np.random.default_rng(0)
    n, m = right.shape
    means = [right[rng.integers(n, size=n)][:, rng.integers(m, size=m)].mean() for _ in range(RESAMPLES)]
    return certain(means)


def _angle(with_it: Float64, without: Float64, divide: Float64, vector: Float64) -> float:
    """By how many degrees the direction turns from one drawing of the piles to another, the median."""
    rng = np.random.default_rng(0)
    angles = []
    for _ in range(RESAMPLES // 4):
        first, second = (side[rng.integers(len(side), size=len(side))].mean(axis=0) for side in (with_it, without))
        found = divide @ (first - second)
        cosine = found @ vector / max(float(np.linalg.norm(found)), 1e-12)
        angles.append(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    return float(np.median(angles))


def how_sure(direction: Direction) -> str:
    """In a sentence: what the piles say of the concept, and what to do."""
    proof, counts = direction.proof, direction.counts
    if proof is None or proof.auc_low is None or proof.auc_high is None or direction.auc is None:
        return ""
    said = (
        f"Of two pictures left out, one with and one without, it tells which is which {100 * direction.auc:.0f} times "
        f"in 100 (between {100 * proof.auc_low:.0f} and {100 * proof.auc_high:.0f}; guessing: 50)."
    )
    if proof.auc_low <= 0.5:
        return f"{said} That may be chance: add pictures to both piles."
    if min(counts.train_with, counts.train_without) < ENOUGH:
        return f"{said} More pictures make it surer: {ENOUGH} on each side are a good start."
    return said
