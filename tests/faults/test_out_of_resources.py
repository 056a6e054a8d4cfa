"""Memory, disk and permissions run out: exit code 4 or 2, one sentence, and what was there is untouched."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

Command = Callable[..., Any]
Refused = Callable[..., str]
TINY = ("train", "--data", "builtin:avatars", "--size", "32", "--steps", "2", "--set", "width=8", "--set", "latent=8")


def out_of_memory(*arguments: object, **options: object) -> None:
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


def test_out_of_memory_names_the_batch_size_to_try(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.core.models.vae import Vae

    monkeypatch.setattr(Vae, "steps", out_of_memory)
    outcome = command(*TINY, "--set", "batch_size=48", "--runs", tmp_path / "runs")
    assert outcome.code == 4
    assert "batch_size=24" in outcome.err
    assert "Traceback" not in outcome.err


def test_the_cpu_running_out_of_memory_is_known_too(
    command: Command, trained_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.core.runs.trained import TrainedModel

    def fail(*arguments: object, **options: object) -> None:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(TrainedModel, "sample", fail)
    outcome = command("sample", trained_run, "--out", tmp_path / "grid.png")
    assert outcome.code == 4
    assert "ran out of memory" in outcome.err
    assert not (tmp_path / "grid.png").exists()


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every flush to disk fails, as it does when the last block is taken."""

    def fail(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_keeps_the_older_picture(command: Command, trained_run: Path, tmp_path: Path) -> None:
    out = tmp_path / "grid.png"
    out.write_bytes(b"older")
    outcome = command("sample", trained_run, "--out", out)
    assert outcome.code == 4
    assert f"The disk is full: cannot write '{out}'." in outcome.err
    assert out.read_bytes() == b"older"
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_writes_no_half_model(command: Command, trained_run: Path, tmp_path: Path) -> None:
    assert command("export", trained_run, "--out", tmp_path / "model.workbench").code == 4
    assert not list(tmp_path.glob("*model*"))


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_ends_a_training_with_a_sentence(command: Command, tmp_path: Path) -> None:
    outcome = command(*TINY, "--runs", tmp_path / "runs")
    assert outcome.code == 4
    assert "The disk is full" in outcome.err
    assert "Traceback" not in outcome.err


def test_a_read_only_folder_is_refused(
    refused: Refused, trained_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path, *arguments: object, **options: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(Path, "mkdir", fail)  # root may write everywhere, so modes prove nothing
    assert "No permission to write" in refused("sample", trained_run, "--out", tmp_path / "locked" / "grid.png")


def test_a_file_where_a_folder_should_be_is_refused(refused: Refused, trained_run: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    assert "taken" in refused("sample", trained_run, "--out", tmp_path / "taken" / "grid.png")
    assert "taken" in refused(*TINY, "--runs", tmp_path / "taken")
