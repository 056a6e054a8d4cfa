"""Libraries that only some need, and what to say where one is missing."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

from workbench.core.errors import WorkbenchError


def need(module: str, package: str, what: str, instead: str) -> ModuleType:
    """Import an optional library.

    Args:
        module: its name in Python.
        package: its name for pip.
        what: what needs it: "An MP4 film".
        instead: what works without it: "write a .gif or .webp".

    Raises:
        WorkbenchError: it is not installed, with the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        install = f"Install it with: '{sys.executable}' -m pip install {package}. Or {instead}."
        if getattr(sys, "frozen", False):  # a frozen copy has no pip
            install = f"It cannot be added to this copy of the program; {instead}."
        raise WorkbenchError(f"{what} needs the library '{package}', which is not installed.", install) from error
