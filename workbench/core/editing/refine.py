"""A face's code made nearer to the face than an encoder's first guess, or found where there is no encoder.

What is minimised over codes z is

    |decode(z) - face|² / s² + |z - mean|² in units of the usual codes' spread,

s being how far off the picture still is: the nearer the model comes, the less it matters whether a code is usual, and
of two codes that show a face equally well the more usual one is taken, because that is where concepts hold.

A code has some hundred numbers, a face many thousand, so that the slopes of all pixels are known after decoding once a
number: steps by Gauss and Newton, damped as Levenberg (1944) and Marquardt (1963) have it, get in five to ten rounds
where gradient descent is after hundreds. Only decoding is needed, so that it serves every model alike.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import numpy.typing as npt

from workbench.core.control import Control
from workbench.core.events import Event, Progress
from workbench.core.runs.trained import TrainedModel

ROUNDS = 20
"""At most; it ends before when a round gains next to nothing."""

_ENOUGH = 1e-3  # of the whole: what a round must gain for another one to follow
_STEP = 0.03  # standard deviations: how far a number is moved to see what it does
_DAMPINGS = 10.0 ** np.arange(-3, 2)  # tried at once, in units of the mean slope and of what helped last
_NEAREST = 1e-4  # the least s², of pictures in [-1, 1]: nearer than a grey level nothing is to be gained
_ALIKE = 3.0  # neighbouring pixels err alike: so many count as one that tells something
_BATCH = 32

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]


def refine(
    model: TrainedModel, face: npt.NDArray[np.uint8], code: Float32, control: Control, rounds: int = ROUNDS
) -> Generator[Event, None, Float32]:
    """A code that decodes to `face` as nearly as the model can, yet is as usual as that allows.

    Args:
        model: decodes.
        face: uint8 (S, S, 3), as the model sees it.
        code: float32 (latent,), where to begin.
        control: to stop.
        rounds: at most so many.

    Yields:
        Progress.

    Returns:
        float32 (latent,): `code` itself where nothing better is near it.

    Raises:
        Stopped: the user asked for it.
    """
    mean, covariance = model.spread
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 1e-6 * values[-1]))  # z = mean + root @ u, u as a standard normal

    def decode(places: Float64) -> Float64:
        codes = (mean + places @ root.T).astype(np.float32)
        return model.decode_float(codes).reshape(len(codes), -1).astype(np.float64) / 127.5

    wanted = face.reshape(-1) / 127.5
    here = np.linalg.solve(root, code - mean)
    shown, damping, refined = decode(here[None])[0], 1.0, code
    for number in range(rounds):
        yield Progress("Refining the face", number, rounds, "rounds")
        slopes = np.empty((model.latent, wanted.size), np.float32)
        for first in range(0, model.latent, _BATCH):
            control.check()
            moved = here + _STEP * np.eye(model.latent)[first : first + _BATCH]
            slopes[first : first + _BATCH] = (decode(moved) - shown) / _STEP
        off = shown - wanted
        unit = _ALIKE * max(float(np.square(off).mean()), _NEAREST)
        hessian = (slopes @ slopes.T).astype(np.float64) / unit
        down = (slopes @ off.astype(np.float32)) / unit + here
        scale = hessian.trace() / model.latent
        tries = damping * _DAMPINGS
        diagonal = np.eye(model.latent)
        places = np.stack([here - np.linalg.solve(hessian + (1 + d * scale) * diagonal, down) for d in tries])
        pictures = decode(places)
        costs = np.square(pictures - wanted).sum(axis=1) / unit + np.square(places).sum(axis=1)
        before = np.square(off).sum() / unit + np.square(here).sum()
        best = int(costs.argmin())
        gained = (before - costs[best]) / before
        if gained > 0:
            here, shown, damping = places[best], pictures[best], tries[best] / _DAMPINGS[1]
            refined = (mean + root @ here).astype(np.float32)
        if gained < _ENOUGH:
            break
    yield Progress("Refining the face", rounds, rounds, "rounds")
    return refined
