"""The command line: its commands, and what becomes of an error."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from typer.main import get_command

from workbench import __version__, log
from workbench.cli import concepts, data, demo, doctor, edit, evaluate, faces, models, queue, runs, runs_out, train
from workbench.cli.output import note, say
from workbench.cli.usage import explain_usage, is_usage_error
from workbench.core.errors import ExitCode, Stopped, explain

_logger = logging.getLogger(__name__)
_INTERRUPTED = 130  # typer's own code for Ctrl-C outside a job

_GROUPS = {
    "data": data.app,
    "faces": faces.app,
    "models": models.app,
    "runs": runs.app,
    "queue": queue.app,
    "concepts": concepts.app,
}
runs_out.add_to(runs.app)
_COMMANDS: dict[str, Callable[..., None]] = {
    "train": train.train,
    "edit": edit.edit,
    "encode": edit.encode,
    "sample": edit.sample,
    "evaluate": evaluate.evaluate,
    "export": evaluate.export,
    "doctor": doctor.doctor,
    "demo": demo.demo,
}

app = typer.Typer(
    name="workbench",
    help="Train small generative models on face pictures, find concepts in them, and edit photos with sliders. "
    "Without a command the window opens. Files are written whole or not at all, and the folders they go to are made.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _name, _group in _GROUPS.items():
    app.add_typer(_group, name=_name)
for _name, _command in _COMMANDS.items():
    app.command(_name)(_command)


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", help="Say which version this is.")] = False,
) -> None:
    if version:
        say(f"workbench {__version__}")
        raise typer.Exit


def command_names() -> tuple[str, ...]:
    """The first words that are commands, and so are no file to open."""
    return (*_GROUPS, *_COMMANDS)


def run(arguments: Sequence[str]) -> int:
    """Run one command; its errors become one line on standard error and an exit code.

    Returns:
        One of `ExitCode`.
    """
    log.start()
    try:
        code = get_command(app).main(list(arguments), prog_name="workbench", standalone_mode=False)
    except SystemExit as end:  # how typer ends when nobody reads its output any more
        code = end.code
    except (Stopped, KeyboardInterrupt):
        note("Stopped.")
        return ExitCode.STOPPED
    except Exception as error:
        if is_usage_error(error):
            if wrong := explain_usage(error):
                note(str(wrong))
            return ExitCode.USAGE
        if explained := explain(error):
            note(str(explained))
            return explained.code
        _logger.exception("workbench %s", " ".join(arguments))
        said = f"{type(error).__name__}: {error}".rstrip(".")
        note(f"Something went wrong: {said}. The details are in '{log.log_file()}'.")
        return ExitCode.FAILED
    if code == _INTERRUPTED:
        note("Stopped.")
        return ExitCode.STOPPED
    return code if isinstance(code, int) else ExitCode.DONE
