"""Write a training as a film."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench.core.control import Control
from workbench.core.errors import WorkbenchError
from workbench.core.events import Progress, Saved
from workbench.core.files import write_file
from workbench.core.runs import film
from workbench.core.runs.folder import Run
from workbench.jobs.api import Job


@dataclass(frozen=True)
class FilmRequest:
    """What to show, and where to write it.

    Attributes:
        run: a run folder.
        out: `.gif`, `.webp` or `.mp4`.
        seconds: how long the film is.
        captions: whether each picture says its step.
    """

    run: Path
    out: Path
    kind: Literal["samples", "reconstructions"] = "samples"
    seconds: float = 8.0
    captions: bool = True


def make_film(request: FilmRequest, control: Control | None = None) -> Job[Path]:
    """Write the previews of a run as a film, and give its path.

    Raises:
        WorkbenchError: no run, nothing to show in it yet, a format that cannot be written.
        Stopped: by the user; nothing is written then.
    """
    control = control or Control()
    film.check_format(request.out)
    run = Run.open(request.run)
    previews = run.previews(request.kind)
    shown = [previews[number] for number in film.chosen(len(previews), request.seconds)]
    if not shown:
        raise WorkbenchError(f"'{run.name}' has no {request.kind} to show yet.", "Train it a little first.")
    yield Progress("Reading the pictures", 0, len(shown), "pictures")
    pictures = []
    for picture in film.frames(shown, request.captions):
        control.check()
        pictures.append(picture)
        yield Progress("Reading the pictures", len(pictures), len(shown), "pictures")
    if not pictures:
        raise WorkbenchError(f"The previews of '{run.name}' cannot be read.", "They are damaged; train it on.")
    yield Progress("Writing the film", 0, None, "pictures")

    def going() -> Iterator[film.UInt8]:
        for picture in pictures:
            control.check()
            yield picture

    write = film.write_mp4 if request.out.suffix.lower() == ".mp4" else film.write_animation
    lengths = film.durations(len(pictures), request.seconds)

    def write_to(part: Path) -> None:
        named = part.with_suffix(request.out.suffix)  # its format is known by its suffix
        try:
            write(named, going(), lengths)
            named.replace(part)
        finally:
            named.unlink(missing_ok=True)

    write_file(request.out, write_to)
    yield Saved(request.out, "picture")
    return request.out
