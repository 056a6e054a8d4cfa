"""Judges for a model and its data: one that helps to choose and to compose directions, another that proves them.

A direction that was composed so that a judge sees no side effects would look clean to that judge whatever it is. So
there are two, with other seeds, other photos where there are enough, and other shapes and tints of what is drawn: the
guide looks at validation faces before anything is decided, the prover at test faces afterwards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.core.concepts import judge as judges
from workbench.core.concepts.draw import Kit
from workbench.core.concepts.drawings import DRAWINGS
from workbench.core.concepts.judge import Judge, Lesson, train_judge
from workbench.core.control import Control
from workbench.core.data.table import TEST, TRAIN, VALIDATION
from workbench.core.errors import WorkbenchError
from workbench.core.events import Progress
from workbench.core.places import cache_folder
from workbench.jobs.api import Job
from workbench.jobs.concept_examples import Material

_SETTLE = 0.1  # of the training photos: those that set its thresholds
_DRAWN = 250  # faces that each thing is drawn upon for the judge
_LEAST = 30  # pictures on each side that the judge needs to learn a label
_BATCH = 256
_BY_CHANCE = 10
"""So many pictures would have both of two labels by chance: if none has, the two exclude each other."""


@dataclass(frozen=True, slots=True)
class Role:
    """What a judge is for.

    Attributes:
        name: of it.
        seed: of its own randomness.
        kit: the shapes and tints that are drawn for it.
        partition: the faces that it is to look at.
        order: 1 or -1: from which end of the training photos, in one order by chance, it takes its own.
        photos: that it learns from at most, and as many decoded. Of ten thousand the two judges have none in common.
    """

    name: str
    seed: int
    kit: Kit
    partition: int
    order: int
    photos: int


PROVER = Role("prover", judges.SEED, "judge", TEST, 1, 5000)
"""Sees test faces, and drawings as no concept is found with."""
GUIDE = Role("guide", 1_936, "learn", VALIDATION, -1, 3000)
"""Sees validation faces, and drawings as concepts are found with."""


def photos_of(material: Material, role: Role) -> tuple[np.ndarray, np.ndarray]:
    """The rows of the training photos that a judge learns from, and of those that set its thresholds."""
    rows = np.random.default_rng(judges.SEED).permutation(material.dataset.rows(TRAIN))[:: role.order]
    cut = int(_SETTLE * len(rows))
    return rows[cut:][: role.photos], rows[:cut][: role.photos]


def judged_as(name: str) -> str:
    """The judge's name for a label: that of the drawing that shows the same, where there is one."""
    return next((drawing.name for drawing in DRAWINGS.values() if name in drawing.labels), name)


def train_or_find_judge(material: Material, role: Role, steps: int, control: Control) -> Job[Judge]:
    """A judge of this model and this data: from the cache, or trained now.

    It learns the labels of which enough is known and everything that can be drawn, from training photos, as they are
    and as the model decodes them; others set its thresholds.

    Yields:
        Progress.

    Raises:
        WorkbenchError: there is no label to learn.
        Stopped: the user asked for it.
    """
    path = cache_folder() / "judges" / f"{_key(material, role, steps)}.safetensors"
    if (judge := Judge.load(path)) is not None:
        return judge
    rng = np.random.default_rng(role.seed)
    learned_from, settled_by = photos_of(material, role)
    learn = yield from _lesson(material, learned_from, role.kit, True, rng, control)
    settle = yield from _lesson(material, settled_by, role.kit, False, rng, control)
    names = [name for name, values in learn.labels.items() if min((values == 1).sum(), (values == -1).sum()) >= _LEAST]
    if not names:
        raise WorkbenchError(
            f"'{material.dataset.name}' has no label that a judge of pictures could learn.",
            f"Label at least {_LEAST} pictures on each side.",
        )
    learn = Lesson(learn.pictures, {name: learn.labels[name] for name in names})
    test = rng.permutation(material.dataset.rows(role.partition))[: role.photos]
    photos = _photos(material, np.sort(test))
    decoded = yield from _decoded(material, photos, control)
    judge = yield from train_judge(learn, settle, (photos, decoded), control, steps, role.seed)
    judge.save(path)
    return judge


def excluded(material: Material, label: str) -> set[str]:
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


def _key(material: Material, role: Role, steps: int) -> str:
    """What a judge depends on, in one name."""
    digest = hashlib.sha256(f"{judges.VERSION} {role} {steps} {_DRAWN} {material.eyes}".encode())
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
