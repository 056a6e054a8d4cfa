"""`workbench doctor` and `workbench demo` on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.core.control import Control
from workbench.core.events import Progress
from workbench.jobs import demo, doctor
from workbench.jobs.api import Job

Command = Callable[..., Any]


@pytest.mark.parametrize(("status", "code"), [("ok", 0), ("advice", 0), ("failed", 1)])
def test_doctor_says_what_it_found_and_returns_it(
    command: Command, monkeypatch: pytest.MonkeyPatch, status: str, code: int
) -> None:
    monkeypatch.setattr(doctor, "_window", lambda: doctor.Check("window", status, "It was looked at.", "Do this."))
    said = command("doctor")
    assert said.code == code
    assert "window: It was looked at. Do this." in said.out
    report = command("doctor", "--json")
    assert report.code == code
    assert report.json["healthy"] is (code == 0)
    assert report.json["versions"]["torch"]
    assert {check["name"] for check in report.json["checks"]} >= {"devices", "models", "faces", "window"}


def test_demo_says_what_to_look_at(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def brief(out: Path, control: Control) -> Job[demo.Demo]:
        yield Progress("Training", 1, 1, "steps")
        return demo.Demo(out / "run", 1, ("Hat",), {str(out / "samples.png"): "faces that the model invents"})

    monkeypatch.setattr(demo, "demo", brief)
    outcome = command("demo", "--out", tmp_path / "demo")
    assert outcome.code == 0, outcome.err
    assert f"{tmp_path / 'demo' / 'samples.png'}  faces that the model invents" in outcome.out
    assert f"workbench train --resume '{tmp_path / 'demo' / 'run'}'" in outcome.out
    assert command("demo", "--out", tmp_path / "demo", "--json").json["concepts"] == ["Hat"]
