"""Prove the concepts of a model on faces that were held out, and keep the proof with them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from workbench.core.concepts import judge as judges
from workbench.core.concepts.concept import Concept, Direction, concept_file
from workbench.core.concepts.draw import Kit
from workbench.core.concepts.drawings import DRAWINGS
from workbench.core.concepts.judge import Judge, Lesson, train_judge
from workbench.core.concepts.measure import slider_ends, turned
from workbench.core.concepts.methods import METHODS
from workbench.core.concepts.proof import Proof
from workbench.core.concepts.regions import region_of
from workbench.core.concepts.roc import auc_interval
from workbench.core.concepts.trial import Bench, monotone_range, try_out
from workbench.core.control import Control
from workbench.core.data.table import TEST, TRAIN
from workbench.core.errors import WorkbenchError, unknown
from workbench.core.events import Progress, Saved
from workbench.core.places import cache_folder
from workbench.core.quality.features import shipped_features
from workbench.core.runs.trained import open_model
from workbench.jobs.api import Job
from workbench.jobs.concept_examples import Material, open_material
from workbench.jobs.find_concepts import concepts_folder

FACES = 200
"""Test faces that are moved along each direction."""
_LEARNED = 3000  # photos that the judge learns from, and as many decoded
_SETTLE = 0.15  # of the training photos: those that set its thresholds
_DRAWN = 250  # faces that each thing is drawn upon for the judge
_LEAST = 30  # pictures on each side that the judge needs to learn a label
_BATCH = 256
_BY_CHANCE = 10
"""So many pictures would have both of two labels by chance: if none has, the two exclude each other."""


@dataclass(frozen=True, slots=True)
class ProofRequest:
    """What to prove.

    Attributes:
        model: a run, a checkpoint or an exported model.
        data: a labelled source; its test partition is measured on.
        names: only these concepts; None for all.
        every_method: prove each direction of a concept, not only the one that the slider moves.
        faces: how many test faces are edited.
        where: "column=value", as in `ConceptRequest`.
        out: the folder for the proven concepts; None for the run's own.
        steps: that the judge is trained for.
    """

    model: str | Path
    data: str | Path
    names: tuple[str, ...] | None = None
    every_method: bool = False
    faces: int = FACES
    where: str | None = None
    out: Path | None = None
    steps: int = judges.STEPS


def prove_concepts(request: ProofRequest, control: Control | None = None) -> Job[tuple[Concept, ...]]:
    """Put a model's concepts to the proof, and save each as soon as it is proven; those concepts.

    The ends of a proven slider are its monotone range.

    Yields:
        what preparing and encoding the data yields; Progress; Saved a concept.

    Raises:
        WorkbenchError: no such model, data or concept; the model has none; the source has no test pictures.
        Stopped: the user asked for it; what was proven by then is saved.
    """
    control = control or Control()
    model = open_model(request.model)
    folder = concepts_folder(request.out, model)
    for name in request.names or ():
        if name not in model.concepts:
            raise unknown("concept", name, model.concepts)
    if not model.concepts:
        raise WorkbenchError(f"'{model.name}' has no concepts yet.", "Find them first: workbench concepts find.")
    material = yield from open_material(model, request.data, request.where, control)
    rows = material.dataset.rows(TEST)
    if len(rows) < 2:
        raise WorkbenchError(
            f"'{material.dataset.name}' has no test pictures to prove anything on.", "Use a larger source."
        )
    judge = yield from train_or_find_judge(material, request.steps, control)
    rows = rows[np.linspace(0, len(rows) - 1, min(request.faces, len(rows))).astype(np.int64)]
    rows = np.random.default_rng(0).permutation(rows)  # sources come one after the other; some faces stand for all
    bench = Bench.of(model, material.known.codes[rows], judge, shipped_features())
    proven = []
    names = request.names or tuple(model.concepts)
    for number, name in enumerate(names):
        yield Progress("Proving concepts", number, len(names), "concepts")
        concept = model.concepts[name]
        methods = list(concept.directions) if request.every_method else [concept.chosen]
        directions = dict(concept.directions)
        for method in methods:
            directions[method] = yield from _prove(bench, material, name, directions[method], control)
        concept = replace(concept, directions=directions)
        path = folder / concept_file(name)
        concept.save(path)
        yield Saved(path, "concept")
        proven.append(concept)
    yield Progress("Proving concepts", len(names), len(names), "concepts")
    return tuple(proven)


def _prove(bench: Bench, material: Material, name: str, direction: Direction, control: Control) -> Job[Direction]:
    """The direction with its proof, and its slider's ends from it."""
    task = f"Proving {name.replace('_', ' ')}"
    method = METHODS.get(direction.method)
    interval, angles, limits = None, [], (direction.low, direction.high)
    if method is not None and (method.examples != "drawn" or material.eyes is not None):
        test = yield from material.examples(name, method, TEST, control)
        interval = auc_interval(test.with_it @ direction.vector, test.without @ direction.vector)
        train = yield from material.examples(name, method, TRAIN, control)
        if len(train.with_it) and len(train.without):
            sides = train.with_it @ direction.vector, train.without @ direction.vector
            limits = slider_ends(*sides, direction.sigma)
            for angle in turned(method, train, direction.vector):
                control.check()
                angles.append(angle)
                yield Progress(task, len(angles), 16, "steps")
    label = judged_as(name)
    ends = yield from monotone_range(bench, direction, label, limits, control, task)
    yield Progress(task, 3, 4, "steps")
    control.check()
    known = direction.proof or Proof()  # what was taught from a few pictures has nothing but them to be measured on
    proof = Proof(
        auc_low=interval[0] if interval else known.auc_low,
        auc_high=interval[1] if interval else known.auc_high,
        angle=float(np.median(angles)) if angles else known.angle,
        **try_out(bench, direction, label, region_of(name), ends, _excluded(material, label)),
    )
    return replace(direction, low=ends[0], high=ends[1], proof=proof)


