"""What a training will take, before it starts: memory and time from a few real steps on the chosen device."""

from __future__ import annotations

import time
import weakref
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import psutil
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from workbench.core.control import Control
from workbench.core.devices import autocast, free_memory
from workbench.core.errors import out_of_memory
from workbench.core.faces.align import FACES
from workbench.core.models.base import Model, Step
from workbench.core.training.average import Average
from workbench.core.training.budget import Budget
from workbench.core.training.descent import Descent
from workbench.core.training.settings import TrainSettings
from workbench.core.training.shown import as_shown

SLOW = 2.0
"""Seconds: a step that takes longer is worth a word before the start."""
_SPENT = 1.5
"""Seconds of steps that a probe takes about."""
_USABLE = 0.9
"""Share of the free memory that a training may take."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a training will take.

    Attributes:
        device: where.
        batch_size: pictures a step.
        step_seconds: of one step.
        measured_with: pictures in the largest batch that was really tried; fewer than `batch_size` when a whole one
            takes long or does not fit, and the rest is extrapolated.
        steps, pictures, epochs: what the budget gives.
        seconds: of the whole training.
        memory: bytes that a step needs at its peak, weights and optimisers included.
        free: bytes that the device has left for it.
        remedy: what to lower so that it fits; empty when it does.
        changes: those settings, by name.
    """

    device: str
    batch_size: int
    step_seconds: float
    measured_with: int
    steps: int
    pictures: int
    epochs: float
    seconds: float
    memory: int
    free: int
    remedy: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fits(self) -> bool:
        return not self.remedy


@dataclass(frozen=True, slots=True)
class Cost:
    """What one step takes with batches of some size: seconds, and bytes at its peak."""

    batch: int
    seconds: float
    memory: int


