"""Find the concepts of a labelled source in a trained model's codes, and keep them with the model."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.core.concepts.aligned import LOOKED_AT, are_aligned
from workbench.core.concepts.choice import choose
from workbench.core.concepts.codes import encode_dataset, encode_with_sunglasses
from workbench.core.concepts.concept import Concept, Direction, concept_file
from workbench.core.concepts.labels import LEAST, LabelledCodes
from workbench.core.concepts.measure import find_direction
from workbench.core.concepts.methods import METHODS, Examples, drawn_pairs, method_named
from workbench.core.control import Control
from workbench.core.data.cache import Dataset
from workbench.core.data.table import TEST, TRAIN, VALIDATION
from workbench.core.errors import WorkbenchError, unknown
from workbench.core.events import Advice, Event, Progress, Saved
from workbench.core.faces.align import Alignment
from workbench.core.files import need_writable
from workbench.core.runs.trained import TrainedModel, open_model
from workbench.jobs.api import Job, notices
from workbench.jobs.prepare_data import prepare_data

SUNGLASSES = "Sunglasses"
"""The concept that is also found from pairs: the same face without and with sunglasses drawn on it."""

_DRAWN = drawn_pairs.METHOD
_SEEN = (SUNGLASSES, "Sunglasses_seen")  # labels on which a drawn direction can be measured
_PAIRS = 500  # far more than shapes, tints and seats there are; drawing them takes seconds


@dataclass(frozen=True, slots=True)
class ConceptRequest:
    """What to look for.

    Attributes:
        model: a run, a checkpoint or an exported model.
        data: the labelled source.
        labels: only these; None for all that have enough pictures, and sunglasses.
        method: the one that the sliders will use; None: as `choice.choose` says. "drawn-pairs" finds sunglasses only.
        out: the folder for the concepts; None for the run's own.
    """

    model: str | Path
    data: str | Path
    labels: tuple[str, ...] | None = None
    method: str | None = None
    out: Path | None = None


def find_concepts(request: ConceptRequest, control: Control | None = None) -> Job[tuple[Concept, ...]]:
    """Find, measure and save a concept for each label; the concepts, in the labels' order.

    Every label gets a direction by every method that learns from labels, measured on the test partition; sunglasses
    get one from drawn pairs too where the pictures are aligned faces.

    Yields:
        what preparing and encoding the data yields; Advice for each label left out; Progress and Saved a concept.

    Raises:
        WorkbenchError: no such model, data, label or method; a label asked for by name has too few pictures on one
            side; nothing at all can be found; the folder cannot be written. Nothing is saved then.
        Stopped: the user asked for it; nothing is saved.
    """
    control = control or Control()
    method = method_named(request.method) if request.method else None
    model = open_model(request.model)
    yield from notices(model)
    model.need_encoder()
    folder = _folder(request.out, model)
    dataset = yield from prepare_data(request.data, model.size, control)
    eyes = _eyes(dataset, model) if method is _DRAWN or SUNGLASSES in (request.labels or (SUNGLASSES,)) else None
    labels = _drawn_labels(request, dataset, eyes) if method is _DRAWN else _labels(request, dataset, eyes)
    if dataset.alignment not in (None, model.alignment):
        yield Advice(
            "The faces of this data are aligned in another way than those that the model learned from.",
            "Concepts are surer from data with the model's own alignment.",
        )
    known = LabelledCodes.of(dataset, (yield from encode_dataset(model, dataset, control)))
    concepts = []
    for number, label in enumerate(labels):
        control.check()
        yield Progress("Finding concepts", number, len(labels), "concepts")
        directions: dict[str, Direction] = {}
        draw_at = eyes if label == SUNGLASSES else None
        if label in dataset.labels and method is not _DRAWN:
            must = request.labels is not None and draw_at is None
            directions |= yield from _from_labels(known, label, must)
        if draw_at:
            directions |= yield from _from_pairs(model, dataset, known, draw_at, control)
        if directions:
            held_out = known.first_measurable(_SEEN if draw_at else (label,), VALIDATION)
            chosen = request.method if request.method in directions else choose(directions, held_out)
            concepts.append(Concept(label, directions, chosen, model.fingerprint, dataset.source))
    yield Progress("Finding concepts", len(labels), len(labels), "concepts")
    if not concepts:
        raise WorkbenchError(
            f"No label of '{dataset.name}' can be made a concept.", f"Label at least {LEAST} pictures with and without."
        )
    for concept in concepts:
        path = folder / concept_file(concept.name)
        concept.save(path)
        yield Saved(path, "concept")
    return tuple(concepts)


def _folder(out: Path | None, model: TrainedModel) -> Path:
    folder = out or model.concepts_folder
    if folder is None:
        raise WorkbenchError(
            f"'{model.path}' is an exported model, which is not changed.",
            "Choose a folder for the concepts with --out.",
        )
    need_writable(folder)  # said now, not after minutes of encoding
    return folder


def _eyes(dataset: Dataset, model: TrainedModel) -> Alignment | None:
    """Where the eyes of the source's faces are: as it says, or as the model expects if faces are found just there."""
    if dataset.alignment:
        return dataset.alignment
    rows = np.unique(np.linspace(0, len(dataset) - 1, LOOKED_AT).astype(int))
    return model.alignment if are_aligned(dataset.pictures[rows], model.alignment) else None


