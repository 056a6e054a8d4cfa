"""A model to share is one file, `NAME.workbench`.

It is safetensors: the averaged weights as `weights.<name>`, each concept's vectors as `concept.<name>.<method>`, the
mixture of its codes as `mixture.<name>`, and a description in the metadata. `open_model` reads it.
"""

from __future__ import annotations

from pathlib import Path

from workbench.core.runs.checkpoint import weights_of
from workbench.core.runs.trained import FORMAT, SUFFIX, VERSION, TrainedModel
from workbench.core.tensors import write_tensors


def export_model(model: TrainedModel, path: Path) -> Path:
    """Write a model with its concepts as one file to share, and give its path (the suffix is added when missing).

    The file says nothing about folders of this computer.
    """
    path = path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)
    arrays = {f"weights.{name}": array for name, array in weights_of(model.net).items()}
    if model.net.mixture:
        arrays |= {f"mixture.{name}": array for name, array in model.net.mixture.pack().items()}
    descriptions = {}
    for name, concept in model.concepts.items():
        vectors, descriptions[name] = concept.pack()
        arrays |= {f"concept.{name}.{method}": vector for method, vector in vectors.items()}
    source = model.info.data.model_copy(update={"source": Path(model.info.data.source).name})
    info = {
        "format": FORMAT,
        "version": VERSION,
        "fingerprint": model.fingerprint,
        "step": model.step,
        "run": model.info.model_copy(update={"data": source}).model_dump(),
        "concepts": descriptions,
        "mixture": model.net.mixture.fingerprint if model.net.mixture else None,
    }
    write_tensors(path, arrays, info)
    return path
