"""What holds a training up between two steps: a pause, pictures that have gone, another program's wish that it stop."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.core.control import Control
from workbench.core.data.picture_file import PictureFile, PicturesGone
from workbench.core.events import Advice, Event
from workbench.core.runs.folder import Run
from workbench.core.runs.stop_request import take_stop_request

LOOK_SECONDS = 0.5
"""How often a training that rests looks whether it may go on."""


def obey_request(run: Run, control: Control) -> None:
    """Pass on to `control` how another program has asked this run to stop, if one has."""
    match take_stop_request(run):
        case "now":
            control.stop()
        case "epoch":
            control.stop_after_epoch()
        case "discard":
            control.discard()


def hold(run: Run, control: Control) -> None:
    """Rest while it is paused; a stop ends that, whoever asks for it."""
    while control.paused:
        control.wait_while_paused(LOOK_SECONDS)
        obey_request(run, control)


def wait_for_pictures(run: Run, gone: PicturesGone, pictures: object, control: Control) -> Iterator[Event]:
    """Rest until the file of the pictures is there again, or the user stops the training. What was learned is saved."""
    assert isinstance(pictures, PictureFile)
    yield Advice(
        f"The pictures cannot be read any more: '{gone.path}' is gone or cut off. The training is saved and waits.",
        "Connect the disk again, and it goes on by itself; or stop it, and resume it later.",
    )
    while not control.stopping:
        control.rest(LOOK_SECONDS)
        if pictures.back():
            yield Advice("The pictures are back. The training goes on.", "")
            return
        obey_request(run, control)
