"""The contract of `Model`, held by every registered model at its smallest."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from workbench.core.errors import WorkbenchError
from workbench.core.models.base import Losses, Model, Step, Steps, preset_settings
from workbench.core.models.registry import MODELS, model_class, model_of

SMALL = {
    "vae": ("vae", {"latent": 8, "width": 8}),
    "autoencoder": ("autoencoder", {"latent": 8, "width": 8}),
    "vaegan": ("vaegan", {"latent": 8, "width": 8, "judge_width": 8, "judge_from": 0.0}),
    "dcgan": ("dcgan", {"latent": 8, "width": 8}),
    "dcgan, lecture": ("dcgan", {"net": "lecture", "latent": 8, "width": 8, "loss": "classic"}),
    "dcgan, radford": ("dcgan", {"net": "radford", "latent": 8, "width": 8, "loss": "classic"}),
    "dcgan, modern": ("dcgan", {"net": "modern", "latent": 8, "width": 16, "penalty_every": 1}),
}


@pytest.fixture(params=SMALL)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_registered_model_is_held_to_the_contract() -> None:
    assert {model for model, _ in SMALL.values()} == set(MODELS)


def build(name: str, size: int = 32, seed: int = 0) -> Model:
    model = model_class(SMALL[name][0])
    net = model(model.Settings.parse(SMALL[name][1]), size)
    net.initialise(torch.Generator().manual_seed(seed))
    return net


def images(size: int = 32, count: int = 6) -> Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(1)) * 2 - 1


def step(descend: Callable[[Tensor, str], None]) -> Step:
    """The first step, with the same noise each time."""
    return Step(0, 0.5, torch.Generator().manual_seed(2), descend, pictures=6)


def finish(steps: Steps) -> Losses:
    """The losses at the end of a step."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return dict(end.value)


@pytest.mark.parametrize("size", [32, 64, 128])
def test_pictures_become_codes_and_codes_pictures_of_every_size(name: str, size: int) -> None:
    if size not in sizes(name):
        with pytest.raises(WorkbenchError, match=f"cannot be {size} pixels wide"):
            build(name, size)
        return
    net = build(name, size).eval()
    if net.encodes:
        codes = net.encode(images(size))
        assert codes.shape == (6, net.latent)
        assert codes.dtype == torch.float32
    else:
        with pytest.raises(WorkbenchError, match="cannot encode"):
            net.encode(images(size))
    decoded = net.decode(torch.randn(6, net.latent, generator=torch.Generator().manual_seed(3)))
    assert decoded.shape == (6, 3, size, size)
    assert decoded.dtype == torch.float32
    assert decoded.abs().max() <= 1


def sizes(name: str) -> tuple[int, ...]:
    model = model_class(SMALL[name][0])
    return model.sizes(model.Settings.parse(SMALL[name][1]))


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
    first, second = build(name).eval(), build(name, seed=1).eval()
    second.load_state_dict(first.state_dict())
    codes = torch.randn(4, first.latent, generator=torch.Generator().manual_seed(3))
    assert torch.equal(first.decode(codes), second.decode(codes))
    if first.encodes:
        assert torch.equal(first.encode(images()), second.encode(images()))


def test_each_descent_lowers_the_loss_it_follows_and_moves_only_its_own_weights(name: str) -> None:
    for followed in build(name).optimisers():
        net = build(name)
        optimisers = net.optimisers()
        own = {id(weight) for group in optimisers[followed].param_groups for weight in group["params"]}
        before = {key: weight.clone() for key, weight in net.named_parameters()}
        seen: list[float] = []

        def descend(loss: Tensor, optimiser: str, followed=followed, seen=seen, optimisers=optimisers) -> None:
            if optimiser == followed:
                seen.append(loss.item())
                optimisers[optimiser].zero_grad()
                loss.backward()
                optimisers[optimiser].step()

        for _ in range(2):
            finish(net.steps(images(), step(descend)))
        assert seen[1] < seen[0], followed
        moved = {key for key, weight in net.named_parameters() if not torch.equal(weight, before[key])}
        assert moved
        assert moved <= {key for key, weight in net.named_parameters() if id(weight) in own}


def test_phases_come_in_the_order_of_their_names(name: str) -> None:
    net = build(name)
    seen = [phase.number for phase in net.steps(images(), step(lambda loss, optimiser: None))]
    assert seen == list(range(1, len(net.phases) + 1))


def test_the_parts_hold_every_weight(name: str) -> None:
    net = build(name).eval()
    assert sum(p.numel() for part, _ in net.parts().values() for p in part.parameters()) == sum(
        p.numel() for p in net.parameters()
    )
    for part, shape in net.parts().values():
        assert part(torch.zeros(2, *shape)).shape[0] == 2


def test_measuring_moves_no_weight_and_the_random_state_of_others_stays(name: str) -> None:
    net = build(name)
    weights = [p.clone() for p in net.parameters()]
    state = torch.get_rng_state()
    net.measure(images(), torch.Generator().manual_seed(2))
    net.sample(2, torch.Generator().manual_seed(2))
    assert all(torch.equal(a, b) for a, b in zip(weights, net.parameters(), strict=True))
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize("model", [load() for load in MODELS.values()], ids=str)
def test_every_preset_is_a_valid_setting_with_a_sentence(model: type[Model]) -> None:
    assert set(model.about_presets) == set(model.presets)
    for preset in model.presets:
        assert model.sizes(preset_settings(model, preset, {}))
    assert model.title
    assert model.summary


def test_an_unknown_model_or_preset_names_the_nearest() -> None:
    with pytest.raises(WorkbenchError, match="Did you mean 'vae'"):
        model_class("vea")
    with pytest.raises(WorkbenchError, match="Did you mean 'small'"):
        preset_settings(model_class("vae"), "smal", {})


def test_a_preset_that_one_model_alone_has_names_that_model() -> None:
    assert model_of("radford-64") == "dcgan"
    assert model_of("random-faces") == "vae"
    assert model_of("small") == model_of(None) == next(iter(MODELS))
