"""Any settings that a model's class calls valid can be trained, saved, opened and used."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz_models import Trial, hold, make_pictures, trials


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pictures(tmp_path_factory.mktemp("fuzz") / "pictures")


@settings(
    max_examples=25, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
@given(trial=trials(largest=32))
def test_random_settings_train_save_open_and_sample(trial: Trial, pictures: Path) -> None:
    hold(trial, pictures)
