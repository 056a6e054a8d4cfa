"""Find the concepts of a labelled source in a trained model's codes, and keep them with the model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench.core.concepts.choice import choose
from workbench.core.concepts.concept import BY_HAND, Concept, Direction, concept_file
from workbench.core.concepts.conditional import CONDITIONAL
from workbench.core.concepts.drawings import DRAWINGS
from workbench.core.concepts.judge import STEPS
from workbench.core.concepts.labels import LEAST
from workbench.core.concepts.measure import find_direction
from workbench.core.concepts.methods import METHODS, Method, drawn_pairs, method_named
from workbench.core.control import Control
from workbench.core.data.table import TEST, TRAIN, VALIDATION
from workbench.core.errors import WorkbenchError, unknown
from workbench.core.events import Advice, Progress, Saved
from workbench.core.files import need_writable
from workbench.core.runs.trained import TrainedModel, open_model
from workbench.jobs.api import Job
from workbench.jobs.concept_examples import Material, open_material
from workbench.jobs.try_concepts import try_concepts

_DRAWN = drawn_pairs.METHOD


@dataclass(frozen=True, slots=True)
class ConceptRequest:
    """What to look for.

    Attributes:
        model: a run, a checkpoint or an exported model.
        data: the labelled source.
        labels: only these; None for all that have enough pictures, and all that can be drawn (`DRAWINGS`).
        method: the one that the sliders will use; None: as `choice.choose` says. "drawn-pairs" finds what can be drawn
            only, "conditional" needs a `trial`.
        out: the folder for the concepts; None for the run's own.
        where: "column=value": labels count only where this text column says so; None for everywhere.
        trial: try every direction on validation faces before a judge, compose one without side effects of each
            concept's, and choose by what was seen: minutes more.
        steps: that the judge is trained for.
    """

    model: str | Path
    data: str | Path
    labels: tuple[str, ...] | None = None
    method: str | None = None
    out: Path | None = None
    where: str | None = None
    trial: bool = False
    steps: int = STEPS


def find_concepts(request: ConceptRequest, control: Control | None = None) -> Job[tuple[Concept, ...]]:
    """Find, measure and save a concept for each label; the concepts, in the labels' order.

    Every label gets a direction by every method that learns from labels, measured on the test partition, and by true
    pairs where the data knows enough people with and without; what can be drawn gets one from drawn pairs too, where
    the pictures are aligned faces.

    Yields:
        what preparing and encoding the data yields; Advice for each label left out; Progress and Saved a concept.

    Raises:
        WorkbenchError: no such model, data, label or method; a label asked for by name has too few pictures on one
            side; nothing at all can be found; the folder cannot be written. Nothing is saved then.
        Stopped: the user asked for it; nothing is saved.
    """
    control = control or Control()
    method = _method(request)
    model = open_model(request.model)
    folder = concepts_folder(request.out, model)
    material = yield from open_material(model, request.data, request.where, control)
    labels = _names(request, material, method is _DRAWN)
    found: dict[str, dict[str, Direction]] = {}
    for number, label in enumerate(labels):
        control.check()
        yield Progress("Finding concepts", number, len(labels), "concepts")
        directions: dict[str, Direction] = {}
        drawn = label in DRAWINGS and material.eyes is not None
        if label in material.known.labels and method is not _DRAWN:
            must = request.labels is not None and not drawn
            directions |= yield from _from_labels(material, label, must, control)
        if drawn:
            directions |= yield from _from_drawings(material, label, control)
        if directions:
            found[label] = directions
    yield Progress("Finding concepts", len(labels), len(labels), "concepts")
    if not found:
        raise WorkbenchError(
            f"No label of '{material.dataset.name}' can be made a concept.",
            f"Label at least {LEAST} pictures with and without.",
        )
    if request.trial:
        found = yield from try_concepts(material, found, request.steps, control)
    concepts = [_concept(material, label, directions, request.method) for label, directions in found.items()]
    for concept in concepts:
        path = folder / concept_file(concept.name)
        concept.save(path)
        yield Saved(path, "concept")
    return tuple(concepts)


def _concept(material: Material, name: str, directions: dict[str, Direction], by_hand: str | None) -> Concept:
    """A concept with the method that its slider takes."""
    labels = DRAWINGS[name].labels if name in DRAWINGS and material.eyes is not None else (name,)
    if by_hand in directions:
        chosen, why = by_hand, BY_HAND
    else:
        chosen, why = choose(directions, material.known.first_measurable(labels, VALIDATION))
    return Concept(name, directions, chosen, material.model.fingerprint, material.dataset.source, why)


def concepts_folder(out: Path | None, model: TrainedModel) -> Path:
    """Where a model's concepts are written: `out`, or the model's own folder.

    Raises:
        WorkbenchError: nothing can be written there.
    """
    folder = out or model.concepts_folder
    need_writable(folder)  # said now, not after minutes of encoding
    return folder


def _method(request: ConceptRequest) -> Method | None:
    """The method asked for by hand, where it is one that finds directions from examples.

    Raises:
        WorkbenchError: no such method, or one that needs a trial that nobody asked for.
    """
    if request.method is None:
        return None
    if request.method != CONDITIONAL:
        return method_named(request.method)
    if not request.trial:
        raise WorkbenchError("'conditional' directions are composed after a trial.", "Ask for one with --try.")
    return None


def _names(request: ConceptRequest, material: Material, drawn_only: bool) -> tuple[str, ...]:
    """The names of the concepts to find.

    Raises:
        WorkbenchError: a name that is no label, something that cannot be drawn, or nothing to find.
    """
    name = material.dataset.name
    if drawn_only:
        for label in request.labels or ():
            if label not in DRAWINGS:
                raise WorkbenchError(
                    f"'{label}' cannot be found by drawing, only {', '.join(DRAWINGS)}.",
                    "Choose a method that learns from labels.",
                )
        if material.eyes is None:
            raise WorkbenchError(
                f"Nothing can be drawn on '{name}': its pictures are not faces aligned as the model's.",
                "Use aligned faces, or a method that learns from labels.",
            )
        return tuple(dict.fromkeys(request.labels or DRAWINGS))
    names = tuple(dict.fromkeys([*material.known.labels, *(DRAWINGS if material.eyes else ())]))
    if not names:
        raise WorkbenchError(
            f"'{name}' has no labels.", "Add an attributes.csv, or put the pictures into one folder a label."
        )
    for label in request.labels or ():
        if label not in names:
            raise unknown("label", label, names)
    return tuple(dict.fromkeys(request.labels or names))


def _from_labels(material: Material, label: str, must: bool, control: Control) -> Job[dict[str, Direction]]:
    """The directions of one label by all methods that learn from labels or from people; none, with advice, where that
    cannot be.

    Raises:
        WorkbenchError: it cannot be, and it `must`.
    """
    known = material.known
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
            control.check()
            examples = known.pairs(label, TRAIN) if method.examples == "persons" else train
            if method.examples != "drawn" and len(examples.with_it) >= LEAST:
                direction = find_direction(method, examples, everything, test)
                if direction is not None:
                    directions[method.name] = direction
    if not directions and must:
        raise WorkbenchError(finding, remedy)
    if not directions:
        yield Advice(f"{finding} Its labels were not used.", remedy)
    return directions


def _from_drawings(material: Material, name: str, control: Control) -> Job[dict[str, Direction]]:
    """The direction of something drawn, measured on real faces that have it where there are any."""
    pairs = yield from material.examples(name, _DRAWN, TRAIN, control)
    if len(pairs.with_it) < LEAST:
        yield Advice(
            f"Only {len(pairs.with_it)} training pictures can be drawn upon for '{name}'.",
            f"Use data with at least {LEAST}.",
        )
        return {}
    test = yield from material.examples(name, _DRAWN, TEST, control)
    direction = find_direction(_DRAWN, pairs, material.known.train, test)
    return {_DRAWN.name: direction} if direction else {}
