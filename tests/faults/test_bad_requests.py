"""Names and numbers that are not there, through the real command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Refused = Callable[..., str]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--model", "vea"], "There is no model 'vea'. Did you mean 'vae'?"),
        (["--preset", "nonsense"], "nonsense"),
        (["--size", "48"], "32, 64, 128"),
        (["--size", "0"], "32, 64, 128"),
        (["--set", "latnet=64"], "There is no setting 'latnet'. Did you mean 'latent'?"),
        (["--set", "latent=100000"], "latent"),
        (["--set", "batch_size=many"], "a whole number"),
        (["--set", "augment=upside-down"], "none, mirror, strong"),
        (["--set", "latent"], "name=value"),
        (["--device", "warp"], "There is no device 'warp'."),
        (["--device", "cuda:99"], "cuda:99"),
        (["--minutes", "1"], "--steps and --minutes contradict each other."),
        (["--name", "../elsewhere"], "elsewhere"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_train_refuses_what_it_does_not_know(refused: Refused, tmp_path: Path, options: list[str], said: str) -> None:
    given = ["train", "--data", "builtin:avatars", "--steps", "1", "--runs", str(tmp_path / "runs"), *options]
    assert said in refused(*given)


def test_train_needs_data(refused: Refused) -> None:
    assert "--data builtin:avatars" in refused("train")


@pytest.mark.parametrize("option", [["--data", "builtin:avatars"], ["--set", "latent=8"], ["--seed", "1"]])
def test_a_resumed_run_keeps_its_settings(refused: Refused, trained_run: Path, option: list[str]) -> None:
    assert option[0] in refused("train", "--resume", trained_run, *option)


def test_concepts_of_an_unknown_label_are_refused(refused: Refused, trained_run: Path) -> None:
    said = refused("concepts", "find", trained_run, "--data", "builtin:avatars", "--labels", "Smilling")
    assert "Did you mean 'Smiling'?" in said


def test_an_unknown_method_is_refused(refused: Refused, trained_run: Path) -> None:
    said = refused("concepts", "find", trained_run, "--data", "builtin:avatars", "--method", "logistics")
    assert "Did you mean 'logistic'?" in said


@pytest.mark.parametrize("pair", ["Smiling", "Smiling=much", "=1"])
def test_a_strength_is_a_name_and_a_number(
    refused: Refused, trained_run: Path, portrait: Path, tmp_path: Path, pair: str
) -> None:
    said = refused("edit", portrait, "--model", trained_run, "--concept", pair, "--out", tmp_path / "out.png")
    assert "Smiling=1.5" in said


def test_an_unknown_concept_is_refused(refused: Refused, trained_run: Path, portrait: Path, tmp_path: Path) -> None:
    said = refused("edit", portrait, "--model", trained_run, "--concept", "Frown=1", "--out", tmp_path / "out.png")
    assert "Frown" in said


def test_a_picture_of_an_unknown_kind_is_not_written(
    refused: Refused, trained_run: Path, portrait: Path, tmp_path: Path
) -> None:
    assert "out.xyz" in refused("edit", portrait, "--model", trained_run, "--out", tmp_path / "out.xyz")
    assert "grid.xyz" in refused("sample", trained_run, "--out", tmp_path / "grid.xyz")


def test_a_code_is_a_safetensors_file(refused: Refused, trained_run: Path, portrait: Path, tmp_path: Path) -> None:
    assert ".safetensors" in refused("encode", portrait, "--model", trained_run, "--out", tmp_path / "code.txt")


def test_an_edit_needs_a_model_or_a_recipe(refused: Refused, portrait: Path, tmp_path: Path) -> None:
    assert "--model" in refused("edit", portrait, "--out", tmp_path / "out.png")


def test_runs_are_listed_in_folders_only(refused: Refused, tmp_path: Path) -> None:
    assert "nowhere" in refused("runs", "list", tmp_path / "nowhere")
