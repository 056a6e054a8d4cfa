"""Directions without a name: what a model's faces differ in, to be looked at and named, or dismissed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import nn

from workbench.core.alone import alone_at
from workbench.core.concepts.concept import Concept, Counts, Direction
from workbench.core.concepts.methods import UNNAMED, Inside
from workbench.core.errors import WorkbenchError, unknown
from workbench.core.files import read_json, write_json
from workbench.core.runs.trained import TrainedModel

COUNT = 8
"""Directions of each method that are shown."""
FORMAT, VERSION = "workbench-unnamed", 1
FILE = "unnamed.json"

_SAME = 0.85  # of the cosine: the first layer answers most to what faces differ in most, so that many come twice
_END = 3.0  # sigma: how far a direction is shown, and its slider's ends
_NO_EXAMPLES = Counts(0, 0, 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Unnamed:
    """One direction: `name` is its method and its place there, as in "pca-3"."""

    name: str
    direction: Direction


def discover(model: TrainedModel, count: int = COUNT) -> tuple[Unnamed, ...]:
    """The first `count` directions of each method that finds them without examples, the most telling first.

    They need no data: the spread of the codes is in the model's mixture, or that which a GAN draws them with; the rest
    is in its weights.

    Raises:
        WorkbenchError: it has an encoder, but no mixture was fitted to its codes.
    """
    if model.net.mixture is None and model.net.encodes:
        raise WorkbenchError(
            f"Of '{model.name}' it is not known where its codes lie.", "Train it to its end; that is noted then."
        )
    covariance = model.spread[1]
    inside = Inside(covariance, first_layer(model))
    found = []
    for method in UNNAMED.values():
        for number, vector in enumerate(method.find(inside)[:count], 1):
            unit = vector / np.linalg.norm(vector)
            unit *= np.sign(unit[np.argmax(np.abs(unit))])  # either way is as good: this one each time
            name = f"{method.name}-{number}"
            sigma = float(np.sqrt(unit @ covariance @ unit))
            found.append(
                Unnamed(name, Direction(name, unit.astype(np.float32), sigma, -_END, _END, None, _NO_EXAMPLES))
            )
    return tuple(found)


def first_layer(model: TrainedModel) -> npt.NDArray[np.float64]:
    """The weights that a model's decoder begins with: float64 (outputs, latent)."""
    for part, shape in model.net.parts().values():
        if shape != (model.latent,):
            continue
        for layer in part.modules():
            if isinstance(layer, nn.Linear) and layer.in_features == model.latent:
                return layer.weight.detach().numpy().astype(np.float64)
            if isinstance(layer, nn.ConvTranspose2d) and layer.in_channels == model.latent:
                weight = layer.weight.detach().flatten(1).t().numpy()
                return np.asarray(weight, np.float64)
    raise AssertionError(f"{model.info.model} has no layer that takes a code")


def to_look_at(model: TrainedModel, count: int = COUNT) -> tuple[Unnamed, ...]:
    """`discover`, without what has been named or dismissed, or is nearly the same as one before it."""
    directions = [d for concept in model.concepts.values() for d in concept.directions.values()]
    gone = dismissed(model)
    known = [d.vector for d in directions if d.method.partition("-")[0] in UNNAMED]
    found = []
    for unnamed in discover(model, count):
        vector = unnamed.direction.vector
        if all(abs(float(vector @ other)) < _SAME for other in known):
            known.append(vector)
            found.append(unnamed)
    return tuple(unnamed for unnamed in found if unnamed.name not in gone)


def named(model: TrainedModel, unnamed: str, name: str) -> Concept:
    """The direction called `unnamed` as a concept.

    Raises:
        WorkbenchError: no such direction, no name, or a name that is taken.
    """
    name = name.strip()
    if not name:
        raise WorkbenchError("The concept has no name.", f"Say what '{unnamed}' changes, as in Hair volume.")
    if name in model.concepts:
        raise WorkbenchError(f"'{model.name}' has a concept '{name}' already.", "Choose another name.")
    direction = _one(model, unnamed).direction
    return Concept(name, {direction.method: direction}, direction.method, model.fingerprint, "the model itself")


def dismiss(model: TrainedModel, unnamed: str) -> None:
    """Not show a direction again.

    Raises:
        WorkbenchError: no such direction.
    """
    _one(model, unnamed)
    file = model.concepts_folder / FILE
    with alone_at(file, f"The directions of '{model.name}' are being changed by another window or command."):
        gone = sorted(dismissed(model) | {unnamed})
        info = {"format": FORMAT, "version": VERSION, "model": model.fingerprint, "dismissed": gone}
        write_json(file, info)


def dismissed(model: TrainedModel) -> set[str]:
    """The names of the directions that are not to be shown; those of other weights count for nothing."""
    path = model.concepts_folder / FILE
    if not path.exists():
        return set()
    info = read_json(path)
    if not isinstance(info, dict) or (info.get("format"), info.get("model")) != (FORMAT, model.fingerprint):
        return set()
    return {str(name) for name in info.get("dismissed", ())}


def _one(model: TrainedModel, name: str) -> Unnamed:
    found = {unnamed.name: unnamed for unnamed in discover(model, model.latent)}
    if name not in found:
        raise unknown("unnamed direction", name, found)
    return found[name]
