"""Files and folders that are no model, or no more, through the real command line."""

from __future__ import annotations

import json
import pickle
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

Command = Callable[..., Any]
Refused = Callable[..., str]


@pytest.fixture
def model_file(command: Command, trained_run: Path, tmp_path: Path) -> Path:
    """A good model file, to be spoilt."""
    path = tmp_path / "faces.workbench"
    assert command("export", trained_run, "--out", path).code == 0
    return path


@pytest.fixture
def run(trained_run: Path, tmp_path: Path) -> Path:
    """A good run of one's own, to be spoilt."""
    return Path(shutil.copytree(trained_run, tmp_path / "run"))


def change_info(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change what the JSON in a safetensors file says, and leave its arrays as they are."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    info = json.loads(header["__metadata__"]["workbench"])
    change(info)
    header["__metadata__"]["workbench"] = json.dumps(info)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])


class Malicious:
    """Unpickling it would run a program."""

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return pytest.fail, ("a pickle was opened",)


SPOILT: dict[str, Callable[[Path], object]] = {
    "cut off": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "empty": lambda path: path.write_bytes(b""),
    "noise": lambda path: path.write_bytes(bytes(range(256)) * 40),
    "too new": lambda path: change_info(path, lambda info: info.update(version=99)),
    "another format": lambda path: change_info(path, lambda info: info.update(format="something-else")),
    "another size": lambda path: change_info(path, lambda info: info["run"].update(size=64)),
    "an unknown model": lambda path: change_info(path, lambda info: info["run"].update(model="vea")),
    "a pickle": lambda path: path.write_bytes(pickle.dumps(Malicious())),
    "a torch file": lambda path: torch.save(Malicious(), path),
}


@pytest.mark.parametrize("fault", SPOILT)
def test_a_spoilt_model_file_is_refused(refused: Refused, model_file: Path, tmp_path: Path, fault: str) -> None:
    SPOILT[fault](model_file)
    refused("sample", model_file, "--out", tmp_path / "grid.png")
    refused("concepts", "list", model_file)


def test_a_newer_model_file_says_so(refused: Refused, model_file: Path) -> None:
    SPOILT["too new"](model_file)
    assert "newer" in refused("concepts", "list", model_file)


def test_a_pickle_in_disguise_says_so(refused: Refused, model_file: Path) -> None:
    SPOILT["a pickle"](model_file)
    assert "pickle" in refused("concepts", "list", model_file)


def remove_checkpoints(run: Path) -> None:
    shutil.rmtree(run / "checkpoints")


def update_run(run: Path, **values: object) -> None:
    info = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**info, **values}))


def cut_weights(run: Path) -> None:
    for path in run.rglob("*.safetensors"):
        path.write_bytes(path.read_bytes()[:100])


RUNS: dict[str, Callable[[Path], object]] = {
    "an empty folder": lambda run: (shutil.rmtree(run), run.mkdir()),
    "no such folder": shutil.rmtree,
    "no run.json": lambda run: (run / "run.json").unlink(),
    "damaged run.json": lambda run: (run / "run.json").write_text('{"format": '),
    "another run.json": lambda run: (run / "run.json").write_text('{"name": "a web project"}'),
    "too new": lambda run: update_run(run, version=99),
}


@pytest.mark.parametrize("fault", RUNS)
def test_a_folder_that_is_no_run_is_refused(refused: Refused, run: Path, tmp_path: Path, fault: str) -> None:
    RUNS[fault](run)
    refused("runs", "show", run)
    refused("train", "--resume", run)
    refused("sample", run, "--out", tmp_path / "grid.png")
    refused("evaluate", run, "--data", "builtin:avatars")


@pytest.mark.parametrize("fault", [remove_checkpoints, cut_weights])
def test_a_run_without_weights_is_refused(
    refused: Refused, run: Path, tmp_path: Path, fault: Callable[[Path], None]
) -> None:
    fault(run)
    refused("sample", run, "--out", tmp_path / "grid.png")
    refused("concepts", "list", run)


def test_a_spoilt_run_does_not_hide_the_others(command: Command, run: Path, trained_run: Path) -> None:
    good = shutil.copytree(trained_run, run.parent / "good")
    RUNS["damaged run.json"](run)
    outcome = command("runs", "list", run.parent, "--json")
    assert outcome.code == 0
    assert good.name in outcome.out
