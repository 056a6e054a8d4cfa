"""Where the examples of concepts come from: labels, people who are there twice, and faces drawn upon."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from workbench.core.concepts.aligned import LOOKED_AT, are_aligned
from workbench.core.concepts.codes import encode_dataset, encode_drawn, mean_colours
from workbench.core.concepts.conditional import CONDITIONAL
from workbench.core.concepts.draw import Kit
from workbench.core.concepts.drawings import DRAWINGS
from workbench.core.concepts.labels import LabelledCodes
from workbench.core.concepts.methods import METHODS, Examples, Method
from workbench.core.control import Control
from workbench.core.data.cache import Dataset
from workbench.core.data.table import TRAIN
from workbench.core.errors import WorkbenchError, unknown
from workbench.core.events import Advice
from workbench.core.faces.align import Alignment
from workbench.core.runs.trained import TrainedModel, open_model
from workbench.jobs.api import Job, notices
from workbench.jobs.fit_encoder import with_encoder
from workbench.jobs.prepare_data import prepare_data

_PAIRS = 300  # far more than shapes, tints and seats there are; drawing them takes seconds


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """A model, a source and what is known of its pictures.

    Attributes:
        model: whose codes they are.
        dataset: the pictures.
        known: their codes and labels.
        eyes: where the eyes of the source's faces are; None where they are not aligned, so that nothing can be drawn.
    """

    model: TrainedModel
    dataset: Dataset
    known: LabelledCodes
    eyes: Alignment | None
    _drawn: dict[tuple[str, int], Examples] = field(default_factory=dict)

    def examples(self, name: str, method: Method, partition: int, control: Control) -> Job[Examples]:
        """What `method` learns the concept `name` from, or is measured on: empty sides where there is nothing.

        Of something drawn the examples of the test partition are real ones where the source has any, and otherwise
        drawn with shapes and tints that are not learned from.

        Yields:
            Progress while something is drawn.

        Raises:
            Stopped: the user asked for it.
        """
        drawing = DRAWINGS.get(name)
        if method.examples == "drawn" and drawing:
            real = self.known.first_measurable(drawing.labels, partition)
            if partition == TRAIN or not len(real.with_it):
                return (yield from self._draw(name, partition, control))
            return real
        if name in self.known.labels:
            if method.examples == "labels" or partition != TRAIN:
                return self.known.examples(name, partition)
            if method.examples == "persons":
                return self.known.pairs(name, partition)
        return Examples(self.known.codes[:0], self.known.codes[:0])

    def _draw(self, name: str, partition: int, control: Control) -> Job[Examples]:
        """Faces with and without a drawing, in pairs; the same ones each time."""
        if (name, partition) in self._drawn:
            return self._drawn[name, partition]
        drawing, eyes = DRAWINGS[name], self.eyes
        assert eyes is not None, "nothing is drawn on faces of which nobody knows where their eyes are"
        rng = np.random.default_rng(0)
        rows = self.known.bare_faces(_PAIRS, rng, drawing.bare, partition)
        kit: Kit = "learn" if partition == TRAIN else "judge"
        pictures = np.array(self.dataset.pictures[rows])
        draw, undraw = drawing.draws[kit], drawing.undraws
        with_it = yield from encode_drawn(self.model, pictures, lambda p: draw(p, eyes, rng), name, control)
        without = self.known.codes[rows]
        if undraw:
            without = yield from encode_drawn(self.model, pictures, lambda p: undraw(p, eyes, rng), name, control)
        self._drawn[name, partition] = Examples(with_it, without)
        return self._drawn[name, partition]


def measured_by(method: str, methods: Iterable[str]) -> Method | None:
    """The method on whose examples a direction is measured: its own; of a composed one the first of its concept's
    `methods` that has any. None where nothing is known to measure it on."""
    if method == CONDITIONAL:
        return next((METHODS[other] for other in methods if other in METHODS), None)
    return METHODS.get(method)


def open_material(
    model: str | Path | TrainedModel, data: str | Path, where: str | None, control: Control
) -> Job[Material]:
    """Open a model and a labelled source, and encode it.

    Args:
        model: a run, a checkpoint or an exported model.
        data: a source.
        where: "column=value": labels count only where this text column says so; None for everywhere.
        control: to stop.

    Yields:
        what learning an encoder, preparing and encoding the data yield; Advice where the faces are aligned in another
            way.

    Raises:
        WorkbenchError: no such model, data or column; the model cannot encode.
        Stopped: the user asked for it.
    """
    if not isinstance(model, TrainedModel):
        model = open_model(model)
    yield from notices(model)
    model = yield from with_encoder(model, control)
    dataset = yield from prepare_data(data, model.size, control)
    chosen = _chosen(dataset, where) if where else None
    if dataset.alignment not in (None, model.alignment):
        yield Advice(
            "The faces of this data are aligned in another way than those that the model learned from.",
            "Concepts are surer from data with the model's own alignment.",
        )
    codes = yield from encode_dataset(model, dataset, control)
    known = LabelledCodes.of(dataset, codes, (yield from mean_colours(dataset, control)))
    return Material(model, dataset, known.only(chosen) if chosen is not None else known, _eyes(dataset, model))


def _eyes(dataset: Dataset, model: TrainedModel) -> Alignment | None:
    """Where the eyes of the source's faces are: as it says, or as the model expects if faces are found just there."""
    if dataset.alignment:
        return dataset.alignment
    rows = np.unique(np.linspace(0, len(dataset) - 1, LOOKED_AT).astype(int))
    return model.alignment if are_aligned(dataset.pictures[rows], model.alignment) else None


def _chosen(dataset: Dataset, where: str) -> np.ndarray:
    """The pictures of which a column says so: bool (N,).

    Raises:
        WorkbenchError: no such column, or no such picture.
    """
    column, equals, value = (part.strip() for part in where.partition("="))
    if not equals:
        raise WorkbenchError(f"'{where}' names no value of a column.", "Write it as column=value: source=lfw.")
    if column not in dataset.text:
        raise unknown("text column", column, dataset.text)
    chosen: np.ndarray = np.array(dataset.text[column]) == value
    if not chosen.any():
        there = sorted(set(dataset.text[column]))[:10]
        raise WorkbenchError(f"No picture's {column} is '{value}'.", f"There are: {', '.join(there)}.")
    return chosen
