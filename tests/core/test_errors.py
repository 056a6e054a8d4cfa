"""Errors: what a user reads, and what is left as a bug."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
import torch

from workbench.core.errors import ExitCode, Failure, WorkbenchError, explain, file_errors, out_of_memory, unknown


def test_an_unknown_name_gets_the_nearest_known_one() -> None:
    assert str(unknown("setting", "Latnet", ["latent", "width"])) == (
        "There is no setting 'Latnet'. Did you mean 'latent'?"
    )
    assert str(unknown("model", "x", ["vae", "dcgan"])) == "There is no model 'x'. Known: dcgan, vae."
    assert str(unknown("concept", "x", [])) == "There is no concept 'x'."
    many = str(unknown("picture", "x", [f"{number:06}" for number in range(2000)]))
    assert many.endswith(", 000018, 000019 and 1,980 more.")


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (errno.ENOSPC, ExitCode.RESOURCES, "The disk is full"),
        (errno.EROFS, ExitCode.USAGE, "No permission to write"),
        (errno.EACCES, ExitCode.USAGE, "No permission to write"),
        (errno.ENOENT, ExitCode.USAGE, "does not exist"),
        (errno.EEXIST, ExitCode.USAGE, "Cannot write"),
        (errno.ENOTDIR, ExitCode.USAGE, "Cannot write"),
    ],
)
def test_the_systems_refusals_become_sentences(number: int, code: ExitCode, said: str) -> None:
    with pytest.raises(WorkbenchError, match=said) as caught, file_errors(Path("a.png"), "write"):
        raise OSError(number, "in the system's words")
    assert caught.value.code == code
    assert "a.png" in caught.value.what


def test_other_trouble_of_the_system_stays_as_it_is() -> None:
    with pytest.raises(OSError, match="broken"), file_errors(Path("a.png"), "write"):
        raise OSError(errno.EIO, "broken")


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("MPS backend out of memory (MPS allocated: 7 GB)"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 4 bytes."),
    ],
    ids=["python", "CUDA", "Apple", "Linux", "Windows"],
)
def test_running_out_of_memory_is_known_however_it_is_said(error: Exception) -> None:
    assert out_of_memory(error)
    explained = explain(error)
    assert explained is not None
    assert explained.code == ExitCode.RESOURCES


@pytest.mark.parametrize("error", [ZeroDivisionError(), RuntimeError("shapes differ"), FileNotFoundError("our own")])
def test_a_bug_is_not_explained_away(error: Exception) -> None:
    assert explain(error) is None


def test_a_full_disk_anywhere_is_explained() -> None:
    explained = explain(OSError(errno.ENOSPC, "No space left on device", "a/b"))
    assert explained is not None
    assert "'a/b'" in explained.what
    assert explained.code == ExitCode.RESOURCES


def test_a_failure_keeps_texts_and_not_the_exception() -> None:
    failure = Failure.of(WorkbenchError("No pictures.", "Choose another folder."))
    assert (failure.what, failure.next_step, failure.expected) == ("No pictures.", "Choose another folder.", True)
    assert "WorkbenchError" in failure.traceback
    assert not Failure.of(ZeroDivisionError()).expected
