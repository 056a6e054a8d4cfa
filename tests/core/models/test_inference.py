"""A net made ready for a hand at a slider gives the pictures of the net it was made from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from tests.core.models.test_contract import build
from workbench.core.models.inference import PreparedDecoder, prepared
from workbench.core.models.registry import MODELS


@pytest.fixture
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("size", [32, 64, 128])
@pytest.mark.parametrize("name", sorted(MODELS))
def test_the_prepared_net_decodes_what_the_net_decodes(name: str, size: int) -> None:
    net = build(name, size).eval()
    ready = prepared(net)
    codes = torch.randn(3, net.latent, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        assert torch.allclose(ready.decode(codes), net.decode(codes), atol=1e-4)


def test_the_net_itself_is_left_as_it_was() -> None:
    net = build("vae").eval()
    before = {name: weight.clone() for name, weight in net.state_dict().items()}
    ready = prepared(net)
    assert all(torch.equal(weight, before[name]) for name, weight in net.state_dict().items())
    assert not any(isinstance(part, PreparedDecoder) for part in net.modules())
    assert any(isinstance(part, PreparedDecoder) for part in ready.modules())


def test_one_thread_and_two_decode_the_same_bits(threads: None) -> None:
    """The window's slider has one thread, an export and the command line have all."""
    ready = prepared(build("vae", 64).eval())
    codes = torch.randn(1, ready.latent, generator=torch.Generator().manual_seed(3))
    decoded = []
    for count in (1, 2):
        torch.set_num_threads(count)
        with torch.inference_mode():
            decoded.append(ready.decode(codes))
    assert torch.equal(*decoded)
