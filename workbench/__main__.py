"""The front door: `workbench` opens the window, `workbench COMMAND` is the command line.

The only module that knows both. Everything heavy is imported after the choice is made, so that `--version` answers at
once and the window is painted before torch is loaded.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from workbench import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program.

    Args:
        arguments: what follows the program's name; by default those that it was started with.

    Returns:
        The exit code: 0 done, 1 an error of ours, 2 wrong input, 3 stopped by the user, 4 out of memory or disk.
    """
    multiprocessing.freeze_support()  # in a frozen copy a child process starts here
    _prepare()
    try:
        return _run(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:  # while what a command needs was still being imported
        sys.stderr.write("Stopped.\n")
        return 3


def _run(given: list[str]) -> int:
    if given == ["--version"]:
        sys.stdout.write(f"workbench {__version__}\n")
        return 0
    if given == ["--window-check"]:  # hidden: `doctor` asks it of a child process
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        return _window(given)
    if not given or _is_file_to_open(given):
        return _window(given)

    from workbench.cli.app import run

    return run(given)


def _prepare() -> None:
    """What has to be so before any other module is imported."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # a program without a console has no streams, but libraries write to them
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open until the end
        elif isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() != "utf-8":
            stream.reconfigure(errors="replace")  # an old Windows console cannot show every file name


def _is_file_to_open(given: list[str]) -> bool:
    """Whether the only argument is a photo, a run or a model file; a command is a command, whatever lies about."""
    if len(given) != 1 or given[0].startswith("-") or not Path(given[0]).exists():
        return False

    from workbench.cli.app import command_names

    return given[0] not in command_names()


def _window(given: list[str]) -> int:
    if not _has_display():
        sys.stderr.write(
            "There is no display to open the window on. "
            "Try 'workbench demo' here in the terminal, or 'workbench --help' for all commands.\n"
        )
        return 2
    if sys.platform == "win32":
        # torch's libraries fail to load after Qt's (https://github.com/pytorch/pytorch/issues/166628).
        import torch  # noqa: F401

    from workbench import log
    from workbench.ui import app

    log.start()
    return app.check() if given == ["--window-check"] else app.main(given)


def _has_display() -> bool:
    """Without a display Qt aborts the process, which nothing can catch; a probe in a child would cost the start."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


if __name__ == "__main__":
    sys.exit(main())
