"""The training loop, read from top to bottom: learn, report, show, measure, save.

It is a generator, so that the window, the command line and a test can each be its host: it goes on when its host asks
for the next event, and obeys a pause or a stop between two steps.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from functools import cached_property

import numpy as np
import torch

from workbench.core.control import Control
from workbench.core.data.batches import Batches
from workbench.core.data.cache import Dataset
from workbench.core.data.picture_file import PictureFile, PicturesGone
from workbench.core.devices import autocast, free_memory
from workbench.core.errors import WorkbenchError, out_of_memory
from workbench.core.events import Advice, Event, Losses, Measured, Preview, Saved, Started, read_only
from workbench.core.faces.align import Alignment
from workbench.core.models.base import Losses as StepLosses
from workbench.core.models.base import Model, Step
from workbench.core.models.base import Phase as ModelPhase
from workbench.core.models.images import to_images, to_pictures
from workbench.core.models.registry import model_class
from workbench.core.quality.reconstruction import psnr
from workbench.core.quality.samples import SampleQuality
from workbench.core.runs import checkpoint
from workbench.core.runs.folder import Run
from workbench.core.runs.metrics import MetricsFile
from workbench.core.training import remedies
from workbench.core.training.average import Average
from workbench.core.training.budget import Budget
from workbench.core.training.clock import Pace, Speed, Stopwatch
from workbench.core.training.descent import Descent, Diverged
from workbench.core.training.health import Health
from workbench.core.training.interruptions import hold, obey_request, wait_for_pictures
from workbench.core.training.moment import Moment
from workbench.core.training.previews import Previewer
from workbench.core.training.reports import gradients_at, on_host, progress, told
from workbench.core.training.shown import as_shown, known_labels

REPORT_SECONDS = 0.2
VALIDATION_PICTURES = 128
QUALITY_PICTURES = 256
QUALITY_SAMPLES = 128
"""Real and random pictures that the quality of samples is followed with."""
SHOWING, MEASURING, SAMPLING = 0.007, 0.005, 0.005
"""Shares of the training's time for previews, held-out pictures and the quality of samples."""
MEASURE_SECONDS, SAMPLE_SECONDS = 5.0, 15.0
OPENING_SECONDS = 1.5
"""What the first look at the quality of samples takes besides: its library, its net and the real pictures."""