def _excluded(material: Material, label: str) -> set[str]:
    """Labels, by the judge's names, that no picture has together with this one though several would by chance, as
    Senior and Young; and the other things that are worn in its place, as eyeglasses and sunglasses."""
    labels = _labels(material)
    bare = DRAWINGS[label].bare if label in DRAWINGS else None
    found = {other.name for other in DRAWINGS.values() if bare is not None and other.bare == bare}
    own = labels.get(label)
    for other, values in labels.items() if own is not None else ():
        known = (own != 0) & (values != 0)
        with_own, with_other = (known & (own == 1)).sum(), (known & (values == 1)).sum()
        together = (known & (own == 1) & (values == 1)).sum()
        if together == 0 and with_own * with_other >= _BY_CHANCE * max(known.sum(), 1):
            found.add(other)
    return found - {label}


def judged_as(name: str) -> str:
    """The judge's name for a label: that of the drawing that shows the same, where there is one."""
    return next((drawing.name for drawing in DRAWINGS.values() if name in drawing.labels), name)


def train_or_find_judge(material: Material, steps: int, control: Control) -> Job[Judge]:
    """The judge of this model and this data: from the cache, or trained now.

    It learns the labels of which enough is known and everything that can be drawn, on 85 % of the training photos, as
    they are and as the model decodes them; the rest set its thresholds. What is drawn has shapes and tints that no
    concept is found with.

    Yields:
        Progress.

    Raises:
        WorkbenchError: there is no label to learn.
        Stopped: the user asked for it.
    """
    path = cache_folder() / "judges" / f"{_key(material, steps)}.safetensors"
    if (judge := Judge.load(path)) is not None:
        return judge
    rng = np.random.default_rng(judges.SEED)
    rows = rng.permutation(material.dataset.rows(TRAIN))
    cut = int(_SETTLE * len(rows))
    learn = yield from _lesson(material, rows[cut:][:_LEARNED], "judge", True, rng, control)
    settle = yield from _lesson(material, rows[:cut][:_LEARNED], "judge", False, rng, control)
    names = [name for name, values in learn.labels.items() if min((values == 1).sum(), (values == -1).sum()) >= _LEAST]
    if not names:
        raise WorkbenchError(
            f"'{material.dataset.name}' has no label that a judge of pictures could learn.",
            f"Label at least {_LEAST} pictures on each side.",
        )
    learn = Lesson(learn.pictures, {name: learn.labels[name] for name in names})
    test = rng.permutation(material.dataset.rows(TEST))[:_LEARNED]
    photos = _photos(material, np.sort(test))
    decoded = yield from _decoded(material, photos, control)
    judge = yield from train_judge(learn, settle, (photos, decoded), control, steps)
    judge.save(path)
    return judge


