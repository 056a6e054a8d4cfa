"""The demo: the whole way in a few steps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.core.control import Control
from workbench.core.errors import Stopped
from workbench.core.events import Event, Losses, Progress, Started
from workbench.core.runs.trained import open_model
from workbench.core.training.budget import Budget
from workbench.jobs.api import run
from workbench.jobs.demo import demo

TINY = {"width": 8, "latent": 8, "batch_size": 8}


def test_the_demo_trains_finds_concepts_and_writes_the_pictures(tmp_path: Path) -> None:
    events: list[Event] = []
    made = run(demo(tmp_path / "demo", budget=Budget(steps=3), size=32, settings=TINY), events.append)
    assert made.step == 3
    assert "Smiling" in made.concepts
    assert open_model(made.run).concepts.keys() == set(made.concepts)
    assert {type(event) for event in events} >= {Progress, Losses}
    assert len(made.pictures) == 6
    for path in made.pictures:
        with Image.open(path) as picture:
            assert np.asarray(picture).ndim == 3


def test_a_stopped_demo_ends_there_and_an_older_one_is_kept(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    control = Control()

    def stop(event: Event) -> None:
        if isinstance(event, Started):
            control.stop()

    with pytest.raises(Stopped):
        run(demo(tmp_path / "demo", control, budget=Budget(steps=1000), size=32, settings=TINY), stop)
    assert not list(tmp_path.rglob("*.png"))
    assert not list((tmp_path / "demo").iterdir())
    assert (tmp_path / "demo-2" / "run" / "run.json").exists()
