"""An edit's states and their history: values that never change."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.core.editing.history import History
from workbench.core.editing.state import EditState
from workbench.core.faces.align import Points

POINTS = Points((10, 10), (20, 10), (15, 20))
START = EditState(POINTS)


def smile(strength: float) -> EditState:
    return START.with_strength("Smiling", strength)


def test_equal_edits_are_equal_states_however_one_came_there() -> None:
    one = START.with_strength("Smiling", 1).with_strength("Hat", 2).with_strength("Young", 3).with_strength("Young", 0)
    other = START.with_strengths({"Smiling": 1, "Hat": 2, "Bald": 0})
    assert one == other
    assert hash(one) == hash(other)
    assert one.strengths == (("Hat", 2.0), ("Smiling", 1.0))


def test_a_concept_that_is_not_moved_has_strength_zero() -> None:
    assert smile(1.5).strength("Smiling") == 1.5
    assert smile(1.5).strength("Hat") == 0


def test_reset_keeps_the_face_and_the_mode() -> None:
    state = smile(2).with_mode("face").reset()
    assert state == dataclasses.replace(START, mode="face")


def test_the_face_may_be_moved_under_the_same_strengths() -> None:
    moved = smile(2).with_points(Points((11, 10), (20, 10), (15, 20)))
    assert moved.strengths == smile(2).strengths
    assert moved != smile(2)


def test_a_state_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        START.mode = "face"  # type: ignore[misc]


def test_undo_and_redo_walk_through_every_state() -> None:
    history = History.of(START)
    for strength in (1, 2, 3):
        history = history.push(smile(strength))
    for strength in (2, 1):
        history = history.undo()
        assert history.current == smile(strength)
    assert history.undo().current == START
    assert not history.undo().can_undo
    assert history.undo().undo().undo().current == START
    assert history.redo().redo().redo().current == smile(3)
    assert not history.redo().redo().can_redo


def test_a_drag_is_one_entry() -> None:
    history = History.of(START)
    for tenth in range(1, 30):
        history = history.push(smile(tenth / 10), gesture="Smiling")
    assert history.current == smile(2.9)
    assert history.undo().current == START
    assert history.undo().redo().current == smile(2.9)


def test_two_drags_of_the_same_slider_are_two_entries() -> None:
    history = History.of(START).push(smile(1), "Smiling").end_gesture().push(smile(2), "Smiling").end_gesture()
    assert history.undo().current == smile(1)


def test_drags_of_two_sliders_are_two_entries() -> None:
    both = smile(1).with_strength("Hat", 1)
    history = History.of(START).push(smile(1), "Smiling").push(both, "Hat")
    assert history.undo().current == smile(1)


def test_a_drag_that_ends_where_it_began_leaves_no_entry() -> None:
    history = History.of(START).push(smile(1)).push(smile(2), "Smiling").push(smile(1), "Smiling").end_gesture()
    assert history.current == smile(1)
    assert history.undo().current == START


def test_the_same_state_again_is_no_entry() -> None:
    assert History.of(START).push(START) == History.of(START)


def test_a_new_state_forgets_what_had_been_undone() -> None:
    history = History.of(START).push(smile(1)).push(smile(2)).undo().push(smile(5))
    assert not history.can_redo
    assert [history.current, history.undo().current] == [smile(5), smile(1)]


def test_a_drag_after_undo_grows_no_older_entry() -> None:
    history = History.of(START).push(smile(1), "Smiling").push(smile(2), "Smiling").undo().push(smile(3), "Smiling")
    assert history.undo().current == START
    assert history.current == smile(3)


@given(st.lists(st.sampled_from(["push", "drag", "undo", "redo", "end"]), max_size=40))
@example(["push", "push", "undo", "drag", "drag", "push"])  # a drag back to where it began, then a step
def test_whatever_is_done_the_history_begins_at_the_start_and_holds_no_entry_twice_in_a_row(steps: list[str]) -> None:
    history = History.of(START)
    for number, step in enumerate(steps):
        match step:
            case "push":
                history = history.push(smile(number % 3))
            case "drag":
                history = history.push(smile(number % 4), "Smiling")
            case "undo":
                history = history.undo()
            case "redo":
                history = history.redo()
            case "end":
                history = history.end_gesture()
        ended = history.end_gesture()
        assert ended.states[0] == START
        assert 0 <= ended.index < len(ended.states)
        assert all(a != b for a, b in zip(ended.states, ended.states[1:], strict=False))


def test_locks_are_part_of_the_state_and_none_of_them_is_no_entry() -> None:
    state = EditState(POINTS).with_locks({"Male": 1.0, "Hat": 0.0})
    assert state.locks == (("Male", 1.0),)
    assert state != EditState(POINTS)
    assert state.with_locks({}) == EditState(POINTS)
