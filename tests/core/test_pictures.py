"""Every kind of picture is read as it should look, and written so that nothing is lost."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from workbench.core.errors import ExitCode, WorkbenchError
from workbench.core.pictures import decode_picture, picture_size, read_photo, read_recipe_text, to_grey, write_picture

ORIENTATION, MAKE, EXIF_IFD, TAKEN, THUMBNAIL_IFD = 0x0112, 0x010F, 0x8769, 0x9003, 1
RECIPE = '{"name": "Zoë <&> 笑", "strength": 1.5}'


@pytest.fixture
def pixels() -> np.ndarray:
    """A smooth picture that is different in every corner, so that turning and colour mistakes show."""
    y, x = np.mgrid[0:48, 0:64]
    return np.stack([x * 4, y * 5, 128 + (x - y)], -1).astype(np.uint8)


def difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


@pytest.mark.parametrize("suffix", ["png", "tiff", "bmp", "jpg", "webp", "heic", "gif"])
def test_every_format_is_read(suffix: str, pixels: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / f"photo.{suffix}"
    Image.fromarray(pixels).save(path, quality=95)
    photo = read_photo(path)
    assert photo.pixels.dtype == np.uint8
    assert photo.pixels.shape == pixels.shape
    assert difference(photo.pixels, pixels) < (9 if suffix == "gif" else 3)
    assert photo.alpha is None
    assert photo.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_upright(orientation: int, pixels: np.ndarray, tmp_path: Path) -> None:
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Pillow's transpose that a camera would have stored
    stored = Image.fromarray(pixels)
    if orientation in undo:
        stored = stored.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path = tmp_path / "turned.png"
    stored.save(path, exif=exif)
    assert np.array_equal(read_photo(path).pixels, pixels)
    assert picture_size(path.read_bytes(), "turned.png") == (64, 48)


def test_exif_is_kept_without_orientation_and_thumbnail(pixels: np.ndarray, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[MAKE] = "A camera"
    exif.get_ifd(EXIF_IFD)[TAKEN] = "2024:05:06 07:08:09"
    Image.fromarray(pixels).save(tmp_path / "in.jpg", exif=exif)
    photo = read_photo(tmp_path / "in.jpg")
    write_picture(tmp_path / "out.png", photo.pixels, exif=photo.exif)
    with Image.open(tmp_path / "out.png") as image:
        kept = image.getexif()
    assert kept[MAKE] == "A camera"
    assert kept.get_ifd(EXIF_IFD)[TAKEN] == "2024:05:06 07:08:09"
    assert ORIENTATION not in kept
    assert not kept.get_ifd(THUMBNAIL_IFD)
    assert np.array_equal(read_photo(tmp_path / "out.png").pixels, photo.pixels)


def test_16_bit_grey_is_scaled_and_not_cut(tmp_path: Path) -> None:
    deep = np.linspace(0, 65535, 64 * 48).astype(np.uint16).reshape(48, 64)
    for name in ("deep.png", "deep.tif"):
        Image.fromarray(deep).save(tmp_path / name)
        got = read_photo(tmp_path / name).pixels
        assert np.abs(got[..., 0] - deep / 257).max() <= 0.51
        assert (got[..., 0] == got[..., 1]).all()


def test_float_and_one_bit_and_palette_pictures_are_read(pixels: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(np.linspace(0, 1, 100, dtype=np.float32).reshape(10, 10)).save(tmp_path / "f.tif")
    got = read_photo(tmp_path / "f.tif").pixels
    assert (got.min(), got.max()) == (0, 255)
    Image.fromarray(pixels).convert("1").save(tmp_path / "one.png")
    assert set(np.unique(read_photo(tmp_path / "one.png").pixels)) == {0, 255}
    Image.fromarray(pixels).quantize(255).save(tmp_path / "palette.png")
    assert difference(read_photo(tmp_path / "palette.png").pixels, pixels) < 8


def test_cmyk_becomes_rgb_and_its_profile_is_dropped(pixels: np.ndarray, tmp_path: Path) -> None:
    image = Image.fromarray(pixels).convert("CMYK")
    image.save(tmp_path / "print.tif", icc_profile=b"not a sound profile")
    photo = read_photo(tmp_path / "print.tif")
    assert difference(photo.pixels, pixels) < 3
    assert photo.icc is None


def test_a_colour_profile_survives_reading_and_writing(pixels: np.ndarray, tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(pixels).save(tmp_path / "in.jpg", icc_profile=profile)
    photo = read_photo(tmp_path / "in.jpg")
    for name in ("out.png", "out.jpg", "out.webp", "out.tif"):
        write_picture(tmp_path / name, photo.pixels, icc=photo.icc)
        assert read_photo(tmp_path / name).icc == profile


def test_alpha_is_kept_for_photos_and_white_for_training(pixels: np.ndarray, tmp_path: Path) -> None:
    alpha = np.full(pixels.shape[:2], 255, np.uint8)
    alpha[:10] = 0
    alpha[10:20] = 128
    Image.fromarray(np.dstack([pixels, alpha])).save(tmp_path / "cut-out.png")
    photo = read_photo(tmp_path / "cut-out.png")
    assert photo.alpha is not None
    assert np.array_equal(photo.alpha, alpha)
    assert np.array_equal(photo.pixels[10:], pixels[10:])
    assert (photo.pixels[:10] == 255).all()
    flat = np.asarray(decode_picture((tmp_path / "cut-out.png").read_bytes(), "cut-out.png"))
    assert (flat[:10] == 255).all()
    assert difference(flat[10:20], (pixels[10:20].astype(float) + 255) / 2) < 1
    write_picture(tmp_path / "again.png", photo.pixels, alpha=photo.alpha)
    again = read_photo(tmp_path / "again.png")
    assert np.array_equal(again.pixels, photo.pixels)
    assert again.alpha is not None
    assert np.array_equal(again.alpha, alpha)
    write_picture(tmp_path / "again.jpg", photo.pixels, alpha=photo.alpha)
    assert difference(read_photo(tmp_path / "again.jpg").pixels, flat) < 3


def test_a_large_jpeg_is_decoded_small_but_never_below_what_is_asked() -> None:
    file = io.BytesIO()
    Image.new("RGB", (1600, 1200), "teal").save(file, "JPEG")
    assert decode_picture(file.getvalue(), "large.jpg", at_least=128).size == (200, 150)
    assert decode_picture(file.getvalue(), "large.jpg").size == (1600, 1200)


@pytest.mark.parametrize("name", ["out.png", "out.tif", "out.webp"])
def test_lossless_files_keep_every_bit(name: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (33, 47, 3), dtype=np.uint8)
    write_picture(tmp_path / name, noise, quality=100)
    assert np.array_equal(read_photo(tmp_path / name).pixels, noise)


@pytest.mark.parametrize("name", ["out.png", "out.jpg", "out.webp", "out.tif"])
@pytest.mark.parametrize(
    ("ai", "code"),
    [("edited", "compositeWithTrainedAlgorithmicMedia"), ("generated", "trainedAlgorithmicMedia"), (None, None)],
)
def test_recipe_and_mark_of_ai_are_in_the_metadata(
    name: str, ai: str | None, code: str | None, pixels: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / name
    write_picture(path, pixels, recipe=RECIPE, ai=ai)  # type: ignore[arg-type]
    assert read_recipe_text(path) == RECIPE
    with Image.open(path) as image:
        packet = ElementTree.fromstring(image.info["xmp"].decode().strip("\x00"))
    mark = packet.findtext(".//{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType")
    assert mark == (code and f"http://cv.iptc.org/newscodes/digitalsourcetype/{code}")


def test_a_picture_of_others_has_no_recipe(pixels: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "plain.png"
    Image.fromarray(pixels).save(path)
    assert read_recipe_text(path) is None
    for packet in ("<broken", '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>', ""):
        chunks = PngImagePlugin.PngInfo()
        chunks.add_itxt("XML:com.adobe.xmp", packet)
        Image.fromarray(pixels).save(path, pnginfo=chunks)
        assert read_recipe_text(path) is None


def png_of(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be as large as that."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [header, b"IDAT" + zlib.compress(b""), b"IEND"]
    parts = (struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_what_is_no_sound_picture_is_refused_with_a_sentence(pixels: np.ndarray, tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(file, "JPEG")
    cases = {
        "bomb.png": (png_of(60_000, 60_000), "claims to be 60000 x 60000 pixels"),
        "cut.jpg": (file.getvalue()[:1200], "is damaged"),
        "text.jpg": (b"this is no picture", "is not a picture"),
        "empty.png": (b"", "is not a picture"),
        "header.png": (png_of(8, 8), "is damaged"),
    }
    for name, (content, words) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(WorkbenchError, match=words) as error:
            read_photo(tmp_path / name)
        assert name in error.value.what
        assert error.value.next_step
        assert error.value.code == ExitCode.USAGE
    with pytest.raises(WorkbenchError, match="does not exist"):
        read_photo(tmp_path / "missing.jpg")


def test_a_picture_is_written_as_a_whole_or_not_at_all(pixels: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match=r"\.png, \.jpg"):
        write_picture(tmp_path / "out.doc", pixels)
    with pytest.raises(WorkbenchError, match="too many for WEBP"):
        write_picture(tmp_path / "wide.webp", np.zeros((1, 20_000, 3), np.uint8))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("factor", [1, 2, 3, 7])
def test_the_grey_of_a_photo_made_by_strips_is_that_of_the_whole(factor: int) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (331, 157, 3), np.uint8)
    part = photo[3:, 5:]
    whole = Image.fromarray(np.ascontiguousarray(part)).reduce(factor).convert("L")
    assert np.array_equal(to_grey(part, factor), np.asarray(whole))
