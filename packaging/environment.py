"""The virtual environment that bootstrap.py makes, and the stamp that says what stands in it."""

# Here and in its neighbours no syntax is newer than Python 3.8, nothing imported is newer than that Python's library:
# an older Python must get as far as the sentence that refuses it.
from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GIGABYTE = 1_000_000_000
WORD_SECONDS = 10.0
"""How long pip may be silent where it draws no bars."""


class Refusal(Exception):  # noqa: N818 - read by a person: it has the next step in it
    """Why the set-up cannot go on, and what to do about it."""


def say(text: str) -> None:
    print(text, flush=True)


def works(*command: str) -> bool:
    """Whether `command` exists and ends well."""
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def need_space(gigabytes: int) -> None:
    """Raise `Refusal` when the disk of the checkout has less room than that."""
    free = shutil.disk_usage(ROOT).free / GIGABYTE
    if free < gigabytes:
        raise Refusal(
            f"The set-up needs {gigabytes} GB on the disk of '{ROOT}', but {free:.1f} GB are free. "
            "Free some space, or move the folder to another disk."
        )


class Environment:
    """A virtual environment: its Python and its pip."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self.stamp = folder / "bootstrap.json"

    def ask(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run its Python and keep what it says."""
        command = [str(self.python), *arguments]
        variables = {**os.environ, **variables}
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=variables, check=False)

    def version(self) -> str | None:
        """The Python it runs, "3.11"; None when there is none, or a broken one."""
        if not self.python.exists():
            return None
        answer = self.ask("-c", "import pip, sys; print('%d.%d' % sys.version_info[:2])")
        return answer.stdout.strip() if answer.returncode == 0 else None

    def has(self, package: str) -> bool:
        """Whether `package` is installed, without importing it."""
        return self.ask("-c", f"import importlib.metadata as m; m.version({package!r})").returncode == 0

    def make(self) -> None:
        """Make it, or make it again where an interrupted set-up or a removed Python broke it.

        Raises:
            Refusal: something else is in its place, or Python cannot make it.
        """
        if self.folder.exists() and not (self.folder / "pyvenv.cfg").exists():
            raise Refusal(f"'{self.folder}' exists but is no Python environment. Move it away and try again.")
        say(f"Making {self.folder} ...")
        if subprocess.call([sys.executable, "-m", "venv", "--clear", str(self.folder)]):
            raise Refusal("Python could not make the environment. Its own message is above.")

    def install(self, *arguments: str) -> None:
        """Run `pip install` for all to see: its bars on a terminal; elsewhere, where it draws none and is silent for
        minutes, a line now and then.

        Raises:
            Refusal: it failed.
        """
        started = time.monotonic()
        with subprocess.Popen([str(self.python), "-m", "pip", "install", *arguments], cwd=ROOT) as pip:
            while True:
                try:
                    code = pip.wait(WORD_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    if not sys.stdout.isatty():
                        seconds, megabytes = time.monotonic() - started, _megabytes(self.folder)
                        say(f"... pip is at work for {seconds:.0f} s; '{self.folder.name}' holds {megabytes:,.0f} MB.")
        if code:
            raise Refusal("pip could not install what the program needs. Its own message is above.")


def _megabytes(folder: Path) -> float:
    """What the files below `folder` take; those that go while they are counted are not counted."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size
        except OSError:
            continue
    return total / 1_000_000


@dataclass(frozen=True)
class Stamp:
    """What stands in the environment, so that the next start need not look again."""

    python: str
    project: str  # the hash of what pip reads of the project
    torch: str  # the `--torch` it was made with
    groups: tuple[str, ...] = ()

    def covers(self, wanted: Stamp) -> bool:
        """Whether nothing has to be installed for `wanted`. Its `auto` is content with whatever torch there is."""
        return (
            (self.python, self.project) == (wanted.python, wanted.project)
            and wanted.torch in (self.torch, "auto")
            and set(wanted.groups) <= set(self.groups)
        )

    def write(self, path: Path) -> None:
        part = path.with_suffix(".part")
        part.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        part.replace(path)

    @classmethod
    def read(cls, path: Path) -> Stamp | None:
        """The stamp at `path`; None when there is none, or one that cannot be read."""
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return cls(values["python"], values["project"], values["torch"], tuple(values["groups"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None


def project_hash(root: Path) -> str:
    """Changes whenever what pip has to install may have changed."""
    content = b"".join((root / name).read_bytes() for name in ("pyproject.toml", "setup.py"))
    return hashlib.sha256(content).hexdigest()
