"""One command from a fresh checkout to the open window, or to the tests. Needs only Python 3.11, 3.12 or 3.13.

    python3 packaging/bootstrap.py run [arguments of workbench]    the window; without a display, the demo
    python3 packaging/bootstrap.py test [arguments of pytest]      the tests
    python3 packaging/bootstrap.py check                           ruff and mypy

The first time it makes `.venv`, installs the package with what it needs, and checks that Qt can start. From then on
it starts at once, until pyproject.toml or the options change.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
from dataclasses import replace

from environment import ROOT, Environment, Refusal, Stamp, project_hash, say
from system_libraries import has_display, install_from_system, need_qt
from torch_builds import choose_torch

PYTHONS = ((3, 11), (3, 12), (3, 13))
NEW_PIP = "pip>=25.1"  # the first that installs dependency groups


def check_python(version: tuple[int, int]) -> None:
    """Raise `Refusal` for a Python that the program does not run on."""
    if version not in PYTHONS:
        raise Refusal(
            f"Latent Workbench needs Python 3.11, 3.12 or 3.13, and this is {version[0]}.{version[1]}. "
            "Start the same command with one of those, for example: python3.12 packaging/bootstrap.py run"
        )


def set_up(options: argparse.Namespace, *groups: str) -> Environment:
    """The environment with the package and these dependency groups.

    Raises:
        Refusal: something that only the user can mend.
    """
    environment = Environment(ROOT / ".venv")
    version = environment.version()
    if version is None:
        if importlib.util.find_spec("ensurepip") is None:  # Debian and Ubuntu keep it in a package of its own
            install_from_system(f"python{sys.version_info[0]}.{sys.version_info[1]}-venv")
        environment.make()
        version = environment.version() or ""
    wanted = Stamp(version, project_hash(ROOT), options.torch, groups)
    stamp = Stamp.read(environment.stamp)
    if stamp is None or not stamp.covers(wanted):
        say(f"Installing into {environment.folder}: this takes some minutes, once. pip says how it goes.")
        if stamp:
            wanted = replace(wanted, groups=tuple(sorted({*groups, *stamp.groups})))
        group_options = [word for group in wanted.groups for word in ("--group", group)]
        environment.install("--upgrade", NEW_PIP)
        torch = choose_torch(environment, options.torch, options.torch_index)
        environment.install("--editable", ".", *group_options, *torch)
        wanted.write(environment.stamp)
    return environment


def hand_over(environment: Environment, *arguments: str, **variables: str) -> int:
    """Go on as the environment's Python; its exit status is ours."""
    command = [str(environment.python), *arguments]
    variables = {"OMP_WAIT_POLICY": "PASSIVE", **os.environ, **variables}  # spinning threads starve two busy cores
    if os.name != "nt":
        sys.stdout.flush()
        os.execve(command[0], command, variables)
    return subprocess.call(command, env=variables)  # where exec would give the prompt back at once


def run(options: argparse.Namespace) -> int:
    """Open the window; without a display say so and do the same job in the terminal."""
    environment = set_up(options)
    program = ("-P", "-m", "workbench")  # -P: nothing in the user's folder is mistaken for a module
    if options.rest:
        return hand_over(environment, *program, *options.rest)
    if has_display():
        try:
            need_qt(environment, "display")
            return hand_over(environment, *program)
        except Refusal as refusal:
            say(f"{refusal}\nThe window cannot open, so here is the same job in the terminal.")
    else:
        say("There is no display to open the window on, so here is the same job in the terminal.")
    return hand_over(environment, *program, "demo")


def test(options: argparse.Namespace) -> int:
    """Run the tests, with a display that nobody sees."""
    environment = set_up(options, "test")
    need_qt(environment, "offscreen")
    os.chdir(ROOT)
    return hand_over(environment, "-m", "pytest", *options.rest, QT_QPA_PLATFORM="offscreen")


def check(options: argparse.Namespace) -> int:
    """Run what must be silent before a commit."""
    environment = set_up(options, "check")
    os.chdir(ROOT)
    tools = (["ruff", "format", "--check"], ["ruff", "check"], ["mypy"])
    return max(subprocess.call([str(environment.python), "-m", *tool]) for tool in tools)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--torch", choices=("auto", "cpu", "cuda"), default="auto", help="the build of torch to install"
    )
    parser.add_argument(
        "--torch-index",
        metavar="URL",
        default=os.environ.get("WORKBENCH_TORCH_INDEX"),
        help="where PyTorch keeps its builds, as pytorch.org/get-started names it (or: $WORKBENCH_TORCH_INDEX)",
    )
    parser.add_argument("command", choices=("run", "test", "check"))
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="goes to workbench or pytest")
    options = parser.parse_args()
    try:
        check_python(sys.version_info[:2])
        return {"run": run, "test": test, "check": check}[options.command](options)
    except Refusal as refusal:
        say(str(refusal))
        return 2
    except KeyboardInterrupt:
        return 3


if __name__ == "__main__":
    sys.exit(main())
