"""Small sources of every layout, made of plain coloured pictures."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from PIL import Image


def jpeg(colour: str = "teal", size: tuple[int, int] = (24, 20)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "JPEG")
    return file.getvalue()


Make = Callable[[Mapping[str, bytes | str]], Path]


@pytest.fixture(params=["folder", "zip"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Writes files, by name, as a folder and as a zip: every layout works in both."""

    def write(files: Mapping[str, bytes | str]) -> Path:
        if request.param == "zip":
            path = tmp_path / "data.zip"
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, content in files.items():
                    archive.writestr(name, content)
            return path
        for name, content in files.items():
            file = tmp_path / "data" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            data = content.encode() if isinstance(content, str) else content
            if not file.exists() or file.read_bytes() != data:
                file.write_bytes(data)
        return tmp_path / "data"

    return write


@pytest.fixture
def pictures() -> dict[str, bytes]:
    """Four of them, by name."""
    return {f"{name}.jpg": jpeg(colour) for name, colour in zip("abcd", ("red", "green", "blue", "grey"), strict=True)}
