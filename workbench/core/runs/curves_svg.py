"""The curves of runs as a drawing (SVG): sharp at any size, shown by any browser, made without a plotting library."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from workbench.core.runs.metrics import Curves

COLOURS = ("#3a4fd0", "#c2571a")
_WIDTH, _HEIGHT = 760, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 16, 40, 34
_POINTS = 300
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#444} .title{font-weight:600;fill:#111} "
    ".grid{stroke:#ddd} .curve{fill:none;stroke-width:1.6}"
)

Floats = npt.NDArray[np.float64]


def thin(steps: npt.ArrayLike, values: npt.ArrayLike, most: int = _POINTS) -> tuple[Floats, Floats]:
    """At most `most` points of a curve: the means of equal stretches of it. Values that are no number are left out."""
    x, y = np.asarray(steps, np.float64), np.asarray(values, np.float64)
    known = np.isfinite(y)
    x, y = x[known], y[known]
    if len(x) <= most:
        return x, y
    edges = np.linspace(0, len(x), most, endpoint=False).astype(np.int64)
    counts = np.diff(np.append(edges, len(x)))
    return np.add.reduceat(x, edges) / counts, np.add.reduceat(y, edges) / counts


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round numbers from `low` to `high`, about so many."""
    if not high > low:
        return [low]
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def curves_svg(names: Sequence[str], curves: Sequence[Curves]) -> str:
    """One panel for each loss, with the curves of every run in it: training solid, validation dashed.

    Args:
        names: of the runs, at most as many as there are colours.
        curves: as `Run.losses` gives them.
    """
    losses = list(dict.fromkeys(name for run in curves for _, values in run.values() for name in values))
    panels = [_panel(loss, names, curves, number * _HEIGHT) for number, loss in enumerate(losses)]
    height = max(1, len(panels)) * _HEIGHT
    body = "".join(panels) or '<text x="16" y="30">No curves yet</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}">'
        f'<style>{_STYLE}</style><rect width="{_WIDTH}" height="{height}" fill="#fff"/>{body}</svg>\n'
    )


def _panel(loss: str, names: Sequence[str], curves: Sequence[Curves], top: int) -> str:
    lines = []  # run, part, steps, values
    for run, parts in enumerate(curves):
        for part, (steps, values) in parts.items():
            if loss in values:
                x, y = thin(steps, values[loss])
                if len(x):
                    lines.append((run, part, x, y))
    if not lines:
        return ""
    left, right = 0.0, max(float(x[-1]) for _, _, x, _ in lines)
    low, high = _range(np.concatenate([y for *_, y in lines]))
    right = right if right > left else left + 1

    def at(x: float, y: float) -> tuple[float, float]:
        across = _LEFT + (x - left) / (right - left) * (_WIDTH - _LEFT - _RIGHT)
        down = top + _TOP + (high - y) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)
        return across, min(max(down, top + _TOP), top + _HEIGHT - _BOTTOM)

    drawn = [f'<text class="title" x="{_LEFT}" y="{top + 24}">{html.escape(loss)}</text>']
    place = _LEFT + 130
    for run, name in enumerate(names):
        drawn.append(f'<rect x="{place}" y="{top + 17}" width="18" height="4" fill="{COLOURS[run]}"/>')
        drawn.append(f'<text x="{place + 24}" y="{top + 24}">{html.escape(name[:32])}</text>')
        place += 40 + 8 * len(name[:32])
    for value in ticks(low, high):
        down = at(left, value)[1]
        drawn.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{down:.1f}" y2="{down:.1f}"/>')
        drawn.append(f'<text x="{_LEFT - 8}" y="{down + 4:.1f}" text-anchor="end">{value:,.6g}</text>')
    for value in ticks(left, right, 6):
        across = at(value, low)[0]
        drawn.append(f'<text x="{across:.1f}" y="{top + _HEIGHT - 12}" text-anchor="middle">{value:,.6g}</text>')
    for run, part, x_values, y_values in lines:
        points = " ".join(f"{across:.1f},{down:.1f}" for across, down in map(at, x_values, y_values))
        if len(x_values) == 1:  # a line of one point is nothing to see
            across, down = at(float(x_values[0]), float(y_values[0]))
            drawn.append(f'<circle cx="{across:.1f}" cy="{down:.1f}" r="4" fill="{COLOURS[run]}"/>')
            continue
        dash = ' stroke-dasharray="6 4"' if part == "validation" else ""
        drawn.append(f'<polyline class="curve" stroke="{COLOURS[run]}"{dash} points="{points}"/>')
    return "".join(drawn)


def _range(values: Floats) -> tuple[float, float]:
    """The span to show: the first steps of a training may be far off, and must not flatten all the rest."""
    low, high = float(values.min()), float(values.max())
    inner_low, inner_high = (float(v) for v in np.percentile(values, (2, 98)))
    room = inner_high - inner_low
    low, high = max(low, inner_low - room), min(high, inner_high + room)
    margin = 0.05 * (high - low) or max(0.5, 0.05 * abs(high))
    return low - margin, high + margin
