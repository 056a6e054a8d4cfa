"""Open a photo, drag, undo, redo, export: through the program's front door, with real mouse and key events. Then the
command line makes the same file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from workbench.core.pictures import read_photo
from workbench.ui.main_window import MainWindow
from workbench.ui.pages.edit import EditPage
from workbench.ui.preferences import remember_recent

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier


def test_the_window_and_the_command_line_make_the_same_picture(
    places: Path,
    trained_run: Path,
    portrait: Path,
    tmp_path: Path,
    play: Callable[..., int],
    command: Callable[..., object],
) -> None:
    exported = tmp_path / "from-the-window.png"
    seen: dict[str, object] = {}

    def script() -> Iterator[Callable[[], bool]]:
        window = next(w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow) and w.isVisible())
        page = window.page("Edit")
        assert isinstance(page, EditPage)
        session = page.session
        settled = lambda: session.editable and session.result and session.result.state == session.state  # noqa: E731
        yield settled
        assert np.array_equal(session.result.pixels, read_photo(portrait).pixels)

        row = page.side.sliders.rows["Smiling"]
        at = row.slider.handle_position
        QTest.mousePress(row.slider, LEFT, pos=at(0).toPoint())
        for strength in (0.4, 0.8, 1.2, 1.6):
            QTest.mouseMove(row.slider, at(strength).toPoint())
        QTest.mouseRelease(row.slider, LEFT, pos=at(1.6).toPoint())
        yield lambda: bool(session.state.strengths) and settled()
        seen["edited"], seen["strength"] = session.result.pixels, row.strength

        QTest.keyClick(page, Qt.Key.Key_Z, CONTROL)
        yield lambda: not session.state.strengths and settled()
        assert np.array_equal(session.result.pixels, read_photo(portrait).pixels)
        assert row.strength == 0

        QTest.keyClick(page, Qt.Key.Key_Y, CONTROL)
        yield lambda: bool(session.state.strengths) and settled()
        assert np.array_equal(session.result.pixels, seen["edited"])

        page.ask_export = lambda suggestion: str(exported)  # type: ignore[method-assign]
        QTest.mouseClick(page.side.export.button, LEFT)
        yield exported.exists
        yield page.at_rest
        window.close()

    remember_recent("edit/models", str(trained_run))
    assert play(script, [str(portrait)]) == 0
    assert np.array_equal(read_photo(exported).pixels, seen["edited"])
    assert abs(float(str(seen["strength"])) - 1.6) < 0.05

    by_hand, by_recipe = tmp_path / "by-hand.png", tmp_path / "by-recipe.png"
    strength = f"Smiling={seen['strength']}"
    assert command("edit", portrait, "--model", trained_run, "--concept", strength, "--out", by_hand).code == 0
    assert command("edit", portrait, "--recipe", exported, "--out", by_recipe).code == 0
    assert by_hand.read_bytes() == exported.read_bytes()
    assert by_recipe.read_bytes() == exported.read_bytes()
