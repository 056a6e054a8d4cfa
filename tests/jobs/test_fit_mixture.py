from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from workbench.core.control import Control
from workbench.core.errors import WorkbenchError
from workbench.core.events import Event, Saved
from workbench.core.runs.export import export_model
from workbench.core.runs.folder import Run
from workbench.core.runs.trained import open_model
from workbench.core.training.budget import Budget
from workbench.core.training.shown import with_glasses
from workbench.jobs.api import run
from workbench.jobs.fit_mixture import fit_mixture
from workbench.jobs.prepare_data import prepare_data
from workbench.jobs.train import TrainRequest, resume, train


def test_a_finished_training_draws_its_random_faces_from_the_codes_it_found(trained_run: Path) -> None:
    model = open_model(trained_run)
    assert model.net.mixture is not None
    assert model.net.prior == "mixture"
    normal = open_model(trained_run, prior="normal")
    assert normal.net.prior == "normal"
    assert not np.array_equal(model.sample(4), normal.sample(4))
    assert np.array_equal(model.sample(4), open_model(trained_run).sample(4))
    # faces of the mixture come back through the encoder to where they were drawn, as the data's codes do
    codes = model.net.mixture.means.numpy()
    assert np.isfinite(codes).all()


def test_a_model_to_share_takes_its_mixture_along(trained_run: Path, tmp_path: Path) -> None:
    shared = open_model(export_model(open_model(trained_run), tmp_path / "shared.workbench"))
    assert shared.net.mixture is not None
    assert np.array_equal(shared.sample(3), open_model(trained_run).sample(3))


def test_a_shared_model_whose_mixture_is_damaged_is_not_opened(trained_run: Path, tmp_path: Path) -> None:
    path = export_model(open_model(trained_run), tmp_path / "shared.workbench")
    content = bytearray(path.read_bytes())
    mixture = open_model(path).net.mixture
    assert mixture is not None
    place = content.find(mixture.roots.numpy().tobytes()[:64])
    assert place > 0
    content[place : place + 4] = b"\0\0\0\1"
    path.write_bytes(content)
    with pytest.raises(WorkbenchError, match="damaged"):
        open_model(path)


def test_weights_that_learn_on_leave_the_mixture_behind_until_it_is_fitted_again(run_copy: Path) -> None:
    before = open_model(run_copy)
    control = Control()

    def stop(event: Event) -> None:
        if isinstance(event, Saved):
            control.stop()

    control.stop()
    stopped = run(resume(run_copy, control, Budget(steps=155), threads=1), stop)
    assert stopped.status == "stopped"
    run(resume(run_copy, None, Budget(steps=152), threads=1))
    after = open_model(run_copy)
    assert after.fingerprint != before.fingerprint
    assert after.net.mixture is not None
    assert not np.array_equal(after.net.mixture.means, before.net.mixture.means)


def test_a_stop_while_it_is_fitted_leaves_a_finished_training(tmp_path: Path) -> None:
    control = Control()

    def stop(event: Event) -> None:
        if getattr(event, "task", "") == "Fitting random faces":
            control.stop()

    settings = {"latent": 4, "width": 8}
    request = TrainRequest("builtin:avatars", Budget(steps=2), size=32, settings=settings, runs=tmp_path, threads=1)
    result = run(train(request, control), stop)
    assert result.status == "done"
    assert open_model(result.run).net.mixture is None


def test_glasses_that_the_training_drew_are_in_the_mixture(
    trained_run: Path, run_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the sliders of glasses would lead out of the range at once."""
    shares: list[float] = []

    def noted(pictures: torch.Tensor, share: float, *others: object) -> torch.Tensor:
        shares.append(share)
        return with_glasses(pictures, share, *others)  # type: ignore[arg-type]

    monkeypatch.setattr("workbench.jobs.fit_mixture.with_glasses", noted)
    opened = Run.open(run_copy)
    data = run(prepare_data("builtin:avatars", opened.info.size))
    bare = run(fit_mixture(opened, data, Control()))
    opened.update(settings={**opened.info.settings, "glasses": 1.0})
    worn = run(fit_mixture(opened, data, Control()))
    assert set(shares) == {0.0, 1.0}
    assert bare is not None
    assert worn is not None
    assert not np.allclose(bare.means.numpy().mean(axis=0), worn.means.numpy().mean(axis=0), atol=1e-3)