def _labels(request: ConceptRequest, dataset: Dataset, eyes: Alignment | None) -> tuple[str, ...]:
    """The names of the concepts to find.

    Raises:
        WorkbenchError: a name that is no label, or nothing to find.
    """
    names = tuple(dict.fromkeys([*dataset.labels, *([SUNGLASSES] if eyes else [])]))
    if not names:
        raise WorkbenchError(
            f"'{dataset.name}' has no labels.", "Add an attributes.csv, or put the pictures into one folder a label."
        )
    for label in request.labels or ():
        if label not in names:
            raise unknown("label", label, names)
    return tuple(dict.fromkeys(request.labels or names))


def _drawn_labels(request: ConceptRequest, dataset: Dataset, eyes: Alignment | None) -> tuple[str, ...]:
    """The names of the concepts to find by drawing alone.

    Raises:
        WorkbenchError: something that cannot be drawn, or pictures on which it cannot.
    """
    for label in request.labels or ():
        if label != SUNGLASSES:
            raise WorkbenchError(
                f"'{label}' cannot be found by drawing, only {SUNGLASSES}.", "Choose a method that learns from labels."
            )
    if eyes is None:
        raise WorkbenchError(
            f"Sunglasses cannot be drawn on '{dataset.name}': its pictures are not faces aligned as the model's.",
            "Use aligned faces, or a method that learns from labels.",
        )
    return (SUNGLASSES,)


def _from_labels(known: LabelledCodes, label: str, must: bool) -> Generator[Event, None, dict[str, Direction]]:
    """The directions of one label by all methods that learn from labels; none, with advice, where that cannot be.

    Raises:
        WorkbenchError: it cannot be, and it `must`.
    """
    train, test = known.examples(label, TRAIN), known.examples(label, TEST)
    if twice := int(known.contradictory(label).sum()):
        yield Advice(
            f"{twice} pictures are in the data more than once, with '{label}' and without it.",
            "They were left out; correct their labels.",
        )
    directions = {}
    if min(len(train.with_it), len(train.without)) < LEAST:
        finding = (
            f"'{label}' has too few examples: of the training pictures {len(train.with_it)} have it and "
            f"{len(train.without)} do not."
        )
        remedy = f"Label at least {LEAST} on each side."
    else:
        finding = f"The model cannot tell pictures with '{label}' from pictures without."
        remedy = "Check the labels, or train the model longer."
        everything = known.train
        for method in METHODS.values():
            if method.examples == "labels":
                direction = find_direction(method, train, everything, test)
                if direction is not None:
                    directions[method.name] = direction
    if not directions and must:
        raise WorkbenchError(finding, remedy)
    if not directions:
        yield Advice(f"{finding} Its labels were not used.", remedy)
    return directions


def _from_pairs(
    model: TrainedModel, dataset: Dataset, known: LabelledCodes, eyes: Alignment, control: Control
) -> Generator[Event, None, dict[str, Direction]]:
    """The direction of drawn sunglasses, measured on faces that wear real ones where there are any."""
    rng = np.random.default_rng(0)
    rows = known.bare_faces(_PAIRS, rng)
    if len(rows) < LEAST:
        yield Advice(
            f"Only {len(rows)} training pictures are without glasses, too few to draw sunglasses on.",
            f"Use data with at least {LEAST}.",
        )
        return {}
    with_it = yield from encode_with_sunglasses(model, dataset.pictures[rows], eyes, rng, control)
    pairs = Examples(with_it, known.codes[rows])
    direction = find_direction(_DRAWN, pairs, known.train, known.first_measurable(_SEEN, TEST))
    return {_DRAWN.name: direction} if direction else {}
