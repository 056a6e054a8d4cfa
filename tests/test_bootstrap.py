"""The set-up script, as far as it can be tested without setting anything up."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _packaging_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when Python runs a script: its folder comes first. `environment` and its neighbours are imported from it."""
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))


def answers(**output_by_package: list[str]) -> SimpleNamespace:
    """An environment without torch, whose pip knows these versions at the usual index, and `more` at any other."""

    def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
        if "index" in arguments:
            package = arguments[4]
            prefix = "more_" if "--index-url" in arguments else ""
            return subprocess.CompletedProcess([], 0, json.dumps({"versions": output_by_package[prefix + package]}))
        return subprocess.CompletedProcess([], 0)

    return SimpleNamespace(ask=ask, has=lambda package: False)


@pytest.mark.parametrize("version", [(3, 9), (3, 10), (3, 14)])
def test_another_python_is_refused_with_a_sentence(version: tuple[int, int]) -> None:
    from bootstrap import check_python
    from environment import Refusal

    with pytest.raises(Refusal, match=rf"needs Python 3\.11, 3\.12 or 3\.13, and this is 3\.{version[1]}\."):
        check_python(version)


def test_the_pythons_of_the_set_up_are_those_of_the_package() -> None:
    from bootstrap import PYTHONS, check_python

    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'requires-python = ">=3.{PYTHONS[0][1]},<3.{PYTHONS[-1][1] + 1}"' in project
    for version in PYTHONS:
        check_python(version)


@pytest.mark.parametrize("name", ["bootstrap", "environment", "system_libraries", "torch_builds"])
def test_an_old_python_can_read_the_set_up_as_far_as_the_refusal(name: str) -> None:
    ast.parse((ROOT / "packaging" / f"{name}.py").read_text(encoding="utf-8"), feature_version=(3, 8))


def test_the_set_up_imports_the_standard_library_alone() -> None:
    own = {path.stem for path in (ROOT / "packaging").glob("*.py")}
    for name in ("bootstrap", "environment", "system_libraries", "torch_builds"):
        tree = ast.parse((ROOT / "packaging" / f"{name}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            else:
                continue
            for module in modules:
                assert module in own or module.partition(".")[0] in sys.stdlib_module_names, f"{name} imports {module}"


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for Python")
def test_a_long_installation_without_a_terminal_says_that_it_is_alive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import environment

    made = environment.Environment(tmp_path / ".venv")
    made.python.parent.mkdir(parents=True)
    made.python.write_text('#!/bin/sh\nsleep 1\n[ "$4" != broken ]\n')
    made.python.chmod(0o755)
    made.install("something")
    assert capfd.readouterr().out == ""  # soon done: no noise
    monkeypatch.setattr(environment, "WORD_SECONDS", 0.2)
    made.install("something")
    said = capfd.readouterr().out.splitlines()
    assert said
    assert all("pip is at work for" in line and "'.venv' holds" in line for line in said)
    with pytest.raises(environment.Refusal, match="pip could not install"):
        made.install("broken")


def test_a_second_run_has_nothing_to_install() -> None:
    from environment import Stamp

    stamp = Stamp("3.12", "abc", "cpu", ("test",))
    assert stamp.covers(Stamp("3.12", "abc", "auto"))
    assert stamp.covers(Stamp("3.12", "abc", "cpu", ("test",)))


@pytest.mark.parametrize(
    "wanted",
    [
        ("3.13", "abc", "auto"),
        ("3.12", "changed", "auto"),
        ("3.12", "abc", "cuda"),
        ("3.12", "abc", "auto", ("check",)),
    ],
    ids=["another Python", "a changed pyproject.toml", "another torch", "a further group"],
)
def test_a_change_is_installed(wanted: tuple) -> None:
    from environment import Stamp

    assert not Stamp("3.12", "abc", "cpu", ("test",)).covers(Stamp(*wanted))


def test_a_stamp_is_read_as_it_was_written_and_a_damaged_one_is_none(tmp_path: Path) -> None:
    from environment import Stamp

    stamp = Stamp("3.12", "abc", "cpu", ("check", "test"))
    stamp.write(tmp_path / "stamp.json")
    assert Stamp.read(tmp_path / "stamp.json") == stamp
    for damage in ("", "[]", "{}", '{"python": "3.12"}'):
        (tmp_path / "stamp.json").write_text(damage)
        assert Stamp.read(tmp_path / "stamp.json") is None
    assert Stamp.read(tmp_path / "none.json") is None


def test_the_project_hash_follows_pyproject(tmp_path: Path) -> None:
    from environment import project_hash

    (tmp_path / "pyproject.toml").write_text("a")
    (tmp_path / "setup.py").write_text("b")
    before = project_hash(tmp_path)
    assert project_hash(tmp_path) == before
    (tmp_path / "pyproject.toml").write_text("c")
    assert project_hash(tmp_path) != before


def test_an_environment_that_does_not_start_has_no_version(tmp_path: Path) -> None:
    from environment import Environment

    environment = Environment(tmp_path / ".venv")
    assert environment.version() is None
    environment.python.parent.mkdir(parents=True)
    environment.python.symlink_to(sys.executable)
    assert environment.version() == f"{sys.version_info[0]}.{sys.version_info[1]}"


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path: Path) -> None:
    from environment import Environment, Refusal

    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "thesis.txt").write_text("years of work")
    with pytest.raises(Refusal, match="Move it away"):
        Environment(tmp_path / ".venv").make()
    assert (tmp_path / ".venv" / "thesis.txt").read_text() == "years of work"


