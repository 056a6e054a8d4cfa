"""The whole way, briefly: train on the built-in faces, find concepts, edit a face, write the pictures to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.concepts.concept import Concept, concept_file
from workbench.core.control import Control
from workbench.core.data.cache import Dataset
from workbench.core.data.table import TEST
from workbench.core.editing.render import Editor, move
from workbench.core.editing.state import EditState
from workbench.core.errors import Stopped
from workbench.core.events import Saved, UInt8Picture
from workbench.core.faces.align import Points
from workbench.core.files import unused_path
from workbench.core.pictures import read_photo, write_picture
from workbench.core.places import runs_folder
from workbench.core.runs.trained import TrainedModel, open_model
from workbench.core.training.budget import Budget
from workbench.core.training.previews import grid
from workbench.jobs.api import Job
from workbench.jobs.edit import export_edit
from workbench.jobs.find_concepts import ConceptRequest, find_concepts
from workbench.jobs.prepare_data import prepare_data
from workbench.jobs.train import TrainRequest, train

_DATA = "builtin:avatars"
_SIZE = 64
_TRAINING = Budget(minutes=1.5)
_STRIPS = 3
_STRIP_LENGTH = 7


@dataclass(frozen=True, slots=True)
class Demo:
    """What was made: the run, the names of its concepts, and the pictures with a word on each."""

    run: Path
    step: int
    concepts: tuple[str, ...]
    pictures: Mapping[str, str]


def demo(
    out: Path | None = None,
    control: Control | None = None,
    *,
    budget: Budget = _TRAINING,
    size: int = _SIZE,
    settings: Mapping[str, Any] | None = None,
) -> Job[Demo]:
    """Do in small what the program is for; takes the budget and about a minute more.

    Args:
        out: the folder to write; `~/Workbench/demo` by default. An older one is kept, the new one gets a number.
        budget: how long to train.
        size: side of the faces in pixels.
        settings: of the VAE, by name.

    Raises:
        Stopped: the user asked for it; what was trained so far is in the folder.
    """
    control = control or Control()
    out = unused_path(out or runs_folder().parent / "demo")
    request = TrainRequest(data=_DATA, size=size, budget=budget, settings=settings or {}, runs=out, name="run")
    trained = yield from train(request, control)
    if trained.status == "stopped":
        raise Stopped
    yield from find_concepts(ConceptRequest(model=trained.run, data=_DATA), control)
    dataset = yield from prepare_data(_DATA, size, control)

    model = open_model(trained.run)
    labelled = [concept for name, concept in model.concepts.items() if name in dataset.labels]
    clearest = sorted(labelled, key=lambda concept: concept.direction.auc or 0.0, reverse=True)
    pictures = {}
    for name, picture, what in _sheets(model, dataset, clearest[:_STRIPS]):
        control.check()
        write_picture(out / name, picture, ai="generated")
        yield Saved(out / name, "picture")
        pictures[str(out / name)] = what
    control.check()
    if clearest:
        edited = yield from _edit(model, dataset, clearest[0], out)
        pictures[str(edited)] = f"face.png with '{clearest[0].name}' at its slider's end, exported as the window does"
    return Demo(trained.run, trained.step, tuple(model.concepts), pictures)


def _sheets(
    model: TrainedModel, dataset: Dataset, concepts: Sequence[Concept]
) -> Iterator[tuple[str, UInt8Picture, str]]:
    """Name, picture and meaning of each sheet to look at."""
    faces = dataset.pictures[dataset.rows(TEST)[:32]]
    codes = model.encode(faces)
    pairs = np.stack([faces, model.decode(codes)], axis=1).reshape(-1, *faces.shape[1:])
    yield "samples.png", grid(model.sample(64, seed=0), 8), "faces that the model invents"
    yield "reconstructions.png", grid(pairs, 8), "faces it has not seen, each beside what its code remembers"
    for concept in concepts:
        ends = np.linspace(concept.direction.low, concept.direction.high, _STRIP_LENGTH)
        strip = np.stack([move(codes[0], {concept.name: end}, model.concepts) for end in ends])
        what = f"one face, the slider '{concept.name}' from end to end"
        yield f"slider-{Path(concept_file(concept.name)).stem}.png", grid(model.decode(strip), _STRIP_LENGTH), what


def _edit(model: TrainedModel, dataset: Dataset, concept: Concept, out: Path) -> Job[Path]:
    """Write a face as a photo, and the edited photo with its recipe beside it."""
    photo = out / "face.png"
    write_picture(photo, np.asarray(dataset.pictures[dataset.rows(TEST)[0]]))
    points = Points.from_array(model.alignment.array() * model.size - 0.5)  # where the drawing has its eyes and mouth
    state = EditState(points).with_strength(concept.name, concept.direction.high)
    editor = Editor(model, read_photo(photo), points)
    return (
        yield from export_edit(editor, state, out / "edited.png", photo_path=photo, save_recipe=out / "edited.json")
    )
