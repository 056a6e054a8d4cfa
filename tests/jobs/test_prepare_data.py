"""Import: nothing is fatal, nothing is done twice, nothing half-done is taken for whole."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.core import files
from workbench.core.control import Control
from workbench.core.data import cache
from workbench.core.data.cache import Dataset
from workbench.core.data.folder import FolderSource
from workbench.core.data.label_file import set_labels
from workbench.core.errors import ExitCode, Stopped, WorkbenchError
from workbench.core.events import Event, Progress, Saved, Skipped
from workbench.jobs.api import run
from workbench.jobs.prepare_data import describe_data, prepare_data


def jpeg(number: int, size: tuple[int, int] = (40, 32)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (number % 256, 100, 200)).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
def photos(tmp_path: Path, places: Path) -> Path:
    """A hundred small pictures, each of its own red, and an empty cache."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(100):
        (folder / f"{number:03d}.jpg").write_bytes(jpeg(2 * number))
    return folder


def prepare(where: Path | str, size: int = 16, control: Control | None = None) -> tuple[Dataset, list[Event]]:
    events: list[Event] = []
    return run(prepare_data(where, size, control), events.append), events


def reds(dataset: Dataset) -> list[int]:
    return [round(float(value)) for value in dataset.pictures[..., 0].mean((1, 2))]


