"""The training loop, read from top to bottom: learn, report, show, measure, save.

It is a generator, so that the window, the command line and a test can each be its host: it goes on when its host asks
for the next event, and obeys a pause or a stop between two steps.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Generator, Iterator
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch import Tensor

from workbench.core.control import Control
from workbench.core.data.augment import augment
from workbench.core.data.batches import Batches
from workbench.core.data.cache import Dataset
from workbench.core.data.picture_file import PictureFile, PicturesGone
from workbench.core.errors import ExitCode, WorkbenchError
from workbench.core.events import Event, Losses, Measured, Phase, Preview, Progress, Saved, Started, read_only
from workbench.core.models.base import Losses as StepLosses
from workbench.core.models.base import Model, Step
from workbench.core.models.base import Phase as ModelPhase
from workbench.core.models.images import to_images, to_pictures
from workbench.core.models.registry import model_class
from workbench.core.quality.reconstruction import psnr
from workbench.core.runs import checkpoint
from workbench.core.runs.folder import Run
from workbench.core.runs.metrics import MetricsFile
from workbench.core.training.average import Average
from workbench.core.training.budget import Budget
from workbench.core.training.clock import Pace, Speed, Stopwatch
from workbench.core.training.interruptions import hold, obey_request, wait_for_pictures
from workbench.core.training.previews import Previewer, grid

REPORT_SECONDS = 0.1
VALIDATION_PICTURES = 256


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

        held_out = data.rows(1)[:VALIDATION_PICTURES]
        self.held_out = np.array(data.pictures[held_out])
        faces = self.held_out if len(held_out) else np.array(data.pictures[train_rows[: Previewer.columns]])
        self.previewer = Previewer(faces, shown)

        self.step = 0
        self.clock = Stopwatch()
        if run.checkpoints():
            self._restore()
        run.forget_after(self.step)  # a program that was killed wrote of steps that are taken again now

    @property
    def _generators(self) -> dict[str, torch.Generator]:
        """Every source of randomness that steps draw from."""
        return {"order": self.order, "noise": self.noise, "change": self.change}

    def _restore(self) -> None:
        """Continue exactly from the newest checkpoint."""
        state = checkpoint.restore(self.run.latest_checkpoint(), self.net, self.average.net, self.optimisers)
        self.step = int(state["step"])
        self.clock = Stopwatch(float(state["seconds"]))
        self.batches.restore(state["batches"])
        for name, generator in self._generators.items():
            checkpoint.unpack_generator(state["generators"][name], generator)

    def save(self) -> Saved:
        """Write a checkpoint of this moment and forget the old ones."""
        path = self.run.checkpoint_path(self.step)
        if not path.exists():
            state = {
                "step": self.step,
                "epoch": self.batches.epoch,
                "seconds": self.clock.seconds,
                "batches": self.batches.state(),
                "generators": {name: checkpoint.pack_generator(g) for name, g in self._generators.items()},
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
        moment = Moment(self) if self.net.phased else None
        rate = self.net.rate(self.step, self.fraction)
        for optimiser in self.optimisers.values():
            for group in optimiser.param_groups:
                group["lr"] = group.setdefault("initial_lr", group["lr"]) * rate
        images = augment(to_images(next(self.batches), self.device), self.settings.augment, self.change)
        going = self.net.steps(
            images, Step(self.step, min(1.0, self.fraction), self.noise, self._descend, self.batches.pictures)
        )
        while True:
            try:
                with self._autocast():  # around each part, not around what the host does in between
                    phase = next(going)
            except StopIteration as end:
                losses: StepLosses = end.value
                break
            if (yield phase) and moment:
                going.close()
                moment.restore(self)
                return None
        self.step += 1
        self.average.update(self.net, self.step)
        return losses

    def told(self, phase: ModelPhase, with_picture: bool) -> Phase:
        """A phase of the step under way as an event."""
        picture = None
        if with_picture and phase.images is not None:
            pictures = to_pictures(phase.images)
            picture = grid(pictures, columns=math.ceil(math.sqrt(2 * len(pictures))))
        return Phase(self.step + 1, phase.number, self.net.phases[phase.number - 1], phase.note(), picture)

    def _autocast(self) -> contextlib.AbstractContextManager[Any]:
        if self.run.info.precision == "bfloat16":
            return torch.autocast(self.device.type, dtype=torch.bfloat16)
        return contextlib.nullcontext()

    def _descend(self, loss: Tensor, optimiser: str) -> None:
        """Move the weights of one optimiser down the gradient of `loss`, after a look at both.

        Raises:
            WorkbenchError: the loss or its gradient is not a number; no weight has moved.
        """
        moved = self.optimisers[optimiser]
        moved.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        weights = [weight for group in moved.param_groups for weight in group["params"] if weight.grad is not None]
        gradients = [weight.grad for weight in weights]
        norm = torch.nn.utils.get_total_norm(gradients)
        if not torch.isfinite(torch.stack([loss.detach(), norm])).all():
            raise WorkbenchError(
                f"The training diverged at step {self.step + 1}: its loss is no longer a number. "
                "No weight was spoiled.",
                f"Train a new run that learns slower (--set learning_rate={self.settings.learning_rate / 2:g}).",
                ExitCode.FAILED,
            )
        if limit := self.settings.clip_value:
            torch.nn.utils.clip_grad_value_(weights, limit)
        if (limit := self.settings.clip_norm) and norm > limit:
            torch._foreach_mul_(gradients, limit / norm)
        moved.step()
        torch.clear_autocast_cache()  # it may hold the weights as they were

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


class Moment:
    """Everything that a step changes, as it is now: copies of the weights, optimisers and random states."""

    def __init__(self, training: Training) -> None:
        self._weights = {name: value.clone() for name, value in training.net.state_dict().items()}
        self._optimisers = {name: deepcopy(o.state_dict()) for name, o in training.optimisers.items()}
        self._generators = {name: g.get_state() for name, g in training._generators.items()}
        self._batches = training.batches.state()

    def restore(self, training: Training) -> None:
        """Bring it back."""
        training.net.load_state_dict(self._weights)
        for name, optimiser in training.optimisers.items():
            optimiser.load_state_dict(self._optimisers[name])
        training.batches.restore(self._batches)
        for name, generator in training._generators.items():
            generator.set_state(self._generators[name])


def train_loop(training: Training, control: Control) -> Iterator[Event]:
    """Train until the budget is spent or `control` asks to stop; the last checkpoint is of the last step."""
    run, clock = training.run, training.clock
    first_step = training.step
    pending: list[tuple[int, StepLosses]] = []
    speed = Speed()
    showing, measuring = Pace(share=0.01, least=2.0), Pace(share=0.015, least=5.0)
    reported = saved = shown = time.monotonic()
    measured_psnr: float | None = None

    def report() -> Iterator[Event]:
        nonlocal reported
        if pending:
            losses = _on_host(pending, clock.seconds)
            file.append("train", losses.steps, clock.seconds, losses.values)
            pending.clear()
            yield losses
        speed.mark(clock.seconds, training.step)
        yield _progress(training, speed)
        reported = time.monotonic()

    def show() -> Iterator[Event]:
        began = clock.seconds
        for kind in ("samples", "reconstructions") if training.net.encodes else ("samples",):
            picture = getattr(training.previewer, kind)(training.average.net)
            run.add_preview(training.step, kind, picture)
            yield Preview(training.step, kind, picture)
        showing.done(began, clock.seconds)

    def measure() -> Iterator[Event]:
        nonlocal measured_psnr
        began = clock.seconds
        if values := training.validate():
            measured_psnr = values.get("psnr")
            columns = {name: read_only(np.array([value], dtype=np.float32)) for name, value in values.items()}
            file.append("validation", [training.step], clock.seconds, columns)
            yield Losses("validation", read_only(np.array([training.step])), columns, clock.seconds)
            yield Measured(training.step, values)
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
        while True:
            try:
                phase = going.send(answer)
            except StopIteration as end:
                losses: StepLosses | None = end.value
                return losses
            due = training.net.phased and time.monotonic() - shown >= REPORT_SECONDS
            walked = control.hold_if_walked()  # before the phase is told: whoever hears of it may ask for the next one
            if due or walked:
                yield training.told(phase, with_picture=walked)
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
            if losses is None:
                break
            pending.append((training.step, losses))
            if time.monotonic() - reported >= REPORT_SECONDS:
                yield from report()
                obey_request(run, control)
                if showing.due(clock.seconds):
                    yield from show()
                if measuring.due(clock.seconds):
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


def _on_host(pending: list[tuple[int, StepLosses]], seconds: float) -> Losses:
    """The losses of several steps, brought to the CPU at once."""
    names = list(pending[0][1])
    table = torch.stack([torch.stack([losses[name] for name in names]) for _, losses in pending]).float().cpu().numpy()
    return Losses(
        "train",
        read_only(np.array([step for step, _ in pending], dtype=np.int64)),
        {name: read_only(table[:, column]) for column, name in enumerate(names)},
        seconds,
    )


def _progress(training: Training, speed: Speed) -> Progress:
    seconds, fraction = training.clock.seconds, training.fraction
    per_second = speed.steps_per_second
    total = training.budget.total_steps(training.batches.batches_per_epoch)
    return Progress(
        task="Training",
        done=training.step,
        total=total
        if total is not None
        else max(training.step, round(training.step / fraction))
        if fraction > 0.02
        else None,
        unit="steps",
        rate=per_second * training.batches.batch_size if per_second else None,
        seconds_left=speed.seconds_left(fraction, seconds),
    )
