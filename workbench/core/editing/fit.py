"""How well a model can represent a face, and what to say where it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from workbench.core.editing.render import Crop, rounded
from workbench.core.events import Advice
from workbench.core.quality.reconstruction import psnr
from workbench.core.quality.typical import Level
from workbench.core.runs.trained import TrainedModel

BAD = 3.5
"""So many dB below the mean of the validation faces is bad: three of a hundred of them are (their standard deviation is
2 dB, measured on a VAE at 64 pixels); a face cut out lying on its side is as a rule."""

EXACT = 60.0
"""dB from which a face is exactly itself: of its pixels one in fifteen at most is a grey level off, by rounding."""

POOR = 20.0
"""dB below which a face is hardly itself: what counts for a model of which no usual figure is known, a GAN."""


@dataclass(frozen=True, slots=True)
class Fit:
    """One face and one model.

    Attributes:
        psnr: dB of the face's reconstruction; `EXACT` or more of a face that the model made up itself.
        usual: dB of the model's validation faces, the mean; None where that was not measured.
        distance: Mahalanobis distance of its code from the middle of the training faces' codes; None where their spread
            is not known.
        level: how that is to be taken.
    """

    psnr: float
    usual: float | None
    distance: float | None
    level: Level | None

    @classmethod
    def of(cls, model: TrainedModel, crop: Crop) -> Self:
        """How well `model` represents the face that was cut out as `crop`."""
        typical = model.typical
        distance = None if typical is None else float(typical.distance(crop.code))
        return cls(
            psnr=psnr(crop.pixels[None], rounded(crop.decoded)[None]),
            usual=model.info.best_psnr,
            distance=distance,
            level=None if typical is None or distance is None else typical.level(distance),
        )

    @property
    def exact(self) -> bool:
        """Whether the model's face is the face: nothing is left to come nearer to."""
        return self.psnr >= EXACT

    @property
    def nearness(self) -> str:
        """How near the model comes to the face: 25.6 dB, or exact."""
        return "exact" if self.exact else f"{self.psnr:.1f} dB"

    @property
    def doubts(self) -> tuple[Advice, ...]:
        """What a user should know before they judge an edit: none, one or two, each short enough for two lines beside a
        photo."""
        said = []
        if self.usual is not None and self.psnr < self.usual - BAD:
            said.append(
                Advice(
                    f"The model draws this face worse than most ({self.psnr:.1f} dB; {self.usual:.1f} is usual).",
                    "Check the points on eyes and mouth.",
                    kind="reconstruction",
                )
            )
        if self.usual is None and self.psnr < POOR:
            said.append(
                Advice(
                    f"The model draws this face badly ({self.psnr:.1f} dB).",
                    "Check the points; edits may fit another face better.",
                    kind="reconstruction",
                )
            )
        if self.level is not None and self.level != "usual":
            said.append(
                Advice(
                    f"This face is {'very ' if self.level == 'red' else ''}unlike the training faces.",
                    "Sliders may do other things to it than they say.",
                    kind="unlike",
                )
            )
        return tuple(said)
