"""How real random pictures look, by KID: whether it can be trusted, what it costs, and one model over another.

    python -m benchmarks.samples OURS PLAIN --data faces-128.zip --target 0.7

compares two trainings; `python -m benchmarks samples` measures the measure.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torchvision.transforms.v2.functional import gaussian_blur

from benchmarks.rows import Row
from workbench.core.models.images import to_images, to_pictures
from workbench.core.quality.distance import kid
from workbench.core.quality.features import shipped_features
from workbench.core.quality.samples import SampleQuality
from workbench.core.runs.trained import Prior, open_model
from workbench.jobs.api import run
from workbench.jobs.measure_samples import measure_samples
from workbench.jobs.prepare_data import prepare_data

COUNT = 2000


@dataclass(frozen=True)
class Kid:
    """KID of a model's random pictures, and of real ones from the same real ones."""

    value: float
    floor: float


def kid_of(model: str | Path, data: str | Path, count: int = COUNT, seed: int = 0, prior: Prior = "mixture") -> Kid:
    """KID of `count` random pictures of a run or model file from as many real ones of `data`, at the model's size."""
    trained = open_model(model, prior)
    real = run(prepare_data(data, trained.size))
    found = run(measure_samples(trained, real, shipped_features(), count, seed=seed))
    return Kid(found.distances.kid, found.floor.kid)


def compare(
    ours: str | Path, plain: str | Path, data: str | Path, target: float, count: int = COUNT, seed: int = 0
) -> Row:
    """KID of one run's random pictures over another's; the target is the most that the ratio may be."""
    better, worse = (kid_of(model, data, count, seed) for model in (ours, plain))
    ratio = better.value / worse.value
    return Row(
        f"KID of {count:,} samples: {Path(ours).name} over {Path(plain).name} (real over real {better.floor:.5f})",
        f"{better.value:.4f} ({ratio:.2f} x)",
        f"{worse.value:.4f}",
        f"<= {target:g} x",
        ratio <= target,
    )


def measure(faces: Path | None) -> list[Row]:
    """Whether KID sees blur in real pictures, and what following it through a training costs."""
    data = run(prepare_data(faces or "builtin:avatars", 64))
    mixed = np.random.default_rng(0).permutation(len(data))
    count = min(COUNT, len(data) // 2)
    first, second = (np.array(data.pictures[np.sort(mixed[part : part + count])]) for part in (0, count))
    see = shipped_features()
    real = see(first)
    floor = kid(real, see(second))
    blurred = kid(real, see(to_pictures(gaussian_blur(to_images(second), [7, 7], [1.0, 1.0]))))
    return [
        Row(
            f"KID of {count:,} real pictures, blurred by 1 pixel of 64, from as many others",
            f"{blurred:.4f}",
            f"not blurred {floor:.5f}",
            ">= 20 x the floor",
            blurred >= 20 * abs(floor),
        ),
        _cost(first),
    ]


def _cost(pictures: np.ndarray) -> Row:
    """Seconds of one core for the figures that a training shows."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    quality = SampleQuality(pictures[:512])
    quality(pictures[-128:])
    spent = []
    for _ in range(5):
        began = time.process_time()
        quality(pictures[-128:])
        spent.append(time.process_time() - began)
    torch.set_num_threads(threads)
    seconds = float(np.median(spent))
    return Row("KID and diversity of 128 samples, one core", f"{seconds:.2f} s", "", "<= 0.5 s", seconds <= 0.5)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.samples", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ours", type=Path)
    parser.add_argument("plain", type=Path)
    parser.add_argument("--data", required=True)
    parser.add_argument("--target", type=float, default=1.0, help="the most that ours may be of plain")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    row = compare(given.ours, given.plain, given.data, given.target, given.count, given.seed)
    print(f"{row.what}: {row.ours}, plain {row.plain}, target {row.target}: {'met' if row.met else 'not met'}")


if __name__ == "__main__":
    main()