def _key(material: Material, steps: int) -> str:
    """What a judge depends on, in one name."""
    digest = hashlib.sha256(f"{judges.VERSION} {steps} {_LEARNED} {_DRAWN} {material.eyes}".encode())
    digest.update(material.model.fingerprint.encode() + material.dataset.fingerprint.encode())
    digest.update(material.dataset.parting.encode())
    for name, values in material.known.labels.items():
        digest.update(name.encode() + values.tobytes())
    return digest.hexdigest()[:32]


def _photos(material: Material, rows: np.ndarray) -> Lesson:
    """Photos with their labels."""
    labels = {name: values[rows] for name, values in _labels(material).items()}
    return Lesson(np.array(material.dataset.pictures[rows]), labels)


def _labels(material: Material) -> dict[str, np.ndarray]:
    """The labels of all pictures by the judge's names: those of a thing that is drawn are one with it."""
    labels: dict[str, np.ndarray] = {}
    for name, values in material.known.labels.items():
        known = judged_as(name)
        before = labels.get(known, np.zeros_like(values))
        labels[known] = np.where(before != 0, before, values).astype(np.int8)
    return labels


def _decoded(material: Material, photos: Lesson, control: Control) -> Job[Lesson]:
    """The same pictures as the model makes them."""
    parts = []
    for start in range(0, len(photos.pictures), _BATCH):
        control.check()
        yield Progress("Reconstructing faces for the judge", start, len(photos.pictures), "pictures")
        model = material.model
        parts.append(model.decode(model.encode(photos.pictures[start : start + _BATCH])))
    yield Progress("Reconstructing faces for the judge", len(photos.pictures), len(photos.pictures), "pictures")
    return Lesson(np.concatenate(parts), photos.labels) if parts else photos


def _lesson(
    material: Material, rows: np.ndarray, kit: Kit, as_they_are: bool, rng: np.random.Generator, control: Control
) -> Job[Lesson]:
    """Photos and drawn-upon photos as the model decodes them, and where wanted as they are too."""
    lessons = [_photos(material, np.sort(rows))]
    if material.eyes is not None:
        for name in DRAWINGS:
            control.check()
            yield Progress("Drawing for the judge", len(lessons) - 1, len(DRAWINGS), "things")
            lessons += _drawn(material, name, rows, kit, rng)
    photos = Lesson.joined(*lessons)
    decoded = yield from _decoded(material, photos, control)
    return Lesson.joined(photos, decoded) if as_they_are else decoded


def _drawn(material: Material, name: str, rows: np.ndarray, kit: Kit, rng: np.random.Generator) -> Sequence[Lesson]:
    """Some of the photos with and without one thing drawn on them."""
    drawing, eyes = DRAWINGS[name], material.eyes
    assert eyes is not None
    bare = material.known.bare_faces(len(material.dataset), rng, drawing.bare)
    chosen = rng.permutation(np.intersect1d(bare, rows))[:_DRAWN]
    if not len(chosen):
        return []
    photos = _photos(material, chosen)
    known = {label: values for label, values in photos.labels.items() if label not in DRAWINGS}
    made = []
    for draw, side in ((drawing.draws[kit], 1), (drawing.undraws, -1)):
        pictures = photos.pictures if draw is None else np.stack([draw(p, eyes, rng) for p in photos.pictures])
        made.append(Lesson(pictures, {**known, name: np.full(len(chosen), side, np.int8)}))
    return made
