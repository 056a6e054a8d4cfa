"""The models that come with the program, and the half precision that makes them small."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from workbench.core.data.table import VALIDATION
from workbench.core.quality.reconstruction import psnr
from workbench.core.resources import resource
from workbench.core.runs.export import export_model
from workbench.core.runs.shipped import shipped_models
from workbench.core.runs.trained import open_model
from workbench.core.training.budget import Budget
from workbench.jobs.api import run
from workbench.jobs.prepare_data import prepare_data
from workbench.jobs.train import TrainRequest, train

NAMES = sorted(shipped_models())


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_model_opens_by_its_name_and_has_concepts_and_a_card(name: str) -> None:
    shipped = shipped_models()[name]
    model = open_model(name)
    assert model.path == shipped.path
    assert model.name == name
    assert model.concepts
    assert model.net.mixture is not None
    assert shipped.note
    assert shipped.title in shipped.card.read_text(encoding="utf-8")
    assert "/" not in model.info.data.source


def test_together_they_are_small() -> None:
    assert "avatars" in NAMES
    assert sum(file.stat().st_size for file in resource("models").iterdir()) <= 16e6


def test_a_run_of_that_name_goes_first_but_no_other_folder(
    tmp_path: Path, trained_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "avatars").mkdir()
    assert open_model("avatars").path == shipped_models()["avatars"].path
    (tmp_path / "avatars").rmdir()
    (tmp_path / "avatars").symlink_to(trained_run)
    assert open_model("avatars").fingerprint == open_model(trained_run).fingerprint


def test_half_precision_halves_the_file_and_hardly_moves_a_code(trained_run: Path, tmp_path: Path) -> None:
    model = open_model(trained_run)
    whole, half = (open_model(export_model(model, tmp_path / n, half=n == "half")) for n in ("whole", "half"))
    assert half.path.stat().st_size < 0.65 * whole.path.stat().st_size
    assert whole.fingerprint == model.fingerprint != half.fingerprint
    pictures = np.array(run(prepare_data("builtin:avatars", model.size)).pictures[:64])
    codes, rounded = model.encode(pictures), half.encode(pictures)
    assert np.abs(codes - rounded).max() < 0.02 * codes.std()
    assert not np.array_equal(codes, rounded)
    assert half.concepts.keys() == model.concepts.keys()
    assert all(concept.model == half.fingerprint for concept in half.concepts.values())
    assert half.net.mixture is not None
    again = open_model(export_model(half, tmp_path / "again"))
    assert again.fingerprint == half.fingerprint


@pytest.mark.parametrize("model", ["vaegan", "dcgan"])
def test_half_a_file_has_no_discriminator_and_a_training_from_it_begins_with_a_new_one(
    model: str, tmp_path: Path
) -> None:
    settings = {"latent": 8, "width": 8, "batch_size": 8} | ({"judge_width": 8} if model == "vaegan" else {})
    request = TrainRequest(
        "builtin:avatars", Budget(steps=2), model, size=32, settings=settings, runs=tmp_path, name="whole", threads=1
    )
    whole = open_model(run(train(request)).run)
    half = open_model(export_model(whole, tmp_path / "half", half=True))
    again = open_model(export_model(half, tmp_path / "again"))
    assert any(name.startswith("discriminator.") for name in whole.net.state_dict())
    for file in (half, again):
        assert not any(name.startswith("discriminator.") for name in file.net.state_dict())
        assert np.array_equal(file.sample(2), half.sample(2))
    assert again.fingerprint == half.fingerprint
    further = open_model(run(train(replace(request, start_from=str(half.path), settings={}, name="further"))).run)
    assert any(name.startswith("discriminator.") for name in further.net.state_dict())


def test_the_script_of_the_model_of_faces_mixes_weights_and_measures_what_it_made(tmp_path: Path) -> None:
    script = runpy.run_path(str(Path(__file__).parents[3] / "packaging" / "make_faces.py"))
    settings = {"latent": 8, "width": 8, "batch_size": 8, "judge_width": 8}
    request = TrainRequest(
        "builtin:avatars", Budget(steps=2), "vaegan", size=32, settings=settings, runs=tmp_path, threads=1
    )
    paths = [run(train(replace(request, seed=seed, name=str(seed)))).run for seed in range(3)]
    first, *others = (open_model(path).net.state_dict() for path in paths)
    mixed = open_model(script["mixed"](paths[0], paths[1:], tmp_path / "faces", "builtin:avatars", 32))
    for name, weights in mixed.net.state_dict().items():
        way = script["DECODER"] if name.startswith("decoder.") else script["ENCODER"]
        torch.testing.assert_close(weights, first[name] + way * ((others[0][name] + others[1][name]) / 2 - first[name]))
    assert mixed.net.mixture is not None
    assert mixed.name == "faces"
    data = run(prepare_data("builtin:avatars", 32))
    held_out = np.array(data.pictures[data.rows(VALIDATION)[:128]])
    assert mixed.info.best_psnr == pytest.approx(psnr(held_out, mixed.decode(mixed.encode(held_out))), abs=1e-3)
