"""The training loop, read from top to bottom: learn, report, show, measure, save.

It is a generator, so that the window, the command line and a test can each be its host: it goes on when its host asks
for the next event, and obeys a pause or a stop between two steps.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator

import numpy as np

from workbench.core.control import Control
from workbench.core.data.picture_file import PicturesGone
from workbench.core.errors import out_of_memory
from workbench.core.events import Event, Losses, Measured, Preview, Progress, Started, read_only
from workbench.core.models.base import Losses as StepLosses
from workbench.core.runs.metrics import MetricsFile
from workbench.core.training import remedies
from workbench.core.training.clock import Pace, Speed
from workbench.core.training.descent import Diverged
from workbench.core.training.health import Health
from workbench.core.training.interruptions import hold, obey_request, wait_for_pictures
from workbench.core.training.previews import Previewer
from workbench.core.training.reports import gradients_at, on_host, progress, told
from workbench.core.training.training import QUALITY_SAMPLES, Training

REPORT_SECONDS = 0.2
SHOWING, MEASURING, SAMPLING = 0.007, 0.005, 0.005
"""Shares of the training's time for previews, held-out pictures and the quality of samples."""
MEASURE_SECONDS, SAMPLE_SECONDS = 5.0, 15.0
OPENING_SECONDS = 1.5
"""What the first look at the quality of samples takes besides: its library, its net and the real pictures."""


def train_loop(training: Training, control: Control) -> Iterator[Event]:
    """Train until the budget is spent or `control` asks to stop; the last checkpoint is of the last step."""
    run, clock = training.run, training.clock
    first_step = training.step
    pending: list[tuple[int, StepLosses]] = []
    speed = Speed()
    health = Health(training.net, run)
    session = clock.seconds
    showing, measuring = Pace(SHOWING, 2.0, session), Pace(MEASURING, MEASURE_SECONDS, session)
    sampling = Pace(SAMPLING, SAMPLE_SECONDS, session)
    reported = saved = shown = time.monotonic()
    measured_psnr: float | None = None

    def looking(pictures: int) -> float:
        """Seconds that so many pictures take about in nets that do not learn: half of what a step takes for them."""
        a_step = (clock.seconds - session) / max(1, training.step - first_step)
        return 0.5 * a_step * pictures / training.batches.batch_size

    def report() -> Iterator[Event]:
        nonlocal reported
        if pending:
            losses = on_host(pending, clock.seconds)
            file.append("train", losses.steps, clock.seconds, losses.values)
            pending.clear()
            yield losses
            yield from health.after_steps(losses, training.descent.take_norms())
            if layers := training.descent.take_layers():
                gradients = gradients_at(training.step, layers)
                yield gradients
                yield from health.after_look(gradients)
        speed.mark(clock.seconds, training.step)
        yield progress(training, speed)
        reported = time.monotonic()

    def show() -> Iterator[Event]:
        began = clock.seconds
        training.average.net.mixture = training.recent.mixture()
        for kind in ("samples", "reconstructions") if training.net.encodes else ("samples",):
            picture = getattr(training.previewer, kind)(training.average.net)
            run.add_preview(training.step, kind, picture)
            yield Preview(training.step, kind, picture)
        training.descent.look = True  # a few lengths: cheaper than any picture
        showing.done(began, clock.seconds)

    def measure() -> Iterator[Event]:
        nonlocal measured_psnr
        began = clock.seconds
        values = training.validate()
        measured_psnr = values.get("psnr")
        opening = 0.0 if "quality" in vars(training) else OPENING_SECONDS
        if sampling.due(clock.seconds, looking(QUALITY_SAMPLES) + opening):
            sampled_from = clock.seconds
            training.average.net.mixture = training.recent.mixture()
            values |= training.sample_quality()
            sampling.done(sampled_from, clock.seconds)
            began += clock.seconds - sampled_from
        if values:
            columns = {name: read_only(np.array([value], dtype=np.float32)) for name, value in values.items()}
            file.append("validation", [training.step], clock.seconds, columns)
            yield Losses("validation", read_only(np.array([training.step])), columns, clock.seconds)
            yield Measured(training.step, values)
            yield from health.after_measure(training.step, training.fraction, values)
        training.descent.look = True
        measuring.done(began, clock.seconds)

    def save() -> Iterator[Event]:
        nonlocal saved, measured_psnr
        if measured_psnr is not None and measured_psnr > (run.info.best_psnr or -np.inf):
            run.update(best_psnr=round(measured_psnr, 3), best_step=training.step)
        measured_psnr = None
        yield training.save()
        saved = time.monotonic()

    def take_step() -> Generator[Event, None, StepLosses | None]:
        """One step with its phases, told all or none; None when a stop was asked for in the middle of it."""
        nonlocal shown
        telling = training.net.phased and time.monotonic() - shown >= REPORT_SECONDS
        going = training.learn()
        answer: bool | None = None
        exhausted = False
        while True:
            if exhausted:  # outside of the handler, which keeps alive all that the step had in memory
                yield health.say(training.in_smaller_parts())
                going, answer, exhausted = training.learn(), None, False
            try:
                phase = going.send(answer)
            except StopIteration as end:
                losses: StepLosses | None = end.value
                return losses
            except Exception as error:
                if not out_of_memory(error) or not training.can_have_smaller_parts:
                    raise
                exhausted = True
                continue
            walked = control.hold_if_walked()  # before the phase is told: whoever hears of it may ask for the next one
            if telling or walked:
                yield told(training, phase, with_picture=walked)
                shown = time.monotonic()
            if control.paused:
                with clock.left_out():
                    hold(run, control)
            answer = control.stopping

    with MetricsFile(run.metrics_file) as file:
        settings = training.settings.model_dump()
        yield Started(run.path, first_step, str(training.device), settings, training.net.phases)
        if first_step == 0:
            yield from show()
        while training.fraction < 1:
            if control.paused:
                yield from report()
                with clock.left_out():
                    hold(run, control)
            if control.stopping or (control.stopping_after_epoch and training.epoch_is_over):
                break
            try:
                losses = yield from take_step()
            except PicturesGone as gone:
                yield from report()
                yield training.save()
                with clock.left_out():
                    yield from wait_for_pictures(run, gone, training.pictures, control)
                continue
            except Diverged:
                yield from report()
                yield health.say(remedies.diverged(training.step + 1, training.settings))
                raise
            if losses is None:
                break
            pending.append((training.step, losses))
            if time.monotonic() - reported >= REPORT_SECONDS:
                yield from report()
                obey_request(run, control)
                if showing.due(clock.seconds, looking(Previewer.pictures)):
                    yield from show()
                if measuring.due(clock.seconds, looking(len(training.held_out))):
                    yield from measure()
                if time.monotonic() - saved >= training.settings.checkpoint_seconds:
                    yield from save()
        if not control.discarding:
            yield from report()
            looks = (show, measure) if training.step > first_step else ()
            for number, look in enumerate(looks):  # minutes, where a step is one
                if control.stopping:  # who asks for a stop does not want to wait
                    break
                yield Progress("A last look", number, len(looks), "parts")
                yield from look()
            yield from save()
    if control.discarding:
        training.discard()
