"""Try directions on validation faces before the guide, and compose one without side effects of each concept's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from workbench.core.concepts import labels as labelled
from workbench.core.concepts.choice import MOVERS, choose
from workbench.core.concepts.concept import Direction
from workbench.core.concepts.conditional import CONDITIONAL, Tried, compose
from workbench.core.concepts.drawings import DRAWINGS
from workbench.core.concepts.measure import find_direction, measured
from workbench.core.concepts.methods import METHODS, Examples
from workbench.core.concepts.regions import mask_of, region_of
from workbench.core.concepts.trial import Bench, kin_of, look
from workbench.core.control import Control
from workbench.core.data.table import TEST, TRAIN
from workbench.core.errors import WorkbenchError
from workbench.core.events import Progress
from workbench.core.quality.features import shipped_features
from workbench.core.quality.typical import Typical
from workbench.jobs.api import Job
from workbench.jobs.concept_examples import Material, measured_by
from workbench.jobs.judges import GUIDE, excluded, judged_as, train_or_find_judge

FACES = 200
"""Validation faces that are moved along each direction."""
LEAST = 20
"""Of fewer nothing is learned."""
_ROUNDS = 4  # a composed direction is tried, and composed again with what was seen of it

Directions = dict[str, Direction]
Float64 = npt.NDArray[np.float64]


def try_concepts(
    material: Material, found: Mapping[str, Directions], steps: int, control: Control
) -> Job[dict[str, Directions]]:
    """The same directions with their trials, and for each concept that the guide can judge a conditional one.

    Args:
        material: what they were found in.
        found: by concept and method.
        steps: that the guide is trained for.
        control: to stop.

    Yields:
        Progress.

    Raises:
        WorkbenchError: there are too few validation pictures, or no label that a judge could learn.
        Stopped: the user asked for it.
    """
    rows = material.dataset.rows(GUIDE.partition)
    if len(rows) < LEAST:
        raise WorkbenchError(
            f"'{material.dataset.name}' has only {len(rows)} validation pictures to try directions on.",
            "Use a larger source, or find the concepts without trying them.",
        )
    guide = yield from train_or_find_judge(material, GUIDE, steps, control)
    rows = np.random.default_rng(0).permutation(rows)[:FACES]
    bench = Bench.of(material.model, material.known.codes[rows], guide, shipped_features())
    others = yield from _others(material, guide.labels, found, control)
    tried: dict[str, Directions] = {}
    taken: list[Tried] = []
    everything = {**others, **found}
    for number, (name, directions) in enumerate(everything.items()):
        yield Progress("Trying directions", number, len(everything), "concepts")
        tried[name] = {}
        for method, direction in directions.items():
            control.check()
            trial, seen = look(bench, direction, judged_as(name), excluded(material, judged_as(name)))
            tried[name][method] = replace(direction, trial=trial)
            if direction.local is None:
                taken.append(seen)
    whiten = Typical.of_codes(material.known.train).whiten
    for number, name in enumerate(found):
        yield Progress("Composing directions", number, len(found), "concepts")
        if judged_as(name) in guide.labels:
            composed = yield from _compose(bench, material, name, tried[name], taken, whiten, control)
            tried[name] |= composed
    yield Progress("Composing directions", len(found), len(found), "concepts")
    return {name: tried[name] for name in found}


def _others(
    material: Material, labels: Sequence[str], found: Mapping[str, Directions], control: Control
) -> Job[dict[str, Directions]]:
    """Directions of what the guide knows and nobody asked for: what is to be held must be known too."""
    there = {judged_as(name) for name in found}
    others: dict[str, Directions] = {}
    for name in [label for label in labels if label not in there]:
        others[name] = {}
        for method in [METHODS[mover] for mover in MOVERS]:
            control.check()
            if method.examples == "drawn" and material.eyes is None:
                continue
            train = yield from material.examples(name, method, TRAIN, control)
            if min(len(train.with_it), len(train.without)) >= labelled.LEAST:
                direction = find_direction(method, train, material.known.train, train)
                others[name] |= {method.name: direction} if direction else {}
    return others


def _compose(
    bench: Bench,
    material: Material,
    name: str,
    directions: Directions,
    taken: list[Tried],
    whiten: Float64,
    control: Control,
) -> Job[Directions]:
    """The best of a few rounds, each of which knows how those before it turned out; nothing where none came about."""
    label = judged_as(name)
    labels = bench.judge.labels
    apart = excluded(material, label)
    kin = kin_of(bench, label) | apart
    held = [number for number, other in enumerate(labels) if other not in kin]
    method = measured_by(CONDITIONAL, directions)
    if method is None:
        return {}
    examples = yield from material.examples(name, method, TRAIN, control)
    test = yield from material.examples(name, method, TEST, control)
    rounds: Directions = {}
    known = list(taken)
    region = region_of(name) if label in DRAWINGS else ""
    mask = mask_of(region, material.model.alignment, material.model.size)
    outside = np.repeat(~mask if region else mask, 3)  # what is drawn changes nothing else; a smile does, and may
    for number in range(_ROUNDS):
        control.check()
        step = compose(known, whiten, labels.index(label), held, outside)
        direction = measured(CONDITIONAL, step, examples, material.known.train, test)
        if direction is None:
            break
        trial, seen = look(bench, direction, label, apart)
        rounds[str(number)] = replace(direction, trial=trial)
        known.append(seen)
    return {CONDITIONAL: rounds[choose(rounds, Examples(bench.codes[:0], bench.codes[:0]))[0]]} if rounds else {}
