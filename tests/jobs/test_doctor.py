"""Doctor: what it finds, and that no broken part keeps it from looking at the others."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import torch

from workbench.core import devices
from workbench.core.control import Control
from workbench.core.errors import Stopped
from workbench.jobs import doctor
from workbench.jobs.api import run


@pytest.fixture
def no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the one check that takes seconds; it has a test of its own."""
    monkeypatch.setattr(doctor, "_window", lambda: doctor.Check("window", "ok", "It opens and closes."))


@pytest.mark.usefixtures("no_window")
def test_a_healthy_computer_passes_every_check() -> None:
    report = run(doctor.examine())
    assert report.healthy, report.checks
    assert report.versions["torch"] == torch.__version__
    said = " ".join(check.detail for check in report.checks)
    assert "vae" in said
    assert "avatars" in said
    assert "balanced-means" in said
    assert "cpu" in said


@pytest.mark.usefixtures("no_window")
def test_one_broken_part_is_reported_and_the_others_are_still_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> list[str]:
        raise RuntimeError("the driver is gone")

    monkeypatch.setattr(devices, "usable_devices", broken)
    report = run(doctor.examine())
    assert not report.healthy
    failed = [check for check in report.checks if check.status == "failed"]
    assert [check.name for check in failed] == ["devices"]
    assert "the driver is gone" in failed[0].detail


def pretend_nvidia_card(monkeypatch: pytest.MonkeyPatch, cuda: str | None) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", cuda)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: f"/usr/bin/{name}")


def test_a_card_that_torch_was_not_built_for_is_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_nvidia_card(monkeypatch, cuda=None)
    check = doctor._gpu()
    assert check.status == "advice"
    assert "CUDA build" in check.remedy


def test_a_card_with_an_old_driver_is_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_nvidia_card(monkeypatch, cuda="13.0")
    assert "driver" in doctor._gpu().remedy


def test_a_locked_folder_is_found(places: Path) -> None:
    places.write_text("a file where the folder should be")
    check = doctor._folders()
    assert check.status == "failed"
    assert str(places) in check.detail


def test_a_window_that_crashes_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    crashed = subprocess.CompletedProcess([], -6, "", "qt.qpa.plugin: Could not load the Qt platform plugin\n")
    monkeypatch.setattr(doctor.subprocess, "run", lambda *arguments, **options: crashed)
    check = doctor._window()
    assert check.status == "failed"
    assert "platform plugin" in check.detail


def test_a_window_that_hangs_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*arguments: object, **options: object) -> None:
        raise subprocess.TimeoutExpired("workbench", 1)

    monkeypatch.setattr(doctor.subprocess, "run", hang)
    assert doctor._window().status == "failed"


def test_a_frozen_copy_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[list[str]] = []

    def start(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        called.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(doctor.subprocess, "run", start)
    monkeypatch.setattr(doctor.sys, "executable", "/opt/workbench/workbench")
    doctor._window()
    monkeypatch.setattr(doctor.sys, "frozen", True, raising=False)
    doctor._window()
    assert called == [
        ["/opt/workbench/workbench", "-m", "workbench", "--window-check"],
        ["/opt/workbench/workbench", "--window-check"],
    ]


def test_doctor_can_be_stopped() -> None:
    control = Control()
    control.stop()
    with pytest.raises(Stopped):
        run(doctor.examine(control))
