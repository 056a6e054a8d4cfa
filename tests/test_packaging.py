"""What is shipped, and whether what the documents say is so."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.core import TyperGroup
from typer.main import get_command

from workbench.cli.app import app

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def page_id(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def commands(page: Path) -> list[str]:
    """The lines of the page's code blocks that start the program, without what is said beside them."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.S | re.M)
    lines = [re.split(r"\s{2,}", line)[0] for block in blocks for line in block.splitlines()]
    return [line for line in lines if re.match(r"workbench( |$)", line)]


def test_the_scripts_hide_no_library_from_each_other() -> None:
    """A script's folder comes first on its path, so a module there hides a library of the same name."""
    folder = ROOT / "packaging"
    needed = {Requirement(line).name for line in PROJECT["project"]["dependencies"]}
    for script in folder.glob("*.py"):
        for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                needed |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                needed.add(node.module.partition(".")[0])
    own = {"environment", "system_libraries", "torch_builds"}  # imported from here on purpose
    for script in folder.glob("*.py"):
        assert script.stem not in {*needed, *sys.stdlib_module_names, "packaging"} - own
    assert not (folder / "__init__.py").exists()


def test_continuous_integration_runs_the_command_of_the_readme() -> None:
    command = "python3 packaging/bootstrap.py test"
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert script.rstrip().endswith(f"exec {command}")


def test_the_python_of_the_readme_is_the_example_that_is_tested() -> None:
    example = (ROOT / "docs" / "example.py").read_text(encoding="utf-8").strip()
    assert f"```python\n{example}\n```" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_command_of_a_page_exists(page: Path) -> None:
    for line in commands(page):
        words = shlex.split(line)[1:]
        command = get_command(app)
        while isinstance(command, TyperGroup) and words and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        known = {flag for parameter in command.params for flag in parameter.opts} | {"--help", "--version"}
        unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in known]
        assert not unknown, f"'{line}' has {unknown}"
        if isinstance(command, TyperGroup):
            assert all(word.startswith("-") or (ROOT / word).exists() for word in words), f"'{line}' is no command"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (page.parent / target).exists(), target
    for path in re.findall(r"\b(?:packaging|tests|docs|benchmarks)/[\w/]+\.\w+", text):
        assert (ROOT / path).exists() or (page.parent / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_module_and_function_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for path, names in re.findall(r"`(?:workbench/)?((?:core|jobs|cli|ui)/[a-z_/]+\.py)(?:: ([\w.]+))?", text):
        module = ROOT / "workbench" / path
        assert module.exists(), path
        for name in filter(None, names.split(".")):
            assert re.search(rf"(?:def|class) {name}\b", module.read_text(encoding="utf-8")), f"{path}: {name}"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_no_page_names_an_address_of_a_package_index(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name in ("pypi", "pythonhosted", "download.pytorch"):
        assert not re.search(rf"\b{re.escape(name)}\.org", text)


def test_the_licence_of_every_dependency_is_told() -> None:
    page = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    told = {canonicalize_name(name) for name in re.findall(r"^\| ([\w.-]+) \| [\d.]+\S* \| \S", page, flags=re.M)}
    groups = PROJECT["dependency-groups"].values()
    lines = [*PROJECT["project"]["dependencies"], *(line for group in groups for line in group)]
    assert {canonicalize_name(Requirement(line).name) for line in lines} <= told


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built package, from a copy, so that the checkout stays as it is."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    for name in ("workbench", "resources", "packaging", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    build = "import setuptools.build_meta as backend; print(backend.build_wheel('.'))"
    answer = subprocess.run([sys.executable, "-c", build], cwd=copy, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return copy / answer.stdout.splitlines()[-1]


def test_the_package_holds_every_module_and_every_resource_and_no_more(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    copy = wheel.parent
    modules = {path.relative_to(copy).as_posix() for path in (copy / "workbench").rglob("*.py")}
    files = [path for path in (copy / "resources").rglob("*") if path.is_file()]
    resources = {f"workbench/_resources/{path.relative_to(copy / 'resources').as_posix()}" for path in files}
    assert held == modules | resources
    assert resources


def test_the_installed_package_finds_its_resources(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    ask = "from workbench.core.resources import resource; print(resource('builtin/avatars.zip'))"
    answer = subprocess.run(
        [sys.executable, "-P", "-c", ask],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(answer.stdout.strip()) == tmp_path / "workbench" / "_resources" / "builtin" / "avatars.zip"
