from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Normal
from torch.distributions import kl_divergence as reference

from workbench.core.models.base import Step
from workbench.core.models.vae import Vae, VaeSettings, kl_divergence


def test_the_kl_is_that_of_two_normal_distributions() -> None:
    random = torch.Generator().manual_seed(0)
    mean, logvar = torch.randn(5, 7, generator=random), torch.randn(5, 7, generator=random)
    expected = reference(Normal(mean, torch.exp(0.5 * logvar)), Normal(0.0, 1.0))
    torch.testing.assert_close(kl_divergence(mean, logvar), expected)


def test_the_reconstruction_is_the_likelihood_with_the_best_shared_variance() -> None:
    net = Vae(VaeSettings(latent=4, width=8), 32)
    images = torch.zeros(2, 3, 32, 32)
    with torch.no_grad():
        for weight in net.parameters():
            weight.zero_()
        net.decoder[-1][0].bias.fill_(0.5)  # every pixel is off by a half
    losses = net.measure(images, torch.Generator().manual_seed(0))
    assert losses["reconstruction"].item() == pytest.approx(0.5 * 3 * 32 * 32 * math.log(0.25), rel=1e-5)
    assert losses["kl"].item() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(("fraction", "expected"), [(0.0, 0.0), (0.05, 1.0), (0.1, 2.0), (0.9, 2.0)])
def test_beta_rises_over_the_first_tenth(fraction: float, expected: float) -> None:
    net = Vae(VaeSettings(latent=4, width=8, beta=2.0), 32)
    net.initialise(torch.Generator().manual_seed(0))
    step = Step(0, fraction, torch.Generator().manual_seed(0), lambda loss, optimiser: None, pictures=2)
    with pytest.raises(StopIteration) as end:
        next(net.steps(torch.zeros(2, 3, 32, 32), step))
    losses = end.value.value
    assert (losses["total"] - losses["reconstruction"]).item() == pytest.approx(
        expected * losses["kl"].item(), abs=2e-3
    )


def test_the_learning_rate_rises_then_falls_to_a_twentieth() -> None:
    net = Vae(VaeSettings(latent=4, width=8, warmup_steps=10), 32)
    assert net.rate(0, 0.0) == pytest.approx(0.1)
    assert net.rate(9, 0.0) == pytest.approx(1.0)
    assert net.rate(500, 0.5) == pytest.approx(0.525)
    assert net.rate(1000, 1.0) == pytest.approx(0.05)


def test_free_nats_are_not_counted() -> None:
    free, counted = (Vae(VaeSettings(latent=4, width=8, free_bits=bits), 32) for bits in (3.0, 0.0))
    for net in (free, counted):
        net.initialise(torch.Generator().manual_seed(0))
    images = torch.zeros(2, 3, 32, 32)
    losses, plain = (net.measure(images, torch.Generator().manual_seed(0)) for net in (free, counted))
    assert plain["kl"] < 3.0  # all four numbers together
    assert losses["kl"] == plain["kl"]
    assert (losses["total"] - losses["reconstruction"]).item() == pytest.approx(4 * 3.0, rel=1e-4)


def test_a_silent_number_of_the_code_is_not_active() -> None:
    net = Vae(VaeSettings(latent=4, width=8), 32)
    with torch.no_grad():
        for weight in net.parameters():
            weight.zero_()
        net.encoder[-1].bias[:2] = 2.0  # two means of 2: two nats each
    measured = net.measure(torch.zeros(2, 3, 32, 32), torch.Generator().manual_seed(0))
    assert measured["active_units"].item() == 2


def test_codes_learn_to_tell_the_labels_that_are_known() -> None:
    net = Vae(VaeSettings(latent=4, width=8, labels="Bright Unknown"), 32)
    net.initialise(torch.Generator().manual_seed(0))
    optimiser = net.optimisers()["adam"]
    bright = torch.tensor([1.0, -1.0] * 8)
    images = (0.5 * bright)[:, None, None, None].expand(16, 3, 32, 32).contiguous()
    labels = torch.stack([bright, torch.zeros(16)], dim=1)

    def descend(loss: torch.Tensor, _: str) -> None:
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    unsaid = []
    for number in range(40):
        step = Step(number, 1.0, torch.Generator().manual_seed(number), descend, 16, labels)
        with pytest.raises(StopIteration) as end:
            next(net.steps(images, step))
        unsaid.append(end.value.value["labels"].item())
    assert unsaid[0] > 0.3
    assert sum(unsaid[-10:]) / 10 < unsaid[0] / 2
    assert net.reader is not None
    assert net.reader[0].weight.grad[0].any()
    assert not net.reader[0].weight.grad[1].any()
    told = net.reader(net.encode(images))[:, 0]
    assert ((told > 0) == (bright > 0)).all()


def test_without_labels_nothing_reads_the_codes() -> None:
    plain = Vae(VaeSettings(latent=4, width=8), 32)
    assert set(plain.parts()) == {"encoder", "decoder"}
    assert not [name for name in plain.state_dict() if name.startswith("reader")]
