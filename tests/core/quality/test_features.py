"""The nets that pictures are seen with: the shipped one, and torchvision's Inception from a user's file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from scipy.ndimage import gaussian_filter
from torchvision.models import inception_v3
from torchvision.transforms.functional import normalize

from workbench.core.data.cache import Dataset
from workbench.core.errors import WorkbenchError
from workbench.core.quality.distance import kid
from workbench.core.quality.features import LABELS, load_features, shipped_features
from workbench.core.resources import resource
from workbench.core.tensors import write_tensors
from workbench.jobs.api import run
from workbench.jobs.prepare_data import prepare_data


@pytest.fixture(scope="module")
def avatars() -> Dataset:
    return run(prepare_data("builtin:avatars", 64))


@pytest.fixture(scope="module")
def inception_weights() -> dict[str, torch.Tensor]:
    """As torchvision's own state dict has them, with the parts that are not needed; drawn, not trained."""
    torch.manual_seed(0)
    return inception_v3(weights=None, init_weights=False, transform_input=True).state_dict()


def test_the_shipped_net_is_small_and_says_where_it_comes_from() -> None:
    path = resource("faces/features.safetensors")
    assert path.stat().st_size < 1.5e6
    with safe_open(path, framework="numpy") as file:
        assert {str(file.get_tensor(name).dtype) for name in file.keys()} == {"float16"}  # noqa: SIM118
    about = shipped_features().about
    assert {"data", "labels", "held out", "date", "terms"} <= set(about)
    assert set(about["held out"]) >= set(LABELS)
    assert about["held out"]["Male"]["accuracy"] > 0.85
    assert about["held out"]["Smiling"]["accuracy"] > 0.85
    assert about["held out"]["blur"]["correlation"] > 0.8


def test_features_are_as_many_numbers_as_it_says_and_each_is_about_one_large(avatars: Dataset) -> None:
    features = shipped_features()
    seen = features(avatars.pictures[:300])
    assert seen.shape == (300, features.width)
    assert 128 <= features.width <= 256
    assert seen.abs().mean() < 3


def test_what_a_picture_is_seen_as_does_not_hang_on_its_neighbours(avatars: Dataset) -> None:
    pictures = np.array(avatars.pictures[:70])
    torch.testing.assert_close(shipped_features()(pictures)[69:], shipped_features()(pictures[69:]), atol=1e-4, rtol=0)


@pytest.mark.parametrize("side", [32, 128, 50])
def test_pictures_of_any_size_are_seen_and_a_larger_one_as_its_smaller_self(avatars: Dataset, side: int) -> None:
    seen = shipped_features()(np.zeros((3, side, side, 3), np.uint8))
    assert seen.shape == (3, shipped_features().width)
    if side == 128:
        small = np.array(avatars.pictures[:50])
        large = small.repeat(2, axis=1).repeat(2, axis=2)
        near = (shipped_features()(large) - shipped_features()(small)).norm(dim=1).mean()
        far = (shipped_features()(small[:25]) - shipped_features()(small[25:])).norm(dim=1).mean()
        assert near < far / 2


def test_no_pictures_have_no_features() -> None:
    assert shipped_features()(np.zeros((0, 64, 64, 3), np.uint8)).shape == (0, shipped_features().width)


def test_kid_grows_with_blur_and_with_noise_and_is_nearly_nothing_between_real_halves(avatars: Dataset) -> None:
    """On drawn faces too, which it has never seen; figures for photographs are in docs/measures.md."""
    pictures = np.array(avatars.pictures[:1000])
    rng = np.random.default_rng(0)
    see = shipped_features()
    real, others = see(pictures[:500]), pictures[500:]
    blurred = [gaussian_filter(others, (0, sigma, sigma, 0)) for sigma in (0.7, 1.5)]
    noisy = (others + rng.normal(0, 25, others.shape)).clip(0, 255).astype(np.uint8)
    floor, soft, softer, grainy = (kid(real, see(some)) for some in (others, *blurred, noisy))
    noise = kid(real, see(rng.integers(0, 256, others.shape, np.uint8)))
    assert abs(floor) < 0.05 * soft
    assert soft < softer < noise
    assert 10 * abs(floor) < grainy < noise


def test_an_inception_file_gives_what_torchvisions_net_gives(
    inception_weights: dict[str, torch.Tensor], avatars: Dataset, tmp_path: Path
) -> None:
    save_file(inception_weights, tmp_path / "inception.safetensors")
    features = load_features(tmp_path / "inception.safetensors")
    assert (features.size, features.width) == (299, 2048)
    assert "inception.safetensors" in features.name

    net = inception_v3(weights=None, init_weights=False, transform_input=True).eval()
    net.load_state_dict(inception_weights)
    pooled: list[torch.Tensor] = []
    net.avgpool.register_forward_hook(lambda module, given, found: pooled.append(found.flatten(1)))
    pictures = np.random.default_rng(0).integers(0, 256, (2, 299, 299, 3), np.uint8)
    with torch.no_grad():
        light = torch.from_numpy(pictures).permute(0, 3, 1, 2) / 255
        net(normalize(light, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    torch.testing.assert_close(features(pictures), pooled[0], atol=1e-4, rtol=1e-3)
    assert features(avatars.pictures[:2]).shape == (2, 2048)


def test_a_file_of_another_net_is_refused_by_what_differs(
    inception_weights: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    path = tmp_path / "weights.safetensors"
    few = {name: value for name, value in inception_weights.items() if name.startswith("Conv2d_1a")}
    save_file(few, path)
    with pytest.raises(WorkbenchError, match=r"inception_v3: 'Conv2d_2a.* is missing.*leave --features out"):
        load_features(path)
    light = {name: torch.zeros(1) for name in inception_weights}
    save_file(light, path)
    with pytest.raises(WorkbenchError, match=r"'.*' is \(1,\), not"):
        load_features(path)
    save_file({**light, "classifier.weight": torch.zeros(1)}, path)
    with pytest.raises(WorkbenchError, match=r"'classifier.weight' does not belong there"):
        load_features(path)


def test_files_that_are_no_feature_nets_get_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    with pytest.raises(WorkbenchError, match="does not exist"):
        load_features(path)
    path.write_bytes(b"PK\x03\x04 a pickle in a zip")
    with pytest.raises(WorkbenchError, match="pickled Python objects"):
        load_features(path)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(WorkbenchError, match="damaged"):
        load_features(path)
    write_tensors(path, {"a": np.zeros(3)}, {"format": "workbench-concept", "version": 1})
    with pytest.raises(WorkbenchError, match="not a feature net"):
        load_features(path)
    write_tensors(path, {"a": np.zeros(3)}, {"format": "workbench-features", "version": 99})
    with pytest.raises(WorkbenchError, match="newer program"):
        load_features(path)
    write_tensors(path, {"a": np.zeros(3)}, {"format": "workbench-features", "version": 1, "name": "x", "about": {}})
    with pytest.raises(WorkbenchError, match="damaged"):
        load_features(path)
