"""How good a model is to edit real faces with: the table of the shipped model `faces`, for any model.

    python -m benchmarks.starter MODEL --faces faces-128.zip [--plain VAE]

`pairs/` lies beside the faces: fifty people, each neutral and smiling. `--plain` is a VAE to compare random faces with.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks import opened
from benchmarks.faces import CONTOUR, pairs
from benchmarks.rows import Row, line
from benchmarks.samples import compare
from workbench.core.concepts.codes import encode_dataset
from workbench.core.concepts.judge import STEPS, balanced_threshold
from workbench.core.concepts.roc import auc
from workbench.core.control import Control
from workbench.core.faces.align import Points, align, similarity
from workbench.core.runs.shipped import shipped_models
from workbench.core.runs.trained import TrainedModel, open_model
from workbench.jobs.api import run
from workbench.jobs.concept_examples import open_material
from workbench.jobs.evaluate import evaluate
from workbench.jobs.judges import PROVER, train_or_find_judge
from workbench.jobs.prepare_data import prepare_data

PSNR = {32: 25.0, 64: 25.0, 128: 24.0}
SHARPNESS = 0.5
AUC = {"Smiling": 0.965, "Male": 0.97, "Young": 0.92, "Senior": 0.97}
"""Held-out faces, a logistic normal on the codes."""
DRAWN = ("Sunglasses", "Sunglasses_seen", 0.95)
"""A concept that was learned from drawn glasses, and the label that says who really wears some."""
FLIPS = {("Smiling", "on"): 0.85, ("Smiling", "off"): 0.80, ("Sunglasses", "on"): 0.90}
"""Faces that the judge sees change sides at the slider's end, as the concepts' proofs have it."""
COLLATERAL = 0.25
"""How far a concept may take another label along, over how far it moves its own."""
RIGHT, SMILES = 0.86, 0.85
"""Of `pairs/`: how often the judge is right about them, and how many of the neutral smile to it when they are moved."""


def measure(faces: Path | None) -> list[Row]:
    """The rows of the shipped model."""
    start = opened.measure(faces)
    if faces is None or "faces" not in shipped_models():
        return [*start, Row("the shipped model of faces", "not measured: needs --faces, and the model", "", "", None)]
    return [*start, *rows("faces", faces)]


def rows(model: str | Path, faces: Path, plain: Path | None = None) -> list[Row]:
    """What a model reaches on held-out faces and on people it has never seen."""
    trained = open_model(model)
    found = run(evaluate(model, str(faces), samples=0))
    assert found.psnr is not None
    assert found.sharpness.reconstructions_ratio is not None
    sharpness = found.sharpness.reconstructions_ratio
    least = PSNR[trained.size]
    made = [
        Row(f"PSNR, {trained.size} px", f"{found.psnr:.2f} dB", "", f">= {least} dB", found.psnr >= least),
        Row("sharpness over the originals'", f"{sharpness:.2f}", "", f">= {SHARPNESS}", sharpness >= SHARPNESS),
        *(_at_least(f"AUC {name}, {found.images} test faces", found.auc.get(name), aim) for name, aim in AUC.items()),
    ]
    concept, label, aim = DRAWN
    if concept in trained.concepts:
        made.append(_at_least(f"AUC {label}, by drawn ones", _drawn(trained, faces, concept, label), aim))
    made += _proven(trained)
    if "Smiling" in trained.concepts:
        made += _pairs(trained, faces)
    if plain is not None:
        made.append(compare(model, plain, faces, target=0.5))
    return made


def _at_least(what: str, found: float | None, aim: float) -> Row:
    return Row(what, "-" if found is None else f"{found:.3f}", "", f">= {aim}", found is not None and found >= aim)


def _drawn(model: TrainedModel, faces: Path, concept: str, label: str) -> float | None:
    """AUC over all pictures with the label, whatever their part: the concept has never seen it."""
    data = run(prepare_data(str(faces), model.size))
    along = run(encode_dataset(model, data, Control())) @ model.concepts[concept].directions["drawn-pairs"].vector
    has = data.labels[label]
    return auc(along[has == 1], along[has == -1])


def _proven(model: TrainedModel) -> list[Row]:
    """What the proofs that lie with the concepts say; '-' for what was not proven."""
    proofs = {name: concept.direction.proof for name, concept in model.concepts.items()}
    made = []
    for (name, way), aim in FLIPS.items():
        proof = proofs.get(name)
        made.append(_at_least(f"flip rate at the slider's end: {name} {way}", getattr(proof, f"flip_{way}", None), aim))
    worst = {name: proof.collateral for name, proof in proofs.items() if proof and proof.collateral}
    listed = ", ".join(f"{name} {abs(much):.2f} ({label})" for name, (label, much) in worst.items())
    kept = bool(worst) and all(abs(much) <= COLLATERAL for _, much in worst.values())
    return [*made, Row("collateral, each concept's largest", listed or "-", "", f"each <= {COLLATERAL}", kept)]


def _pairs(model: TrainedModel, faces: Path) -> list[Row]:
    """Neutral against smiling, on people none of whom the model has seen: by their codes, and to the judge's eye."""
    along: dict[str, list[np.ndarray]] = {"neutral": [], "smiling": []}
    for expression, photo in pairs(faces.parent):
        face = align(photo.pixels, similarity(_contour(photo.points), model.alignment, model.size), model.size)
        along[expression].append(face)
    direction = model.concepts["Smiling"].direction
    neutral, smiling = (model.encode(np.stack(along[expression])) for expression in ("neutral", "smiling"))
    low, high = neutral @ direction.vector, smiling @ direction.vector
    judge = run(train_or_find_judge(run(open_material(model, str(faces), None, Control())), PROVER, STEPS, Control()))
    column = judge.labels.index("Smiling")
    moved = neutral + np.float32(direction.high) * direction.steps(neutral)
    before, truth, after = (judge(model.decode(codes))[:, column] for codes in (neutral, smiling, moved))
    sides = np.repeat(np.int8([-1, 1]), (len(before), len(truth)))
    seen = np.concatenate([before, truth])
    threshold = balanced_threshold(seen, sides)
    right = float(((seen > threshold) == (sides == 1)).mean())
    return [
        _at_least("AUC of pairs/, neutral against smiling", auc(high, low), 0.94),
        _at_least("pairs/: the smiling photo of a person is higher", float((high > low).mean()), 0.98),
        _at_least("pairs/: the judge is right about the true pairs, decoded", right, RIGHT),
        _at_least(
            f"pairs/: neutral moved by Smiling {direction.high:.2f}, its slider's end: judged smiling",
            float((after > threshold).mean()),
            SMILES,
        ),
    ]


def _contour(points: Points) -> Points:
    """From the pupils to the means of the eyes' contours, which the faces were aligned by."""
    array = points.array()
    down = CONTOUR * np.linalg.norm(array[1] - array[0])
    return Points.from_array(array + np.array([[0, down], [0, down], [0, 0]]))


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.starter", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--plain", type=Path, help="a VAE to compare random faces with")
    given = parser.parse_args()
    for row in rows(given.model, given.faces, given.plain):
        print(line(row), flush=True)


if __name__ == "__main__":
    main()
