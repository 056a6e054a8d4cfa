"""Glasses drawn over aligned faces: the same face with and without, for a direction that holds nothing else.

Everything is drawn in the face's own measure: the origin between the eyes, x along the line through them, y down the
face, one unit the distance of the eyes (about 63 mm in grown-ups). A lens is a closed curve about its own centre, x
outwards; both lenses come from one curve.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from workbench.core.faces.align import Alignment

_FINER = 4  # drawn so many times larger, then averaged: smooth edges at 32 pixels too
_FINE = 128
"""From this side on twice as large is smooth enough, and takes a fourth of the time."""

Curve = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Shape:
    """The outline of a lens and how the frame holds it; lengths in eye distances."""

    outline: tuple[tuple[float, float], ...]
    centre: tuple[float, float]
    rim: tuple[float, float]
    """Least and greatest thickness of the frame around the lens."""
    bridge: float
    """Height of the bridge over the lens's centre line, upwards."""
    double_bridge: bool = False


_SHAPES = (
    _Shape(  # wayfarer: flat top, wider above than below
        ((-0.40, -0.27), (0.02, -0.31), (0.47, -0.33), (0.45, -0.06), (0.34, 0.24), (0.02, 0.31), (-0.29, 0.24),
         (-0.39, 0.0)),
        (0.55, 0.04), (0.05, 0.10), 0.12,
    ),
    _Shape(  # round
        ((-0.37, 0.0), (-0.26, -0.26), (0.0, -0.37), (0.26, -0.26), (0.37, 0.0), (0.26, 0.26), (0.0, 0.37),
         (-0.26, 0.26)),
        (0.54, 0.05), (0.02, 0.07), 0.10,
    ),
    _Shape(  # aviator: a drop that hangs outwards
        ((-0.36, -0.20), (-0.18, -0.31), (0.20, -0.32), (0.42, -0.22), (0.43, 0.08), (0.26, 0.38), (0.02, 0.43),
         (-0.22, 0.26)),
        (0.55, 0.07), (0.015, 0.03), 0.14, True,
    ),
    _Shape(  # sport: low and drawn out to the temples
        ((-0.42, -0.16), (0.0, -0.24), (0.42, -0.24), (0.60, -0.12), (0.46, 0.12), (0.10, 0.25), (-0.26, 0.24),
         (-0.41, 0.06)),
        (0.53, 0.03), (0.02, 0.06), 0.14,
    ),
    _Shape(  # large and square
        ((-0.40, -0.30), (0.0, -0.37), (0.42, -0.33), (0.49, 0.0), (0.42, 0.34), (0.0, 0.40), (-0.34, 0.33),
         (-0.42, 0.0)),
        (0.58, 0.08), (0.03, 0.09), 0.14,
    ),
    _Shape(  # cat's eye: the outer corner drawn up
        ((-0.38, -0.12), (-0.05, -0.26), (0.28, -0.34), (0.48, -0.38), (0.44, -0.04), (0.22, 0.25), (-0.10, 0.28),
         (-0.33, 0.14)),
        (0.55, 0.05), (0.04, 0.09), 0.10,
    ),
    _Shape(  # narrow rectangle
        ((-0.37, -0.19), (0.0, -0.22), (0.40, -0.21), (0.43, 0.0), (0.38, 0.20), (0.0, 0.23), (-0.34, 0.20),
         (-0.39, 0.0)),
        (0.54, 0.04), (0.02, 0.06), 0.06,
    ),
)  # fmt: skip
_TINTS = (
    (10, 10, 12),
    (22, 20, 20),
    (34, 24, 16),
    (20, 28, 20),
    (16, 22, 36),
    (46, 30, 18),
    (40, 40, 44),
    (30, 18, 34),
)
_FRAMES = ((12, 11, 11), (14, 12, 12), (24, 20, 18), (52, 32, 18), (70, 66, 60), (120, 100, 60), (110, 110, 114))

