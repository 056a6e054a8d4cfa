"""What a wrong input must not do: leave anything behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.core.places import runs_folder


@pytest.fixture
def refused(command: Callable[..., Any], places: Path, tmp_path: Path) -> Callable[..., str]:
    """Run a command that has to be refused: exit code 2, one sentence with a next step, nothing written.

    Gives the sentence.
    """

    def files() -> set[Path]:
        return {path for folder in (tmp_path, runs_folder()) for path in folder.rglob("*") if not is_cache(path)}

    def is_cache(path: Path) -> bool:
        return path.is_relative_to(places) and not path.is_relative_to(runs_folder())

    def run(*arguments: object, code: int = 2) -> str:
        before = files()
        outcome = command(*arguments)
        assert outcome.code == code, outcome.err
        assert outcome.out == ""
        *skipped, said = outcome.err.splitlines()
        assert all(line.startswith("Left out") for line in skipped), outcome.err
        assert said.count(".") >= 2 or "?" in said, f"no next step: {said}"
        assert "Traceback" not in said
        assert "Error" not in said
        assert files() == before
        return str(said)

    return run
