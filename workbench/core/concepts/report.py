"""A page with the proof of every concept of a model. Every face on it was made up by the model itself."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from workbench.core.concepts.card import card
from workbench.core.concepts.concept import Concept
from workbench.core.concepts.proof import Proof
from workbench.core.concepts.strips import invented, strip
from workbench.core.errors import WorkbenchError
from workbench.core.files import write_file
from workbench.core.runs.trained import TrainedModel

FACES = 3
"""Made-up faces in each strip."""
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;margin:.5rem 0}td,th{padding:.2rem .8rem .2rem 0;text-align:left;"
    "border-bottom:1px solid #ddd;vertical-align:top}.m td,.m th{padding:.2rem .5rem;text-align:right;border:0}"
    ".m th:first-child{text-align:left}img{max-width:100%;height:auto;image-rendering:auto}.w{color:#8a5a00}"
    ".q{color:#666}"
)


def write_report(model: TrainedModel, path: Path, seed: int = 0) -> Path:
    """Write the page, nothing of it outside itself, and give its path.

    Raises:
        WorkbenchError: the model has no concepts, or the page cannot be written.
    """
    concepts = list(model.concepts.values())
    if not concepts:
        raise WorkbenchError(f"'{model.name}' has no concepts yet.", "Find them first: workbench concepts find.")
    codes = invented(model, FACES, seed)
    title = f"Concepts of {html.escape(model.name)}"
    unproven = [concept.name for concept in concepts if concept.direction.proof is None]
    note = ""
    if unproven:
        names = ", ".join(html.escape(name) for name in unproven)
        note = f'<p class="w">Not proven yet: {names}. <code>workbench concepts prove</code> does it.</p>'
    sections = "\n".join(_section(model, concept, codes) for concept in concepts)
    page = (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>\n'
        f"<h1>{title}</h1>\n<p>Weights {model.fingerprint[:12]}, step {model.step:,}, {model.size} pixels. Every face "
        "on this page was made up by the model; the figures were measured on the test pictures of the data named at "
        f"each concept.</p>\n{note}\n{_matrix(concepts)}\n{sections}\n</html>\n"
    )
    write_file(path, page)
    return path


def _section(model: TrainedModel, concept: Concept, codes: np.ndarray) -> str:
    direction = concept.direction
    name = html.escape(concept.name.replace("_", " "))
    rows = "".join(f"<tr><th>{html.escape(k)}</th><td>{html.escape(v)}</td></tr>" for k, v in card(concept))
    file = io.BytesIO()
    Image.fromarray(strip(model, codes, direction)).save(file, "PNG")
    data = base64.b64encode(file.getvalue()).decode("ascii")
    others = [
        (method, "" if d.auc is None else f"{d.auc:.3f}")
        for method, d in concept.directions.items()
        if d is not direction
    ]
    beside = ""
    if others:
        said = ", ".join(f"{html.escape(method)} {auc}".strip() for method, auc in others)
        beside = f'<p class="q">AUC of the other methods: {said}.</p>'
    return (
        f'<h2>{name}</h2>\n<img alt="Made-up faces with less and more {name}" src="data:image/png;base64,{data}">\n'
        f'<table>{rows}</table>\n{beside}<p class="q">Data: {html.escape(Path(concept.data).name)}</p>'
    )


def _matrix(concepts: Sequence[Concept]) -> str:
    """What each concept changes of each label, its own change being 1."""
    proven = [(concept, concept.direction.proof) for concept in concepts]
    rows = [(concept, proof) for concept, proof in proven if proof is not None and proof.side_effects]
    labels = list(dict.fromkeys(label for _, proof in rows for label in proof.side_effects))
    if not rows:
        return ""
    head = "".join(f"<th>{html.escape(label.replace('_', ' '))}</th>" for label in labels)
    body = ""
    for concept, proof in rows:
        cells = "".join(_cell(proof, label) for label in labels)
        body += f"<tr><th>{html.escape(concept.name.replace('_', ' '))}</th>{cells}</tr>"
    return (
        "<h2>Side effects</h2><p>How far each slider moves what the judge sees of each label, over how far it moves "
        "its own: 0 is nothing. Grey are labels that say nearly the same, or its opposite.</p>"
        f'<table class="m"><tr><th></th>{head}</tr>{body}</table>'
    )


def _cell(proof: Proof, label: str) -> str:
    value = proof.side_effects.get(label)
    if value is None:
        return "<td></td>"
    if label in proof.kin:
        return f'<td class="q">{value:+.2f}</td>'
    strength = min(1.0, abs(value))
    colour = "138,90,0" if value > 0 else "40,80,160"
    return f'<td style="background:rgba({colour},{0.5 * strength:.2f})">{value:+.2f}</td>'