Kit = Literal["learn", "judge"]
"""Which shapes and tints are drawn: those that a concept learns from, or others, that it is judged by."""
_KITS: dict[Kit, tuple[Sequence[_Shape], Sequence[tuple[int, int, int]]]] = {
    "learn": ([_SHAPES[n] for n in (0, 1, 2, 4)], _TINTS[::2]),
    "judge": ([_SHAPES[n] for n in (3, 5, 6)], _TINTS[1::2]),
}


def draw_sunglasses(
    picture: npt.NDArray[np.uint8], alignment: Alignment, rng: np.random.Generator, kit: Kit = "learn"
) -> npt.NDArray[np.uint8]:
    """`picture` with a random pair of sunglasses on.

    Args:
        picture: an aligned face, uint8 (S, S, 3); it is not changed.
        alignment: where its eyes and mouth are.
        rng: shape, size, seat, tint, opacity and highlights are drawn from it, and from nothing else.
        kit: which shapes and tints there are to draw.

    Returns:
        uint8 (S, S, 3); away from the glasses the picture to the bit.
    """
    return _drawn(picture, alignment, rng, kit, clear=False)


def draw_eyeglasses(
    picture: npt.NDArray[np.uint8], alignment: Alignment, rng: np.random.Generator, kit: Kit = "learn"
) -> npt.NDArray[np.uint8]:
    """`picture` with a random pair of glasses on through which one sees the eyes; as `draw_sunglasses`."""
    return _drawn(picture, alignment, rng, kit, clear=True)


def _drawn(
    picture: npt.NDArray[np.uint8], alignment: Alignment, rng: np.random.Generator, kit: Kit, clear: bool
) -> npt.NDArray[np.uint8]:
    size = len(picture)
    canvas = _Canvas.over(alignment, size, rng)
    _put_on(canvas, rng, kit, clear)
    colour, alpha = canvas.averaged(size)
    drawn = colour + picture * (1 - alpha)
    return np.rint(drawn).clip(0, 255).astype(np.uint8)


