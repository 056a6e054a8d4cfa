"""The table of models. A new model is one file beside this one, and one line here.

The functions import inside, so that a list of names needs no torch and PyInstaller still sees every import.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from workbench.core.errors import unknown

if TYPE_CHECKING:
    from workbench.core.models.base import Model


def _autoencoder() -> type[Model]:
    from workbench.core.models.autoencoder import Autoencoder

    return Autoencoder


def _dcgan() -> type[Model]:
    from workbench.core.models.dcgan import Dcgan

    return Dcgan


def _vae() -> type[Model]:
    from workbench.core.models.vae import Vae

    return Vae


def _vaegan() -> type[Model]:
    from workbench.core.models.vaegan import VaeGan

    return VaeGan


MODELS: Mapping[str, Callable[[], type[Model]]] = {
    "vae": _vae,
    "vaegan": _vaegan,
    "dcgan": _dcgan,
    "autoencoder": _autoencoder,
}


def model_of(preset: str | None) -> str:
    """The model that alone has a preset so called; else the one to begin with."""
    having = [name for name, load in MODELS.items() if preset in load().presets]
    return having[0] if len(having) == 1 else next(iter(MODELS))


def model_class(name: str) -> type[Model]:
    """The class of the model called `name`; raises `WorkbenchError` with the nearest name when there is none."""
    if name not in MODELS:
        raise unknown("model", name, MODELS)
    return MODELS[name]()
