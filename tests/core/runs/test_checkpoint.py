from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from workbench.core import places
from workbench.core.errors import WorkbenchError
from workbench.core.runs.checkpoint import fingerprint, pack_generator, unpack_generator, weights_of
from workbench.core.runs.export import export_model
from workbench.core.runs.folder import Run, list_runs
from workbench.core.runs.trained import open_model


def test_a_generator_goes_on_where_its_text_was_taken() -> None:
    generator = torch.Generator().manual_seed(5)
    torch.randn(3, generator=generator)
    text = pack_generator(generator)
    expected = torch.randn(4, generator=generator)
    other = torch.Generator()
    unpack_generator(text, other)
    assert torch.equal(torch.randn(4, generator=other), expected)


def test_the_fingerprint_tells_weights_apart_by_value_name_and_shape() -> None:
    weights = {"a": np.zeros((2, 3), np.float32)}
    same = fingerprint({"a": np.zeros((2, 3), np.float32)})
    assert fingerprint(weights) == same
    assert fingerprint({"b": weights["a"]}) != same
    assert fingerprint({"a": weights["a"].reshape(3, 2)}) != same
    assert fingerprint({"a": weights["a"] + 1e-6}) != same


def test_a_run_a_checkpoint_and_an_exported_file_open_as_the_same_model(trained_run: Path, tmp_path: Path) -> None:
    run = open_model(trained_run)
    checkpoint = open_model(Run.open(trained_run).latest_checkpoint())
    file = open_model(export_model(run, tmp_path / "faces"))
    assert file.path.name == "faces.workbench"
    faces = run.sample(3, seed=1)
    for model in (checkpoint, file):
        assert model.fingerprint == run.fingerprint
        assert np.array_equal(model.encode(faces), run.encode(faces))
        assert np.array_equal(model.decode(model.encode(faces)), run.decode(run.encode(faces)))
        assert model.alignment == run.alignment
        assert model.concepts.keys() == run.concepts.keys()
        for name, concept in model.concepts.items():
            assert concept.fingerprint == run.concepts[name].fingerprint
    assert [m.kind for m in (run, checkpoint, file)] == ["run", "checkpoint", "file"]
    assert run.concepts_folder == trained_run / "concepts"
    assert file.concepts_folder.parent == places.concepts_folder()


def test_the_shared_file_names_no_folder_of_this_computer(trained_run: Path, tmp_path: Path) -> None:
    content = export_model(open_model(trained_run), tmp_path / "faces.workbench").read_bytes()
    assert str(tmp_path.parent).encode() not in content
    assert str(trained_run).encode() not in content


def test_a_damaged_model_file_is_refused(trained_run: Path, tmp_path: Path) -> None:
    path = export_model(open_model(trained_run), tmp_path / "faces.workbench")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WorkbenchError, match="damaged"):
        open_model(path)
    flipped = bytearray(whole)
    flipped[-20] ^= 0xFF
    path.write_bytes(flipped)
    with pytest.raises(WorkbenchError, match="damaged"):
        open_model(path)


def test_weights_of_another_shape_are_refused(run_copy: Path) -> None:
    run = Run.open(run_copy)
    run.update(settings={**run.info.settings, "width": 16})
    with pytest.raises(WorkbenchError, match="another shape"):
        open_model(run_copy)


def test_what_is_no_model_is_refused_with_a_sentence(tmp_path: Path, run_copy: Path) -> None:
    with pytest.raises(WorkbenchError, match="There is no model at"):
        open_model(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(WorkbenchError, match="is no model"):
        open_model(tmp_path / "empty")
    pickled = tmp_path / "model.workbench"
    torch.save({"weights": torch.zeros(2)}, pickled)
    with pytest.raises(WorkbenchError, match="pickled"):
        open_model(pickled)
    shutil.rmtree(run_copy / "checkpoints")
    with pytest.raises(WorkbenchError, match="no checkpoint yet"):
        open_model(run_copy)


def test_a_run_of_a_newer_program_says_so(run_copy: Path) -> None:
    description = run_copy / "run.json"
    description.write_text(description.read_text().replace('"version": 1', '"version": 99', 1))
    with pytest.raises(WorkbenchError, match="newer program"):
        Run.open(run_copy)


def test_the_list_of_runs_passes_over_what_is_none(run_copy: Path) -> None:
    (run_copy.parent / "holiday").mkdir()
    (run_copy.parent / "broken").mkdir()
    (run_copy.parent / "broken" / "run.json").write_text("{")
    assert [run.name for run in list_runs(run_copy.parent)] == ["tiny"]


def test_weights_are_kept_as_they_are(trained_run: Path) -> None:
    model = open_model(trained_run)
    assert fingerprint(weights_of(model.net)) == model.fingerprint
    assert not any(weight.requires_grad for weight in model.net.parameters())
    assert not model.net.training


def test_concepts_whose_names_have_dots_are_told_apart_in_a_shared_file(trained_run: Path, tmp_path: Path) -> None:
    model = open_model(trained_run)
    smiling = model.concepts["Smiling"]
    named = {name: dataclasses.replace(smiling, name=name) for name in ("Hat", "Hat.red")}
    shared = open_model(export_model(model.with_concepts(named), tmp_path / "hats"))
    assert shared.concepts.keys() == named.keys()
    for concept in shared.concepts.values():
        assert concept.directions.keys() == smiling.directions.keys()
