"""`workbench doctor`: does everything work on this computer?"""

from __future__ import annotations

import typer

from workbench.cli.console import run_job
from workbench.cli.options import Json
from workbench.cli.output import say, say_json, say_table
from workbench.core.errors import ExitCode

_MARKS = {"ok": "ok", "advice": "note", "failed": "FAILED"}


def doctor(json: Json = False) -> None:
    """Check versions, devices, models, folders, a small net and the window; the exit code is 0 when all works."""
    from workbench.jobs.doctor import examine

    report = run_job(examine)
    if json:
        say_json({"healthy": report.healthy, "versions": report.versions, "checks": report.checks})
    else:
        say_table(list(report.versions.items()))
        say()
        for check in report.checks:
            say(f"{_MARKS[check.status]:7} {check.name}: {' '.join((check.detail, check.remedy)).strip()}")
        say()
        say("Everything works." if report.healthy else "Something is broken; see above.")
    if not report.healthy:
        raise typer.Exit(ExitCode.FAILED)
