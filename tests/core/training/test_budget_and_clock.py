from __future__ import annotations

import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.training.budget import Budget
from workbench.core.training.clock import Pace, Speed


def test_a_budget_has_exactly_one_limit() -> None:
    for limits in ({}, {"steps": 5, "minutes": 1.0}, {"steps": 0}, {"minutes": -1.0}):
        with pytest.raises(WorkbenchError):
            Budget(**limits)


def test_the_spent_share_follows_steps_epochs_or_the_clock() -> None:
    assert Budget(steps=200).fraction(50, 999.0, 10) == 0.25
    assert Budget(epochs=2.0).fraction(5, 999.0, 10) == 0.25
    assert Budget(minutes=2.0).fraction(5, 30.0, 10) == 0.25
    assert Budget(minutes=2.0).total_steps(10) is None


def test_a_dear_pastime_comes_seldom() -> None:
    pace = Pace(share=0.02, least=2.0)
    assert not pace.due(1.9)
    assert pace.due(2.0)
    pace.done(2.0, 3.0)  # it took a second: a fiftieth of the time allows one in fifty
    assert not pace.due(52.9)
    assert pace.due(53.1)


def test_the_time_left_is_hidden_until_it_is_steady() -> None:
    speed = Speed()
    for second in range(9):
        speed.mark(float(second), 10 * second)
        assert speed.seconds_left(0.1, float(second)) is None
    for second in range(9, 30):
        speed.mark(float(second), 10 * second)
    assert speed.steps_per_second == pytest.approx(10.0)
    assert speed.seconds_left(0.25, 30.0) == pytest.approx(90.0)