def test_the_newest_pair_for_the_cpu_is_one_that_belongs_together() -> None:
    from torch_builds import newest_cpu_pair

    torch = ["2.15.0", "2.14.0+cpu", "2.13.1+cpu", "2.13.0+cpu", "2.12.0+cpu"]
    assert newest_cpu_pair(torch, ["0.29.2", "0.28.0+cpu", "0.27.0+cpu"]) == ("2.13.1+cpu", "0.28.0+cpu")
    assert newest_cpu_pair(["2.13.0+cpu"], ["0.28.0"]) is None
    assert newest_cpu_pair([], []) is None


@pytest.fixture
def linux_without_nvidia(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("torch_builds.works", lambda *command: False)
    monkeypatch.setattr("environment.shutil.disk_usage", lambda path: SimpleNamespace(free=100e9))


@pytest.mark.usefixtures("linux_without_nvidia")
def test_without_nvidia_the_pair_for_the_cpu_is_taken_where_there_is_one() -> None:
    from torch_builds import choose_torch

    here = answers(torch=["2.13.0+cpu"], torchvision=["0.28.0+cpu"])
    assert choose_torch(here, "auto", None) == ["torch==2.13.0+cpu", "torchvision==0.28.0+cpu"]
    there = answers(torch=[], torchvision=[], more_torch=["2.13.0+cpu"], more_torchvision=["0.28.0+cpu"])
    pair = ["torch==2.13.0+cpu", "torchvision==0.28.0+cpu"]
    assert choose_torch(there, "auto", "https://example.org/cpu") == [
        *pair,
        "--extra-index-url",
        "https://example.org/cpu",
    ]


@pytest.mark.usefixtures("linux_without_nvidia")
def test_without_such_a_pair_the_usual_torch_is_taken_after_its_size_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from torch_builds import choose_torch

    assert choose_torch(answers(torch=["2.13.0+cpu"], torchvision=["0.28.0"]), "auto", None) == []
    assert "3 GB to load, 5.5 GB on disk" in capsys.readouterr().out


@pytest.mark.usefixtures("linux_without_nvidia")
def test_a_missing_build_for_the_cpu_and_a_full_disk_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from environment import Refusal
    from torch_builds import choose_torch

    with pytest.raises(Refusal, match="--torch-index"):
        choose_torch(answers(torch=[], torchvision=[]), "cpu", None)
    monkeypatch.setattr("environment.shutil.disk_usage", lambda path: SimpleNamespace(free=2e9))
    with pytest.raises(Refusal, match=r"needs 9 GB .* 2\.0 GB are free"):
        choose_torch(answers(torch=[], torchvision=[]), "auto", None)


@pytest.mark.parametrize("installer", ["apt-get", "dnf", "pacman", "zypper"])
def test_the_command_for_each_system_names_what_qt_lacks(installer: str) -> None:
    from system_libraries import install_command

    command = install_command(installer)
    assert command.startswith(f"sudo {installer} ")
    assert "icccm" in command or "xcb-util-wm" in command  # the one whose absence Qt blames on another
    assert "cursor" in command
    assert not install_command(installer, root=True).startswith("sudo")


def test_without_a_password_the_command_is_printed_and_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    import system_libraries
    from environment import Refusal

    monkeypatch.setattr(
        system_libraries.shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None
    )
    monkeypatch.setattr(system_libraries.os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr(system_libraries, "works", lambda *command: False)
    ran: list[object] = []
    monkeypatch.setattr(system_libraries.subprocess, "call", lambda *command, **more: ran.append(command))
    with pytest.raises(Refusal, match=r"sudo apt-get install -y --no-install-recommends python3\.12-venv"):
        system_libraries.install_from_system("python3.12-venv")
    assert ran == []


def test_the_script_says_what_it_can_do() -> None:
    answer = subprocess.run(
        [sys.executable, ROOT / "packaging" / "bootstrap.py", "--help"], capture_output=True, text=True, check=True
    )
    for word in ("run", "test", "check", "--torch", "--torch-index"):
        assert word in answer.stdout