class Training:
    """One run in memory: its net, its average, its optimisers and every source of its randomness.

    Args:
        run: locked by the caller; continued from its newest checkpoint when it has one.
        data: the pictures, at the run's size.
        device: where to compute.

    Raises:
        WorkbenchError: no pictures to train on, or a checkpoint that cannot be read.
    """

    def __init__(self, run: Run, data: Dataset, device: torch.device) -> None:
        info = run.info
        model = model_class(info.model)
        self.run, self.device = run, device
        self.settings = model.Settings.parse(info.settings)
        self.alignment = Alignment.from_json(info.alignment)
        self.budget = Budget(**info.budget)  # type: ignore[arg-type]

        train_rows = data.rows(0)
        if len(train_rows) < 2:
            raise WorkbenchError(
                f"'{data.name}' has {len(train_rows)} pictures to train on.", "Give it more pictures, at least 10."
            )
        # a seed of its own for each source, so that one cannot shift another
        seeds = torch.Generator().manual_seed(info.seed)
        initial, order, noise, change, shown = (int(s) for s in torch.randint(2**62, (5,), generator=seeds))
        self.order = torch.Generator().manual_seed(order)
        self.noise = torch.Generator(device).manual_seed(noise)
        self.change = torch.Generator().manual_seed(change)
        self.pictures = PictureFile.over(data.pictures)
        self.batches = Batches(self.pictures, train_rows, self.settings.batch_size, self.order)

        self.net: Model = model(self.settings, info.size)
        self.net.initialise(torch.Generator().manual_seed(initial))
        self.net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = Average(self.net, self.settings.average_decay)
        self.optimisers = self.net.optimisers()
        self.descent = Descent(self.net, self.optimisers, self.settings)
        self.labels = known_labels(data, self.net.labels)

        held_out = data.rows(1)[:VALIDATION_PICTURES]
        self.held_out = np.array(data.pictures[held_out])
        faces = self.held_out if len(held_out) else np.array(data.pictures[train_rows[: Previewer.columns]])
        self.previewer = Previewer(faces, shown)
        many = held_out if len(held_out) >= QUALITY_PICTURES // 4 else train_rows
        self.real_pictures = np.array(data.pictures[many[:QUALITY_PICTURES]])

        self.step = 0
        self.clock = Stopwatch()
        if run.checkpoints():
            self._restore()
        run.forget_after(self.step)  # a program that was killed wrote of steps that are taken again now

    @property
    def generators(self) -> dict[str, torch.Generator]:
        """Every source of randomness that steps draw from."""
        return {"order": self.order, "noise": self.noise, "change": self.change}

    def _restore(self) -> None:
        """Continue exactly from the newest checkpoint."""
        state = checkpoint.restore(self.run.latest_checkpoint(), self.net, self.average.net, self.optimisers)
        self.step = int(state["step"])
        self.clock = Stopwatch(float(state["seconds"]))
        self.batches.restore(state["batches"])
        for name, generator in self.generators.items():
            checkpoint.unpack_generator(state["generators"][name], generator)

    def begin_with(self, net: Model) -> None:
        """Take these weights for the first step, and keep them: whoever resumes must not begin with random ones."""
        for own in (self.net, self.average.net):
            own.load_state_dict(net.state_dict())
        self.save()

    def save(self) -> Saved:
        """Write a checkpoint of this moment and forget the old ones."""
        path = self.run.checkpoint_path(self.step)
        if not path.exists():
            state = {
                "step": self.step,
                "epoch": self.batches.epoch,
                "seconds": self.clock.seconds,
                "batches": self.batches.state(),
                "generators": {name: checkpoint.pack_generator(g) for name, g in self.generators.items()},
            }
            checkpoint.write_checkpoint(path, self.net, self.average.net, self.optimisers, state)
            self.run.update(step=self.step, seconds=round(self.clock.seconds, 2))
            self.run.forget_old_checkpoints()
        return Saved(path, "checkpoint")

    def discard(self) -> None:
        """Forget what was done since the last checkpoint: the run on disk is as it was then."""
        self.step = self.run.checkpoints()[-1][0] if self.run.checkpoints() else 0
        self.run.forget_after(self.step)

    @property
    def fraction(self) -> float:
        """The spent share of the budget; 1 or more: it is over."""
        return self.budget.fraction(self.step, self.clock.seconds, self.batches.batches_per_epoch)

    @property
    def epoch_is_over(self) -> bool:
        """Whether the last step was the last one of its epoch."""
        return self.step > 0 and self.batches.position == self.batches.batches_per_epoch

    def learn(self) -> Generator[ModelPhase, bool | None, StepLosses | None]:
        """One batch, one step: yields its phases, and gives its losses.

        A step of a model with phases is given up when `True` is sent after one: everything is as before it, so that
        taken again it is the same step. It gives None then.
        """
        self._before = Moment(self, whole=self.net.phased)
        rate = self.net.rate(self.step, self.fraction)
        for optimiser in self.optimisers.values():
            for group in optimiser.param_groups:
                group["lr"] = group.setdefault("initial_lr", group["lr"]) * rate
        images = as_shown(next(self.batches), self.settings, self.alignment, self.device, self.change)
        fraction = min(1.0, self.fraction)
        self.descent.begin(self.step + 1)
        losses: StepLosses = {}
        labels = self.labels[self.batches.taken].to(self.device)
        parts = list(zip(images.tensor_split(self.parts), labels.tensor_split(self.parts), strict=True))
        for number, (part, known) in enumerate(parts):
            share = len(part) / len(images)
            self.descent.part(share, first=number == 0, last=number == len(parts) - 1)
            step = Step(self.step, fraction, self.noise, self.descent, self.batches.pictures, known)
            going = self.net.steps(part, step)
            while True:
                try:
                    # around each phase, not around what the host does in between
                    with autocast(self.device, self.run.info.precision):
                        phase = next(going)
                except StopIteration as end:
                    found: StepLosses = end.value
                    break
                if (yield phase) and self._before.whole:
                    going.close()
                    self._before.restore(self)
                    return None
            losses = {name: share * loss + losses.get(name, 0.0) for name, loss in found.items()}
        self.step += 1
        self.descent.end()
        self.average.update(self.net, self.step)
        return losses

    @property
    def parts(self) -> int:
        """How many parts a batch is computed in: none is smaller than two pictures."""
        return max(1, min(self.settings.accumulate, self.batches.batch_size // 2))

    @property
    def can_have_smaller_parts(self) -> bool:
        return 4 * self.parts <= self.batches.batch_size

    def in_smaller_parts(self) -> Advice:
        """Memory ran out in a step: undo what was done of it, and halve the parts that a batch is computed in."""
        before = self.parts
        self._before.restore(self)
        self.descent.again(self._before.whole)
        free_memory(self.device)
        self.settings = self.settings.model_copy(update={"accumulate": 2 * before})
        self.run.update(settings={**self.run.info.settings, "accumulate": 2 * before})
        return remedies.memory(self.step + 1, self.batches.batch_size, self.parts)

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """The averaged net's losses on held-out pictures, and, if it encodes its PSNR there (dB); empty when there
        are none."""
        if not len(self.held_out):
            return {}
        noise = torch.Generator(self.device).manual_seed(0)
        sums: dict[str, float] = {}
        for first in range(0, len(self.held_out), 64):
            pictures = self.held_out[first : first + 64]
            images = to_images(pictures, self.device)
            for name, loss in self.average.net.measure(images, noise).items():
                sums[name] = sums.get(name, 0.0) + float(loss) * len(pictures)
            if self.net.encodes:
                decoded = to_pictures(self.average.net.decode(self.average.net.encode(images)))
                sums["psnr"] = sums.get("psnr", 0.0) + psnr(pictures, decoded) * len(pictures)
        return {name: value / len(self.held_out) for name, value in sums.items()}

    @torch.no_grad()
    def sample_quality(self) -> dict[str, float]:
        """How real and how various the averaged net's random pictures are: "kid" and "diversity"."""
        noise = torch.Generator(self.device).manual_seed(1)
        parts = [to_pictures(self.average.net.sample(QUALITY_SAMPLES // 4, noise)) for _ in range(4)]
        return self.quality(np.concatenate(parts))

    @cached_property
    def quality(self) -> SampleQuality:
        """What measures them; it looks at the real pictures when it is first asked for."""
        return SampleQuality(self.real_pictures)


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
        """One step with its phases; None when a stop was asked for in the middle of it."""
        nonlocal shown
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
            due = training.net.phased and time.monotonic() - shown >= REPORT_SECONDS
            walked = control.hold_if_walked()  # before the phase is told: whoever hears of it may ask for the next one
            if due or walked:
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
            if training.step > first_step and not control.stopping:  # who asks for a stop does not want to wait
                yield from show()
                yield from measure()
            yield from save()
    if control.discarding:
        training.discard()
