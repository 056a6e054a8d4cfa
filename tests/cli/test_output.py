"""Results as text and as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from workbench.cli.output import plain, say_json, say_table
from workbench.core.training.clock import duration


@dataclass(frozen=True)
class Finding:
    path: Path
    scores: dict[str, float]


def test_any_result_has_a_json_form() -> None:
    finding = Finding(Path("a/b"), {"psnr": 24.5, "ssim": float("nan")})
    assert plain(finding) == {"path": str(Path("a/b")), "scores": {"psnr": 24.5, "ssim": None}}
    assert plain((np.float32(0.5), np.arange(3), True, None)) == [0.5, [0, 1, 2], True, None]
    assert plain(np.array([1.0, np.inf])) == [1.0, None]


def test_a_value_without_a_json_form_is_our_mistake() -> None:
    with pytest.raises(TypeError, match="object has no JSON form"):
        plain(object())


def test_json_is_ascii_so_that_no_console_breaks_it(capsys: pytest.CaptureFixture[str]) -> None:
    say_json({"name": "Größe 🙂"})
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out) == {"name": "Größe 🙂"}


def test_a_table_is_aligned_and_never_cut(capsys: pytest.CaptureFixture[str]) -> None:
    say_table([("short", 1), ("a name that is longer than most " * 5, 20_000)], header=("name", "count"))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[1].endswith("    1")
    assert lines[2].endswith("20000")
    assert lines[0].endswith("count")


def test_an_empty_table_is_its_header(capsys: pytest.CaptureFixture[str]) -> None:
    say_table([], header=("name", "count"))
    assert capsys.readouterr().out.split() == ["name", "count"]


def test_missing_values_are_a_dash(capsys: pytest.CaptureFixture[str]) -> None:
    say_table([("auc", None), ("psnr", 24.56789)])
    assert capsys.readouterr().out.split() == ["auc", "-", "psnr", "24.57"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59, "59 s"), (95, "1 min 35 s"), (120, "2 min"), (3600, "1 h"), (7384, "2 h 3 min")],
)
def test_a_span_of_time_is_said_as_people_say_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text