class Probe:
    """Takes steps of a training that is never to be: fresh weights, random pictures, nothing written.

    Args:
        model, settings, size: what would be trained.
        device, precision: where, and how it computes.
        pictures: how many there are to train on.
    """

    def __init__(
        self,
        model: type[Model],
        settings: TrainSettings,
        size: int,
        device: torch.device,
        precision: str,
        pictures: int,
    ) -> None:
        self.settings, self.size, self.device, self.precision = settings, size, device, precision
        self.pictures = pictures
        self.batch_size = min(settings.batch_size, pictures)
        self.parts = max(1, min(settings.accumulate, self.batch_size // 2))
        self.at_a_time = -(-self.batch_size // self.parts)
        """Pictures that are computed at a time: a part of the batch."""
        self._model = model

    def estimate(self, costs: list[Cost], budget: Budget) -> Estimate:
        """What a training of this budget takes, when steps take `costs`."""
        free = free_bytes(self.device)
        if costs:
            part = at(costs, self.at_a_time)
            step, memory, tried = part.seconds * self.parts, part.memory, costs[-1].batch
        else:  # not even two pictures fit
            step, memory, tried = float("nan"), free, 0
        whole = bool(costs) and (costs[-1].batch == self.at_a_time or part.seconds > SLOW)
        if not whole:  # memory ran out while it was tried
            memory = max(memory, round(free / _USABLE) + 1)
        each = max(1, self.pictures // self.batch_size)
        total = budget.total_steps(each)
        if total is None:
            seconds = 60.0 * (budget.minutes or 0.0)
            steps = round(seconds / step) if costs else 0
        else:
            steps, seconds = total, total * step
        remedy, changes = to_lower(self.settings, costs, memory, free, self.at_a_time)
        return Estimate(
            device=str(self.device),
            batch_size=self.batch_size,
            step_seconds=step,
            measured_with=tried,
            steps=steps,
            pictures=steps * self.batch_size,
            epochs=steps / each,
            seconds=seconds,
            memory=memory,
            free=free,
            remedy=remedy,
            changes=changes,
        )

    def costs(self, control: Control) -> Generator[int, None, list[Cost]]:
        """What steps of a growing batch take, smallest first, up to the whole batch or what is quick enough.

        Yields:
            the batch that is tried next.

        Raises:
            Stopped: the user asked for it.
        """
        found: list[Cost] = []
        try:
            yield from self._grow(found, control)
        except Exception as error:
            if not out_of_memory(error):
                raise
        free_memory(self.device)
        return found

    def slow(self, control: Control) -> bool:
        """Whether a step may take longer than `SLOW`: from one step with two pictures.

        Raises:
            Stopped: the user asked for it.
        """
        learner = _Learner(self)
        began = time.perf_counter()
        learner.step(2, control)
        if (time.perf_counter() - began) * self.batch_size / 2 < SLOW:
            return False
        return learner.timed(2, control, 0.0)[0] * self.batch_size / 2 > SLOW  # the first one also sets up

    def _grow(self, found: list[Cost], control: Control) -> Iterator[int]:
        sizes = list(dict.fromkeys(min(size, self.at_a_time) for size in (2, 4, self.at_a_time)))
        learner = None
        peak = _Peak(self.device)
        for size in sizes:
            yield size
            if found and size == self.at_a_time and size > 4 and at(found, size).seconds > SLOW:
                return  # a whole batch takes long: what two and four pictures take says enough
            with peak:
                learner = learner or _Learner(self)
                learner.step(size, control)
            seconds = min(learner.timed(size, control, _SPENT / len(sizes)))
            found.append(Cost(size, seconds, peak.bytes))


class _Learner:
    """A net with its optimisers that takes steps as the training loop does."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self.net = probe._model(probe.settings, probe.size)
        self.net.initialise(torch.Generator().manual_seed(0))
        self.net.to(probe.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = Average(self.net, probe.settings.average_decay)
        self.optimisers = self.net.optimisers()
        self.descent = Descent(self.net, self.optimisers, probe.settings)
        self.noise = torch.Generator(probe.device).manual_seed(0)
        self.change = torch.Generator().manual_seed(0)

    def timed(self, batch: int, control: Control, seconds: float) -> list[float]:
        """Seconds of single steps, for about so long in all and at most five."""
        spent: list[float] = []
        while not spent or (sum(spent) < seconds and len(spent) < 5):
            began = time.perf_counter()
            self.step(batch, control)
            spent.append(time.perf_counter() - began)
        return spent

    def step(self, batch: int, control: Control) -> None:
        """One step with so many random pictures, in the middle of the training, where every loss counts."""
        probe = self._probe
        pictures = torch.randint(256, (batch, probe.size, probe.size, 3), dtype=torch.uint8, generator=self.change)
        images = as_shown(pictures, probe.settings, FACES, probe.device, self.change)
        going = self.net.steps(images, Step(0, 0.5, self.noise, self.descent, probe.pictures))
        self.descent.begin(1)
        while True:
            control.check()
            try:
                with autocast(probe.device, probe.precision):
                    next(going)
            except StopIteration as end:
                losses = end.value
                break
        self.descent.end()
        self.average.update(self.net, 1)
        losses["total"].item()  # waits for the device
        self.descent.take_norms()


def at(costs: list[Cost], batch: int) -> Cost:
    """The cost of another batch size: on the line through the two largest that were tried."""
    if len(costs) == 1 or costs[-1].batch == batch:
        only = costs[-1]
        return only if only.batch == batch else Cost(batch, only.seconds * batch / only.batch, only.memory)
    first, last = costs[-2:]
    more = (batch - last.batch) / (last.batch - first.batch)
    seconds = last.seconds + more * max(last.seconds - first.seconds, 0.0)
    # what does not grow with the batch is at most nothing
    seconds = min(max(seconds, 1e-6), last.seconds * max(1.0, batch / last.batch))
    return Cost(batch, seconds, round(last.memory + more * max(last.memory - first.memory, 0)))


def to_lower(
    settings: TrainSettings, costs: list[Cost], needed: int, free: int, largest: int
) -> tuple[str, dict[str, Any]]:
    """What to lower so that `needed` bytes become at most what may be used of `free`: in words, and as settings."""
    usable = _USABLE * free
    if needed <= usable:
        return "", {}
    batch = largest
    while batch > 2 and (not costs or at(costs, batch).memory > usable):
        batch //= 2
    if costs and at(costs, batch).memory <= usable:
        return f"Lower the batch size to {batch}.", {"batch_size": batch}
    values = settings.model_dump()
    width = settings.info("width") if "width" in values else None
    if width and width.low is not None and values["width"] // 2 >= width.low:
        lower = {"batch_size": 2, "width": values["width"] // 2}
        return f"Lower the width to {lower['width']} and the batch size to 2, or choose smaller pictures.", lower
    return "Choose smaller pictures, or another device.", {}


def free_bytes(device: torch.device) -> int:
    """Memory that a device has left."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return int(free)
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    return int(psutil.virtual_memory().available)


class _Peak:
    """The most memory that is held at once while a block runs, in `bytes`; what was held since the first block counts.

    On CUDA the device's own counters. Elsewhere the tensors that are alive are counted, operation by operation, which
    other programs and what the allocator keeps cannot disturb; the scratch space inside of an operation is not in it.
    """

    def __init__(self, device: torch.device) -> None:
        self.bytes = 0
        self._device = device
        self._counter = None if device.type == "cuda" else LiveTensors()
        self._before = torch.cuda.memory_allocated(device) if device.type == "cuda" else 0

    def __enter__(self) -> None:
        if self._counter:
            self._counter.peak = self._counter.now
            self._counter.__enter__()  # type: ignore[no-untyped-call]
        else:
            torch.cuda.synchronize(self._device)
            torch.cuda.reset_peak_memory_stats(self._device)

    def __exit__(self, *error: Any) -> None:
        if self._counter:
            self._counter.__exit__(*error)  # type: ignore[no-untyped-call]
            self.bytes = self._counter.peak
        else:
            torch.cuda.synchronize(self._device)
            self.bytes = torch.cuda.max_memory_allocated(self._device) - self._before


class LiveTensors(TorchDispatchMode):  # type: ignore[no-untyped-call] # torch types some of itself
    """Counts the bytes of the tensors that were made while it is on and are alive, and the most there were."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = 0
        self.peak = 0
        self._known: set[int] = set()

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = function(*args, **(kwargs or {}))
        for tensor in torch.utils._pytree.tree_leaves(made):
            if isinstance(tensor, torch.Tensor):
                self._count(tensor.untyped_storage())
        return made

    def _count(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata
        if key in self._known:
            return
        self._known.add(key)
        size = storage.nbytes()
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._forget, key, size)

    def _forget(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.now -= size
