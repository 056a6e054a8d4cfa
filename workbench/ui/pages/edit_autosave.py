"""The edit that is under way, kept on disk after every gesture, so that neither a crash nor a mistake loses it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.control import Control
from workbench.core.errors import Failure, WorkbenchError
from workbench.core.files import read_json, write_json
from workbench.core.places import preferences_folder
from workbench.jobs.api import Job
from workbench.jobs.latest import Latest

if TYPE_CHECKING:
    from workbench.core.editing.render import Editor
    from workbench.core.editing.state import EditState
    from workbench.jobs.open_edit import Subject

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MadeUp:
    """What a `Subject` knows of a face that a model made up.

    Attributes:
        points: [x, y] of both eyes and the mouth, where the model put them.
    """

    seed: int
    points: list[list[float]]
    code: Sequence[float] | None
    maker: str | None

    @classmethod
    def of(cls, subject: Subject) -> MadeUp | None:
        """None for a face that no model made up."""
        if subject.seed is None:
            return None
        return cls(subject.seed, subject.points(0).array().tolist(), subject.code, subject.maker)


@dataclass(frozen=True, slots=True)
class SavedEdit:
    """What takes an edit up again.

    Attributes:
        recipe: as JSON.
        model: where it was opened from.
        photo: the file; of a pasted picture and of a made-up face the copy that was kept.
        pasted: whether `photo` is such a copy.
        made_up: of a made-up face, what it was made from and by. Another model may be editing it.
    """

    recipe: dict[str, Any]
    model: str
    photo: str
    pasted: bool
    made_up: MadeUp | None

    @property
    def title(self) -> str:
        """What the edit is called in a sentence."""
        if self.made_up:
            return "a made-up face"
        return "a pasted picture" if self.pasted else f"“{Path(self.photo).name}”"


@dataclass(frozen=True, slots=True, eq=False)
class _Keep:
    editor: Editor
    state: EditState
    subject: Subject


class Autosave:
    """Writes in a thread of its own; the newest edit wins."""

    def __init__(self) -> None:
        self._writer: Latest[_Keep | None, None] = Latest(self._write, self._delivered, "autosave")
        self._kept = False
        self._pasted: str | None = None  # fingerprint of the picture without a file that is kept

    def keep(self, editor: Editor, state: EditState, subject: Subject) -> None:
        """Keep this edit instead of the one before."""
        self._kept = True
        self._writer.ask(_Keep(editor, state, subject))

    def forget(self) -> None:
        """There is nothing to keep any more; what was kept before the program last ended stays until something is."""
        if self._kept:
            self._writer.ask(None)

    def read(self) -> SavedEdit | None:
        """The edit that was kept, if there is one whose photo is still there."""
        try:
            found = read_json(_file())
            found["made_up"] = found["made_up"] and MadeUp(**found["made_up"])
            saved = SavedEdit(**found)
            return saved if Path(saved.photo).is_file() and Path(saved.model).exists() else None
        except (WorkbenchError, LookupError, TypeError):  # none, or one of another version: nothing to offer
            return None

    @property
    def idle(self) -> bool:
        """Whether all is written."""
        return self._writer.idle

    def finish(self, control: Control) -> Job[None]:
        """Write what is still to be written, which may be a large picture, and end the thread."""
        yield from ()
        self.close()

    def close(self) -> None:
        """Wait until all is written, and end the thread."""
        self._writer.close(finish=True)

    def _write(self, keep: _Keep | None) -> None:
        if keep is None:
            _file().unlink(missing_ok=True)
            return
        from workbench.core.editing.recipe import Recipe

        subject, model = keep.subject, keep.editor.model
        saved = SavedEdit(
            recipe=Recipe.of(model, subject.photo, keep.state).model_dump(mode="json"),
            model=str(model.path),
            photo=str(subject.path or self._keep_pixels(subject)),
            pasted=subject.path is None,
            made_up=MadeUp.of(subject),
        )
        write_json(_file(), asdict(saved))

    def _keep_pixels(self, subject: Subject) -> Path:
        from workbench.core.pictures import write_picture

        path = preferences_folder() / "pasted.png"
        if subject.photo.sha256 != self._pasted:
            write_picture(path, subject.photo.pixels)
            self._pasted = subject.photo.sha256
        return path

    def _delivered(self, stamp: int, result: Failure | None) -> None:
        if isinstance(result, Failure):  # the edit itself goes on
            logger.error("The edit could not be kept\n%s", result.traceback)


def _file() -> Path:
    return preferences_folder() / "edit.json"
