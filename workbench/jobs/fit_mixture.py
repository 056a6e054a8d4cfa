"""Fit the distribution of a model's codes, so that its random pictures are faces."""

from __future__ import annotations

import numpy as np
import torch

from workbench.core.control import Control
from workbench.core.data.cache import Dataset
from workbench.core.data.table import TRAIN
from workbench.core.events import Progress, Saved
from workbench.core.models.mixture import Mixture, codes_wanted
from workbench.core.runs.folder import Run
from workbench.core.runs.trained import open_model
from workbench.core.training.shown import with_glasses
from workbench.jobs.api import Job

_BATCH = 200


def fit_mixture(run: Run, data: Dataset, control: Control) -> Job[Mixture | None]:
    """Encode training pictures of `data`, fit a mixture to their codes, and keep it with the run.

    As many of them wear drawn glasses as in the training: what the model has learned is nothing out of the range.

    Gives None for a model that cannot encode.

    Yields:
        Progress, then Saved.

    Raises:
        WorkbenchError: the codes have no distribution.
        Stopped: the user asked for it; nothing is kept.
    """
    model = open_model(run.path)
    if not model.net.encodes:
        return None
    rows = data.rows(TRAIN)
    most = min(codes_wanted(model.latent), len(rows))
    rows = rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
    share, chance = model.net.settings.glasses, torch.Generator().manual_seed(0)
    codes = []
    for start in range(0, len(rows), _BATCH):
        control.check()
        yield Progress("Fitting random faces", start, len(rows), "pictures")
        pictures = torch.from_numpy(np.array(data.pictures[rows[start : start + _BATCH]]))
        codes.append(model.encode(with_glasses(pictures, share, model.alignment, chance).numpy()))
    mixture = Mixture.fit(np.concatenate(codes))
    control.check()
    mixture.save(run.mixture_file, model.fingerprint)
    yield Saved(run.mixture_file, "mixture")
    return mixture
