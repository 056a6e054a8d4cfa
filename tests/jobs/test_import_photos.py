"""Ordinary photos become an aligned set, and what is left out is said."""

from __future__ import annotations

import errno
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter
from skimage import data

from workbench.core.control import Control
from workbench.core.data.folder import FolderSource
from workbench.core.data.source import open_source
from workbench.core.errors import Stopped, WorkbenchError
from workbench.core.events import Event, Progress, Skipped
from workbench.core.faces.align import FACES
from workbench.core.faces.find import find_boxes
from workbench.jobs.api import run
from workbench.jobs.import_photos import Imported, ImportRequest, import_photos


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One good photo, and one of everything that is left out."""
    folder = tmp_path_factory.mktemp("photos")
    portrait = Image.fromarray(data.astronaut())
    portrait.save(folder / "1-good.png")
    portrait.resize((400, 400)).save(folder / "2-again.jpg", quality=70)
    portrait.filter(ImageFilter.GaussianBlur(3)).save(folder / "3-blurred.png")
    portrait.resize((180, 180)).save(folder / "4-small.png")
    portrait.crop((185, 95, 500, 500)).save(folder / "5-cut.png")
    Image.fromarray(data.coffee()).save(folder / "6-coffee.png")
    Image.fromarray(np.hstack([data.astronaut()[:256], data.astronaut()[:256, ::-1]])).save(folder / "7-two.png")
    (folder / "8-broken.jpg").write_bytes(b"no picture")
    return folder


def made(photos: Path, out: Path, **options: object) -> tuple[Imported, list[Event]]:
    events: list[Event] = []
    return run(import_photos(ImportRequest(photos, out, **options)), events.append), events  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def imported(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Imported, list[Event]]:
    return made(photos, tmp_path_factory.mktemp("sets") / "mine.zip")


def test_what_is_left_out_is_said_with_its_reason(imported: tuple[Imported, list[Event]]) -> None:
    result, events = imported
    reasons = {skipped.name[:1]: skipped.reason for skipped in result.left_out}
    assert {number: reason.partition(":")[0] for number, reason in reasons.items()} == {
        "2": "nearly the same as another",
        "3": "blurred",
        "4": "too small",
        "5": "too near the border",
        "6": "no face",
        "7": "several faces",
        "8": "cannot be read",
    }
    assert "'1-good.png'" in reasons["2"]
    assert [event for event in events if isinstance(event, Skipped)] == list(result.left_out)
    assert (result.photos, result.faces, sum(result.reasons.values())) == (8, 1, 7)


def test_the_set_is_a_source_whose_faces_lie_as_a_model_expects(imported: tuple[Imported, list[Event]]) -> None:
    source = open_source(imported[0].path)
    assert source.table.names == ("000001.jpg",)
    assert source.table.text == {"source_file": ("1-good.png",)}
    assert source.alignment == FACES
    content = source.read(0)
    assert isinstance(content, bytes)
    path = imported[0].path.with_name("face.jpg")
    path.write_bytes(content)
    pixels = np.asarray(Image.open(path))
    assert pixels.shape == (128, 128, 3)
    left, top, right, bottom = find_boxes(pixels)[0].box
    assert abs((left + right) / 2 - 64) < 10
    assert abs((top + bottom) / 2 - 68) < 14


def test_nothing_but_the_set_is_left_on_disk(imported: tuple[Imported, list[Event]]) -> None:
    assert {path.name for path in imported[0].path.parent.iterdir()} <= {"mine.zip", "face.jpg"}


def test_an_import_that_was_stopped_goes_on_where_it_was(photos: Path, tmp_path: Path) -> None:
    request = ImportRequest(photos, tmp_path / "mine", size=64)
    control = Control()

    def stop_in_the_middle(event: Event) -> None:
        if isinstance(event, Skipped):
            control.stop()

    with pytest.raises(Stopped):
        run(import_photos(request, control), stop_in_the_middle)
    assert not request.out.exists()
    journal = tmp_path / "mine.importing" / "journal.jsonl"
    first = journal.read_text().splitlines()
    assert 1 <= len(first) < 8
    with journal.open("a") as file:
        file.write('{"photo": "cut off in the mid')  # as a kill leaves it
    told: list[Event] = []
    result = run(import_photos(request), told.append)
    assert [event for event in told if isinstance(event, Skipped)] == list(result.left_out)
    assert min(event.done for event in told if isinstance(event, Progress) and event.done) > len(first) - 1
    assert result.photos == 8
    report = json.loads((request.out / "import.json").read_text())
    assert (report["photos"], report["faces"], len(report["left_out"])) == (8, result.faces, len(result.left_out))
    assert {path.name for path in request.out.iterdir()} == {
        "attributes.csv", "alignment.json", "import.json", *(f"{n:06d}.jpg" for n in range(1, result.faces + 1))
    }  # fmt: skip


def test_other_wishes_begin_anew(photos: Path, tmp_path: Path) -> None:
    left = tmp_path / "mine.importing"
    left.mkdir()
    (left / "settings.json").write_text('{"size": 32}')
    (left / "journal.jsonl").write_text('{"photo": "1-good.png", "files": [], "reason": "no face"}\n')
    only = tmp_path / "only"
    only.mkdir()
    shutil.copy(photos / "1-good.png", only)
    assert made(only, tmp_path / "mine", size=64)[0].faces == 1


def test_all_faces_of_a_photo_are_taken_when_asked_for_with_its_labels(photos: Path, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs"
    pairs.mkdir()
    shutil.copy(photos / "7-two.png", pairs)
    (pairs / "attributes.csv").write_text("file,person,Smiling\n7-two.png,anna,1\n")
    for several, count in (("all", 2), ("largest", 1)):
        source = open_source(made(pairs, tmp_path / several, several=several)[0].path)
        assert source.table.labels["Smiling"].tolist() == [1] * count
        assert source.table.person == ("anna",) * count


def test_a_set_is_never_written_over(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.zip").write_bytes(b"mine")
    with pytest.raises(WorkbenchError, match="exists already"):
        made(photos, tmp_path / "mine.zip")
    assert (tmp_path / "mine.zip").read_bytes() == b"mine"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.zip"]


def test_photos_without_any_face_give_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "walls"
    folder.mkdir()
    Image.new("RGB", (90, 60), "grey").save(folder / "wall.png")
    with pytest.raises(WorkbenchError, match="No face could be cut out of the 1 photos"):
        made(folder, tmp_path / "mine.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["walls"]


def test_a_photo_that_the_disk_did_not_give_is_looked_at_again_when_the_import_goes_on(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "two"
    folder.mkdir()
    shutil.copy(photos / "1-good.png", folder)
    shutil.copy(photos / "6-coffee.png", folder)
    request, control = ImportRequest(folder, tmp_path / "mine", size=64), Control()

    def refuse(self: FolderSource, row: int) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(FolderSource, "read", refuse)
        with pytest.raises(Stopped):
            run(import_photos(request, control), lambda event: control.stop() if isinstance(event, Skipped) else None)
    imported = run(import_photos(request))
    assert (imported.photos, imported.faces) == (2, 1)
    assert [skipped.name for skipped in imported.left_out] == ["6-coffee.png"]
