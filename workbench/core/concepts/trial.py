"""A direction put to the trial: faces are moved along it, decoded, and shown to the judge."""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.concept import Direction
from workbench.core.concepts.conditional import Tried
from workbench.core.concepts.judge import Judge
from workbench.core.concepts.proof import LEAST_FLIPPED, Proof
from workbench.core.concepts.regions import mask_of
from workbench.core.control import Control
from workbench.core.events import Event, Progress
from workbench.core.quality.features import Features
from workbench.core.runs.trained import TrainedModel

STEP = 0.5
"""How finely the end of a slider is looked for, in sigma."""
_RANGED = 32  # faces that the range is looked for with
_RISES = 0.02  # standard deviations of the judge that half a sigma must add
_LEAST_END = 1.0
_KIN = 0.6
_GREY = 127

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """What every direction of a model is tried with.

    Attributes:
        model: decodes.
        codes: of test faces, float32 (N, latent).
        pictures: what they decode to, uint8 (N, S, S, 3).
        judge: trained for this model and data.
        told: what it says of those pictures, float32 (N, labels).
        features: sees a face as a point, for recognising it.
    """

    model: TrainedModel
    codes: Float32
    pictures: UInt8
    judge: Judge
    told: Float32
    features: Features

    @classmethod
    def of(cls, model: TrainedModel, codes: Float32, judge: Judge, features: Features) -> Bench:
        pictures = model.decode(codes)
        return cls(model, codes, pictures, judge, judge(pictures), features)

    def moved(self, direction: Direction, strength: float, faces: slice = slice(None)) -> Float32:
        """The codes of some faces at one strength."""
        codes = self.codes[faces]
        found: Float32 = codes + np.float32(strength) * direction.steps(codes)
        return found


def monotone_range(
    bench: Bench,
    direction: Direction,
    label: str | None,
    limits: tuple[float, float],
    control: Control,
    task: str,
) -> Generator[Event, None, tuple[float, float]]:
    """The strengths between which half a sigma more is always more of `label` to the judge, on the mean of some faces.

    It ends where the judge sees no more, where half of the faces are out of range, or at the `limits`, below and above
    0: as far as faces go in the data. (Further out, at twice that, the judge still sees more and more of a smile, but
    hardly a face is still itself.) Neither end is nearer than 1.

    Yields:
        Progress.

    Raises:
        Stopped: the user asked for it.
    """
    ends = []
    for number, limit in enumerate(limits):
        control.check()
        yield Progress(task, number, 4, "steps")
        ends.append(_end(bench, direction, label, limit))
    return ends[0], ends[1]


def _end(bench: Bench, direction: Direction, label: str | None, limit: float) -> float:
    faces, side = slice(0, _RANGED), np.sign(limit)
    column = bench.judge.labels.index(label) if label in bench.judge.labels else None
    told = bench.told[faces, column].mean() if column is not None else 0.0
    typical, reached = bench.model.typical, 0.0
    for strength in [*np.arange(STEP, abs(limit), STEP), abs(limit)]:
        codes = bench.moved(direction, side * strength, faces)
        if typical is not None and np.median(typical.strain(bench.codes[faces], codes)) > 1:
            break
        if column is not None:
            now = bench.judge(bench.model.decode(codes))[:, column].mean()
            if side * (now - told) < _RISES * (strength - reached) / STEP:
                break
            told = now
        reached = float(strength)
    return float(side * max(reached, _LEAST_END))


def try_out(
    bench: Bench,
    direction: Direction,
    label: str | None,
    region: str,
    ends: tuple[float, float],
    excluding: Collection[str] = (),
) -> dict[str, Any]:
    """Move all faces to both ends and measure what `Proof` calls by these names.

    `excluding` are labels that a face with the concept cannot have: no side effects of it.
    """
    moved = [bench.moved(direction, end) for end in ends]
    pictures = [bench.model.decode(codes) for codes in moved]
    typical = bench.model.typical
    return {
        "faces": len(bench.codes),
        "low": ends[0],
        "high": ends[1],
        "region": region,
        "inside": _inside(bench, pictures, region),
        "recognised": _recognised(bench, pictures, region),
        "out_of_range": None
        if typical is None
        else float(np.mean([typical.strain(bench.codes, codes) > 1 for codes in moved])),
        **_judged(bench, [bench.judge(seen) for seen in pictures], label, excluding),
    }


