"""Which face is edited, and where it is: choose it, drag its eyes and mouth, see what the model makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from workbench.core.errors import Failure
from workbench.jobs.latest import Latest
from workbench.ui.flow import Flow
from workbench.ui.forms import NoWheel
from workbench.ui.pages.edit_jobs import Seen, look
from workbench.ui.theme import GRID, heading, icon, muted
from workbench.ui.widgets import checkable, described, push_button

if TYPE_CHECKING:
    from workbench.core.editing.render import Editor
    from workbench.core.editing.state import Code
    from workbench.core.faces.align import Points

_SIDE = 18 * GRID  # of the two small pictures
_CHOSEN = "Move the points to the eyes and the mouth, and see at once what the model makes of it."
_NEARER = "Bring the model's face nearer to the photo's: search for the code that shows it best."
_FACE_ALONE = "Show the full photo to move the points."


_Wish: TypeAlias = "tuple[Editor, Points, Code | None]"


def _answer(wish: _Wish) -> tuple[Editor, Seen]:
    return wish[0], look(*wish)


class FaceLooker(QObject):
    """Shows the newest points to the model, in a thread of its own; what a hand has passed by is dropped."""

    seen = Signal(object)
    """`Seen`, of the editor that was asked last."""
    failed = Signal(object)
    _arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._looks: Latest[_Wish, tuple[Editor, Seen]] = Latest(_answer, self._deliver, "face")
        self._editor: Editor | None = None
        self._arrived.connect(self._receive)

    def look(self, editor: Editor, points: Points, code: Code | None = None) -> None:
        """Look at the face of `editor`'s photo that lies at `points`, with this code or the model's own."""
        self._editor = editor
        self._looks.ask((editor, points, code))

    def forget(self) -> None:
        """What is under way is of no interest any more."""
        self._editor = None

    def close(self) -> None:
        """End the thread; nothing is told any more."""
        self.forget()
        self._looks.close()

    def _deliver(self, stamp: int, result: tuple[Editor, Seen] | Failure) -> None:
        self._arrived.emit(result)  # from the looker's thread to the window's

    @Slot(object)
    def _receive(self, result: tuple[Editor, Seen] | Failure) -> None:
        if isinstance(result, Failure):
            self.failed.emit(result)
        elif result[0] is self._editor:
            self.seen.emit(result[1])


class FacePanel(QWidget):
    """Shows what is known of the face, and says what the user wants with it."""

    face_chosen = Signal(int)
    adjusted = Signal(bool)
    """The points shall be movable, or no more."""
    refine_asked = Signal()
    """The model's face shall come nearer; or, while it does, that shall stop."""
    reset_asked = Signal()
    """The points shall go back to where they were found."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._no_wheel = NoWheel(self)
        self.faces = described(
            QComboBox(), "Face", "Which of the photo's faces is edited; or click one in the picture."
        )
        self.faces.activated.connect(self.face_chosen)
        self._no_wheel.guard(self.faces)
        self.adjust_button = checkable(push_button("Adjust face", "face", _CHOSEN))
        self.reset_button = push_button("As found", "reset", "Put the points back to where they were found.")
        self.reset_button.clicked.connect(self.reset_asked)
        self.refine_button = push_button("Refine", "fit", _NEARER)
        self.refine_button.clicked.connect(self.refine_asked)
        self.figure = muted()
        self.nearness = muted()
        self.nearness.setWordWrap(False)
        self.doubts = muted()
        self.doubts.setProperty("role", "warn")
        self._cut, self._made = self._picture("The face as it is cut out"), self._picture("What the model makes of it")
        self._lay_out()
        self._refining = False
        self._exact = False
        self.set_faces(0, 0)
        self.show_seen(None)
        self.adjust_button.toggled.connect(self._toggle)
        self._details.hide()
        self.reset_button.hide()

    def set_faces(self, count: int, chosen: int) -> None:
        """Offer the faces of a photo; one alone is no choice, and none was placed by hand."""
        self._found = count > 0
        self.faces.clear()
        self.faces.addItems([f"Face {number} of {count}" for number in range(1, count + 1)])
        self.faces.setCurrentIndex(chosen)
        self.faces.setVisible(count > 1)

    def set_adjustable(self, editable: bool, whole: bool) -> None:
        """Whether there is a face whose points can be moved: only in the whole photo."""
        self.setVisible(editable)
        self.adjust_button.setEnabled(editable and whole)
        self.adjust_button.setToolTip(_CHOSEN if whole else _FACE_ALONE)
        if not (editable and whole):
            self.adjust_button.setChecked(False)

    def set_refining(self, refining: bool) -> None:
        """Whether a nearer face is being searched for: the button stops it then, and it is too early for doubts."""
        self._refining = refining
        self._show_doubts()
        self.refine_button.setText("Stop" if refining else "Refine")
        self.refine_button.setIcon(icon("stop" if refining else "fit"))
        self.refine_button.setToolTip("Keep the face as it is." if refining else _NEARER)
        self.refine_button.setEnabled(refining or not self._exact)

    def show_seen(self, seen: Seen | None) -> None:
        """What the model makes of the face, and what is to be doubted."""
        self.doubts.setText("\n".join(f"{d.finding} {d.remedy}" for d in seen.fit.doubts) if seen else "")
        self._show_doubts()
        if seen is None:
            return
        self._exact = seen.fit.exact
        self.refine_button.setEnabled(self._refining or not self._exact)
        usual = f" ({seen.fit.usual:.1f} is usual)" if seen.fit.usual is not None else ""
        self.figure.setText(f"How near the model comes to it: {seen.fit.nearness}{usual}. More is nearer.")
        self.nearness.setText(seen.fit.nearness)
        described(self.nearness, "How well this model can represent this face", self.figure.text())
        self._show(self._cut, seen.crop.picture.levels[0])
        self._show(self._made, seen.reconstruction)

    def _show_doubts(self) -> None:
        self.doubts.setVisible(bool(self.doubts.text()) and not self._refining)

    @Slot(bool)
    def _toggle(self, adjusting: bool) -> None:
        self.adjust_button.setText("Done" if adjusting else "Adjust face")
        self._details.setVisible(adjusting)
        self.reset_button.setVisible(adjusting and self._found)
        self.adjusted.emit(adjusting)

    def _picture(self, name: str) -> QLabel:
        label = described(QLabel(), name, name)
        label.setFixedSize(QSize(_SIDE, _SIDE))
        return label

    def _show(self, label: QLabel, image: QImage) -> None:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap.fromImage(image).scaled(
            label.size() * ratio, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        pixmap.setDevicePixelRatio(ratio)
        label.setPixmap(pixmap)

    def _lay_out(self) -> None:
        row = Flow(
            heading("Face"), self.faces, self.nearness, self.refine_button, self.reset_button, self.adjust_button
        )
        self._details = QWidget()
        grid = QGridLayout(self._details)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GRID // 2)
        for place, (picture, text) in enumerate(((self._cut, "Cut out"), (self._made, "As the model sees it"))):
            grid.addWidget(picture, 0, place)
            grid.addWidget(muted(text), 1, place)
        grid.addWidget(self.figure, 2, 0, 1, 2)
        grid.setColumnStretch(2, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(row)
        column.addWidget(self._details)
        column.addWidget(self.doubts)
