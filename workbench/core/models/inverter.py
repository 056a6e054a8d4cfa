"""A way back from pictures to codes for a model that was trained without one: an encoder, learned afterwards.

A GAN can make as many pairs of a code and its picture as one likes; the encoder learns to tell the code from the
picture (Zhu et al. 2016, "Generative visual manipulation on the natural image manifold"). What it says of a photo is a
first guess, good enough to find concepts with; `editing.refine` takes it from there.
"""

from __future__ import annotations

import copy
import math
from collections import deque
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from workbench.core.control import Control
from workbench.core.errors import WorkbenchError
from workbench.core.events import Event, Progress
from workbench.core.models import blocks
from workbench.core.models.base import Model
from workbench.core.models.images import to_pictures
from workbench.core.models.nets import Encoder
from workbench.core.quality.reconstruction import psnr
from workbench.core.runs.checkpoint import fingerprint, set_weights, weights_of
from workbench.core.tensors import damaged, read_tensors, write_tensors
from workbench.core.training.budget import Budget
from workbench.core.training.clock import Stopwatch

FORMAT = "workbench-encoder"
VERSION = 1
WIDTH = 32
_BATCH = 32
_RATE = 2e-3
_WARMUP = 50  # steps
_KEPT = 64  # batches of pairs that are learned from more than once: making them takes longer than learning from them
_OFTEN = 4  # times, in the mean
_MEASURED = 64  # pairs
_REPORTS = 0.2  # seconds between two


@dataclass(frozen=True, eq=False)
class Inverter:
    """An encoder for one model's pictures.

    Attributes:
        net: in evaluation mode: images (N, 3, S, S) to codes (N, latent).
        width: of the net.
        psnr: dB at which the model's own pictures come back from the codes that it guesses.
    """

    net: Encoder
    width: int
    psnr: float

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of its weights."""
        return fingerprint(weights_of(self.net))

    def encode(self, images: Tensor) -> Tensor:
        """The guessed code of each image: (N, 3, S, S) in [-1, 1] to (N, latent)."""
        codes: Tensor = self.net(images)
        return codes

    def pack(self) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
        """Its weights by name, and what is to be known of them."""
        return weights_of(self.net), {"width": self.width, "psnr": self.psnr, "fingerprint": self.fingerprint}

    @classmethod
    def unpack(
        cls, weights: Mapping[str, npt.NDArray[Any]], info: Mapping[str, Any], model: Model, where: str
    ) -> Inverter:
        """From `pack`; raises `WorkbenchError` when that is not what was written, or of another model's shape."""
        try:
            width, decibels = int(info["width"]), float(info["psnr"])
            net = Encoder(model.size, width, model.latent)
            set_weights(net, {name: np.asarray(array, np.float32) for name, array in weights.items()}, where)
            inverter = cls(net.eval().requires_grad_(False), width, decibels)
            intact = inverter.fingerprint == info["fingerprint"]
        except (KeyError, TypeError, ValueError) as wrong:
            raise damaged(where, "encoder") from wrong
        if not intact:
            raise damaged(where, "encoder")
        return inverter

    def save(self, path: Path, model: str) -> None:
        """Write it beside its run; `model` is the fingerprint of the weights whose pictures it reads."""
        weights, info = self.pack()
        write_tensors(path, weights, {"format": FORMAT, "version": VERSION, "model": model, **info})

    @classmethod
    def load(cls, path: Path, model: Model, fingerprint: str) -> Inverter | None:
        """The inverter in a file; None when there is none, or one of other weights."""
        if not path.exists():
            return None
        weights, info = read_tensors(path, FORMAT, VERSION, "encoder")
        return cls.unpack(weights, info, model, str(path)) if info.get("model") == fingerprint else None


def train_inverter(
    model: Model,
    budget: Budget,
    control: Control,
    *,
    device: torch.device | str = "cpu",
    width: int = WIDTH,
    seed: int = 0,
) -> Generator[Event, None, Inverter]:
    """Learn to tell the codes of a model's own pictures.

    Args:
        model: makes the pictures; it is not changed.
        budget: how long, in steps or minutes.
        control: to pause or stop.
        device: where it is computed.
        width: of the net.
        seed: the same one with a number of steps gives the same weights.

    Yields:
        Progress.

    Raises:
        Stopped: the user asked for it.
        WorkbenchError: what it learned are no numbers.
    """
    generator = torch.Generator().manual_seed(seed)
    net = Encoder(model.size, width, model.latent)
    blocks.initialise(net, generator)
    net, maker = net.to(device), copy.deepcopy(model).to(device)
    optimiser = torch.optim.Adam(net.parameters(), lr=_RATE, betas=(0.9, 0.99))
    pairs: deque[tuple[Tensor, Tensor]] = deque(maxlen=_KEPT)
    watch, told, step = Stopwatch(), -_REPORTS, 0
    while (spent := budget.fraction(step, watch.seconds, 1)) < 1:
        with watch.left_out():
            control.check()
        if watch.seconds - told >= _REPORTS:
            told = watch.seconds
            yield Progress("Learning to read faces", round(100 * spent), 100, "%")
        if step % _OFTEN == 0:
            pairs.append(_pair(maker, _BATCH, generator, device))
        latest = step % _OFTEN == 0
        codes, images = pairs[-1 if latest else int(torch.randint(len(pairs), (), generator=generator))]
        rate = _RATE * min(1.0, (step + 1) / _WARMUP) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * spent)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.zero_grad()
        (net(images) - codes).square().mean().backward()
        optimiser.step()
        step += 1
    yield Progress("Learning to read faces", 100, 100, "percent")
    net.to("cpu").eval().requires_grad_(False)
    codes, images = _pair(model, _MEASURED, generator, "cpu")
    with torch.no_grad():
        guessed = net(images)
        again = model.decode(guessed)
    if not torch.isfinite(guessed).all():
        raise WorkbenchError("What the encoder learned are no numbers.", "Train the model longer, then try again.")
    return Inverter(net, width, psnr(to_pictures(images), to_pictures(again)))


@torch.no_grad()
def _pair(model: Model, count: int, generator: torch.Generator, device: torch.device | str) -> tuple[Tensor, Tensor]:
    """Random codes, drawn on the CPU, so that a seed fixes them everywhere, and their pictures, on the device."""
    codes = model.draw(count, generator).to(device)
    return codes, model.decode(codes)
