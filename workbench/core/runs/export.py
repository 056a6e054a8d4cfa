"""A model to share is one file, `NAME.workbench`.

It is safetensors: the averaged weights as `weights.<name>`, each concept's vectors as `concept.<name>.<method>`, the
mixture of its codes as `mixture.<name>`, the encoder that was learned for a GAN as `encoder.<name>`, and a description
in the metadata. `open_model` reads it.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from workbench.core.models.mixture import Mixture
from workbench.core.runs.checkpoint import Weights, fingerprint, set_weights, weights_of
from workbench.core.runs.trained import FORMAT, SUFFIX, VERSION, TrainedModel
from workbench.core.tensors import write_tensors


def export_model(model: TrainedModel, path: Path, *, half: bool = False) -> Path:
    """Write a model with its concepts as one file to share, and give its path (the suffix is added when missing).

    The file says nothing about folders of this computer.

    Args:
        half: round the weights to half precision and leave out the nets that only a training needs, for a file of half
            the size. What it then holds is another model, with a fingerprint of its own; its codes differ by less than
            what a person sees, so the concepts go along.
    """
    path = path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)
    if half:
        model = _rounded(model)
    kept = np.float16 if half else np.float32
    arrays = {f"weights.{name}": _as(array, kept) for name, array in weights_of(model.net).items()}
    if model.net.mixture:
        arrays |= {f"mixture.{name}": _as(array, kept) for name, array in model.net.mixture.pack().items()}
    about_encoder = None
    if model.inverter:
        encoder, about_encoder = model.inverter.pack()
        arrays |= {f"encoder.{name}": _as(array, kept) for name, array in encoder.items()}
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
        "encoder": about_encoder,
    }
    write_tensors(path, arrays, info)
    return path


def _as(array: npt.NDArray[Any], kept: type[np.floating[Any]]) -> npt.NDArray[Any]:
    """`array` as it is stored; counts stay whole numbers."""
    return array.astype(kept) if array.dtype == np.float32 else array


def _rounded(model: TrainedModel) -> TrainedModel:
    """The model that a file in half precision holds: every number is one that half precision can say."""
    net, inverter = copy.deepcopy(model.net), model.inverter
    net.drop_training_nets()
    weights = _round_weights(net, model.path)
    if net.mixture:
        parts = {name: torch.from_numpy(array).half().float() for name, array in net.mixture.pack().items()}
        net.mixture = Mixture(**parts)
    if inverter:
        inverter = copy.deepcopy(inverter)
        _round_weights(inverter.net, model.path)
    own = fingerprint(weights)
    concepts = {name: replace(concept, model=own) for name, concept in model.concepts.items()}
    return replace(model, net=net, inverter=inverter, fingerprint=own, concepts=concepts)


def _round_weights(net: nn.Module, where: Path) -> Weights:
    """Round a net's weights to half precision, and give them."""
    weights = {name: _as(array, np.float16).astype(array.dtype) for name, array in weights_of(net).items()}
    set_weights(net, weights, str(where))
    return weights
