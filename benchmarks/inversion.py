"""How near a model's code comes to a picture: the search by Gauss and Newton beside gradient descent.

python -m benchmarks.inversion RUN --data faces-128.zip --count 64
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.rows import Row, line
from workbench.core.control import Control
from workbench.core.data.table import TEST
from workbench.core.editing.refine import refine
from workbench.core.models.images import to_images
from workbench.core.quality.reconstruction import psnr
from workbench.core.runs.trained import TrainedModel, open_model
from workbench.jobs.api import run
from workbench.jobs.prepare_data import prepare_data

TARGET = 28.0
_STEPS = 300  # of gradient descent

UInt8 = npt.NDArray[np.uint8]
Float32 = npt.NDArray[np.float32]


def measure(where: str | Path, data: str | Path, count: int = 64) -> list[Row]:
    """PSNR of a model's own random pictures, and of test pictures of `data`, after the search for their codes."""
    model, dataset = open_model(where), run(prepare_data(data, open_model(where).size))
    real = np.array(dataset.pictures[dataset.rows(TEST)[:count]])
    return [
        _row(model, model.sample(count, seed=5), f"{count} of its own pictures", TARGET),
        _row(model, real, f"{len(real)} test pictures of {dataset.name}", None),
    ]


def _row(model: TrainedModel, pictures: UInt8, what: str, target: float | None) -> Row:
    first = model.encode(pictures) if model.encodes else np.tile(model.spread[0], (len(pictures), 1))
    first = first.astype(np.float32)
    began = time.thread_time()
    codes = np.stack([run(refine(model, *pair, Control())) for pair in zip(pictures, first, strict=True)])
    between = time.thread_time()
    plain = _by_descent(model, pictures, first)
    took = (between - began) / len(pictures), (time.thread_time() - between) / len(pictures)
    ours, theirs, guess = (psnr(pictures, model.decode(found)) for found in (codes, plain, first))
    about = f"{model.info.preset} at {model.size} px, step {model.step:,}"
    return Row(
        f"PSNR of {what} from codes searched for ({about}; {guess:.1f} dB before), over {_STEPS} steps of Adam",
        f"{ours:.1f} dB ({took[0]:.1f} s each)",
        f"{theirs:.1f} dB ({took[1]:.1f} s)",
        "" if target is None else f">= {target:g} dB",
        None if target is None else ours >= target,
    )


def _by_descent(model: TrainedModel, pictures: UInt8, first: Float32) -> Float32:
    """The plain way: Adam on the codes, all pictures at once, the mean squared error and a weak pull to the mean."""
    images, middle = to_images(pictures), torch.from_numpy(model.spread[0].astype(np.float32))
    codes = torch.from_numpy(first.copy()).requires_grad_()
    optimiser = torch.optim.Adam([codes], lr=0.05)
    for _ in range(_STEPS):
        optimiser.zero_grad()
        off = (model.net.decode(codes) - images).square().mean((1, 2, 3)).sum()
        (off + 1e-4 * (codes - middle).square().sum()).backward()
        optimiser.step()
    return codes.detach().numpy()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--data", required=True)
    parser.add_argument("--count", type=int, default=64)
    given = parser.parse_args()
    torch.set_num_threads(1)
    print("\n".join(map(line, measure(given.run, given.data, given.count))))
