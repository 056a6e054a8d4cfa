"""A run trained once more: from the start with other settings, or on from one of its checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.events import Held
from workbench.core.runs.checkpoint import read_state, read_weights
from workbench.core.runs.folder import Run
from workbench.core.runs.trained import open_model
from workbench.core.training.budget import Budget
from workbench.jobs.again import BranchRequest, branch, parse_branch, request_like
from workbench.jobs.api import run
from workbench.jobs.train import TrainRequest, resume, train

SETTINGS = {"latent": 8, "width": 8, "batch_size": 16, "augment": "strong", "checkpoint_seconds": 0.0}


@pytest.fixture(scope="module", autouse=True)
def _report_every_step() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workbench.core.training.loop.REPORT_SECONDS", 0.0)
        yield


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Eight steps, of which the last three are kept."""
    runs = tmp_path_factory.mktemp("original")
    request = TrainRequest(
        "builtin:avatars", Budget(steps=8), size=32, settings=SETTINGS, seed=7, runs=runs, name="first",
        device="cpu", threads=1,
    )  # fmt: skip
    return Run.open(run(train(request)).run)


def weights(path: Path, step: int) -> dict[str, np.ndarray]:
    return read_weights(path / "checkpoints" / f"{step:06d}" / "weights.safetensors")


