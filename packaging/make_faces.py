"""Make resources/models/faces.workbench: train the model of real faces, find its concepts, and prove them.

    python packaging/make_faces.py --faces faces-128.zip --work FOLDER

`--faces` is a zip of aligned 128-pixel faces with attributes.csv. It takes some twenty minutes of a GPU and an hour of
two cores. A training that was stopped goes on when the script is started again.

1. A training by the preset `starter`. What it draws is exact, but soft.
2. Two short trainings, one after the other, from there: the discriminator has more to say. Each draws sharper faces,
   and each strays in its own way.
3. The mean of those two, from the first one's weights: the encoder goes half the way to it, which keeps what its codes
   know of the labels, the decoder `DECODER` times the way, for sharpness. (Means of fine-tuned weights: Wortsman et
   al., "Model soups", 2022; further along their difference: Ilharco et al., "Editing models with task arithmetic",
   2023.)
4. Concepts by trial, three principal directions that were named by looking at their strips, and their proofs.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.concepts.concept import concept_file
from workbench.core.control import Control
from workbench.core.data.table import VALIDATION
from workbench.core.models.base import Model
from workbench.core.quality.reconstruction import psnr
from workbench.core.runs import checkpoint
from workbench.core.runs.export import export_model
from workbench.core.runs.folder import Run
from workbench.core.runs.trained import open_model
from workbench.core.training.budget import Budget
from workbench.core.training.training import VALIDATION_PICTURES
from workbench.jobs.api import run
from workbench.jobs.find_concepts import ConceptRequest, find_concepts
from workbench.jobs.fit_mixture import fit_mixture
from workbench.jobs.name_direction import name_direction
from workbench.jobs.prepare_data import prepare_data
from workbench.jobs.prove_concepts import ProofRequest, prove_concepts
from workbench.jobs.train import TrainRequest, resume, train

SIZE = 128
SHARPER: tuple[tuple[str, float, int], ...] = (("sharper", 4.0, 697), ("sharpest", 5.0, 1243))
"""The short trainings: name, what the discriminator has to say, steps."""
SHORT = {"judge_from": 0.0, "beta_warmup": 0.0, "learning_rate": 1e-3, "batch_size": 16, "warmup_steps": 50}
ENCODER, DECODER = 0.5, 1.4
"""How far each goes from the first training's weights to the mean of the short ones': 1 is that mean."""
LABELS = ("Smiling", "Male", "Young", "Senior", "Sunglasses", "Eyeglasses", "Light_from_left", "Warmth")
NAMED = {"pca-3": "Dim_light", "pca-4": "Light_from_front", "pca-5": "Shaded_face"}
CHOSEN = {
    "Male": (
        "conditional",
        "Chosen by hand: it turns 72 % of the validation faces round and takes along 0.05 of its own change, where the "
        "others that turn 75 % round take along 0.28 and more.",
    ),
    "Sunglasses": (
        "drawn-pairs",
        "Chosen by hand: in photos its glasses are dark, where those of the other one are see-through.",
    ),
}
"""The method that a slider takes in place of the one that the trial says, and why."""
OUT = Path(__file__).parent.parent / "resources" / "models" / "faces.workbench"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, required=True, help="zip of aligned 128-pixel faces")
    parser.add_argument("--work", type=Path, required=True, help="where the trainings go")
    parser.add_argument("--minutes", type=float, default=20.0, help="of the first training: some 11,000 steps")
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    request = TrainRequest(str(options.faces), Budget(minutes=1), "vaegan", runs=options.work, device=options.device)

    first = trained(replace(request, budget=Budget(minutes=options.minutes), preset="starter", name="soft"))
    start, sharper = first, []
    for name, sharpness, steps in SHARPER:
        settings: dict[str, Any] = {"sharpness": sharpness, **SHORT}
        start = trained(
            replace(request, budget=Budget(steps=steps), start_from=str(start), settings=settings, name=name)
        )
        sharper.append(start)
    faces = mixed(first, sharper, options.work / "faces", options.faces)
    print(f"{faces}: {with_concepts(faces, options.faces)}")


def trained(request: TrainRequest) -> Path:
    """The run of this name, trained to its end."""
    assert request.runs is not None
    assert request.name is not None
    there = request.runs / request.name
    if not there.exists():
        run(train(request))
    elif Run.open(there).info.status != "done":
        run(resume(there))
    return there


def mixed(first: Path, sharper: list[Path], out: Path, data: Path | str, size: int = SIZE) -> Path:
    """A run with `first`'s description and the mixed weights, and the mixture of their codes."""
    shutil.rmtree(out, ignore_errors=True)
    nets = [open_model(path).net for path in (first, *sharper)]
    shutil.copytree(first, out)
    folder = Run.open(out).latest_checkpoint()
    checkpoint.write_average(folder, mix(nets[0], nets[1:]))
    done = Run.open(out)
    pictures = run(prepare_data(str(data), size))
    run(fit_mixture(done, pictures, Control()))
    held_out = np.array(pictures.pictures[pictures.rows(VALIDATION)[:VALIDATION_PICTURES]])
    made = open_model(out)
    done.update(name="faces", best_psnr=round(psnr(held_out, made.decode(made.encode(held_out))), 3))
    return out


def mix(first: Model, others: list[Model]) -> Model:
    """`first` with the weights that the encoder's and the decoder's way to the mean of the others' ends at."""
    weights = first.state_dict()
    for name, own in weights.items():
        mean = sum(other.state_dict()[name] for other in others) / len(others)
        own.lerp_(mean, DECODER if name.startswith("decoder.") else ENCODER)
    return first


def with_concepts(faces: Path, data: Path) -> Path:
    """Find, name, choose and prove the concepts, and write the file."""
    run(find_concepts(ConceptRequest(faces, data, LABELS, trial=True)))
    for direction, name in NAMED.items():
        run(name_direction(open_model(faces), direction, name, None, Control()))
    for name, (method, why) in CHOSEN.items():
        concept = open_model(faces).concepts[name]
        replace(concept, chosen=method, why=why).save(faces / "concepts" / concept_file(name))
    run(prove_concepts(ProofRequest(faces, data)))
    return export_model(open_model(faces), OUT, half=True)


if __name__ == "__main__":
    main()
