"""The bridge between a moved slider and the picture: what is shown, in which order, and from which thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from workbench.core.editing.render import Editor
from workbench.core.editing.state import EditState
from workbench.core.faces.align import Points
from workbench.core.pictures import read_photo
from workbench.core.runs.trained import open_model
from workbench.ui.pictures import from_qimage
from workbench.ui.renderer import Rendered, Renderer

WAIT = 30_000  # milliseconds, for a busy machine
FACE = Points((205.0, 115.0), (240.0, 115.0), (222.0, 152.0))


@pytest.fixture
def editor(trained_run: Path, portrait: Path) -> Editor:
    return Editor(open_model(trained_run), read_photo(portrait), FACE)


@pytest.fixture
def renderer(qtbot: QtBot, editor: Editor) -> Iterator[Renderer]:
    renderer = Renderer()
    renderer.set_editor(editor)
    yield renderer
    renderer.close()


@pytest.fixture
def came(renderer: Renderer) -> list[Rendered]:
    """What the renderer told, in order."""
    came: list[Rendered] = []
    renderer.rendered.connect(came.append)
    return came


def state(strength: float) -> EditState:
    return EditState(FACE).with_strength("Smiling", strength)


def test_a_move_gives_a_patch_and_rest_the_whole_photo(
    qtbot: QtBot, renderer: Renderer, came: list[Rendered], editor: Editor
) -> None:
    renderer.move(state(2.0), 1.0)
    qtbot.waitUntil(lambda: len(came) == 2, timeout=WAIT)
    patch, whole = came
    assert patch.patch is not None
    assert patch.pixels is None
    assert whole.pixels is not None
    assert np.array_equal(whole.pixels, editor.full(state(2.0)))


def test_the_patch_looks_like_the_photo_it_stands_for(
    qtbot: QtBot, renderer: Renderer, came: list[Rendered], editor: Editor
) -> None:
    renderer.move(state(2.0), 1.0)
    qtbot.waitUntil(lambda: len(came) == 2, timeout=WAIT)
    patch = came[0].patch
    assert patch is not None
    left, top, right, bottom = (int(edge) for edge in patch.area.getCoords())
    quick, exact = from_qimage(patch.image), editor.full(state(2.0))[top:bottom, left:right]
    assert quick.shape == exact.shape
    assert np.abs(quick.astype(int) - exact).mean() < 3


def test_of_many_moves_the_last_is_shown_last(qtbot: QtBot, renderer: Renderer, came: list[Rendered]) -> None:
    strengths = [0.1 * step for step in range(1, 21)]
    for strength in strengths:
        renderer.move(state(strength), 1.0)
    qtbot.waitUntil(lambda: bool(came) and came[-1].pixels is not None, timeout=WAIT)
    assert came[-1].state == state(strengths[-1])
    assert [rendered.number for rendered in came] == sorted(rendered.number for rendered in came)
    assert len(came) <= len(strengths)  # most were replaced before anybody worked on them


def test_rest_is_at_once_when_the_hand_lets_go(qtbot: QtBot, renderer: Renderer, came: list[Rendered]) -> None:
    renderer.move(state(1.0), 1.0)
    renderer.rest()
    assert not renderer._rest_timer.isActive()
    qtbot.waitUntil(lambda: bool(came) and came[-1].pixels is not None, timeout=WAIT)


def test_results_arrive_in_the_windows_thread(qtbot: QtBot, renderer: Renderer) -> None:
    threads: list[threading.Thread] = []
    renderer.rendered.connect(lambda _: threads.append(threading.current_thread()))
    renderer.show(state(1.0))
    qtbot.waitUntil(lambda: bool(threads), timeout=WAIT)
    assert threads == [threading.main_thread()]


def test_what_was_asked_of_another_editor_is_not_shown(
    qtbot: QtBot, renderer: Renderer, came: list[Rendered], editor: Editor
) -> None:
    renderer.show(state(1.0))
    renderer.set_editor(editor)
    renderer.show(state(2.0))
    qtbot.waitUntil(lambda: bool(came), timeout=WAIT)
    assert [rendered.state for rendered in came] == [state(2.0)]


def test_the_face_alone_is_exact_even_while_the_hand_moves(
    qtbot: QtBot, renderer: Renderer, came: list[Rendered], editor: Editor
) -> None:
    face = state(1.0).with_mode("face")
    renderer.move(face, 1.0)
    qtbot.waitUntil(lambda: bool(came), timeout=WAIT)
    assert came[0].pixels is not None
    assert np.array_equal(came[0].pixels, editor.face(face))


def test_a_failure_is_told(qtbot: QtBot, renderer: Renderer) -> None:
    with qtbot.waitSignal(renderer.failed, timeout=WAIT) as failed:
        renderer.show(EditState(FACE).with_strength("Wings", 1.0))
    assert "Wings" in failed.args[0].what


def test_without_an_editor_nothing_happens(renderer: Renderer) -> None:
    renderer.set_editor(None)
    renderer.move(state(1.0), 1.0)
    renderer.show(state(1.0))
    assert not renderer._rest_timer.isActive()
