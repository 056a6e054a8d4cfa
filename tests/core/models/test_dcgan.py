"""The lecture's GAN: to the digit, in six steps, with every trick as a switch."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from workbench.core.errors import WorkbenchError
from workbench.core.models.base import Losses, Phase, Step, preset_settings
from workbench.core.models.dcgan import Dcgan
from workbench.core.models.diff_augment import by_heart, diff_augment


def build(preset: str | None = None, size: int = 32, **settings: Any) -> Dcgan:
    net = Dcgan(preset_settings(Dcgan, preset, settings), size)
    net.initialise(torch.Generator().manual_seed(0))
    return net


def pictures(count: int = 4, size: int = 32) -> Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(1)) * 2 - 1


class Trainer:
    """Takes real steps, and notes what each descent moves."""

    def __init__(self, net: Dcgan) -> None:
        self.net = net
        self.optimisers = net.optimisers()
        self.moved: list[tuple[str, set[str]]] = []
        self.noise = torch.Generator().manual_seed(2)

    def descend(self, loss: Tensor, optimiser: str) -> None:
        before = {name: value.clone() for name, value in self.net.state_dict().items()}
        self.optimisers[optimiser].zero_grad()
        loss.backward()
        self.optimisers[optimiser].step()
        after = self.net.state_dict()
        moved = {name.partition(".")[0] for name in after if not torch.equal(before[name], after[name])}
        self.moved.append((optimiser, moved))

    def step(self, images: Tensor, number: int = 0) -> tuple[list[Phase], Losses]:
        going = self.net.steps(images, Step(number, 0.1, self.noise, self.descend, pictures=1000))
        phases = []
        while True:
            try:
                phases.append(next(going))
            except StopIteration as end:
                return phases, end.value


def count(part: nn.Module) -> int:
    return sum(p.numel() for p in part.parameters())


def test_the_lecture_s_nets_have_the_slides_parameters_to_the_digit() -> None:
    net = build("lecture")
    layers = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
    generator = [count(layer) for layer in net.generator if isinstance(layer, layers)]
    assert generator == [1_081_344, 819_456, 1_048_832, 1_638_656, 1_638_656, 37_635]
    assert count(net.generator) == 6_264_579
    discriminator = [count(layer) for layer in net.discriminator if isinstance(layer, layers)]
    assert discriminator == [3_584, 262_272, 262_272, 262_272, 513]
    assert count(net.discriminator) == 790_913


def test_the_lecture_s_discriminator_narrows_as_on_the_slides() -> None:
    sides, x = [], torch.zeros(1, 3, 32, 32)
    for layer in build("lecture-small").discriminator:
        x = layer(x)
        if isinstance(layer, nn.Conv2d):
            sides.append(x.shape[-1])
    assert sides == [30, 14, 6, 2]


def test_the_lecture_trains_with_the_book_s_numbers() -> None:
    net = build("lecture")
    assert net.settings.batch_size == 20
    assert net.settings.clip_value == 1.0
    assert net.latent == 32
    optimisers = net.optimisers()
    assert all(isinstance(optimiser, torch.optim.RMSprop) for optimiser in optimisers.values())
    assert optimisers["discriminator"].param_groups[0]["lr"] == 8e-4
    assert optimisers["generator"].param_groups[0]["lr"] == 4e-4
    assert net.rate(10**8, 0.5) == pytest.approx(0.5)  # a decay of 1e-8 a step


def test_the_six_steps_come_as_the_slide_lists_them_and_show_what_each_made() -> None:
    trainer = Trainer(build("lecture-small"))
    phases, losses = trainer.step(pictures(4))
    assert [trainer.net.phases[phase.number - 1] for phase in phases] == [
        "draw random points",
        "generate pictures",
        "mix with real pictures",
        "train the discriminator",
        "draw new random points",
        "train the generator",
    ]
    shown = [None if phase.images is None else len(phase.images) for phase in phases]
    assert shown == [None, 4, 8, None, None, 4]
    assert torch.equal(phases[2].images[4:], pictures(4))
    assert "4 points of 32 numbers" in phases[0].note()
    assert f"{losses['discriminator'].item():.3f}" in phases[3].note()


@pytest.mark.parametrize("preset", ["lecture-small", "radford-64", "compact", "modern"])
def test_the_discriminator_is_frozen_while_the_generator_learns(preset: str) -> None:
    size = 32
    trainer = Trainer(build(preset, size, width=16))
    trainer.step(pictures(4, size))
    (first, by_first), (second, by_second) = trainer.moved
    assert (first, second) == ("discriminator", "generator")
    assert by_first == {"discriminator"}
    assert by_second == {"generator"}
    trainer.optimisers["discriminator"].zero_grad()
    generated = trainer.net.decode(torch.zeros(2, trainer.net.latent))
    assert all(weight.requires_grad for weight in trainer.net.discriminator.parameters())  # and thawed after it
    assert generated.requires_grad


def test_both_nets_see_the_right_labels() -> None:
    net = build("lecture-small", label_noise=0.0, label_smoothing=0.1)
    sure = torch.full((3, 1), 20.0)
    right = net._discriminator_loss(sure, -sure, None)
    wrong = net._discriminator_loss(-sure, sure, None)
    assert wrong > 15
    # real pictures are called real but for a tenth: being sure of all of it costs a tenth of twenty, on half of them
    assert right.item() == pytest.approx(0.1 * 20 / 2, rel=1e-3)
    assert net._fooling_loss(-sure, sure) < 1e-6  # taken for real: what the generator wants
    assert net._fooling_loss(sure, -sure) > 15


def test_label_noise_comes_from_the_given_generator_and_moves_the_loss() -> None:
    net = build("lecture-small", label_noise=0.05)
    said = torch.full((50, 1), 3.0)
    plain = net._discriminator_loss(said, -said, None)
    noisy = [net._discriminator_loss(said, -said, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    assert torch.equal(noisy[0], noisy[1])
    assert not torch.equal(noisy[0], noisy[2])
    # labels are raised by 0.025 on average: the loss falls by that on the generated ones, rises on the real ones
    assert noisy[0].item() == pytest.approx(plain.item(), abs=0.02)


_TRICKS = {
    "output": ["tanh", "sigmoid"],
    "noise": ["normal", "uniform"],
    "discriminator_dropout": [0.0, 0.4],
    "generator_dropout": [0.0, 0.3],
    "label_smoothing": [0.0, 0.1],
    "discriminator_activation": ["leaky_relu", "relu"],
    "generator_activation": ["leaky_relu", "relu"],
    "downsampling": ["strided", "max_pooling"],
    "even_kernel": [True, False],
}


@pytest.mark.parametrize("preset", ["lecture-small", "radford-64", "compact", "modern"])
def test_every_pair_of_tricks_can_be_trained(preset: str) -> None:
    images = pictures(2)
    pairs = list(itertools.combinations(_TRICKS.items(), 2))[:: 4 if preset != "lecture-small" else 2]
    for (first, firsts), (second, seconds) in pairs:
        net = build(preset, 32, width=16, latent=4, **{first: firsts[1], second: seconds[1]})
        _, losses = Trainer(net).step(images)
        assert all(torch.isfinite(loss) for loss in losses.values()), (first, second)


def test_a_trick_changes_what_its_name_says() -> None:
    def kinds(**settings: Any) -> set[str]:
        net = build("lecture-small", **settings)
        return {type(layer).__name__ for part in (net.generator, net.discriminator) for layer in part}

    assert "Tanh" in kinds()
    assert "HalfSigmoid" in kinds(output="sigmoid")
    assert "MaxPool2d" in kinds(downsampling="max_pooling")
    assert "MaxPool2d" not in kinds()
    assert "ReLU" in kinds(generator_activation="relu")
    kernel = next(layer for layer in build("lecture-small").generator if isinstance(layer, nn.ConvTranspose2d))
    assert kernel.kernel_size == (4, 4)
    net = build("lecture-small", even_kernel=False)
    kernel = next(layer for layer in net.generator if isinstance(layer, nn.ConvTranspose2d))
    assert kernel.kernel_size == (5, 5)
    assert net.decode(torch.zeros(1, 32)).shape[-1] == 32
    uniform = build("lecture-small", noise="uniform").draw(500, torch.Generator().manual_seed(0))
    assert uniform.min() >= -1
    assert uniform.max() <= 1


def test_dropout_is_drawn_from_the_training_s_own_noise() -> None:
    images, results = pictures(4), []
    for seed in (3, 3, 4):
        net = build("lecture-small", label_noise=0.0)
        trainer = Trainer(net)
        trainer.noise = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed * 100)
        trainer.step(images)
        results.append(net.discriminator[0].weight.clone())
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


def test_the_penalty_is_the_squared_length_of_the_discriminator_s_gradient() -> None:
    net = build("modern", 32, width=16, diff_augment="off")
    net.discriminator = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 1))
    said, steep = net._steepness(pictures(4))
    assert said.shape == (4, 1)
    assert steep.item() == pytest.approx(net.discriminator[1].weight.square().sum().item(), rel=1e-5)


def test_a_picture_is_changed_for_the_discriminator_and_the_gradient_goes_through() -> None:
    images = pictures(5).requires_grad_()
    changed = diff_augment(images, torch.Generator().manual_seed(0))
    assert changed.shape == images.shape
    assert not torch.equal(changed[0] - images[0], changed[1] - images[1])  # each in its own way
    changed.sum().backward()
    assert all(gradient.abs().sum() > 0 for gradient in images.grad)
    again = diff_augment(pictures(5), torch.Generator().manual_seed(0))
    assert torch.equal(changed.detach(), again)


def test_a_share_of_the_pictures_is_changed() -> None:
    images = pictures(400)
    shown = diff_augment(images, torch.Generator().manual_seed(0), share=0.25)
    same = sum(torch.equal(one, other) for one, other in zip(shown, images, strict=True))
    assert 270 < same < 330
    assert diff_augment(images, torch.Generator(), share=0) is images


def test_pictures_are_changed_more_and_more_once_they_can_be_known_by_heart() -> None:
    assert [by_heart(rounds) for rounds in (0, 10, 25, 40, 100)] == [0, 0, 0.5, 1, 1]
    images, net = pictures(4), build("compact", 32, width=8)
    rounds = net.settings.batch_size / 1000
    shown = {
        number: net._shown(images, Step(number, 0.1, torch.Generator().manual_seed(0), print, pictures=1000))
        for number in (0, round(10 / rounds), round(50 / rounds))
    }
    first, tenth, last = shown.values()
    assert torch.equal(first, images)
    assert torch.equal(tenth, images)
    assert not any(torch.equal(one, other) for one, other in zip(last, images, strict=True))


def test_a_size_that_a_preset_cannot_have_is_refused() -> None:
    with pytest.raises(WorkbenchError, match=r"cannot be 64 pixels wide.*one of: 32"):
        build("lecture", 64)


def test_the_docs_explain_every_trick_in_the_words_of_its_tooltip() -> None:
    told = (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
    tricks = [info for info in Dcgan.Settings.infos() if info.group == "Bag of tricks"]
    assert len(tricks) == 10
    for info in tricks:
        assert f"| `{info.name}` |" in told
        assert info.help in told
