"""Random valid settings of every model, drawn from its Settings class: each is trained for two steps, saved, opened and
used. Some run with every test; hundreds with `python -m tests.fuzz_models --count 300`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from workbench.core.errors import WorkbenchError
from workbench.core.models.base import Model
from workbench.core.models.registry import MODELS, model_class
from workbench.core.runs.trained import open_model
from workbench.core.settings import SettingInfo
from workbench.core.training.budget import Budget
from workbench.jobs.api import run
from workbench.jobs.train import TrainRequest, resume, train

SMALL = {"latent": 12, "width": 16, "judge_width": 8, "batch_size": 7, "warmup_steps": 3, "accumulate": 4}
"""What would take long or much memory is drawn up to here; everything else over its whole range."""


@dataclass(frozen=True)
class Trial:
    """One random configuration."""

    model: str
    size: int
    settings: dict[str, Any]


def values(info: SettingInfo) -> st.SearchStrategy[Any]:
    """Every value that a setting may have."""
    if info.choices:
        return st.sampled_from(info.choices)
    if info.type is bool:
        return st.booleans()
    if info.type is str:
        return st.sampled_from(["", "label", "label No_such"])
    assert info.low is not None, f"{info.name} has no lowest value"
    assert info.high is not None, f"{info.name} has no highest value"
    if info.type is int:
        return st.integers(int(info.low), int(min(info.high, SMALL.get(info.name, info.high))))
    usual = st.sampled_from([float(info.default), float(info.low), float(info.high)])
    return st.one_of(usual, st.floats(info.low, info.high))


@st.composite
def trials(draw: st.DrawFn, largest: int = 64) -> Trial:
    """A model, settings that it takes, and a side in pixels that it can have with them."""
    model: type[Model] = model_class(draw(st.sampled_from(sorted(MODELS))))
    given = {info.name: draw(values(info)) for info in model.Settings.infos()}
    sizes = sorted(size for size in model.sizes(model.Settings.parse(given)) if size <= largest)
    return Trial(model.name, draw(st.sampled_from(sizes)), given)


def make_pictures(folder: Path) -> Path:
    """Twenty pictures of noise, sixteen of them to train on."""
    folder.mkdir()
    for number in range(20):
        noise = np.random.default_rng(number).integers(0, 256, (32, 32, 3), np.uint8)
        Image.fromarray(noise).save(folder / f"{number:02d}.png")
    rows = [f"{number:02d}.png,{int(number > 15)},{1 - 2 * (number % 2)}" for number in range(20)]
    (folder / "attributes.csv").write_text("\n".join(["file,partition,label", *rows]) + "\n")
    return folder


def hold(trial: Trial, pictures: Path) -> str:
    """Train it, save it, open it, use it, go on with it. Gives "trained", or "diverged" for one that says it did."""
    with tempfile.TemporaryDirectory() as runs:
        request = TrainRequest(
            str(pictures), Budget(steps=2), trial.model, None, trial.size, trial.settings,
            runs=Path(runs), name="trial", device="cpu", threads=1,
        )  # fmt: skip
        try:
            path = run(train(request)).run
            model = open_model(path)
            made = model.sample(3)
            assert made.shape == (3, trial.size, trial.size, 3)
            assert (made == open_model(path).sample(3)).all()
            if model.net.encodes:
                assert np.isfinite(model.encode(made)).all()
            assert run(resume(path, budget=Budget(steps=3), threads=1)).step == 3
        except WorkbenchError as error:
            if "no longer a number" in error.what or "not numbers" in error.what:
                return "diverged"
            raise
    return "trained"


def main() -> None:
    """Try many, and say how they ended; the smallest that fails is shown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--largest", type=int, default=64, help="side of the pictures at most")
    arguments = parser.parse_args()
    ended: Counter[str] = Counter()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        pictures = make_pictures(Path(folder) / "pictures")

        @settings(max_examples=arguments.count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(trials(arguments.largest))
        def each(trial: Trial) -> None:
            ended[f"{trial.model} {hold(trial, pictures)}"] += 1

        each()
    for how, count in sorted(ended.items()):
        print(f"{how}: {count}")  # noqa: T201
    print(f"{sum(ended.values())} in {time.monotonic() - began:.0f} s")  # noqa: T201


if __name__ == "__main__":
    main()
