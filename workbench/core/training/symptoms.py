"""What a training is ill with, read from its numbers: each question is answered yes, no, or None for "cannot tell".

Between yes and no lies a zone where the last answer stands, so that a number which wavers about a limit is not said
again and again. The limits come from runs that failed in each way and from healthy ones of every model
(tests/core/training/test_health.py has both).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Curve = npt.NDArray[np.floating]

LONG = 200
"""Steps over which something must last that comes and goes in every training of a GAN."""
FEW = 3
"""Measurements that must agree."""


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement on held-out pictures, and the mean losses of the training steps since the one before."""

    step: int
    values: Mapping[str, float]
    train: Mapping[str, float]


def saturated(accuracy: Curve, loss: Curve, least: float = 0.0) -> bool | None:
    """The discriminator is right about nearly everything, and so sure of it that nothing is left to learn from it.

    Args:
        accuracy: share that it was right about, step by step.
        loss: its loss in the same steps.
        least: the lowest that this loss can be, with smoothed labels.
    """
    if len(loss) < LONG:
        return None
    right, lost = float(accuracy[-LONG:].mean()), float(loss[-LONG:].mean()) - least
    if right > 0.98 and lost < 0.05:
        return True
    return False if right < 0.95 or lost > 0.1 else None


def mode_collapse(steps: Sequence[int], diversity: Sequence[float]) -> bool | None:
    """Random pictures have become alike: the distance between two of them is a small part of real pictures'.

    Some nets begin with pictures that are all alike; that is no collapse until they once differed, or had long to.

    Args:
        steps: of the measurements.
        diversity: at each of them, 1 where they differ as real ones do.
    """
    if len(diversity) < FEW:
        return None
    last = diversity[-FEW:]
    if max(last) < 0.3 and (max(diversity) > 0.5 or steps[-1] >= 2 * LONG):
        return True
    return False if min(last) > 0.4 else None


def posterior_collapse(steps: Sequence[int], active: Sequence[float], latent: int) -> bool | None:
    """Of the numbers of a code, so few tell anything of the picture that all pictures decode alike.

    That is so for a while when a strong KL term meets a decoder that cannot draw yet; it must last.

    Args:
        steps: of the measurements after the warm-up of beta.
        active: active units at each of them.
    """
    if not steps or steps[-1] - steps[0] < LONG / 2:
        return None
    last = max(FEW, sum(step > steps[-1] - LONG / 2 for step in steps))
    if len(active) < last:
        return None
    share = np.array(active[-last:]) / latent
    if (share <= 0.05).all():
        return True
    return False if (share[-FEW:] > 0.1).all() else None


def prior_hole(samples: float, reconstructions: float) -> bool:
    """Random pictures are much worse than reconstructions: where random codes fall there are no faces.

    Random ones of a sound VAE have two to three times the distance of its reconstructions (docs/measures.md).

    Args:
        samples, reconstructions: how far each are from real pictures (KID over the shipped features).
    """
    return samples > 5 * max(reconstructions, 0.0) and samples - reconstructions > 4


def plateau(loss: Sequence[float]) -> bool | None:
    """The last 40 % of the steps gained less than a hundredth of what all of them gained, on held-out pictures.

    Args:
        loss: validation loss, at measurements about as far apart as each other.
    """
    if len(loss) < 4 * FEW:
        return None
    smooth = _smoothed(loss)
    before = round(0.6 * len(smooth))
    gained = (smooth[:before].min() - smooth[before:].min()) / max(np.ptp(smooth), 1e-12)
    if gained < 0.01:
        return True
    return False if gained > 0.03 else None


def overfitting(train: Sequence[float], validation: Sequence[float]) -> bool | None:
    """The loss on held-out pictures rises, or stands still far above that on the training's own, which still falls.

    Args:
        train, validation: the same loss at the same measurements.
    """
    if len(validation) < 3 * FEW:
        return None
    learned, held_out = _smoothed(train), _smoothed(validation)
    scale, own_scale = max(float(np.ptp(held_out)), 1e-12), max(float(np.ptp(learned)), 1e-12)
    best, before = int(held_out.argmin()), round(0.6 * len(held_out))
    lost = (held_out[-1] - held_out[best]) / scale
    rises = len(held_out) - 1 - best >= FEW and lost > 0.05 and (learned[best] - learned[-1]) / own_scale > 0.01
    gained = (held_out[:before].min() - held_out[before:].min()) / scale
    own_gained = (learned[before - 1] - learned[-1]) / own_scale
    apart = (held_out[-1] - learned[-1]) / scale
    if rises or (gained < 0.02 and own_gained > 0.02 and apart > 0.5):
        return True
    return False if lost < 0.01 and (gained > 0.04 or apart < 0.3) else None


def _smoothed(values: Sequence[float]) -> Curve:
    """The mean of each three neighbours, (n - 2,)."""
    return np.convolve(np.asarray(values, np.float64), np.full(FEW, 1 / FEW), mode="valid")


def vanishing(norms: Curve, usual: float) -> bool | None:
    """The gradient far from the output is a tiny part of that near it, or there is none left anywhere.

    Args:
        norms: by layer, in the order from the input to the output.
        usual: the greatest of such norms that this training has had.
    """
    if len(norms) < 4:
        return None
    third = max(1, len(norms) // 3)
    far, near = float(np.median(norms[:third])), float(np.median(norms[-third:]))
    share = min(far / max(near, 1e-30), float(norms.max()) / max(usual, 1e-30))
    if share < 1e-4:
        return True
    return False if share > 1e-3 else None


def exploding(norms: Curve) -> bool | None:
    """The gradient has become a hundred times as long as it was.

    Args:
        norms: its length, step by step, from the start.
    """
    if len(norms) < LONG:
        return None
    times = grown(norms)
    if times > 100:
        return True
    return False if times < 20 else None


def grown(norms: Curve) -> float:
    """How many times as long the gradient has been lately as it was before."""
    last, usual = float(np.median(norms[-LONG // 4 :])), float(np.median(norms[: -LONG // 4]))
    return last / max(usual, 1e-30)
