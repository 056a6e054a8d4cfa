from __future__ import annotations

import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.training.budget import Budget
from workbench.core.training.clock import Pace, Speed


def test_a_budget_has_exactly_one_limit() -> None:
    for limits in ({}, {"steps": 5, "minutes": 1.0}, {"steps": 0}, {"minutes": -1.0}, {"minutes": float("inf")}):
        with pytest.raises(WorkbenchError):
            Budget(**limits)


def test_the_spent_share_follows_steps_epochs_or_the_clock() -> None:
    assert Budget(steps=200).fraction(50, 999.0, 10) == 0.25
    assert Budget(epochs=2.0).fraction(5, 999.0, 10) == 0.25
    assert Budget(minutes=2.0).fraction(5, 30.0, 10) == 0.25
    assert Budget(minutes=2.0).total_steps(10) is None


def test_a_pastime_takes_its_share_of_the_time_and_no_more() -> None:
    pace = Pace(share=0.01, least=2.0)
    seconds, spent, seen = 0.0, 0.0, []
    while seconds < 300:
        seconds += 0.1
        if pace.due(seconds, expected=0.2):
            seen.append(seconds)
            pace.done(seconds, seconds + 0.2)
            seconds, spent = seconds + 0.2, spent + 0.2
    assert seen[:2] == pytest.approx([2.0, 4.2], abs=0.11)  # lent: the first ones come early
    assert seen[2] > 9
    assert 0.9 * 0.01 * seconds < spent < Pace.lent + 0.01 * seconds


def test_a_first_time_that_would_be_dear_is_put_off_until_it_is_earned() -> None:
    pace = Pace(share=0.01, least=2.0)
    assert pace.due(2.0, expected=0.4)
    assert not pace.due(140.0, expected=2.0)
    assert pace.due(151.0, expected=2.0)
    pace.done(151.0, 161.0)  # dearer than expected: that is made good
    assert not pace.due(1000.0, expected=2.0)
    assert pace.due(1160.0, expected=2.0)


def test_a_training_that_goes_on_has_not_earned_anything_yet() -> None:
    pace = Pace(share=0.01, least=2.0, began=1000.0)
    assert not pace.due(1010.0)  # a training of that age looks every 20 seconds
    assert pace.due(1021.0)
    assert not pace.due(1021.0, expected=2.0)


def test_the_time_left_is_hidden_until_it_is_steady() -> None:
    speed = Speed()
    for second in range(9):
        speed.mark(float(second), 10 * second)
        assert speed.seconds_left(0.1, float(second)) is None
    for second in range(9, 30):
        speed.mark(float(second), 10 * second)
    assert speed.steps_per_second == pytest.approx(10.0)
    assert speed.seconds_left(0.25, 30.0) == pytest.approx(90.0)
