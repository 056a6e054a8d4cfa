"""`workbench doctor` and `workbench demo` on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.jobs import demo, doctor
from workbench.jobs.train import Budget

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
    whole = demo.demo

    def brief(out: Path | None, control: Any) -> Any:
        return whole(out, control, budget=Budget(steps=2), size=32)

    monkeypatch.setattr(demo, "demo", brief)
    outcome = command("demo", "--out", tmp_path / "demo")
    assert outcome.code == 0, outcome.err
    assert str(tmp_path / "demo" / "samples.png") in outcome.out
    assert (tmp_path / "demo" / "samples.png").exists()
