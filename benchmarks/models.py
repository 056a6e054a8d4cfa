"""The models beside each other: random faces by KID, sharpness, what reporting costs, how soon a training stops.

    python -m benchmarks models --faces faces-128.zip --minutes 30

Two trainings at a time, each with one thread and the same minutes of processor time; takes two and a half times the
minutes on two cores, longer where they are shared.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from benchmarks.inversion import measure as inverted
from benchmarks.rows import Row
from benchmarks.samples import compare, kid_of
from workbench.core.control import Control
from workbench.core.events import Event, Losses, Phase, Saved, Started
from workbench.core.models.base import preset_settings, usual_size
from workbench.core.models.registry import MODELS, model_class
from workbench.core.training import clock, loop
from workbench.core.training.budget import Budget
from workbench.core.training.training import Training
from workbench.jobs.api import run
from workbench.jobs.evaluate import evaluate
from workbench.jobs.prepare_data import prepare_data
from workbench.jobs.train import TrainRequest, train

RADFORD = ("--model", "dcgan", "--preset", "radford-64", "--set", "width=32")
STEPS = 3


def measure(faces: Path | None, minutes: float = 30.0) -> list[Row]:
    """All rows; without real faces there is no KID to compare, only time."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [*_stopping(faces, folder / "stop"), _reporting(faces, folder / "report")]
        return (
            [*_random_faces(faces, folder, minutes), *_sharpness(faces, folder, minutes / 3), *rows] if faces else rows
        )


def _side_by_side(faces: Path, folder: Path, minutes: float, **trainings: tuple[str, ...]) -> None:
    """Train all of them at once, one thread each, from the command line, for `minutes` of processor time."""
    run(prepare_data(faces, 64))
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.cpu_minutes", "train", "--data", str(faces), *arguments, "--size", "64",
             "--minutes", str(minutes), "--threads", "1", "--device", "cpu", "--runs", str(folder), "--name", name],
            stdout=subprocess.DEVNULL,
        )
        for name, arguments in trainings.items()
    ]  # fmt: skip
    if any(process.wait() for process in started):
        raise SystemExit("A training of the benchmark failed; its reason is above.")


def _random_faces(faces: Path, folder: Path, minutes: float) -> list[Row]:
    compact = ("--model", "dcgan", "--preset", "compact")
    _side_by_side(faces, folder, minutes, compact=compact, radford=RADFORD)
    return [compare(folder / "compact", folder / "radford", faces, target=0.7), *inverted(folder / "compact", faces)]


def _sharpness(faces: Path, folder: Path, minutes: float) -> list[Row]:
    _side_by_side(faces, folder, minutes, vae=("--model", "vae"), vaegan=("--model", "vaegan"))
    mixture, normal = (kid_of(folder / "vae", faces, prior=prior) for prior in ("mixture", "normal"))  # type: ignore[arg-type]
    vae, vaegan = (run(evaluate(folder / name, faces, samples=0)) for name in ("vae", "vaegan"))
    ours, plain = vaegan.sharpness.reconstructions_ratio, vae.sharpness.reconstructions_ratio
    assert ours is not None
    assert plain is not None
    assert vae.psnr is not None
    assert vaegan.psnr is not None
    lost = vae.psnr - vaegan.psnr
    trained = f"{minutes:g} minutes of one core"
    return [
        Row(
            f"KID of 2,000 random faces of a VAE, {trained}: mixture over normal prior (real {mixture.floor:.5f})",
            f"{mixture.value:.4f} ({mixture.value / normal.value:.2f} x)",
            f"{normal.value:.4f}",
            "<= 0.85 x",
            mixture.value <= 0.85 * normal.value,
        ),
        Row(
            f"sharpness of reconstructions over the originals', vaegan over vae, {trained} each",
            f"{ours:.2f} ({ours / plain:.2f} x)",
            f"{plain:.2f}",
            ">= 1.5 x",
            ours >= 1.5 * plain,
        ),
        Row(
            "PSNR that the vaegan loses",
            f"{vaegan.psnr:.2f} dB ({lost:.2f} dB less)",
            f"{vae.psnr:.2f} dB",
            "<= 1.5 dB less",
            lost <= 1.5,
        ),
    ]


def _reporting(faces: Path | None, folder: Path, minutes: float = 3.0) -> Row:
    """The share of a training's time, from its first step to its last checkpoint, that is not learning.

    With one thread and this thread's processor time in place of the clock, so that whatever else the machine does takes
    nothing away: the minutes are those of an undisturbed core.
    """
    learning = began = ended = 0.0
    learn = Training.learn

    def timed(self: Training) -> Generator[Any, Any, Any]:
        nonlocal learning
        began = time.thread_time()
        losses = yield from learn(self)
        learning += time.thread_time() - began
        return losses

    def note(event: Event) -> None:
        nonlocal began, ended
        if isinstance(event, Started):
            began = time.thread_time()
        elif isinstance(event, Saved) and event.kind == "checkpoint":
            ended = time.thread_time()

    request = TrainRequest(
        str(faces or "builtin:avatars"), Budget(minutes=minutes), size=64, runs=folder, device="cpu", threads=1
    )
    own_time = SimpleNamespace(monotonic=time.thread_time)
    with (
        patch.object(Training, "learn", timed),
        patch.object(clock, "time", own_time),
        patch.object(loop, "time", own_time),
    ):
        run(train(request), note)
    share = 1 - learning / (ended - began)
    return Row(
        f"reports, samples, checkpoints and measures of a VAE's training, {minutes:g} minutes at 64 px",
        f"{100 * share:.1f} % of its time",
        "",
        "<= 5 %",
        share <= 0.05,
    )


class Stopper:
    """Asks for a stop after some steps, in the middle of one, and notes when."""

    def __init__(self) -> None:
        self.control = Control()
        self.asked = 0.0
        self._last = time.perf_counter()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Losses) and event.part == "train" and not self.asked:
            now = time.perf_counter()
            step_seconds, self._last = (now - self._last) / len(event.steps), now
            if event.steps[-1] >= STEPS:
                self._ask_in(step_seconds / 2)
        elif isinstance(event, Phase) and event.number == 2 and event.step == 1 and not self.asked:
            self._ask_in(0.0)  # a step of the lecture's is long: its first is enough

    def _ask_in(self, seconds: float) -> None:
        self.asked = time.perf_counter() + seconds
        threading.Timer(seconds, self.control.stop).start()


def _stopping(faces: Path | None, folder: Path) -> list[Row]:
    """From asking for a stop to a training that has saved and returned, for each preset with a batch of 64."""
    source = str(faces or "builtin:avatars")
    slowest = ("", 0.0)
    for name in MODELS:
        model = model_class(name)
        for preset in model.presets:
            if preset == "lecture":
                continue
            settings = preset_settings(model, preset, {"batch_size": 64})
            request = TrainRequest(
                source, Budget(steps=1000), model=name, preset=preset, size=usual_size(model, settings),
                settings={"batch_size": 64}, runs=folder, name=f"{name}-{preset}", device="cpu",
            )  # fmt: skip
            stopper = Stopper()
            run(train(request, stopper.control), stopper)
            took = time.perf_counter() - stopper.asked
            slowest = max(slowest, (f"{name} {preset}", took), key=lambda found: found[1])
    return [
        Row(
            "stop asked to stopped and saved, batch 64, the slowest of all presets but the lecture's full one",
            f"{slowest[1]:.1f} s ({slowest[0]})",
            "",
            "<= 3 s",
            slowest[1] <= 3.0,
        )
    ]