class _Canvas:
    """A transparent picture in the face's measure, on which masks are painted; colours premultiplied by alpha.

    Only the band of the picture that glasses can cover is kept.
    """

    def __init__(self, origin: complex, unit: complex, side: int, finer: int) -> None:
        self._origin, self._unit, self._finer = origin, unit, finer
        reach = 1.1 * abs(unit)
        self._top = max(0, int((origin.imag - reach) / finer)) * finer
        bottom = min(side, math.ceil((origin.imag + reach) / finer) * finer)
        self._shape = (bottom - self._top, side)
        self._layer = np.zeros((4, *self._shape), np.float32)  # red, green and blue times alpha, alpha
        rows, columns = np.mgrid[self._top : bottom, 0:side]
        places = (columns + 0.5 + 1j * (rows + 0.5) - origin) / unit
        self.x: Float32 = places.real.astype(np.float32)
        self.y: Float32 = places.imag.astype(np.float32)

    @classmethod
    def over(cls, alignment: Alignment, size: int, rng: np.random.Generator) -> _Canvas:
        """The canvas of a face whose glasses sit a little off, as real ones do."""
        finer = _FINER if size < _FINE else 2
        side = size * finer
        left, right = (complex(*eye) * side for eye in (alignment.left_eye, alignment.right_eye))
        unit = (right - left) * cmath.rect(rng.uniform(0.94, 1.10), rng.normal(0, math.radians(1.5)))
        shift = complex(rng.normal(0, 0.025), rng.normal(0.01, 0.035))
        return cls((left + right) / 2 + shift * unit, unit, side, finer)

    def filled(self, curves: Sequence[Curve]) -> Float32:
        """A mask, 0 or 1, of what is inside `curves`."""
        image = Image.new("L", self._shape[::-1])
        for curve in curves:
            ImageDraw.Draw(image).polygon(self._pixels(curve), fill=255)
        return _fractions(image)

    def traced(self, curves: Sequence[Curve], width: float) -> Float32:
        """A mask, 0 or 1, of lines along `curves`."""
        image = Image.new("L", self._shape[::-1])
        pixels = max(1, round(width * abs(self._unit)))
        for curve in curves:
            ImageDraw.Draw(image).line(self._pixels(curve), fill=255, width=pixels, joint="curve")
        return _fractions(image)

    def shadow(self, mask: Float32, radius: float) -> Float32:
        """What `mask` casts on the face under light from above: lower by `radius`, and soft over it."""
        pixels = radius * abs(self._unit)
        lower = np.roll(mask, round(pixels), axis=0)
        soft = Image.fromarray((lower * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(pixels))
        return _fractions(soft)

    def paint(self, alpha: npt.NDArray[np.floating], colour: npt.NDArray[np.floating]) -> None:
        """Paint `colour` (3,) or (3, height, width) with the opacity `alpha` over what is there."""
        cover = alpha.astype(np.float32)
        self._layer *= 1 - cover
        self._layer[:3] += cover * colour.astype(np.float32).reshape(3, *(colour.shape[1:] or (1, 1)))
        self._layer[3] += cover

    def averaged(self, size: int) -> tuple[Float32, Float32]:
        """Colour times alpha (size, size, 3) and alpha (size, size, 1), at the picture's own size."""
        layer = np.zeros((size, size, 4), np.float32)
        rows, top = self._shape[0] // self._finer, self._top // self._finer
        fine = self._layer.reshape(4, rows, self._finer, size, self._finer)
        layer[top : top + rows] = fine.mean(axis=(2, 4)).transpose(1, 2, 0)
        return layer[..., :3], layer[..., 3:]

    def _pixels(self, curve: Curve) -> list[tuple[float, float]]:
        places = (curve[:, 0] + 1j * curve[:, 1]) * self._unit + self._origin
        return [(place.real, place.imag - self._top) for place in places]


def _put_on(canvas: _Canvas, rng: np.random.Generator, kit: Kit, clear: bool) -> None:
    """Shadow, lenses and frame, in the order in which the light meets them on its way back."""
    shapes, tints = _KITS[kit]
    shape = shapes[int(rng.integers(len(shapes)))]
    rim = rng.uniform(*shape.rim)
    turn = rng.normal(0, 0.025)  # of the head: one side nearer, the other further
    stretch = rng.uniform((0.92, 0.90), (1.08, 1.10))
    outline = _smooth(np.array(shape.outline) * stretch)
    lenses = [_seated(outline, shape.centre, side, turn) for side in (-1, 1)]
    glass = canvas.filled(lenses)
    rims = canvas.traced([np.vstack([lens, lens[:2]]) for lens in lenses], rim)
    bridge = canvas.traced(_bridges(shape, lenses), max(0.03, 0.8 * rim))
    edge = rng.uniform(1.08, 1.18)  # where the head turns away from us, and the temples with it
    temples = canvas.traced(_temples(lenses), max(0.035, 0.8 * rim)) * np.clip((edge - np.abs(canvas.x)) / 0.1, 0, 1)
    frame = np.maximum(np.maximum(rims, bridge), temples)

    casts = frame if clear else np.maximum(glass, frame)
    canvas.paint(canvas.shadow(casts, 0.06) * rng.uniform(0.10, 0.30), np.array([20.0, 12.0, 8.0]))
    if not clear:
        _paint_tint(canvas, glass, tints[int(rng.integers(len(tints)))], rng)
    _paint_mirrored(canvas, glass * (0.5 if clear else 1.0), lenses, rng)
    material = np.array(_FRAMES[rng.integers(len(_FRAMES))], np.float32) + rng.uniform(-6, 12)
    light = 1 + np.clip(-canvas.y - 0.1, 0, 0.4)
    canvas.paint(frame * 0.97, material.clip(4, 255)[:, None, None] * light)


def _paint_tint(canvas: _Canvas, glass: Float32, tint: tuple[int, int, int], rng: np.random.Generator) -> None:
    """The tint, in half of all glasses lighter towards the cheeks."""
    down = np.clip(0.5 + canvas.y / 0.8, 0, 1)  # 0 at the brows, 1 at the lower rim
    dark = rng.uniform(0.86, 1.0) if rng.random() < 0.75 else rng.uniform(0.62, 0.86)
    lighter = rng.uniform(0.1, 0.35) if rng.random() < 0.5 else 0.0
    canvas.paint(glass * (dark - lighter * down), np.array(tint, np.float32) * rng.uniform(0.6, 1.3))


def _paint_mirrored(canvas: _Canvas, glass: Float32, lenses: Sequence[Curve], rng: np.random.Generator) -> None:
    """What the glass mirrors: the sky above, and on most a streak of light."""
    down = np.clip(0.5 + canvas.y / 0.8, 0, 1)
    sky = rng.uniform(0.0, 0.12) * (1 - down)
    angle, width = rng.uniform(-0.9, 0.9), rng.uniform(0.05, 0.16)
    strength = rng.uniform(0.0, 0.30) * (rng.random() < 0.6)
    place = rng.uniform((-0.2, -0.2), (0.2, 0.05))
    for lens in lenses:
        left, upper = (lens.mean(axis=0) + place).tolist()
        x, y = canvas.x - left, canvas.y - upper
        across, along = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
        sky = sky + strength * np.exp(-0.5 * (across / width) ** 2 - 0.5 * (along / 0.22) ** 2)
    canvas.paint(glass * np.clip(sky, 0, 0.6), np.array([205.0, 215.0, 228.0]))


def _fractions(mask: Image.Image) -> Float32:
    return np.asarray(mask, np.float32) / np.float32(255)


def _smooth(corners: Curve) -> Curve:
    """The closed curve through `corners` (Catmull-Rom), eight places to each."""
    before, after, next_but_one = (np.roll(corners, -shift, axis=0)[:, None] for shift in (-1, 1, 2))
    here = corners[:, None]
    t = np.linspace(0, 1, 8, endpoint=False)[None, :, None]
    tangent = after - before
    bend = 2 * before - 5 * here + 4 * after - next_but_one
    twist = 3 * (here - after) + next_but_one - before
    return (here + 0.5 * t * (tangent + t * (bend + t * twist))).reshape(-1, 2)


def _seated(outline: Curve, centre: tuple[float, float], side: int, turn: float) -> Curve:
    """A lens in its place: side -1 is the left of the picture; `turn` makes one side wider and the other narrower."""
    x = side * (centre[0] + outline[:, 0]) * (1 + side * turn) - turn
    return np.column_stack([x, centre[1] + outline[:, 1]])


def _bridges(shape: _Shape, lenses: Sequence[Curve]) -> list[Curve]:
    """What holds the lenses together over the nose: an arch, and on some a bar above it."""
    left, right = lenses[0][:, 0].max(), lenses[1][:, 0].min()
    across = np.linspace(-1, 1, 9)
    x = (left + right) / 2 + across * ((right - left) / 2 + 0.04)
    heights = (shape.bridge, shape.bridge + 0.13) if shape.double_bridge else (shape.bridge,)
    return [np.column_stack([x, shape.centre[1] - height + 0.03 * across**2]) for height in heights]


def _temples(lenses: Sequence[Curve]) -> list[Curve]:
    """From the outer upper corner of each lens back towards the ear."""
    lines = []
    for side, lens in zip((-1, 1), lenses, strict=True):
        upper = lens[lens[:, 1] < lens[:, 1].mean()]
        hinge = upper[np.argmax(side * upper[:, 0])]
        lines.append(np.array([hinge, hinge + np.array([0.35 * side, 0.02])]))
    return lines
