"""The contract of `Model`, held by every registered model at its smallest."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from workbench.core.errors import WorkbenchError
from workbench.core.models.base import Model, Step, preset_settings
from workbench.core.models.registry import MODELS, model_class

SMALL = {"vae": {"latent": 8, "width": 8}}


@pytest.fixture(params=sorted(MODELS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def build(name: str, size: int = 32, seed: int = 0) -> Model:
    model = model_class(name)
    net = model(model.Settings.parse(SMALL[name]), size)
    net.initialise(torch.Generator().manual_seed(seed))
    return net


def images(size: int = 32, count: int = 6) -> Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(1)) * 2 - 1


def descend(net: Model) -> Callable[[Tensor, str], None]:
    optimisers = net.optimisers()

    def step(loss: Tensor, optimiser: str) -> None:
        optimisers[optimiser].zero_grad()
        loss.backward()
        optimisers[optimiser].step()

    return step


@pytest.mark.parametrize("size", [32, 64, 128])
def test_pictures_become_codes_and_codes_pictures_of_every_size(name: str, size: int) -> None:
    net = build(name, size).eval()
    codes = net.encode(images(size))
    assert codes.shape == (6, net.latent)
    assert codes.dtype == torch.float32
    decoded = net.decode(codes)
    assert decoded.shape == (6, 3, size, size)
    assert decoded.dtype == torch.float32
    assert decoded.abs().max() <= 1


def test_an_impossible_size_is_refused(name: str) -> None:
    with pytest.raises(WorkbenchError, match="48 pixels wide"):
        build(name, 48)


def test_a_seed_fixes_the_weights_and_the_samples(name: str) -> None:
    first, second, other = build(name), build(name), build(name, seed=1)
    for ours, theirs in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert not all(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))
    samples = [net.sample(3, torch.Generator().manual_seed(7)) for net in (first, second)]
    assert torch.equal(*samples)
    assert not torch.equal(samples[0], first.sample(3, torch.Generator().manual_seed(8)))


def test_weights_saved_and_loaded_give_the_same_pictures_to_the_bit(name: str) -> None:
    first, second = build(name), build(name, seed=1)
    second.load_state_dict(first.state_dict())
    assert torch.equal(first.decode(first.encode(images())), second.decode(second.encode(images())))


def test_one_step_lowers_the_loss_of_its_batch(name: str) -> None:
    net = build(name)
    before = net.measure(images(), torch.Generator().manual_seed(2))
    step = Step(fraction=0.5, generator=torch.Generator().manual_seed(2), descend=descend(net))
    net.steps(images(), step)
    after = net.measure(images(), torch.Generator().manual_seed(2))
    assert after["total"] < before["total"]


def test_measuring_moves_no_weight_and_the_random_state_of_others_stays(name: str) -> None:
    net = build(name)
    weights = [p.clone() for p in net.parameters()]
    state = torch.get_rng_state()
    net.measure(images(), torch.Generator().manual_seed(2))
    net.sample(2, torch.Generator().manual_seed(2))
    assert all(torch.equal(a, b) for a, b in zip(weights, net.parameters(), strict=True))
    assert torch.equal(state, torch.get_rng_state())


def test_every_preset_is_a_valid_setting(name: str) -> None:
    model = model_class(name)
    for preset in model.presets:
        assert preset_settings(model, preset, {})
    assert model.title
    assert model.summary


def test_an_unknown_model_or_preset_names_the_nearest() -> None:
    with pytest.raises(WorkbenchError, match="Did you mean 'vae'"):
        model_class("vea")
    with pytest.raises(WorkbenchError, match="Did you mean 'small'"):
        preset_settings(model_class("vae"), "smal", {})
