"""`workbench queue`: trainings that wait for one another."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.console import run_job
from workbench.cli.options import Json
from workbench.cli.output import note, say, say_json, say_table
from workbench.cli.train import requested, train
from workbench.core.errors import ExitCode, WorkbenchError

if TYPE_CHECKING:
    from workbench.jobs.queue import Waiting

app = typer.Typer(help="Let trainings wait for one another; the queue survives a restart.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="Which one, as 'workbench queue list' calls it.")]


@app.command("add", help="Put a training at the end of the queue; the options are those of 'workbench train'.")
@wraps(train)
def add(*, json: bool, estimate: bool, **options: Any) -> None:
    from workbench.jobs.queue import Queue, check_request

    if estimate:
        raise WorkbenchError("What waits is not estimated.", "Ask with 'workbench train' and the same options.")
    request = requested(**options)
    check_request(request)
    entry = Queue().add(request)
    if json:
        say_json(entry.to_json())
    else:
        say(f"{entry.id}  {entry.summary}")
        note("'workbench queue run' trains what waits, one after the other.")


@app.command("list")
def list_queue(json: Json = False) -> None:
    """List what waits, in the order of its turns, and what could not start, with the reason."""
    from workbench.jobs.queue import Queue

    waiting = [entry for entry in Queue().waiting() if not entry.done]
    if json:
        say_json([entry.to_json() for entry in waiting])
    elif not waiting:
        note("Nothing waits. 'workbench queue add --data builtin:avatars' puts a training in the queue.")
    else:
        say_table([(entry.id, _state(entry), entry.summary) for entry in waiting], header=("id", "state", "training"))


@app.command()
def remove(id: Id, json: Json = False) -> None:
    """Take a training out of the queue; a run that it has begun stays as it is."""
    from workbench.jobs.queue import Queue

    _say(Queue().remove(id), json, "Removed")


@app.command()
def move(
    id: Id,
    place: Annotated[int, typer.Argument(metavar="PLACE", help="Its new turn; 1 is the first.")],
    json: Json = False,
) -> None:
    """Change the order: give one another turn."""
    from workbench.jobs.queue import Queue

    _say(Queue().move(id, place), json, f"Moved to place {place}")


@app.command()
def retry(id: Id, json: Json = False) -> None:
    """Give one that could not start another turn."""
    from workbench.jobs.queue import Queue

    _say(Queue().retry(id), json, "Waits again")


@app.command("run")
def run_queue(
    json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON for each event; the last is the result.")
    ] = False,
) -> None:
    """Train what waits, one after the other. Ctrl-C saves the training that runs; it goes on first the next time."""
    from workbench.jobs.queue import Queue, work_through

    turns = run_job(lambda control: work_through(control), json_lines=json)
    failed = sum(turn.result is None for turn in turns)
    stopped = any(turn.result and turn.result.status == "stopped" for turn in turns)
    if json:
        ends = [{"training": turn.entry.summary, "result": turn.result} for turn in turns]
        say_json({"event": "result", "turns": ends, "waiting": len(Queue().waiting())}, indent=None)
    for turn in turns:
        if turn.result and not json:
            say(f"{turn.result.status.capitalize()} after {turn.result.step} steps: {turn.result.run}")
    if failed:
        note(f"{failed} of {len(turns)} failed; 'workbench queue list' says why.")
    if not turns:
        note("Nothing waits in the queue.")
    if stopped:
        raise typer.Exit(ExitCode.STOPPED)
    if failed:
        raise typer.Exit(ExitCode.FAILED)


def _state(entry: Waiting) -> str:
    if entry.reason is not None:
        return f"failed: {entry.reason}"
    return "trains" if entry.active else "waits"


def _say(entry: Waiting, json: bool, what: str) -> None:
    if json:
        say_json(entry.to_json())
    else:
        say(f"{what}: {entry.summary}")