def look(bench: Bench, direction: Direction, label: str | None, excluding: Collection[str] = ()) -> tuple[Proof, Tried]:
    """A quick trial from end to end of the slider: what the judge says, and nothing that needs another net.

    Returns:
        What `try_out` would say of flips and side effects; what was seen of the step of strength 1.
    """
    ends = direction.low, direction.high
    pictures = [bench.model.decode(bench.moved(direction, end)) for end in ends]
    told = [bench.judge(seen) for seen in pictures]
    said = _judged(bench, told, label, excluding)
    left, right = (
        [seen.mean(axis=0, dtype=np.float64).ravel() for seen in side] for side in zip(told, pictures, strict=True)
    )
    effect, change = ((b - a) / (ends[1] - ends[0]) for a, b in zip(left, right, strict=True))
    proof = Proof(faces=len(bench.codes), low=ends[0], high=ends[1], **said)
    return proof, Tried(direction.step.astype(np.float64), effect, change)


def _judged(bench: Bench, told: list[Float32], label: str | None, excluding: Collection[str]) -> Mapping[str, Any]:
    """Flip rates, side effects, kin, and how good the judge is at it; of what it cannot judge, what else it sees."""
    labels = bench.judge.labels
    swing = (told[1] - told[0]).mean(axis=0)
    if label not in labels:
        return {"moves": {name: float(moved) for name, moved in zip(labels, swing, strict=True)}}
    own = labels.index(label)
    before, (left, right) = bench.told[:, own], [t[:, own] for t in told]
    without, with_it = before < 0, before > 0
    effects = {name: float(swing[n] / swing[own]) for n, name in enumerate(labels)} if abs(swing[own]) > 1e-6 else {}
    return {
        "flip_on": float((right[without] > 0).mean()) if without.sum() >= LEAST_FLIPPED else None,
        "flip_off": float((left[with_it] < 0).mean()) if with_it.sum() >= LEAST_FLIPPED else None,
        "flipped": (int(without.sum()), int(with_it.sum())),
        "side_effects": effects,
        "kin": tuple(name for name in labels if name in kin_of(bench, label) or name in excluding),
        "judge_auc": bench.judge.auc[labels[own]],
    }


def kin_of(bench: Bench, label: str) -> set[str]:
    """The labels that say nearly the same as `label` of the bench's faces, or the opposite, and itself."""
    labels = bench.judge.labels
    correlation = np.corrcoef(bench.told, rowvar=False).reshape(len(labels), -1)[labels.index(label)]
    return {name for n, name in enumerate(labels) if abs(correlation[n]) > _KIN}


def _inside(bench: Bench, pictures: list[UInt8], region: str) -> float | None:
    """The share of all change that lies in the region."""
    if not region:
        return None
    mask = mask_of(region, bench.model.alignment, bench.model.size)
    change = sum(np.abs(seen.astype(np.float32) - bench.pictures).mean(axis=(0, 3)) for seen in pictures)
    total = float(np.sum(change))
    return float(np.sum(change[mask]) / total) if total > 0 else None


def _recognised(bench: Bench, pictures: list[UInt8], region: str) -> float | None:
    """Share of the edited faces, at both ends, whose nearest reconstruction is their own, the region blanked in all.

    What all of them have changed by is the concept itself, and is taken off first: the net sees a man who was made a
    woman as a woman, and that is not what is asked.
    """
    if len(bench.codes) < LEAST_FLIPPED:
        return None
    mask = mask_of(region, bench.model.alignment, bench.model.size)

    def seen(faces: UInt8) -> npt.NDArray[np.float32]:
        blanked = faces.copy()
        blanked[:, mask] = _GREY
        return bench.features(blanked).numpy()

    gallery = seen(bench.pictures)
    right = []
    for edited in pictures:
        points = seen(edited)
        points -= (points - gallery).mean(axis=0)
        distances = ((points[:, None] - gallery[None]) ** 2).sum(axis=2)
        right.append(distances.argmin(axis=1) == np.arange(len(gallery)))
    return float(np.mean(right))
