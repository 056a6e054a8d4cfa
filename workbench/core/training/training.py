"""One run in memory: what takes a step, looks at itself, is saved and goes on exactly."""

from __future__ import annotations

from collections.abc import Generator
from functools import cached_property

import numpy as np
import torch

from workbench.core.data.batches import Batches
from workbench.core.data.cache import Dataset
from workbench.core.data.picture_file import PictureFile
from workbench.core.devices import autocast, free_memory
from workbench.core.events import Advice, Saved
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
from workbench.core.training import remedies
from workbench.core.training.average import Average
from workbench.core.training.budget import Budget
from workbench.core.training.clock import Stopwatch
from workbench.core.training.descent import Descent
from workbench.core.training.moment import Moment
from workbench.core.training.previews import Previewer
from workbench.core.training.recent import RecentCodes
from workbench.core.training.shown import as_shown, known_labels

VALIDATION_PICTURES = 128
QUALITY_PICTURES = 256
QUALITY_SAMPLES = 128
"""Real and random pictures that the quality of samples is followed with."""


class Training:
    """One run in memory: its net, its average, its optimisers and every source of its randomness.

    Args:
        run: locked by the caller; continued from its newest checkpoint when it has one.
        data: the pictures, at the run's size.
        device: where to compute.

    Raises:
        WorkbenchError: a checkpoint that cannot be read.
    """

    def __init__(self, run: Run, data: Dataset, device: torch.device) -> None:
        info = run.info
        model = model_class(info.model)
        self.run, self.device = run, device
        self.settings = model.Settings.parse(info.settings)
        self.alignment = Alignment.from_json(info.alignment)
        self.budget = Budget(**info.budget)  # type: ignore[arg-type]

        train_rows = data.rows(0)
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
        self.recent = RecentCodes()

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
        """Take these weights for the first step, and keep them: whoever resumes must not begin with random ones.

        A net that only a training needs, and that the file has left out, begins with the run's own random weights.
        """
        for own in (self.net, self.average.net):
            own.load_state_dict({**self.net.state_dict(), **net.state_dict()})
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
        if self.net.codes is not None:
            self.recent.add(self.net.codes)
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
