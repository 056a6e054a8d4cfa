"""Does everything work on this computer? One check after another; none stops the next."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench import __version__
from workbench.core import places
from workbench.core.control import Control
from workbench.core.events import Progress
from workbench.jobs.api import Job

_PACKAGES = (
    "torch", "torchvision", "numpy", "pillow", "pillow-heif", "dlib-bin", "scikit-learn", "safetensors",
    "torchmetrics", "pydantic", "typer", "PySide6-Essentials", "pyqtgraph",
)  # fmt: skip
_WINDOW_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `advice` works, but could work better; `remedy` says what to do."""

    name: str
    status: Literal["ok", "advice", "failed"]
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found on this computer."""

    versions: dict[str, str]
    checks: tuple[Check, ...]

    @property
    def healthy(self) -> bool:
        """Whether everything works."""
        return all(check.status != "failed" for check in self.checks)


def examine(control: Control | None = None) -> Job[Report]:
    """Look at everything the program needs: devices, registries, folders, a small net, the face finder, the window."""
    looks: dict[str, Callable[[], Check]] = {
        "devices": _devices,
        "GPU": _gpu,
        "models": _registries,
        "folders": _folders,
        "encode and decode": _small_net,
        "faces": _face_finder,
        "window": _window,
    }
    checks = []
    for done, (name, look) in enumerate(looks.items()):
        if control is not None:
            control.check()
        yield Progress(f"Checking {name}", done, len(looks), "checks")
        try:
            checks.append(look())
        except Exception as error:  # whatever is broken is the finding, and the next check still runs
            checks.append(Check(name, "failed", f"{type(error).__name__}: {error}", "Install the program again."))
    return Report(_versions(), tuple(checks))


def _versions() -> dict[str, str]:
    """The program's, Python's and the libraries' versions."""
    import torch

    versions = {
        "workbench": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return {**versions, "torch": torch.__version__}  # which says more: for which CUDA it was built


def _devices() -> Check:
    from workbench.core.devices import choose_device, usable_devices

    found = "; ".join(f"{name}: {description}" for name, description in usable_devices().items())
    return Check("devices", "ok", f"{found}. Training would use {choose_device('auto')}.")


def _gpu() -> Check:
    """A graphics card that torch does not see costs a factor of ten or more, silently."""
    import torch

    if torch.cuda.is_available() or torch.backends.mps.is_available():
        return Check("GPU", "ok", "torch can use it.")
    if not (shutil.which("nvidia-smi") or Path("/proc/driver/nvidia/version").exists()):
        return Check("GPU", "ok", "None found; everything runs on the CPU.")
    if torch.version.cuda is None:
        remedy = "Install the CUDA build of torch and torchvision: https://pytorch.org/get-started/locally"
    else:
        remedy = f"Update its driver to one that knows CUDA {torch.version.cuda}."
    return Check("GPU", "advice", "There is an NVIDIA card, but torch cannot use it.", remedy)


def _registries() -> Check:
    from workbench.core.concepts.methods import METHODS
    from workbench.core.data import builtin
    from workbench.core.models.registry import MODELS

    names = {"models": MODELS, "concept methods": METHODS, "built-in sets": builtin.NAMES}
    return Check("models", "ok", "; ".join(f"{kind}: {', '.join(known)}" for kind, known in names.items()))


def _folders() -> Check:
    """Whether the program's own folders can be written."""
    for folder in (places.cache_folder(), places.preferences_folder(), places.log_folder(), places.runs_folder()):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            return Check("folders", "failed", f"'{folder}': {error.strerror}.", "Make it a folder that you can write.")
    free = shutil.disk_usage(places.runs_folder()).free / 1e9
    return Check("folders", "ok", f"Runs go to '{places.runs_folder()}'; {free:.0f} GB are free.")


def _small_net() -> Check:
    """One encode and one decode, and one of torchvision's own operators, which a bad pair of versions breaks."""
    import torch
    from torchvision import ops

    from workbench.core.models.registry import model_class

    vae = model_class("vae")
    net = vae(vae.Settings(), 32).eval()
    with torch.no_grad():
        picture = net.decode(net.encode(torch.zeros(1, 3, 32, 32)))
    if picture.shape != (1, 3, 32, 32) or not bool(torch.isfinite(picture).all()):
        return Check("encode and decode", "failed", "The net gives no picture.", "Install torch again.")
    ops.nms(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([1.0]), 0.5)
    return Check("encode and decode", "ok", "A picture goes through a fresh net.")


def _face_finder() -> Check:
    import numpy as np

    from workbench.core.faces.find import find_faces
    from workbench.core.faces.landmarks import place_points

    grey = np.full((128, 128, 3), 128, np.uint8)
    find_faces(grey)
    place_points(grey, (32.0, 32.0, 96.0, 96.0))  # in which the finder, rightly, saw no face
    return Check("faces", "ok", "The face finder runs, and its nets are there.")


def _window() -> Check:
    """Open and close the window in a child process, where a crash of Qt harms nothing."""
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "workbench"]
    try:
        child = subprocess.run(
            [*program, "--window-check"], capture_output=True, text=True, timeout=_WINDOW_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return Check("window", "failed", f"It did not open within {_WINDOW_SECONDS} seconds.", "See the log.")
    if child.returncode == 0:
        return Check("window", "ok", "It opens and closes.")
    said = [line for line in child.stderr.splitlines() if line.strip()] or [f"It ended with code {child.returncode}."]
    return Check("window", "failed", said[-1], "Run 'python3 packaging/bootstrap.py run'; it finds what Qt needs.")
