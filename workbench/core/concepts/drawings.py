"""What can be drawn on aligned faces, and so be a concept without a single label."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from workbench.core.concepts import draw_light
from workbench.core.concepts.draw import Kit, draw_eyeglasses, draw_sunglasses
from workbench.core.faces.align import Alignment

UInt8 = npt.NDArray[np.uint8]
Draw = Callable[[UInt8, Alignment, np.random.Generator], UInt8]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A concept that is found from faces drawn upon.

    Attributes:
        name: of the concept.
        labels: of real pictures, on the first of which that a source has the direction can be measured.
        bare: only faces are drawn upon of which no label with this in its name says yes.
        draws: the face with it, with the shapes and tints of a kit.
        undraws: the face without; None for the face as it is.
    """

    name: str
    labels: tuple[str, ...]
    bare: str | None
    draws: Mapping[Kit, Draw]
    undraws: Draw | None = None


def _same(draw: Draw) -> Mapping[Kit, Draw]:
    return {"learn": draw, "judge": draw}


DRAWINGS: dict[str, Drawing] = {
    drawing.name: drawing
    for drawing in (
        Drawing(
            "Sunglasses", ("Sunglasses", "Sunglasses_seen"), "glasses",
            {"learn": draw_sunglasses, "judge": partial(draw_sunglasses, kit="judge")},
        ),
        Drawing(
            "Eyeglasses", ("Eyeglasses", "Eyeglasses_derived"), "glasses",
            {"learn": draw_eyeglasses, "judge": partial(draw_eyeglasses, kit="judge")},
        ),
        Drawing("Blur", ("Blurry",), None, _same(draw_light.draw_blur)),
        Drawing("Warmth", (), None, _same(draw_light.draw_warmth), draw_light.draw_cold),
        Drawing(
            "Light_from_left", (), None, _same(draw_light.draw_light_from_left), draw_light.draw_light_from_right
        ),
    )
}  # fmt: skip
"""By the concept's name."""
