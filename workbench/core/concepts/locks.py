"""Keep unchanged: a concept is moved without what it shares with the locked ones.

v' = v - Vᵀ (V Vᵀ + Λ)⁻¹ V v, with the locked gauges as the rows of V and Λ = diag(1 / share - 1): a lock with share 1
takes all of its gauge out of the step (the conditional manipulation of InterFaceGAN, Shen et al. 2020), a soft one only
that share.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.concept import Concept, Direction

SOFT = 0.7
"""The share that an automatic lock takes out: the balance between a clean change and a strong one."""
_SAME = 0.6  # a concept whose gauge points so much the same way, or the other, is no side effect of it: Young, Senior
_IDLE = 0.05  # standard deviations of the locked gauge that one of the slider moves it: less is nothing
_LITTLE = 0.35  # of the step: so little must be left before it is worth a word

Float32 = npt.NDArray[np.float32]
Locks = Mapping[str, float]
"""What share each locked concept takes out of the others' steps, 0 to 1, by name."""


def gauge(concept: Concept) -> Direction:
    """The direction that tells how much of a concept a code has: the normal of a classifier where there is one.

    A difference of means says where faces with it are, but not which change would be seen as more of it.
    """
    for method in ("logistic", "svm"):
        if method in concept.directions:
            return concept.directions[method]
    return concept.direction


def locked_step(concept: Concept, codes: Float32, locks: Locks, concepts: Mapping[str, Concept]) -> Float32:
    """What strength 1 of `concept` adds to each code, (N, latent) or (latent,), while others are held.

    A lock on the concept itself does not hold it; a soft one on a concept that is nearly the same leaves it alone.
    """
    return _held(concept.direction.steps(codes), _holding(concept, locks, concepts), concepts)


def _held(step: Float32, holding: Sequence[tuple[str, float]], concepts: Mapping[str, Concept]) -> Float32:
    """`step` without what the gauges of the holding concepts share with it."""
    if not holding:
        return step
    gauges = np.stack([gauge(concepts[name]).vector for name, _ in holding]).astype(np.float64)
    shares = np.array([share for _, share in holding])
    square = gauges @ gauges.T + np.diag(1 / shares - 1)
    inner = gauges @ step.reshape(-1, step.shape[-1]).T.astype(np.float64)
    parts = np.linalg.lstsq(square, inner, rcond=1e-9)[0]  # two locks may say the same
    held: Float32 = (step - (gauges.T @ parts).T.reshape(step.shape)).astype(np.float32)
    return held


def automatic(concepts: Iterable[str]) -> dict[str, float]:
    """Soft locks on all of these: what a concept shares with the others is mostly left out."""
    return dict.fromkeys(concepts, SOFT)


@dataclass(frozen=True, slots=True)
class LockEffect:
    """What locks do to one concept.

    Attributes:
        kept: the length of the step that is left, as a share.
        idle: hard locks that change nothing: the concept does not move what they hold.
        moves: by locked concept: by how many standard deviations of its gauge one of the slider would move it unlocked.
    """

    kept: float
    idle: tuple[str, ...]
    moves: Mapping[str, float]


def in_words(effects: Mapping[str, LockEffect]) -> list[str]:
    """What should be said of locks, by the concepts that are moved: nothing where all is as expected.

    A sentence for all locks that change nothing for any of these, and one for each concept of which hardly anything is
    left.
    """
    held = dict.fromkeys(lock for effect in effects.values() for lock in effect.moves)
    idle = [lock for lock in held if all(lock in e.idle for e in effects.values() if lock in e.moves)]
    words = []
    if idle:
        moved = _listed(name for name, effect in effects.items() if set(idle) & set(effect.moves))
        them = "it" if len(idle) == 1 else "them"
        words.append(f"Locking {_listed(idle)} changes nothing: {moved} would not move {them} anyway.")
    for name, effect in effects.items():
        if effect.kept < _LITTLE:
            alike = _listed([lock for lock in effect.moves if lock not in effect.idle] or effect.moves)
            words.append(
                f"With {alike} locked only {100 * effect.kept:.0f} % of {_listed([name])} is left: "
                "they are nearly one change."
            )
    return words


def _listed(names: Iterable[str]) -> str:
    """'A', 'B' and 'C'."""
    *most, last = (f"'{name}'" for name in names)
    return f"{', '.join(most)} and {last}" if most else last


def lock_effect(concept: Concept, locks: Locks, concepts: Mapping[str, Concept]) -> LockEffect:
    """What `locks` do to a concept, for a usual face."""
    step = concept.direction.step
    holding = _holding(concept, locks, concepts)
    moves = {}
    for name, _ in holding:
        held = gauge(concepts[name])
        moves[name] = float(step @ held.vector) / held.sigma
    kept = float(np.linalg.norm(_held(step, holding, concepts)) / np.linalg.norm(step))
    idle = tuple(name for name, moved in moves.items() if locks[name] == 1 and abs(moved) < _IDLE)
    return LockEffect(kept, idle, moves)


def _holding(concept: Concept, locks: Locks, concepts: Mapping[str, Concept]) -> Sequence[tuple[str, float]]:
    """The locks that hold something against this concept, by name."""
    own = gauge(concept).vector
    found = []
    for name, share in sorted(locks.items()):
        if name == concept.name or share <= 0:
            continue
        if share < 1 and abs(float(own @ gauge(concepts[name]).vector)) > _SAME:
            continue
        found.append((name, share))
    return found
