"""What Qt needs from the system: whether it is there, and how to get it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys

from environment import Environment, Refusal, say, works

# By the program that installs libraries on a Linux: its command, and its names for what Qt's wheels leave out.
# Found by adding one package after another to a bare system; the last line of each is for a window, the rest for all.
INSTALLERS = {
    "apt-get": (
        "apt-get install -y --no-install-recommends",
        "libglib2.0-0 libgl1 libegl1 libxkbcommon0 libdbus-1-3 libfontconfig1 "
        "libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxkbcommon-x11-0 libxcb-shape0",
    ),
    "dnf": (
        "dnf install -y",
        "glib2 mesa-libGL mesa-libEGL libxkbcommon dbus-libs fontconfig "
        "xcb-util-cursor xcb-util-wm xcb-util-keysyms libxkbcommon-x11 libxcb",
    ),
    "pacman": (
        "pacman -S --needed --noconfirm",
        "glib2 libglvnd libxkbcommon dbus fontconfig "
        "xcb-util-cursor xcb-util-wm xcb-util-keysyms libxkbcommon-x11 libxcb",
    ),
    "zypper": (
        "zypper --non-interactive install",
        "libglib-2_0-0 Mesa-libGL1 Mesa-libEGL1 libxkbcommon0 libdbus-1-3 fontconfig "
        "libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxkbcommon-x11-0 libxcb-shape0",
    ),
}


def has_display() -> bool:
    """Whether a window could be shown here."""
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def need_qt(environment: Environment, place: str) -> None:
    """See that Qt starts at `place`, "offscreen" or "display", and install what it lacks.

    Raises:
        Refusal: it does not start, with what Qt said and what to do.
    """
    problem = _qt_problem(environment, place)
    if "could not connect to display" in problem:  # Qt goes on to blame a library that is there
        raise Refusal(f"The display '{os.environ.get('DISPLAY')}' cannot be reached.")
    if problem and sys.platform == "linux":
        say(f"Qt does not start yet: {problem}")
        install_from_system()
        problem = _qt_problem(environment, place)
    if problem:
        raise Refusal(f"Qt does not start: {problem}")


def _qt_problem(environment: Environment, place: str) -> str:
    """What Qt says when it cannot start; empty when it can. In a child process: it would end ours."""
    variables = {"QT_QPA_PLATFORM": "offscreen"} if place == "offscreen" else {}
    answer = environment.ask("-c", "from PySide6.QtWidgets import QApplication; QApplication([])", **variables)
    return (answer.stderr.strip() or f"it ended with {answer.returncode}") if answer.returncode else ""


def install_command(installer: str, packages: str = "", root: bool = False) -> str:
    """The line that installs `packages`, or else all that Qt needs.

    >>> install_command("apt-get", "libegl1")
    'sudo apt-get install -y --no-install-recommends libegl1'
    """
    command, libraries = INSTALLERS[installer]
    return f"{'' if root else 'sudo '}{command} {packages or libraries}"


def install_from_system(packages: str = "") -> None:
    """Install `packages`, or else all that Qt needs, where that needs no password.

    Raises:
        Refusal: where it does, or where it fails, with the command to type.
    """
    installer = next((name for name in INSTALLERS if shutil.which(name)), None)
    if installer is None:
        raise Refusal("Libraries of the system are missing. Install what Qt 6 needs, then try again.")
    root = os.geteuid() == 0
    command = install_command(installer, packages, root)
    if installer != "apt-get" or not (root or works("sudo", "-n", "true")):
        raise Refusal(f"Libraries of the system are missing. Install them, then try again:\n\n    {command}\n")
    say(f"Installing libraries of the system: {command}")
    variables = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # An index that cannot be refreshed may still be good enough.
    subprocess.call(shlex.split(f"{'' if root else 'sudo '}apt-get update -q"), env=variables)
    if subprocess.call(shlex.split(command), env=variables):
        raise Refusal(f"They could not be installed. Try it by hand:\n\n    {command}\n")
