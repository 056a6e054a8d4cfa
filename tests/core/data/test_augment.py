"""Each picture is changed on its own, a little, and repeatably."""

from __future__ import annotations

import pytest
import torch

from workbench.core.data.augment import augment


@pytest.fixture
def images() -> torch.Tensor:
    """Smooth, asymmetric, all alike: (32, 3, 16, 16)."""
    ramp = torch.linspace(-0.8, 0.8, 16)
    return torch.stack([ramp.expand(16, 16), ramp[:, None].expand(16, 16), -ramp.expand(16, 16)]).repeat(32, 1, 1, 1)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_none_changes_nothing(images: torch.Tensor) -> None:
    assert torch.equal(augment(images, "none", generator()), images)


def test_mirror_turns_about_half_and_each_whole(images: torch.Tensor) -> None:
    got = augment(images, "mirror", generator())
    same = [torch.equal(a, b) for a, b in zip(got, images, strict=True)]
    turned = [torch.equal(a, b.flip(-1)) for a, b in zip(got, images, strict=True)]
    assert all(a != b for a, b in zip(same, turned, strict=True))
    assert 8 <= sum(turned) <= 24


def test_strong_changes_each_picture_differently_but_only_a_little(images: torch.Tensor) -> None:
    before = images.clone()
    got = augment(images, "strong", generator())
    assert torch.equal(images, before)
    assert got.shape == images.shape
    assert got.min() >= -1
    assert got.max() <= 1
    for number, picture in enumerate(got):
        change = min((picture - images[0]).abs().mean(), (picture - images[0].flip(-1)).abs().mean())
        assert 0.005 < change < 0.25
        assert all(not torch.equal(picture, other) for other in got[:number])


@pytest.mark.parametrize("kind", ["mirror", "strong"])
def test_only_the_generator_decides(kind: str, images: torch.Tensor) -> None:
    torch.manual_seed(1)
    first = augment(images, kind, generator())  # type: ignore[arg-type]
    torch.manual_seed(2)
    assert torch.equal(augment(images, kind, generator()), first)  # type: ignore[arg-type]
    assert not torch.equal(augment(images, kind, generator(1)), first)  # type: ignore[arg-type]


def test_strong_keeps_the_detail_of_a_picture() -> None:
    """A model that is only shown softened pictures draws soft ones."""
    noise = torch.rand(64, 3, 32, 32, generator=generator()) - 0.5
    got = augment(noise, "strong", generator())
    fine, kept = ((x[..., 8:24, 8:24].diff(dim=-1)).square().mean() for x in (noise, got))
    assert kept / fine > 0.5
