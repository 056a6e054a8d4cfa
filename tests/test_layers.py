"""The floors of the house: core < jobs < cli and ui. No arrow runs back up, and nothing heavy is carried about."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import workbench

PACKAGE = Path(workbench.__file__).parent
MAY_KNOW = {"core": {"core"}, "jobs": {"core", "jobs"}, "cli": {"core", "jobs", "cli"}, "ui": {"core", "jobs", "ui"}}
"""The floors, and which of them each may import."""
SHARED = {"workbench.__version__", "workbench.log", "workbench.log.start", "workbench.log.log_file"}
"""What lies outside the floors and is for all of them."""
QT = {"PySide6", "shiboken6", "pyqtgraph"}
PICKLES = {"pickle", "dill", "joblib", "shelve", "marshal"}
MAX_LINES = 400


def module_name(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {module_name(file): ast.parse(file.read_text(encoding="utf-8")) for file in sorted(PACKAGE.rglob("*.py"))}


def floor(name: str) -> str:
    """The floor that a module stands on; "" for the few above them all, and for libraries."""
    first, _, rest = name.partition(".")
    below = rest.partition(".")[0]
    return below if first == "workbench" and below in MAY_KNOW else ""


def imports(module: str) -> Iterator[str]:
    """The full name of everything that a module imports, at any depth, under any condition."""
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} line {node.lineno}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_import_runs_back_up() -> None:
    wrong = []
    for module in filter(floor, TREES):
        for name in imports(module):
            ours = name.partition(".")[0] == "workbench"
            if ours and name not in SHARED and floor(name) not in MAY_KNOW[floor(module)]:
                wrong.append(f"{module} imports {name}")
    assert not wrong


def test_the_log_stands_on_core_alone() -> None:
    assert {floor(name) for name in imports("workbench.log") if name.startswith("workbench")} == {"core"}


def test_only_the_front_door_knows_both_the_window_and_the_command_line() -> None:
    both = [module for module in TREES if {"cli", "ui"} <= {floor(name) for name in imports(module)}]
    assert both == ["workbench.__main__"]


def test_qt_stays_in_the_window() -> None:
    wrong = {m for m in TREES for name in imports(m) if name.partition(".")[0] in QT and floor(m) != "ui"}
    assert not wrong


def test_nothing_is_ever_pickled() -> None:
    assert not {m for m in TREES for name in imports(m) if name.partition(".")[0] in PICKLES}
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                assert ast.unparse(node) not in ("torch.load", "torch.save"), module
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert ast.unparse(node.value) == "False", module


def test_only_the_command_line_prints() -> None:
    printing = {
        module
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert {floor(module) for module in printing} <= {"cli"}


def test_no_file_has_a_second_subject_in_it() -> None:
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in PACKAGE.rglob("*.py")}
    assert not {file: lines for file, lines in lengths.items() if lines > MAX_LINES}


def python(code: str) -> str:
    """Run `code` in a fresh interpreter and give what it wrote."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def loaded_after(code: str, *suspects: str) -> str:
    """Which of `suspects` are imported once `code` has run."""
    return python(f"{code}\nimport sys\nprint(*[name for name in {suspects!r} if name in sys.modules])")


def test_importing_the_package_is_cheap() -> None:
    assert loaded_after("import workbench", "torch", "numpy", "PySide6", "typer", "pydantic", "PIL") == ""


def test_the_window_is_there_before_torch() -> None:
    assert loaded_after("import workbench.ui.main_window", "torch", "sklearn", "torchvision", "typer") == ""


def test_a_photo_is_edited_without_what_it_does_not_need() -> None:
    """torchvision brings torch's compiler along: a quarter of a gigabyte, and seconds."""
    unneeded = ("torchvision", "torch._dynamo", "torchmetrics", "sklearn", "scipy", "skimage")
    code = "import workbench.jobs.open_edit\nfrom workbench.ui.main_window import *\nlist(import_libraries(None))"
    assert loaded_after(code, *unneeded) == ""


def test_the_command_line_starts_without_torch_and_without_qt() -> None:
    assert loaded_after("import workbench.cli.app", "torch", "sklearn", "torchvision", "PySide6", "PIL") == ""


def test_everything_but_the_window_works_where_qt_is_not_installed() -> None:
    modules = ["workbench.api", *(module for module in TREES if floor(module) in ("core", "jobs", "cli"))]
    python(f"""
import importlib, sys
class NoQt:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("PySide6", "shiboken6", "pyqtgraph"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, NoQt())
for name in {modules!r}:
    importlib.import_module(name)
""")


def test_qt_takes_no_reference_of_true_with_it() -> None:
    """PySide6 6.12.0 loses one at each emit on Python 3.11, until the interpreter aborts (they are immortal later)."""
    drift = python("""
import sys
from PySide6.QtCore import QObject, Signal
class Source(QObject):
    sent = Signal(object)
source = Source()
source.sent.connect(lambda value: None)
before = sys.getrefcount(True), sys.getrefcount(None)
for _ in range(300):
    source.sent.emit(1)
print(before[0] - sys.getrefcount(True), before[1] - sys.getrefcount(None))
""")
    assert all(abs(int(lost)) < 100 for lost in drift.split())
