"""Two who change the same file at once: neither undoes what the other did."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from workbench.core.alone import alone_at
from workbench.core.concepts import unnamed
from workbench.core.data import label_file
from workbench.core.data.source import open_source
from workbench.core.editing import known_photos
from workbench.core.errors import WorkbenchError


@pytest.fixture
def in_the_middle(monkeypatch: pytest.MonkeyPatch) -> Callable[[ModuleType, str, Callable[[int], object]], None]:
    """Has `change(2)` begin in another thread when `change(1)` has read the file and is about to write it."""

    def both(module: ModuleType, writes: str, change: Callable[[int], object]) -> None:
        second = threading.Thread(target=change, args=(2,))
        write = getattr(module, writes)

        def meanwhile(*args: Any) -> Any:
            if second.ident is None:
                second.start()
                second.join(0.2)  # ends at once, unless it waits for its turn
            return write(*args)

        monkeypatch.setattr(module, writes, meanwhile)
        change(1)
        second.join()

    return both


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_labels(kind: str, tmp_path: Path, in_the_middle: Callable[..., None]) -> None:
    folder = tmp_path / "faces"
    folder.mkdir()
    for number in (1, 2):
        Image.new("RGB", (9, 9), "teal").save(folder / f"{number}.png")
    where = folder
    if kind == "zip":
        where = tmp_path / "faces.zip"
        with zipfile.ZipFile(where, "w") as archive:
            for number in (1, 2):
                archive.write(folder / f"{number}.png", f"{number}.png")
    in_the_middle(label_file, "_with", lambda n: label_file.set_labels(where, "Hat", {f"{n}.png": 1}))
    assert open_source(where).table.labels["Hat"].tolist() == [1, 1]
    assert sorted(path.name for path in where.parent.iterdir()) == ["faces", *(["faces.zip"] if kind == "zip" else [])]


def test_dismissed_directions(
    tmp_path: Path, in_the_middle: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unnamed, "_one", lambda model, name: None)
    model: Any = SimpleNamespace(name="mine", fingerprint="f", concepts_folder=tmp_path)
    in_the_middle(unnamed, "write_json", lambda n: unnamed.dismiss(model, f"pca-{n}"))
    assert unnamed.dismissed(model) == {"pca-1", "pca-2"}


def test_edited_photos(places: Path, tmp_path: Path, in_the_middle: Callable[..., None]) -> None:
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
    in_the_middle(known_photos, "write_json", lambda n: known_photos.remember_model(f"{n}", tmp_path / str(n)))
    assert [known_photos.find_model(f"{n}") for n in (1, 2)] == [tmp_path / "1", tmp_path / "2"]


def test_one_place_by_two_names_is_one_and_another_is_free(tmp_path: Path, places: Path) -> None:
    (tmp_path / "c").mkdir()
    with alone_at(tmp_path / "a", "It is taken."):
        with alone_at(tmp_path / "b", "It is taken.", patience=0):
            pass
        with (
            pytest.raises(WorkbenchError, match=r"It is taken \(process"),
            alone_at(tmp_path / "c" / ".." / "a", "It is taken.", patience=0),
        ):
            pass
