"""How good a model is to edit real faces with: the table of the shipped model `faces`, for any model.

    python -m benchmarks.starter MODEL --faces faces-128.zip [--plain VAE]

`pairs/` lies beside the faces: fifty people, each neutral and smiling. `--plain` is a VAE to compare random faces with.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.faces import CONTOUR, pairs
from benchmarks.rows import Row, line
from benchmarks.samples import compare
from workbench.core.concepts.codes import encode_dataset
from workbench.core.concepts.roc import auc
from workbench.core.control import Control
from workbench.core.faces.align import Points, align, similarity
from workbench.core.runs.shipped import shipped_models
from workbench.core.runs.trained import TrainedModel, open_model
from workbench.jobs.api import run
from workbench.jobs.evaluate import evaluate
from workbench.jobs.prepare_data import prepare_data

PSNR = {32: 25.0, 64: 25.0, 128: 24.0}
SHARPNESS = 0.5
AUC = {"Smiling": 0.965, "Male": 0.97, "Young": 0.92, "Senior": 0.97}
"""Held-out faces, a logistic normal on the codes."""
DRAWN = ("Sunglasses", "Sunglasses_seen", 0.95)
"""A concept that was learned from drawn glasses, and the label that says who really wears some."""


def measure(faces: Path | None) -> list[Row]:
    """The rows of the shipped model."""
    if faces is None or "faces" not in shipped_models():
        return [Row("the shipped model of faces", "not measured: needs --faces, and the model", "", "", None)]
    return rows("faces", faces)


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
    if "Smiling" in trained.concepts:
        made += _pairs(trained, faces.parent)
    if plain is not None:
        made.append(compare(model, plain, faces, target=0.5))
    return made


def _at_least(what: str, found: float | None, aim: float) -> Row:
    return Row(what, "-" if found is None else f"{found:.3f}", "", f">= {aim}", found is not None and found >= aim)


def _drawn(model: TrainedModel, faces: Path, concept: str, label: str) -> float | None:
    """AUC over all pictures with the label, whatever their part: the concept has never seen it."""
    data = run(prepare_data(str(faces), model.size))
    along = run(encode_dataset(model, data, Control())) @ model.concepts[concept].direction.vector
    has = data.labels[label]
    return auc(along[has == 1], along[has == -1])


def _pairs(model: TrainedModel, folder: Path) -> list[Row]:
    """Neutral against smiling, on people none of whom the model has seen."""
    along: dict[str, list[np.ndarray]] = {"neutral": [], "smiling": []}
    for expression, truth in pairs(folder):
        face = align(truth.pixels, similarity(_contour(truth.points), model.alignment, model.size), model.size)
        along[expression].append(face)
    vector = model.concepts["Smiling"].direction.vector
    scores: Mapping[str, npt.NDArray[np.float32]] = {
        expression: model.encode(np.stack(found)) @ vector for expression, found in along.items()
    }
    higher = float((scores["smiling"] > scores["neutral"]).mean())
    return [
        _at_least("AUC of pairs/, neutral against smiling", auc(scores["smiling"], scores["neutral"]), 0.94),
        _at_least("pairs/: the smiling photo of a person is higher", higher, 0.98),
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
