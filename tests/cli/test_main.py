"""The front door: which way a call goes, and what becomes of errors."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import workbench
from workbench import __main__, log
from workbench.cli import app
from workbench.core.errors import ExitCode, Stopped, WorkbenchError

Command = Callable[..., Any]


def test_the_version_answers_at_once_and_imports_nothing_heavy() -> None:
    took = []
    for _ in range(3):
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "workbench", "--version"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        took.append(time.perf_counter() - start)
    assert done.stdout == f"workbench {workbench.__version__}\n"
    assert not any(f" {name}\n" in done.stderr for name in ("torch", "numpy", "typer", "pydantic", "PySide6"))
    assert min(took) < 0.6, "the target is 0.3 s on a quiet computer"


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Let whatever command comes next raise this."""

    def set_error(error: BaseException) -> None:
        def fail(*arguments: object, **options: object) -> None:
            raise error

        monkeypatch.setattr(app, "get_command", lambda _: SimpleNamespace(main=fail))

    return set_error


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (WorkbenchError("No pictures in 'a'.", "Choose another."), 2, "No pictures in 'a'. Choose another."),
        (WorkbenchError("The disk is full.", "Free some.", ExitCode.RESOURCES), 4, "The disk is full. Free some."),
        (Stopped(), 3, "Stopped."),
        (KeyboardInterrupt(), 3, "Stopped."),
        (SystemExit(130), 3, "Stopped."),
        (SystemExit(2), 2, ""),
        (MemoryError(), 4, "The computer ran out of memory."),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), 4, "The computer ran out of memory."),
        (OSError(errno.ENOSPC, "No space left on device", "a/b"), 4, "The disk is full: cannot use 'a/b'."),
        (PermissionError(errno.EACCES, "Permission denied", "a/b"), 2, "No permission to use 'a/b'."),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(
    command: Command, failing: Callable[[BaseException], None], error: BaseException, code: int, said: str
) -> None:
    failing(error)
    outcome = command("doctor")
    assert outcome.code == code
    assert outcome.out == ""
    assert outcome.err.startswith(said)
    assert len(outcome.err.splitlines()) <= 1


def test_a_stop_before_the_command_has_begun_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(given: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "run", interrupted)
    assert __main__.main(["doctor"]) == ExitCode.STOPPED
    assert capsys.readouterr().err == "Stopped.\n"


def test_a_bug_is_logged_with_its_traceback_and_the_user_is_told_where(
    command: Command, failing: Callable[[BaseException], None], places: Path, caplog: pytest.LogCaptureFixture
) -> None:
    failing(ZeroDivisionError("division by zero"))
    outcome = command("doctor")
    assert outcome.code == 1
    assert outcome.err.startswith("Something went wrong: ZeroDivisionError: division by zero.")
    assert str(log.log_file()) in outcome.err
    logged = log.log_file().read_text(encoding="utf-8")
    assert "Traceback" in logged
    assert "workbench doctor" in logged
    assert log.log_file().is_relative_to(places)
    caplog.clear()


def test_a_user_error_is_no_line_in_the_log(
    command: Command, failing: Callable[[BaseException], None], places: Path
) -> None:
    failing(WorkbenchError("No pictures.", "Choose another folder."))
    command("doctor")
    assert not log.log_file().exists()


def test_a_program_that_cannot_keep_a_log_still_works(command: Command, places: Path) -> None:
    places.write_text("a file where the folder should be")
    assert command("--help").code == 0


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("trian", "There is no command 'trian'. Did you mean 'train'?"),
        ("runs lst", "There is no command 'lst'. Did you mean 'list'?"),
        ("train --dta x", "There is no option '--dta'. Did you mean '--data'?"),
        ("train --steps 0", "--steps cannot be '0'. It must be a whole number of 1 or more."),
        ("train --minutes -1", "--minutes cannot be '-1'. It must be a number of 0.001 or more."),
        ("train --seed x", "--seed cannot be 'x'. It must be a whole number of 0 or more."),
        ("train --steps", "--steps needs a value after it. --help after the command explains it."),
        ("doctor --json=3", "--json takes no value. Give it alone."),
        ("edit p --out o.png --quality 101", "--quality cannot be '101'. It must be a whole number from 1 to 100."),
        ("sample m --out o.png --prior x", "--prior cannot be 'x'. Choose one of: mixture, normal."),
        ("edit", "PHOTO is missing: a photo with a face in it. 'workbench edit --help' explains it."),
        (
            "train --data builtin:avatars --size 63",
            "A variational autoencoder (VAE) with these settings cannot be 63 pixels wide. Choose one of: 32, 64, 128.",
        ),
    ],
)
def test_what_was_typed_wrong_is_said_in_our_own_words(command: Command, line: str, said: str) -> None:
    outcome = command(*line.split())
    assert outcome.code == 2
    assert outcome.err == said + "\n"
    assert outcome.out == ""


@pytest.mark.parametrize("arguments", [["trian"], ["train", "--latent", "3"], ["sample"], ["train", "--steps", "0"]])
def test_wrong_usage_is_exit_code_2_with_nothing_on_standard_output(command: Command, arguments: list[str]) -> None:
    outcome = command(*arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("name", ["", *app.command_names(), "data info", "runs list", "runs show", "concepts find"])
def test_every_command_explains_itself(command: Command, name: str) -> None:
    outcome = command(*name.split(), "--help")
    assert outcome.code == 0
    assert "Usage: workbench" in outcome.out


def test_help_imports_neither_torch_nor_qt() -> None:
    code = "from workbench.__main__ import main\nmain(['train', '--help'])\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "torchvision", "PySide6", "sklearn"} & set(done.stdout.split())


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the window was asked to open, without a window."""
    calls: list[list[str]] = []

    def main(paths: Sequence[str] = ()) -> int:
        calls.append(list(paths))
        return 0

    monkeypatch.setattr("workbench.ui.app.main", main)
    return calls


def test_without_an_argument_the_window_opens(command: Command, opened: list[list[str]]) -> None:
    assert command().code == 0
    assert opened == [[]]


def test_a_file_as_the_only_argument_opens_in_the_window(
    command: Command, opened: list[list[str]], tmp_path: Path
) -> None:
    photo = tmp_path / "photo.jpg"
    photo.touch()
    assert command(photo).code == 0
    assert opened == [[str(photo)]]


def test_a_folder_named_like_a_command_does_not_hide_the_command(
    command: Command, opened: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runs").mkdir()
    monkeypatch.chdir(tmp_path)
    assert command("runs").code == 2  # its help, since a group alone does nothing
    assert opened == []


def test_without_a_display_the_program_says_what_works_there(
    command: Command, opened: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    outcome = command()
    assert outcome.code == 2
    assert "workbench demo" in outcome.err
    assert opened == []


def test_the_window_opens_and_closes_in_a_child_process() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "--window-check"],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr


def test_waiting_threads_do_not_spin_for_long_unless_the_user_says_so() -> None:
    code = "import os, workbench; print(os.environ['OMP_WAIT_POLICY'], os.environ['GOMP_SPINCOUNT'])"
    environment = {k: v for k, v in os.environ.items() if k not in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
    for own, expected in (({}, "PASSIVE 20000"), ({"GOMP_SPINCOUNT": "7"}, "PASSIVE 7")):
        done = subprocess.run(
            [sys.executable, "-c", code], env={**environment, **own}, capture_output=True, text=True, check=True
        )
        assert done.stdout.split() == expected.split()


def test_a_program_without_a_console_may_still_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert __main__.main(["--version"]) == 0
    sys.stdout.close()
    sys.stderr.close()
