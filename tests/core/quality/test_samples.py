from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from workbench.core.data.cache import Dataset
from workbench.core.errors import WorkbenchError
from workbench.core.quality.samples import SampleQuality, sample_batches
from workbench.core.runs.trained import open_model
from workbench.jobs.api import run
from workbench.jobs.prepare_data import prepare_data


@pytest.fixture(scope="module")
def avatars() -> Dataset:
    return run(prepare_data("builtin:avatars", 64))


def test_real_pictures_are_near_and_as_various_blurred_ones_are_farther_and_equal_ones_not_various(
    avatars: Dataset,
) -> None:
    quality = SampleQuality(np.array(avatars.pictures[:512]))
    others = np.array(avatars.pictures[512:640])
    real, blurred, same = (
        quality(some) for some in (others, gaussian_filter(others, (0, 1.5, 1.5, 0)), others[:1].repeat(128, axis=0))
    )
    assert abs(real["kid"]) < 0.1 * blurred["kid"]
    assert abs(quality.floor) < 0.1 * blurred["kid"]
    assert real["diversity"] == pytest.approx(1, abs=0.1)
    assert same["diversity"] == pytest.approx(0, abs=1e-3)
    assert same["kid"] > real["kid"]


def test_the_real_pictures_are_looked_at_only_once(avatars: Dataset) -> None:
    quality = SampleQuality(np.array(avatars.pictures[:256]))
    looked = []
    net = quality.features.net
    hook = net.register_forward_hook(lambda module, given, found: looked.append(len(found)))
    first, second = quality(np.array(avatars.pictures[300:364])), quality(np.array(avatars.pictures[300:364]))
    hook.remove()
    assert sum(looked) == 2 * 64
    assert first == second


def test_128_samples_are_measured_in_half_a_second_of_one_core(avatars: Dataset) -> None:
    quality = SampleQuality(np.array(avatars.pictures[:512]))
    samples = np.array(avatars.pictures[512:640])
    quality(samples)
    spent = []
    for _ in range(3):
        began = time.process_time()
        quality(samples)
        spent.append(time.process_time() - began)
    assert min(spent) < 0.5


def test_random_pictures_come_in_batches_and_a_seed_repeats_them(trained_run: Path) -> None:
    net = open_model(trained_run).net
    first, again, other = (list(sample_batches(net, 150, seed)) for seed in (1, 1, 2))
    assert [len(batch) for batch in first] == [64, 64, 22]
    assert (np.concatenate(first) == np.concatenate(again)).all()
    assert (first[0] != other[0]).any()
    assert (first[0] != first[1]).any()


def test_a_model_whose_pictures_are_not_numbers_is_told_so(trained_run: Path) -> None:
    net = open_model(trained_run).net
    with torch.no_grad():
        next(iter(net.decoder.parameters())).fill_(torch.nan)
    with pytest.raises(WorkbenchError, match="not numbers"):
        next(sample_batches(net, 10, 0))
