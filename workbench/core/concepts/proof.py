"""What is known of how well a direction holds on faces that it has not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Ge, Le

Share = Annotated[float, Ge(0), Le(1)]
Count = Annotated[int, Ge(0)]

LEAST_FLIPPED = 10
"""A share of fewer faces than these is not worth a number."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The proof of one direction, all on the test partition. What could not be measured is None.

    Attributes:
        auc_low, auc_high: the interval of the AUC, 95 %, by the bootstrap.
        angle: by how many degrees the direction turns when it is found from other pictures of the same kind: the median
            over bootstrap samples. 0 is certain, 90 is noise.
        faces: how many were edited.
        low, high: the range, in sigma, in which more strength always is more of the attribute: the slider's ends.
        flip_on: of the faces that the judge says are without, the share that it says are with at the right end.
        flip_off: the other way round, at the left end.
        flipped: on how many faces those two stand.
        side_effects: by label: how far the judge moves on it from end to end, over how far it moves on the concept
            itself, each in standard deviations over faces. The concept's own is 1.
        kin: labels that say nearly the same of a face or its opposite (|correlation| over 0.6), or that exclude it: no
            side effects.
        moves: of a concept that no judge knows, by label: how far the judge moves from end to end, in standard
            deviations over faces.
        recognised: share of edited faces that are still nearest to their own reconstruction among all of them, what
            lies in the region, and what all of them changed by, left out.
        region: where in the face the concept is at home: "mouth", "eyes", "hair"; "" where its name does not say.
        inside: share of the change that is in the region.
        judge_auc: how well the judge tells the attribute, on photos and on decoded pictures.
        out_of_range: share of the faces whose code is red at the slider's ends (`quality.typical`).
    """

    auc_low: Share | None = None
    auc_high: Share | None = None
    angle: float | None = None
    faces: Count = 0
    low: float | None = None
    high: float | None = None
    flip_on: Share | None = None
    flip_off: Share | None = None
    flipped: tuple[Count, Count] = (0, 0)
    side_effects: Mapping[str, float] = field(default_factory=dict)
    kin: tuple[str, ...] = ()
    moves: Mapping[str, float] = field(default_factory=dict)
    recognised: Share | None = None
    region: str = ""
    inside: Share | None = None
    judge_auc: tuple[Share | None, Share | None] = (None, None)
    out_of_range: Share | None = None

    @property
    def collateral(self) -> tuple[str, float] | None:
        """The label that the concept takes along most, and how much; None where nothing was measured."""
        others = {label: value for label, value in self.side_effects.items() if label not in self.kin}
        if not others:
            return None
        worst = max(others, key=lambda label: abs(others[label]))
        return worst, others[worst]
