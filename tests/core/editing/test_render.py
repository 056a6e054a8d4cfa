"""From states to pictures."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.concepts.locks import gauge
from workbench.core.editing.render import Editor, move
from workbench.core.editing.state import EditState
from workbench.core.errors import WorkbenchError
from workbench.core.faces.align import Points, align, frame, similarity, warp
from workbench.core.pictures import Photo
from workbench.core.runs.trained import TrainedModel


def test_a_strength_moves_a_code_by_so_many_deviations_along_its_direction(model: TrainedModel) -> None:
    code = np.random.default_rng(0).normal(size=model.latent).astype(np.float32)
    moved = move(code, {"Smiling": 1.5, "Sunglasses": -2}, model.concepts)
    smile, glasses = (model.concepts[name].direction for name in ("Smiling", "Sunglasses"))
    expected = code + 1.5 * smile.sigma * smile.vector - 2 * glasses.sigma * glasses.vector
    np.testing.assert_allclose(moved, expected, atol=1e-5)


def test_an_unknown_concept_is_refused_with_the_nearest_name(model: TrainedModel) -> None:
    with pytest.raises(WorkbenchError, match="Did you mean 'Smiling'"):
        move(np.zeros(model.latent, np.float32), {"Smilling": 1}, model.concepts)


def test_the_editor_sees_the_face_as_the_model_was_trained_to(editor: Editor, model: TrainedModel) -> None:
    matrix = similarity(editor.points, model.alignment, model.size)
    np.testing.assert_array_equal(editor.crop, align(editor.photo.pixels, matrix, model.size))
    np.testing.assert_array_equal(editor.code, model.encode(editor.crop[None])[0])
    np.testing.assert_array_equal(editor.reconstruction, model.decode(editor.code[None])[0])


def test_at_zero_the_photo_is_its_very_pixels(editor: Editor, smiling: EditState) -> None:
    np.testing.assert_array_equal(editor.full(smiling.reset()), editor.photo.pixels)


def test_a_strength_too_small_to_see_changes_next_to_nothing(editor: Editor, smiling: EditState) -> None:
    near = editor.full(smiling.with_strength("Smiling", 1e-4)).astype(int)
    assert np.abs(near - editor.photo.pixels).max() <= 1


def test_a_moved_slider_changes_the_face_and_nothing_far_from_it(editor: Editor, smiling: EditState) -> None:
    changed = (editor.full(smiling) != editor.photo.pixels).any(axis=2)
    corners = frame(editor.matrix, editor.model.size)
    left, top = np.maximum(corners.min(axis=0), 0).astype(int)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int)
    assert changed[50:120, 80:140].any()
    changed[top : bottom + 1, left : right + 1] = False
    assert not changed.any()


def test_more_strength_changes_more(editor: Editor, smiling: EditState) -> None:
    def change(strength: float) -> float:
        out = editor.full(smiling.with_strength("Smiling", strength)).astype(float)
        return float(np.abs(out - editor.photo.pixels).mean())

    assert 0 < change(0.5) < change(1.5) < change(3)


def test_the_mode_says_what_is_rendered(editor: Editor, smiling: EditState, model: TrainedModel) -> None:
    assert editor.render(smiling).shape == editor.photo.pixels.shape
    face = editor.render(smiling.with_mode("face"))
    assert face.shape == (model.size, model.size, 3)
    expected = model.decode(move(editor.code, {"Smiling": 2}, model.concepts)[None])[0]
    np.testing.assert_array_equal(face, expected)


def test_the_same_state_gives_the_same_pixels_whatever_was_shown_before(
    editor: Editor, smiling: EditState, model: TrainedModel, photo: Photo
) -> None:
    first = editor.full(smiling)
    moved = smiling.with_points(Points((90, 60), (130, 60), (110, 105)))
    other = editor.full(moved)
    np.testing.assert_array_equal(editor.full(smiling), first)
    np.testing.assert_array_equal(Editor(model, photo, moved.points).full(moved), other)
    assert (first != other).any()


def test_the_preview_shows_what_is_pasted(editor: Editor, smiling: EditState) -> None:
    strong = smiling.with_strength("Smiling", 4)
    change = editor.change(strong)
    difference = editor.full(strong).astype(np.float32) - editor.photo.pixels
    pasted = warp(difference, editor.matrix, (editor.model.size, editor.model.size))
    inside = (slice(4, -4), slice(4, -4))
    assert np.corrcoef(change[inside].ravel(), pasted[inside].ravel())[0, 1] > 0.95


def test_a_locked_concept_stays_where_it_is_while_another_moves(model: TrainedModel) -> None:
    code = np.random.default_rng(0).normal(size=model.latent).astype(np.float32)
    held = gauge(model.concepts["Facial_Hair"]).vector
    free = move(code, {"Smiling": 2.0}, model.concepts)
    locked = move(code, {"Smiling": 2.0}, model.concepts, {"Facial_Hair": 1.0})
    assert abs((free - code) @ held) > 1e-3
    assert (locked - code) @ held == pytest.approx(0, abs=1e-5)
    with pytest.raises(WorkbenchError, match="Did you mean 'Facial_Hair'"):
        move(code, {"Smiling": 2.0}, model.concepts, {"Facial_Hairs": 1.0})


def test_the_editor_holds_what_the_state_locks_and_knows_how_far_it_is(editor: Editor, smiling: EditState) -> None:
    locked = smiling.with_locks({"Facial_Hair": 1.0})
    assert (editor.face(locked) != editor.face(smiling)).any()
    near, far = editor.strain(smiling.reset()), editor.strain(smiling.with_strength("Smiling", 30))
    assert near is not None
    assert far is not None
    assert far > near
