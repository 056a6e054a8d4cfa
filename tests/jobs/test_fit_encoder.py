"""A GAN learns to read faces from those that it makes up."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workbench.core.control import Control
from workbench.core.errors import Stopped, WorkbenchError
from workbench.core.events import Event, Progress
from workbench.core.quality.reconstruction import psnr
from workbench.core.runs.export import export_model
from workbench.core.runs.trained import open_model
from workbench.core.training.budget import Budget
from workbench.jobs import fit_encoder as fitting
from workbench.jobs.api import run
from workbench.jobs.edit import EditRequest, edit
from workbench.jobs.find_concepts import ConceptRequest, find_concepts
from workbench.jobs.fit_encoder import fit_encoder
from workbench.jobs.train import resume

FEW = Budget(steps=3)


def test_it_reads_the_models_own_faces_better_than_a_guess_at_the_middle(gan_run: Path) -> None:
    model = open_model(gan_run)
    own = model.sample(64, seed=5)
    middle = np.tile(model.spread[0].astype(np.float32), (64, 1))
    read = psnr(own, model.decode(model.encode(own)))
    assert read > psnr(own, model.decode(middle)) + 1
    assert model.inverter is not None
    assert model.inverter.psnr == pytest.approx(read, abs=2)  # measured on others


def test_the_same_seed_gives_the_same_encoder(gan_copy: Path) -> None:
    first, again = (run(fit_encoder(gan_copy, budget=FEW, seed=1, device="cpu")).fingerprint for _ in range(2))
    assert first == again
    assert run(fit_encoder(gan_copy, budget=FEW, seed=2, device="cpu")).fingerprint != first


def test_concepts_of_a_model_without_an_encoder_begin_with_learning_one(
    gan_copy: Path, few_pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (gan_copy / "encoder.safetensors").unlink()
    shutil.rmtree(gan_copy / "concepts")
    monkeypatch.setattr(fitting, "USUAL", Budget(steps=60))
    said: list[Event] = []
    run(find_concepts(ConceptRequest(gan_copy, str(few_pictures), labels=("Long_Hair",))), said.append)
    tasks = list(dict.fromkeys(event.task for event in said if isinstance(event, Progress)))
    assert tasks[0] == "Learning to read faces"
    model = open_model(gan_copy)
    assert model.encodes
    assert "Long_Hair" in model.concepts


def test_codes_of_another_encoder_are_not_taken_from_the_cache(gan_run: Path) -> None:
    model = open_model(gan_run)
    assert model.encoding != model.fingerprint
    assert replace(model, inverter=None).encoding == model.fingerprint


@pytest.mark.parametrize("half", [False, True])
def test_a_model_to_share_takes_its_encoder_along(gan_run: Path, tmp_path: Path, half: bool, portrait: Path) -> None:
    model = open_model(gan_run)
    shared = open_model(export_model(model, tmp_path / "shared.workbench", half=half))
    faces = model.sample(3)
    np.testing.assert_allclose(shared.encode(faces), model.encode(faces), atol=0.05 if half else 0)
    run(edit(EditRequest(portrait, shared.path, tmp_path / "out.png", {"Smiling": 2})))


def test_weights_that_learn_on_leave_the_encoder_behind(gan_copy: Path) -> None:
    run(resume(gan_copy, None, Budget(steps=32), threads=1))
    model = open_model(gan_copy)
    assert not model.encodes
    with pytest.raises(WorkbenchError, match="cannot encode photos") as refused:
        model.encode(model.sample(1))
    assert "workbench models encoder" in refused.value.next_step


def test_a_damaged_encoder_is_named(gan_copy: Path, tmp_path: Path) -> None:
    path = gan_copy / "encoder.safetensors"
    content = bytearray(path.read_bytes())
    content[-5] ^= 64
    path.write_bytes(content)
    with pytest.raises(WorkbenchError, match=r"encoder\.safetensors' is damaged"):
        open_model(gan_copy)


def test_what_cannot_learn_one_says_so(trained_run: Path, gan_run: Path, tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="has an encoder of its own"):
        run(fit_encoder(trained_run))
    shared = export_model(replace(open_model(gan_run), inverter=None), tmp_path / "shared.workbench")
    for job in (fit_encoder(shared), find_concepts(ConceptRequest(shared, "builtin:avatars", out=tmp_path / "c"))):
        with pytest.raises(WorkbenchError, match="cannot encode photos"):
            run(job)


def test_a_stopped_one_leaves_the_run_as_it_was(gan_copy: Path) -> None:
    before = open_model(gan_copy).encoding
    control = Control()
    with pytest.raises(Stopped):
        run(fit_encoder(gan_copy, control, budget=Budget(minutes=5), device="cpu"), lambda event: control.stop())
    assert open_model(gan_copy).encoding == before
