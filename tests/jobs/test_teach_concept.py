from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.core.concepts.concept import Concept
from workbench.core.data.cache import Dataset
from workbench.core.errors import WorkbenchError
from workbench.core.events import Advice, Event, Skipped
from workbench.core.runs.trained import open_model
from workbench.jobs.api import run
from workbench.jobs.prepare_data import prepare_data
from workbench.jobs.teach_concept import TeachRequest, teach_concept

AVATARS = "builtin:avatars"

Teach = Callable[..., Concept]


@pytest.fixture(scope="module")
def avatars() -> Dataset:
    return run(prepare_data(AVATARS, 32))


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def teach(trained_run: Path, tmp_path: Path, events: list[Event]) -> Teach:
    def teach(with_it: list[object], without: list[object], name: str = "Shades", **changes: object) -> Concept:
        given = {"out": tmp_path / "concepts", **changes}
        piles = (tuple(map(str, pile)) for pile in (with_it, without))
        return run(teach_concept(TeachRequest(trained_run, name, *piles, **given)), events.append)

    return teach


@pytest.fixture
def folders(avatars: Dataset, tmp_path: Path) -> tuple[Path, Path]:
    """Ten faces with sunglasses and ten without, as files."""
    made = []
    for name, side in (("with", 1), ("without", -1)):
        folder = tmp_path / name
        folder.mkdir()
        rows = np.flatnonzero(avatars.labels["Sunglasses"] == side)[:10]
        for row in rows:
            Image.fromarray(avatars.pictures[row]).save(folder / f"{row:05}.png")
        made.append(folder)
    return made[0], made[1]


def test_two_folders_teach_a_concept_that_says_how_sure_it_is(
    teach: Teach, folders: tuple[Path, Path], events: list[Event], trained_run: Path, tmp_path: Path
) -> None:
    concept = teach([folders[0]], [folders[1]])
    model = open_model(trained_run)
    back = Concept.load(tmp_path / "concepts" / "Shades.safetensors", model.fingerprint)
    assert back.fingerprint == concept.fingerprint
    assert (back.chosen, back.direction.counts.train_with, back.direction.counts.train_without) == ("taught", 10, 10)
    known = model.concepts["Sunglasses"].directions["mean-difference"]
    assert back.direction.vector @ known.vector > 0.3  # of ten pictures each
    (said,) = [event.finding for event in events if isinstance(event, Advice)]
    assert said.startswith("Of two pictures left out, one with and one without, it tells which is which")


def test_pictures_of_a_source_are_named(teach: Teach, avatars: Dataset) -> None:
    piles = [
        [avatars.names[row] for row in np.flatnonzero(avatars.labels["Sunglasses"] == side)[:5]] for side in (1, -1)
    ]
    concept = teach(*piles, data=AVATARS)
    assert concept.data == AVATARS
    assert concept.direction.counts.train_with == 5
    with pytest.raises(WorkbenchError, match="no picture in"):
        teach([*piles[0], "nowhere.png"], piles[1], data=AVATARS, replace=True)


def test_an_empty_pile_and_a_small_one_get_a_sentence(teach: Teach, folders: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(WorkbenchError, match=r"The pile without 'Shades' is empty\. Five in each pile"):
        teach([folders[0]], [tmp_path / "empty"])
    few = sorted(folders[1].iterdir())[:2]
    with pytest.raises(WorkbenchError, match="The pile without 'Shades' has only 2 of the 3 pictures"):
        teach([folders[0]], few)


def test_a_picture_in_both_piles_is_refused_by_its_name(teach: Teach, folders: tuple[Path, Path]) -> None:
    both = sorted(folders[0].iterdir())[3]
    with pytest.raises(WorkbenchError, match=f"'{both}' is in both piles"):
        teach([folders[0]], [folders[1], both])


def test_a_copy_under_another_name_is_the_same_picture(teach: Teach, folders: tuple[Path, Path]) -> None:
    copy = folders[1] / "other.png"
    copy.write_bytes(sorted(folders[0].iterdir())[0].read_bytes())
    with pytest.raises(WorkbenchError, match="is in both piles"):
        teach([folders[0]], [folders[1]])


def test_a_name_that_is_taken_or_missing_is_refused(teach: Teach, folders: tuple[Path, Path]) -> None:
    with pytest.raises(WorkbenchError, match="has a concept 'Smiling' already"):
        teach([folders[0]], [folders[1]], name="Smiling")
    with pytest.raises(WorkbenchError, match="has no name"):
        teach([folders[0]], [folders[1]], name=" ")


def test_a_photo_is_aligned_and_one_without_a_face_is_left_out(
    teach: Teach, folders: tuple[Path, Path], portrait: Path, tmp_path: Path, events: list[Event]
) -> None:
    Image.fromarray(np.full((60, 90, 3), 130, np.uint8)).save(tmp_path / "wall.png")
    concept = teach([folders[0], portrait, tmp_path / "wall.png"], [folders[1]])
    assert concept.direction.counts.train_with == 11
    assert [event for event in events if isinstance(event, Skipped)] == [
        Skipped(str(tmp_path / "wall.png"), "no face was found in it")
    ]
