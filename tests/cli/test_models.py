from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_the_models_are_listed_with_their_presets(command: Callable[..., Any]) -> None:
    said = command("models", "list")
    assert said.code == 0
    assert "vaegan: " in said.out
    assert "lecture-small  " in said.out
    listed = {model["name"]: model for model in command("models", "list", "--json").json}
    assert set(listed) == {"vae", "vaegan", "dcgan", "autoencoder"}
    assert "radford-64" in listed["dcgan"]["presets"]


def test_the_layers_are_printed_as_on_the_slides(command: Callable[..., Any]) -> None:
    said = command("models", "show", "dcgan", "--preset", "lecture")
    assert "Parameters: 6,264,579" in said.out
    assert "Parameters: 790,913" in said.out
    shown = command("models", "show", "dcgan", "--preset", "lecture", "--json").json
    assert shown["parameters"] == {"generator": 6264579, "discriminator": 790913}
    assert shown["layers"][3]["shape"] == [16, 16, 256]
    assert shown["size"] == 32


def test_a_setting_changes_the_table(command: Callable[..., Any]) -> None:
    shown = command("models", "show", "dcgan", "--preset", "lecture", "--set", "downsampling=max_pooling", "--json")
    assert any(layer["name"] == "MaxPool2d 3" for layer in shown.json["layers"])


def test_an_impossible_model_is_refused(command: Callable[..., Any]) -> None:
    for arguments, said in (
        (("dcgna",), "Did you mean 'dcgan'"),
        (("dcgan", "--preset", "lectur"), "Did you mean 'lecture'"),
        (("dcgan", "--preset", "lecture", "--size", "64"), "cannot be 64 pixels wide"),
        (("vae", "--set", "latnet=3"), "Did you mean 'latent'"),
    ):
        outcome = command("models", "show", *arguments)
        assert outcome.code == 2
        assert said in outcome.err


def test_a_gan_learns_to_read_faces(command: Callable[..., Any], gan_copy: Path) -> None:
    before = (gan_copy / "encoder.safetensors").read_bytes()
    arguments = ("models", "encoder", gan_copy, "--minutes", 0.01, "--device", "cpu", "--seed", 4)
    assert command(*arguments, "--json").json["psnr"] > 0
    assert (gan_copy / "encoder.safetensors").read_bytes() != before
    assert "come back at" in command(*arguments).out