def same(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> bool:
    return all(np.array_equal(first[name], second[name]) for name in first)


def test_a_branch_with_nothing_changed_becomes_the_run_it_left(original: Run, tmp_path: Path) -> None:
    ended = run(branch(BranchRequest(original.path, 6, runs=tmp_path)))
    assert (ended.status, ended.step) == ("done", 8)
    assert same(weights(original.path, 8), weights(ended.run, 8))
    new = Run.open(ended.run)
    assert new.name == "first"
    assert new.info.branched_from is not None
    assert (new.info.branched_from.run, new.info.branched_from.step) == ("first", 6)
    assert list(new.losses()["train"][0]) == list(range(1, 9))
    assert new.previews("samples")[0][0] == 0, "what was seen before is there too"


def test_a_branch_with_another_learning_rate_goes_another_way_and_leaves_the_old_run_alone(
    original: Run, tmp_path: Path
) -> None:
    before = {path: path.read_bytes() for path in original.path.rglob("*") if path.is_file()}
    request = BranchRequest(original.path, 6, {"learning_rate": "0.0005"}, Budget(steps=9), "slower", tmp_path)
    ended = run(branch(request))
    assert ended.step == 9
    new = Run.open(ended.run)
    assert new.info.settings == {**original.info.settings, "learning_rate": 0.0005}
    assert new.info.branched_from is not None
    assert new.info.branched_from.changed == {"learning_rate": (0.0025, 0.0005)}
    assert not same(weights(original.path, 8), weights(ended.run, 8))
    assert before == {path: path.read_bytes() for path in original.path.rglob("*") if path.is_file()}


def test_the_newest_checkpoint_is_taken_when_none_is_named(original: Run, tmp_path: Path) -> None:
    ended = run(branch(BranchRequest(original.path, budget=Budget(steps=9), runs=tmp_path)))
    assert Run.open(ended.run).info.branched_from.step == 8  # type: ignore[union-attr]


def test_another_batch_size_goes_on_about_as_far_through_the_epoch(original: Run, tmp_path: Path) -> None:
    request = BranchRequest(original.path, 8, {"batch_size": 32}, Budget(steps=9), runs=tmp_path)
    ended = run(branch(request))
    assert read_state(original.checkpoint(8))["batches"]["position"] == 8
    assert read_state(Run.open(ended.run).checkpoint(8))["batches"]["position"] == 4
    assert read_state(Run.open(ended.run).checkpoint(9))["batches"]["position"] == 5


@pytest.mark.parametrize("settings", [{"width": 16}, {"learning_rate": 0.001, "latent": 4}])
def test_what_changes_the_shape_of_the_net_is_refused(
    original: Run, tmp_path: Path, settings: dict[str, object]
) -> None:
    culprit = list(settings)[-1]
    with pytest.raises(WorkbenchError, match=f"'{culprit}' changes the shape of the net.*--set {culprit}="):
        run(branch(BranchRequest(original.path, 6, settings, Budget(steps=9), runs=tmp_path)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"step": 5}, "no checkpoint of step 5. Its checkpoints: 6, 7, 8"),
        ({"step": 8}, "Nothing is left to train after step 8"),
        ({"settings": {"learning_rat": 1}}, "Did you mean 'learning_rate'"),
        ({"settings": {"learning_rate": 5}}, "cannot be 5"),
        ({"name": "a/b"}, "cannot be called"),
    ],
)
def test_a_branch_that_cannot_be_writes_nothing(
    original: Run, tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(WorkbenchError, match=said):
        run(branch(BranchRequest(original.path, runs=tmp_path, **changes)))  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_a_branch_is_measured_against_the_moment_it_left(original: Run, tmp_path: Path) -> None:
    ended = run(branch(BranchRequest(original.path, 6, budget=Budget(steps=7), runs=tmp_path)))
    info = Run.open(ended.run).info
    assert info.best_step in (6, 7)
    assert info.best_psnr is not None


def test_a_run_like_another_has_all_of_it_but_what_is_changed(original: Run, tmp_path: Path) -> None:
    asked = request_like(original.path, {"settings": {"learning_rate": "0.001"}, "budget": Budget(steps=2)})
    assert (asked.data, asked.seed, asked.size, asked.threads) == ("builtin:avatars", 7, 32, 1)
    assert asked.settings == {**original.info.settings, "learning_rate": "0.001"}
    ended = run(train(asked))
    assert ended.run == original.path.parent / "first-2"
    assert Run.open(ended.run).info.settings["latent"] == 8


def test_a_run_like_another_with_nothing_changed_ends_with_the_same_weights(original: Run, tmp_path: Path) -> None:
    ended = run(train(request_like(original.path, {"runs": tmp_path})))
    assert same(weights(original.path, 8), weights(ended.run, 8))


def test_a_preset_goes_on_top_of_the_settings_of_the_other_run(original: Run) -> None:
    asked = request_like(original.path, {"preset": "small"})
    assert (asked.settings["latent"], asked.settings["width"], asked.settings["batch_size"]) == (64, 32, 16)


def test_a_checkpoint_is_named_behind_an_at(tmp_path: Path) -> None:
    assert parse_branch("runs/faces@300") == (Path("runs/faces"), 300)
    assert parse_branch("runs/faces") == (Path("runs/faces"), None)
    assert parse_branch("me@home") == (Path("me@home"), None)
    (tmp_path / "a@5").mkdir()
    assert parse_branch(str(tmp_path / "a@5")) == (tmp_path / "a@5", None)


def begun(original: Run, runs: Path, **changes: object) -> TrainRequest:
    base = {"settings": {}, "seed": 1, "runs": runs, "device": "cpu", "threads": 1}
    return TrainRequest("builtin:avatars", Budget(steps=1), start_from=str(original.path), **{**base, **changes})


def test_a_training_begins_with_the_weights_of_a_trained_model(original: Run, tmp_path: Path) -> None:
    new = Run.open(run(train(begun(original, tmp_path))).run)
    assert (new.info.size, new.info.settings) == (32, original.info.settings)
    assert same(weights(new.path, 0), read_weights(original.checkpoint(8) / "average.safetensors"))
    assert new.info.step == 1
    assert new.info.started_from is not None
    assert new.info.started_from.fingerprint == open_model(original.path).fingerprint
    assert request_like(new.path, {}).start_from == str(original.path)


def test_one_that_is_cut_off_before_its_first_checkpoint_begins_with_the_same_weights_again(
    original: Run, tmp_path: Path
) -> None:
    job = train(begun(original, tmp_path))
    while not isinstance(held := next(job), Held):
        pass
    job.close()
    assert not Run.open(held.run).checkpoints()
    run(resume(held.run, threads=1))
    assert same(weights(held.run, 0), read_weights(original.checkpoint(8) / "average.safetensors"))


def test_only_what_leaves_the_net_its_shape_can_be_changed_of_a_trained_model(original: Run, tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="'latent' changes the shape"):
        run(train(begun(original, tmp_path, settings={"latent": 9})))
    assert not list(tmp_path.iterdir())
    new = Run.open(run(train(begun(original, tmp_path, settings={"learning_rate": 1e-4}))).run)
    assert new.info.settings["learning_rate"] == 1e-4
