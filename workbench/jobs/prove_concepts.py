"""Prove the concepts of a model on faces that were held out, and keep the proof with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from workbench.core.concepts import judge as judges
from workbench.core.concepts.concept import Concept, Direction, concept_file
from workbench.core.concepts.measure import slider_ends, turned
from workbench.core.concepts.methods import METHODS
from workbench.core.concepts.proof import Proof
from workbench.core.concepts.regions import region_of
from workbench.core.concepts.roc import auc_interval
from workbench.core.concepts.trial import Bench, monotone_range, try_out
from workbench.core.control import Control
from workbench.core.data.table import TEST, TRAIN
from workbench.core.errors import WorkbenchError, unknown
from workbench.core.events import Advice, Progress, Saved
from workbench.core.quality.features import shipped_features
from workbench.core.runs.trained import TrainedModel, open_model
from workbench.jobs.api import Job
from workbench.jobs.concept_examples import Material, measured_by, open_material
from workbench.jobs.find_concepts import concepts_folder
from workbench.jobs.judges import PROVER, excluded, judged_as, train_or_find_judge

FACES = 200
"""Test faces that are moved along each direction."""


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
    judge = yield from train_or_find_judge(material, PROVER, request.steps, control)
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
            directions[method] = yield from _prove(bench, material, concept, directions[method], control)
        path = folder / concept_file(name)
        if _is_another(path, concept, model):
            yield Advice(f"“{name}” was found anew while it was being proven.", "It stays as it is; prove it again.")
            continue
        concept = replace(concept, directions=directions)
        concept.save(path)
        yield Saved(path, "concept")
        proven.append(concept)
    yield Progress("Proving concepts", len(names), len(names), "concepts")
    return tuple(proven)


def _is_another(path: Path, concept: Concept, model: TrainedModel) -> bool:
    """Whether another program has put another concept there than the one that is being proven."""
    try:
        return Concept.load(path, model.fingerprint).fingerprint != concept.fingerprint
    except WorkbenchError:
        return False  # there is none yet: the proofs go to a folder of their own


def _prove(
    bench: Bench, material: Material, concept: Concept, direction: Direction, control: Control
) -> Job[Direction]:
    """The direction with its proof, and its slider's ends from it."""
    name = concept.name
    task = f"Proving {name.replace('_', ' ')}"
    method = measured_by(direction.method, concept.directions)
    interval, angles, limits = None, [], (direction.low, direction.high)
    if method is not None and (method.examples != "drawn" or material.eyes is not None):
        test = yield from material.examples(name, method, TEST, control)
        interval = auc_interval(test.with_it @ direction.vector, test.without @ direction.vector)
        train = yield from material.examples(name, method, TRAIN, control)
        if len(train.with_it) and len(train.without):
            sides = train.with_it @ direction.vector, train.without @ direction.vector
            limits = slider_ends(*sides, direction.sigma)
            for angle in turned(method, train, direction.vector) if direction.method in METHODS else ():
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
        **try_out(bench, direction, label, region_of(name), ends, excluded(material, label)),
    )
    return replace(direction, low=ends[0], high=ends[1], proof=proof)
