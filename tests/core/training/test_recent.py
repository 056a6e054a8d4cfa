"""Random pictures of a training come from where its codes lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from workbench.core.control import Control
from workbench.core.events import Event, Losses
from workbench.core.models.autoencoder import Autoencoder
from workbench.core.models.mixture import SPREAD
from workbench.core.runs.trained import open_model
from workbench.core.training.budget import Budget
from workbench.core.training.recent import KEPT, LEAST, RecentCodes
from workbench.jobs.api import run
from workbench.jobs.prepare_data import prepare_data
from workbench.jobs.train import TrainRequest, train


def codes(count: int, middle: float) -> torch.Tensor:
    return torch.randn(count, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 2.0, 3.0]) + middle


def test_only_the_newest_codes_count() -> None:
    recent = RecentCodes()
    recent.add(codes(LEAST - 1, 50.0))
    assert recent.mixture() is None
    for start in range(0, KEPT, 128):
        recent.add(codes(KEPT, 5.0)[start : start + 128])
    mixture = recent.mixture()
    assert mixture is not None
    drawn = mixture.draw(4000, torch.Generator().manual_seed(1))
    torch.testing.assert_close(drawn.mean(dim=0), torch.full((3,), 5.0), atol=0.2, rtol=0)
    torch.testing.assert_close(drawn.std(dim=0), SPREAD * torch.tensor([1.0, 2.0, 3.0]), atol=0.2, rtol=0)


def test_a_run_that_was_stopped_draws_faces_from_where_its_codes_lie(tmp_path: Path) -> None:
    """An autoencoder's codes are nowhere near a standard normal."""
    control = Control()

    def stop(event: Event) -> None:
        if isinstance(event, Losses) and event.part == "train" and event.steps[-1] >= 160:
            control.stop()

    settings = {"latent": 4, "width": 8, "batch_size": 16}
    request = TrainRequest(
        "builtin:avatars", Budget(steps=5000), Autoencoder.name, size=32, settings=settings, runs=tmp_path,
        device="cpu", threads=1,
    )  # fmt: skip
    result = run(train(request, control), stop)
    assert result.status == "stopped"
    model = open_model(result.run)
    assert model.net.mixture is not None
    assert len(model.net.mixture.weights) == 1
    drawn = model.net.draw(500, torch.Generator().manual_seed(0)).numpy()

    data = run(prepare_data("builtin:avatars", 32))
    own = model.encode(np.array(data.pictures[data.rows(0)[:500]]))
    assert (np.abs(drawn.mean(axis=0) - own.mean(axis=0)) < 2 * own.std(axis=0)).all()
    assert (drawn.std(axis=0) < 3 * own.std(axis=0)).all()