def test_pictures_are_decoded_once_and_mapped(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, events = prepare(photos)
    assert isinstance(dataset.pictures, np.memmap)
    assert (dataset.pictures.shape, dataset.pictures.dtype) == ((100, 16, 16, 3), np.uint8)
    assert not dataset.pictures.flags.writeable
    assert np.abs(np.array(reds(dataset)) - np.arange(0, 200, 2)).max() <= 2
    assert isinstance(events[-1], Saved)
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert (last.done, last.total, last.unit) == (100, 100, "pictures")
    assert last.rate is not None
    monkeypatch.setattr(cache, "decode_picture", lambda *_: pytest.fail("decoded again"))
    again, _ = prepare(photos)
    assert again.fingerprint == dataset.fingerprint
    assert np.array_equal(again.pictures, dataset.pictures)


def test_every_row_has_a_part_and_parts_cover_all(photos: Path) -> None:
    dataset, _ = prepare(photos)
    parts = [dataset.rows(part) for part in (0, 1, 2)]
    assert sorted(np.concatenate(parts).tolist()) == dataset.rows().tolist() == list(range(100))
    assert len(parts[0]) > 60


def test_a_broken_picture_is_skipped_and_listed(photos: Path) -> None:
    (photos / "003.jpg").write_bytes(b"no picture")
    (photos / "050.jpg").write_bytes(jpeg(1)[:300])
    (photos / "attributes.csv").write_text(
        "file,Even\n" + "".join(f"{n:03d}.jpg,{1 if n % 2 == 0 else -1}\n" for n in range(100)) + "gone.jpg,1\n"
    )
    dataset, events = prepare(photos)
    assert len(dataset) == len(dataset.pictures) == 98
    assert "003.jpg" not in dataset.names
    assert "050.jpg" not in dataset.names
    assert reds(dataset)[3] in range(7, 10)  # the picture after the gap, and not one that slid by
    assert [int(name[:3]) % 2 == 0 for name in dataset.names] == (dataset.labels["Even"] == 1).tolist()
    expected = {"003.jpg": "is not a picture", "050.jpg": "is damaged", "gone.jpg": "no such picture"}
    assert {skipped.name for skipped in dataset.skipped} == set(expected)
    assert {event.name for event in events if isinstance(event, Skipped)} == set(expected)
    for skipped in dataset.skipped:
        assert expected[skipped.name] in skipped.reason
    assert prepare(photos)[0].skipped == dataset.skipped


def test_nothing_readable_is_an_error_with_a_reason(tmp_path: Path, places: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    for job in (prepare_data(tmp_path, 16), describe_data(tmp_path)):
        with pytest.raises(WorkbenchError, match=r"None of the 1 pictures .* can be read: .*a\.jpg"):
            run(job)


def test_a_picture_that_is_cut_off_is_found_by_a_check_with_the_reason_an_import_gives(photos: Path) -> None:
    whole = io.BytesIO()
    Image.effect_noise((300, 300), 80).convert("RGB").save(whole, "JPEG")
    (photos / "050.jpg").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    looked = run(describe_data(photos))
    assert (looked.pictures, looked.skipped, looked.checked) == (100, (), False)
    events: list[Event] = []
    checked = run(describe_data(photos, check=True), events.append)
    assert checked.checked
    assert checked.pictures == 99
    _, imported = prepare(photos)
    assert list(checked.skipped) == [event for event in imported if isinstance(event, Skipped)]
    assert checked.skipped[0].name == "050.jpg"
    progress = [event for event in events if isinstance(event, Progress)]
    assert progress[-1].done == progress[-1].total == 100


def test_a_changed_picture_is_imported_anew_and_changed_labels_at_once(photos: Path) -> None:
    first, _ = prepare(photos)
    (photos / "attributes.csv").write_text("file,Red\n000.jpg,-1\n099.jpg,1\n")
    labelled, events = prepare(photos)
    assert labelled.fingerprint == first.fingerprint
    assert not any(isinstance(event, Saved) for event in events)
    assert labelled.labels["Red"][[0, 50, 99]].tolist() == [-1, 0, 1]
    (photos / "000.jpg").write_bytes(jpeg(250))
    assert reds(prepare(photos)[0])[0] > 240


def test_a_stopped_import_goes_on_where_it_was(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    control = Control()
    job = prepare_data(photos, 16, control)
    for event in job:
        if isinstance(event, Progress) and event.done:
            control.stop()
            break
    with pytest.raises(Stopped):
        run(job)
    decoded: list[str] = []
    decode = cache.decode_picture
    monkeypatch.setattr(
        cache, "decode_picture", lambda data, name, at_least: decoded.append(name) or decode(data, name, at_least)
    )
    dataset, _ = prepare(photos)
    assert 0 < len(decoded) < 100
    assert np.abs(np.array(reds(dataset)) - np.arange(0, 200, 2)).max() <= 2


def test_a_folder_that_goes_away_is_an_error_and_not_a_hundred_broken_pictures(photos: Path) -> None:
    away = photos.with_name("away")

    def pull_the_plug(event: Event) -> None:
        if isinstance(event, Progress) and event.done and photos.exists():
            photos.rename(away)

    with pytest.raises(WorkbenchError, match="is gone"):
        run(prepare_data(photos, 16), pull_the_plug)
    away.rename(photos)
    dataset, _ = prepare(photos)
    assert (len(dataset), dataset.skipped) == (100, ())


def test_a_label_that_is_written_while_its_zip_is_imported_harms_no_picture(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)  # so that most is still to be read
    where = Path(shutil.make_archive(str(photos), "zip", photos))
    labelled = False

    def label(event: Event) -> None:
        nonlocal labelled
        if isinstance(event, Progress) and event.done and not labelled:
            labelled = True
            set_labels(where, "Hat", {"003.jpg": 1})

    dataset = run(prepare_data(where, 16), label)
    assert labelled
    assert (len(dataset), dataset.skipped) == (100, ())
    assert reds(dataset)[99] == pytest.approx(198, abs=2)


def test_a_damaged_zip_that_is_copied_again_is_whole(photos: Path) -> None:
    where = Path(shutil.make_archive(str(photos), "zip", photos))
    whole = where.read_bytes()
    where.write_bytes(b"\0" * 2000 + whole[2000:])
    dataset, _ = prepare(where)
    assert {skipped.reason for skipped in dataset.skipped} == {"damaged in the zip"}
    where.write_bytes(whole)
    dataset, _ = prepare(where)
    assert (len(dataset), dataset.skipped) == (100, ())


@pytest.fixture
def ailing(photos: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """A disk that does not give some pictures: by name, how many times it refuses yet."""
    refusals: dict[str, int] = {}
    read = FolderSource.read

    def refuse(self: FolderSource, row: int) -> bytes:
        name = self.table.names[row]
        if refusals.get(name, 0) > 0:
            refusals[name] -= 1
            raise OSError(errno.EIO, "Input/output error")
        return read(self, row)

    monkeypatch.setattr(FolderSource, "read", refuse)
    return refusals


def test_a_disk_that_stumbles_once_is_asked_again(photos: Path, ailing: dict[str, int]) -> None:
    ailing["007.jpg"] = 1
    dataset, _ = prepare(photos)
    assert (len(dataset), dataset.skipped) == (100, ())


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_picture_that_a_disk_did_not_give_is_not_broken_for_ever(
    photos: Path, ailing: dict[str, int], interrupted: bool
) -> None:
    ailing["007.jpg"] = 1000
    (photos / "050.jpg").write_bytes(b"no picture")
    if interrupted:
        control = Control()
        with pytest.raises(Stopped):
            run(prepare_data(photos, 16, control), lambda e: control.stop() if isinstance(e, Skipped) else None)
    dataset, _ = prepare(photos)
    assert {skipped.name for skipped in dataset.skipped} == {"007.jpg", "050.jpg"}
    again, events = prepare(photos)  # the disk still does not give it: what there is serves
    assert len(again) == 98
    assert not any(isinstance(event, Saved) for event in events)
    ailing.clear()
    dataset, _ = prepare(photos)
    assert [skipped.name for skipped in dataset.skipped] == ["050.jpg"]
    assert reds(dataset)[7] == pytest.approx(14, abs=2)


def test_a_stopped_import_leaves_no_thread_behind(photos: Path) -> None:
    before = set(threading.enumerate())
    job = prepare_data(photos, 16)
    for event in job:
        if isinstance(event, Progress) and event.done:
            break
    job.close()
    assert set(threading.enumerate()) == before


def test_a_killed_import_goes_on_and_is_never_taken_for_whole(photos: Path, places: Path) -> None:
    script = (
        "import sys, time\n"
        "from workbench.jobs import prepare_data as jobs\n"
        "from workbench.core.events import Progress\n"
        "jobs._SAVE_SECONDS = 0.0\n"
        "for event in jobs.prepare_data(sys.argv[1], 16):\n"
        "    if isinstance(event, Progress) and event.done:\n"
        "        print(event.done, flush=True)\n"
        "        time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(photos)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert int(process.stdout.readline()) > 0
    with pytest.raises(WorkbenchError, match="being prepared already"):
        prepare(photos)
    process.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
    process.communicate()
    (folder,) = (places / "cache" / "data").iterdir()
    assert not (folder / "index.json").exists()
    done = len((folder / "journal.jsonl").read_text().splitlines())
    assert 0 < done < 100
    dataset, events = prepare(photos)
    assert next(event.done for event in events if isinstance(event, Progress) and event.done) > done
    assert np.abs(np.array(reds(dataset)) - np.arange(0, 200, 2)).max() <= 2
    assert {entry.name for entry in folder.iterdir()} == {"pictures.npy", "index.json", "lock"}


def test_another_import_of_the_same_program_is_waited_for_until_one_is_stopped(photos: Path) -> None:
    first = prepare_data(photos, 16)
    while not (isinstance(event := next(first), Progress) and event.done):
        pass  # it is in the middle, and holds the lock
    control = Control()

    def lose_patience(event: Event) -> None:
        if isinstance(event, Progress) and "Waiting" in event.task:
            control.stop()

    with pytest.raises(Stopped):
        run(prepare_data(photos, 16, control), lose_patience)
    waits: list[Event] = []

    def let_go(event: Event) -> None:
        if isinstance(event, Progress) and "Waiting" in event.task:
            waits.append(event)
            first.close()

    assert len(run(prepare_data(photos, 16), let_go)) == 100
    assert len(waits) == 1


@pytest.mark.parametrize("damage", ["index", "short", "shape", "missing"])
def test_a_damaged_cache_is_made_again(damage: str, photos: Path) -> None:
    folder = prepare(photos)[0].folder
    if damage == "index":
        (folder / "index.json").write_text('{"format": ')
    elif damage == "short":
        pictures = folder / "pictures.npy"
        pictures.write_bytes(pictures.read_bytes()[:-100])
    elif damage == "shape":
        index = json.loads((folder / "index.json").read_text())
        (folder / "index.json").write_text(json.dumps(index | {"skipped": {"0": "because"}}))
    else:
        (folder / "pictures.npy").unlink()
    dataset, _ = prepare(photos)
    assert len(dataset) == 100
    assert np.abs(np.array(reds(dataset)) - np.arange(0, 200, 2)).max() <= 2


def test_a_full_disk_is_said_before_anything_is_done(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000})())
    with pytest.raises(WorkbenchError, match="only 0 MB are free") as error:
        prepare(photos)
    assert error.value.code == ExitCode.RESOURCES


def test_a_disk_that_fills_up_is_said_and_what_was_done_is_kept(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:

        def fill_up(event: Event) -> None:
            if isinstance(event, Progress) and event.done:
                patch.setattr(cache.os, "fsync", full)

        with pytest.raises(WorkbenchError, match="The disk is full") as error:
            run(prepare_data(photos, 16), fill_up)
    assert error.value.code == ExitCode.RESOURCES
    dataset, _ = prepare(photos)
    assert np.abs(np.array(reds(dataset)) - np.arange(0, 200, 2)).max() <= 2


def test_a_disk_that_is_full_at_the_very_end_is_said_in_words(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, value: object) -> None:
        raise WorkbenchError("The disk is full.", "Free some space.", ExitCode.RESOURCES)

    monkeypatch.setattr(cache, "write_json", full)
    with pytest.raises(WorkbenchError, match="The disk is full"):
        prepare(photos)


def test_a_size_that_makes_no_sense_is_refused(photos: Path) -> None:
    with pytest.raises(WorkbenchError, match="Pictures of 4 pixels are not possible"):
        prepare(photos, size=4)


def test_the_built_in_avatars_are_ready_in_no_time(places: Path) -> None:
    start = time.process_time()
    dataset, _ = prepare("builtin:avatars", 64)
    assert time.process_time() - start < 2
    assert len(dataset) == 4000
    assert dataset.alignment is not None
    assert min(len(dataset.rows(part)) for part in (0, 1, 2)) > 300


def test_what_is_there_is_told_without_decoding(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (photos / "003.jpg").write_bytes(b"no picture")
    (photos / "004.jpg").write_bytes(jpeg(4, (400, 300)))
    (photos / "005.jpg").write_bytes(jpeg(4, (4, 3)))
    (photos / "attributes.csv").write_text(
        "file,Even,partition,person,age\n"
        + "".join(f"{n:03d}.jpg,{1 if n % 2 == 0 else -1},{n % 3},{n // 2},{n}\n" for n in range(100))
    )
    monkeypatch.setattr(cache, "decode_picture", lambda *_: pytest.fail("decoded"))
    info = run(describe_data(photos))
    assert (info.pictures, info.kind, info.name) == (99, "folder", "photos")
    assert info.sizes == ((4, 3), (40, 32), (400, 300))
    assert info.partitions == {"train": 33, "validation": 33, "test": 33}
    assert not info.partitions_made
    assert info.labels == {"Even": {"train": (17, 16), "validation": (16, 17), "test": (17, 16)}}
    assert (info.persons, info.columns) == (50, ("age",))
    assert [(skipped.name, "is not a picture" in skipped.reason) for skipped in info.skipped] == [("003.jpg", True)]


def test_partitions_that_a_table_leaves_blank_are_not_said_by_it(tmp_path: Path) -> None:
    rows = ["file,partition,Smiling"]
    for number in range(20):
        Image.new("RGB", (20, 20), (10 * number, 0, 0)).save(tmp_path / f"{number:02d}.png")
        rows.append(f"{number:02d}.png,{0 if number < 5 else ''},1")
    (tmp_path / "attributes.csv").write_text("\n".join(rows))
    assert run(describe_data(str(tmp_path))).partitions_made == 15
