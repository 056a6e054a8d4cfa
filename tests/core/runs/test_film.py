"""A training as a film."""

from __future__ import annotations

import sys
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from workbench.core.captions import HEIGHT
from workbench.core.control import Control
from workbench.core.errors import Stopped, WorkbenchError
from workbench.core.runs import film
from workbench.core.runs.folder import Run
from workbench.jobs.api import run
from workbench.jobs.film import FilmRequest, make_film


@pytest.fixture
def filmed(run_copy: Path) -> Run:
    """A run with seven previews of each kind, each of another colour."""
    training = Run.open(run_copy)
    for path in (run_copy / "previews").iterdir():
        path.unlink()
    for number in range(7):
        for kind in ("samples", "reconstructions"):
            training.add_preview(100 * number, kind, np.full((31, 41, 3), 30 * number, np.uint8))
    return training


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_an_animation_shows_every_preview_in_order_and_is_as_long_as_asked(
    filmed: Run, tmp_path: Path, suffix: str
) -> None:
    out = run(make_film(FilmRequest(filmed.path, tmp_path / f"film{suffix}", seconds=2.0, captions=False)))
    with Image.open(out) as animation:
        frames = [
            (f.convert("RGB").getpixel((20, 15))[0], f.info["duration"]) for f in ImageSequence.Iterator(animation)
        ]
        assert animation.size == (41, 31)
        assert animation.info["loop"] == 0
    assert sum(duration for _, duration in frames) == 2000
    assert [colour for colour, _ in frames] == pytest.approx([30 * number for number in range(7)], abs=2)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(("film", "."))] == [out.name]


def test_an_mp4_plays_as_long_as_asked(filmed: Run, tmp_path: Path) -> None:
    out = run(make_film(FilmRequest(filmed.path, tmp_path / "film.mp4", "reconstructions", seconds=2.0)))
    with av.open(str(out)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert container.streams.video[0].codec_context.name == "h264"
    assert len(frames) == pytest.approx(2 * film.FASTEST, abs=4)
    assert frames[0].shape == ((31 + HEIGHT) // 2 * 2, 40, 3)
    assert frames[-1][10, 10, 0] == pytest.approx(180, abs=4)


def test_captions_are_below_the_pictures(filmed: Run, tmp_path: Path) -> None:
    out = run(make_film(FilmRequest(filmed.path, tmp_path / "film.gif")))
    with Image.open(out) as animation:
        assert animation.size == (41, 31 + HEIGHT)
        assert (np.asarray(animation.convert("L"))[31:] < 128).any()


def test_a_long_training_is_thinned_but_begins_and_ends_where_it_did() -> None:
    shown = film.chosen(1000, 2.0)
    assert len(shown) == 50
    assert (shown[0], shown[-1]) == (0, 999)
    assert film.chosen(3, 2.0) == [0, 1, 2]
    assert sum(film.durations(7, 2.0)) == 2000
    assert min(film.durations(50, 2.0)) == 40


def test_without_its_library_an_mp4_says_how_to_install_it(
    filmed: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(
        WorkbenchError, match=r"library 'av', which is not installed. Install it with: .*pip install av"
    ):
        run(make_film(FilmRequest(filmed.path, tmp_path / "film.mp4")))
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(WorkbenchError, match=r"write a .gif or .webp"):
        run(make_film(FilmRequest(filmed.path, tmp_path / "film.mp4")))


def test_what_cannot_be_filmed_is_said_and_nothing_is_written(filmed: Run, tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match=r"cannot be written as 'film\.avi'"):
        run(make_film(FilmRequest(filmed.path, tmp_path / "film.avi")))
    control = Control()
    control.stop()
    with pytest.raises(Stopped):
        run(make_film(FilmRequest(filmed.path, tmp_path / "film.gif"), control))
    for path in (filmed.path / "previews").iterdir():
        path.unlink()
    with pytest.raises(WorkbenchError, match="no samples to show yet"):
        run(make_film(FilmRequest(filmed.path, tmp_path / "film.gif")))
    assert not list(tmp_path.glob("*film*"))
