"""Photos that cannot be edited, through the real command line."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

Refused = Callable[..., str]


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def a_bomb(path: Path) -> None:
    """A few bytes that claim to be 60,000 by 60,000 pixels: 10 GB in memory."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + png_chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def truncated(path: Path) -> None:
    Image.effect_noise((200, 200), 60).convert("RGB").save(path, format="JPEG")
    path.write_bytes(path.read_bytes()[:2000])


def no_face(path: Path) -> None:
    Image.new("RGB", (200, 200), "teal").save(path)


PHOTOS: dict[str, Callable[[Path], object]] = {
    "missing.png": lambda path: None,
    "empty.png": lambda path: path.write_bytes(b""),
    "text.jpg": lambda path: path.write_text("no picture"),
    "folder.png": lambda path: path.mkdir(),
    "truncated.jpg": truncated,
    "bomb.png": a_bomb,
    "landscape.png": no_face,
}


@pytest.mark.parametrize("name", PHOTOS)
def test_a_photo_that_cannot_be_edited_is_refused(
    refused: Refused, trained_run: Path, tmp_path: Path, name: str
) -> None:
    PHOTOS[name](tmp_path / name)
    assert name in refused("edit", tmp_path / name, "--model", trained_run, "--out", tmp_path / "out.png")


@pytest.mark.parametrize("name", ["missing.png", "truncated.jpg", "landscape.png"])
def test_a_photo_that_cannot_be_encoded_is_refused(
    refused: Refused, trained_run: Path, tmp_path: Path, name: str
) -> None:
    PHOTOS[name](tmp_path / name)
    assert name in refused("encode", tmp_path / name, "--model", trained_run, "--out", tmp_path / "code.safetensors")


def test_a_face_that_is_not_there_is_refused(
    refused: Refused, trained_run: Path, portrait: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.png"
    assert "1" in refused("edit", portrait, "--model", trained_run, "--face", 2, "--out", out)


@pytest.mark.parametrize("text", ["", "{}", "no json", '{"format": "workbench-recipe", "version": 99}'])
def test_a_recipe_that_is_none_is_refused(refused: Refused, portrait: Path, tmp_path: Path, text: str) -> None:
    recipe = tmp_path / "recipe.json"
    recipe.write_text(text)
    assert "recipe.json" in refused("edit", portrait, "--recipe", recipe, "--out", tmp_path / "out.png")


def test_a_photo_that_we_did_not_write_is_no_recipe(refused: Refused, portrait: Path, tmp_path: Path) -> None:
    assert "portrait.png" in refused("edit", portrait, "--recipe", portrait, "--out", tmp_path / "out.png")
