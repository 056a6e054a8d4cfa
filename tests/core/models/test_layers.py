from __future__ import annotations

import pytest

from workbench.core.models.base import preset_settings, usual_size
from workbench.core.models.layers import layer_table
from workbench.core.models.registry import MODELS, model_class

_PRESETS = [(name, preset) for name in MODELS for preset in model_class(name).presets]


@pytest.mark.parametrize(("name", "preset"), _PRESETS, ids=map(" ".join, _PRESETS))
def test_the_table_of_every_preset_holds_every_parameter_and_ends_where_the_net_does(name: str, preset: str) -> None:
    model = model_class(name)
    settings = preset_settings(model, preset, {})
    net = model(settings, usual_size(model, settings, preset))
    rows = layer_table(net)
    assert sum(row.parameters for row in rows) == sum(weight.numel() for weight in net.parameters())
    last = {row.part: row.shape for row in rows}
    assert list(last) == list(net.parts())
    for part in ("decoder", "generator"):
        assert last.get(part, (net.size, net.size, 3)) == (net.size, net.size, 3)
    assert last.get("discriminator", (1,)) == (1,)
    assert all(weight.device.type == "cpu" for weight in net.parameters())  # the net itself is left as it was


def test_a_preset_may_be_made_for_another_size_than_most() -> None:
    model = model_class("vaegan")
    sides = [usual_size(model, preset_settings(model, preset, {}), preset) for preset in ("standard", "starter")]
    assert sides == [64, 128]


def test_the_lecture_s_table_is_that_of_the_slides() -> None:
    model = model_class("dcgan")
    rows = layer_table(model(preset_settings(model, "lecture", {}), 32))
    shown = [(row.name, row.shape, row.parameters) for row in rows if row.part == "generator"]
    assert shown[:4] == [
        ("Linear 1", (32768,), 1081344),
        ("LeakyReLU 1", (32768,), 0),
        ("Unflatten 1", (16, 16, 128), 0),
        ("Conv2d 1", (16, 16, 256), 819456),
    ]
    assert ("ConvTranspose2d 1", (32, 32, 256), 1048832) in shown
    convolutions = [(row.shape, row.detail) for row in rows if row.part == "discriminator" and "Conv2d" in row.name]
    assert convolutions == [
        ((30, 30, 128), "3 x 3"),
        ((14, 14, 128), "4 x 4, stride 2"),
        ((6, 6, 128), "4 x 4, stride 2"),
        ((2, 2, 128), "4 x 4, stride 2"),
    ]
