"""Read any photo, write any photo: orientation, 16 bit, alpha, colour profile and metadata, whole or not at all.

Exported pictures carry their recipe and the mark of AI-edited media as XMP, the one packet that PNG, JPEG, WebP and
TIFF share. The mark is `Iptc4xmpExt:DigitalSourceType` of the IPTC Photo Metadata Standard 2023.1, whose values are
the IPTC's "Digital Source Type" news codes.
"""

from __future__ import annotations

import functools
import hashlib
import io
import math
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageOps, PngImagePlugin
from pillow_heif import register_heif_opener

from workbench.core.errors import WorkbenchError, file_errors
from workbench.core.files import write_file

UInt8 = npt.NDArray[np.uint8]
Ai = Literal["edited", "generated"]

register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # `_open` refuses bombs itself: an error at one limit, no warning below it

MAX_PIXELS = 250_000_000
"""More than any camera makes; as RGB it takes 750 MB."""

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".heic", ".heif", ".bmp", ".gif"})
"""Files that are taken for pictures."""

_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "HEIF", "BMP", "GIF")
_WRITTEN = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}
_LARGEST_SIDE = {"JPEG": 65_500, "WEBP": 16_383}
_STRIP = 64  # rows
_ORIENTATION, _XMP_TAG = 0x0112, 700
_DAMAGE: tuple[type[Exception], ...] = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error)
_DAMAGE += (LookupError, TypeError, ArithmeticError, RuntimeError, AttributeError)
"""What decoders raise on damaged files."""

_NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "wb": "urn:latent-workbench:1.0/",
}
_SOURCE_TYPES = {
    "edited": "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia",
    "generated": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
}


@dataclass(frozen=True)
class Photo:
    """A decoded photo.

    Attributes:
        pixels: uint8 (H, W, 3), RGB, turned upright; white where the photo is fully transparent.
        alpha: uint8 (H, W), or None when the photo is opaque everywhere.
        icc: the colour profile of `pixels`, or None (sRGB).
        exif: EXIF without orientation (the pixels are turned already) and thumbnail (it shows the unedited photo).
        sha256: of the file's bytes, hex; of the pixels for a picture that never was a file.
    """

    pixels: UInt8
    alpha: UInt8 | None
    icc: bytes | None
    exif: bytes | None
    sha256: str


def read_photo(path: Path) -> Photo:
    """Read a photo of any format we know, keeping what an export needs.

    Raises:
        WorkbenchError: missing, unreadable, not a picture, damaged, or too many pixels.
    """
    with file_errors(path, "read"):
        data = path.read_bytes()
    image, alpha = _decode(data, str(path), None)
    pixels = np.array(image)
    if alpha is not None:
        if alpha.min() == 255:
            alpha = None
        else:
            pixels[alpha == 0] = 255
    icc = image.info.get("icc_profile")
    return Photo(pixels, alpha, icc, _exif_to_keep(image), hashlib.sha256(data).hexdigest())


def decode_picture(data: bytes | BinaryIO, name: str, at_least: int | None = None) -> Image.Image:
    """Decode a picture for training: upright RGB, 8 bit, over white where it is transparent.

    Args:
        data: the file's content.
        name: what errors call it.
        at_least: a JPEG may be decoded at 1/2, 1/4 or 1/8, as long as both sides keep this many pixels (saves most of
            the time of a large photo that is going to be small).

    Raises:
        WorkbenchError: not a picture, damaged, or too many pixels.
    """
    image, alpha = _decode(data, name, at_least)
    if alpha is None:
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=Image.fromarray(alpha))
    return white


def in_strips(pixels: UInt8, factor: int, change: Callable[[Image.Image], Image.Image]) -> UInt8:
    """What `change` makes of a photo, `factor` times smaller, a strip of its rows at a time.

    The same as of the whole at once, without the copies of a large photo that Pillow makes of what it works on.

    Args:
        pixels: uint8 (H, W, 3), RGB.
        factor: so many rows become one; the last of them may be fewer.
        change: gives any row of the result from `factor` rows alone.
    """
    rows = factor * math.ceil(_STRIP / factor)
    strips = (np.ascontiguousarray(pixels[top : top + rows]) for top in range(0, len(pixels), rows))
    return np.concatenate([np.asarray(change(Image.fromarray(strip))) for strip in strips])


def to_grey(pixels: UInt8, factor: int = 1) -> UInt8:
    """The grey of a photo, uint8 (H, W, 3), first made `factor` times smaller: uint8 (H / factor, W / factor), rounded
    up."""
    return in_strips(pixels, factor, lambda strip: strip.reduce(factor).convert("L"))


def picture_size(data: bytes | BinaryIO, name: str) -> tuple[int, int]:
    """Width and height from the header alone, as they are after turning the picture upright.

    Raises:
        WorkbenchError: not a picture, or too many pixels.
    """
    with _open(data, name) as image:
        try:
            turned = image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
        except _DAMAGE:
            turned = False
        width, height = image.size
        return (height, width) if turned else (width, height)


def format_of(path: Path) -> str:
    """The format that a picture of this name is written in, as Pillow calls it; raises `WorkbenchError` for none."""
    kind = _WRITTEN.get(path.suffix.lower())
    if kind is None:
        raise WorkbenchError(
            f"Cannot write '{path.name}': '{path.suffix}' is no format that pictures are exported in.",
            "Use a name that ends in .png, .jpg, .webp or .tiff.",
        )
    return kind


def write_picture(
    path: Path,
    pixels: UInt8,
    *,
    alpha: UInt8 | None = None,
    icc: bytes | None = None,
    exif: bytes | None = None,
    recipe: str | None = None,
    ai: Ai | None = None,
    quality: int = 92,
) -> None:
    """Write a picture as a whole or not at all, in the format that the suffix names.

    PNG and TIFF keep the pixels bit for bit, and so does WebP at quality 100. JPEG has no alpha: it gets white.

    Args:
        path: ends in .png, .jpg, .jpeg, .webp, .tif or .tiff.
        pixels: uint8 (H, W, 3), RGB.
        alpha: uint8 (H, W).
        icc: colour profile of `pixels`.
        exif: EXIF block, as in `Photo.exif`.
        recipe: JSON of the edit, readable again with `read_recipe_text`.
        ai: what the picture is marked as: edited or generated by a trained model.
        quality: of JPEG and WebP, 1 to 100.

    Raises:
        WorkbenchError: unknown format, too large for it, no permission, or the disk is full.
    """
    kind = format_of(path)
    height, width = pixels.shape[:2]
    if max(height, width) > _LARGEST_SIDE.get(kind, height + width):
        raise WorkbenchError(f"{width} x {height} pixels are too many for {kind}.", "Export it as PNG.")
    image = Image.fromarray(pixels)
    if alpha is not None:
        mask = Image.fromarray(alpha)
        if kind == "JPEG":
            white = Image.new("RGB", image.size, "white")
            white.paste(image, mask=mask)
            image = white
        else:
            image.putalpha(mask)
    options = _save_options(kind, quality, _xmp(recipe, ai) if recipe or ai else None)
    if icc:
        options["icc_profile"] = icc
    if exif:
        options["exif"] = exif
    write_file(path, lambda part: image.save(part, kind, **options))


def read_recipe_text(path: Path) -> str | None:
    """The recipe (JSON) inside a picture that we exported, or None when it holds none.

    Raises:
        WorkbenchError: missing, unreadable, or not a picture.
    """
    with file_errors(path, "read"):
        data = path.read_bytes()
    with _open(data, str(path)) as image:
        packet = image.info.get("xmp", b"")
    text = packet.decode("utf-8", "replace") if isinstance(packet, bytes) else str(packet)
    if "<!" in text:  # no packet needs a DTD, and one could be a bomb of entities
        return None
    try:
        root = ElementTree.fromstring(text.strip("\x00\ufeff \n") or "<none/>")
    except ElementTree.ParseError:
        return None
    return root.findtext(f".//{{{_NAMESPACES['wb']}}}Recipe")


def _open(data: bytes | BinaryIO, name: str) -> Image.Image:
    """Parse the header; the pixels are not decoded yet."""
    file = io.BytesIO(data) if isinstance(data, bytes) else data
    try:
        image = Image.open(file, formats=_FORMATS)
    except _DAMAGE as error:
        raise WorkbenchError(
            f"'{name}' is not a picture, or is damaged.", "Choose a JPEG, PNG, WebP, TIFF or HEIC file."
        ) from error
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise WorkbenchError(
            f"'{name}' claims to be {width} x {height} pixels, too many to open.",
            f"Make it smaller than {MAX_PIXELS // 1_000_000} megapixels.",
        )
    return image


def _decode(data: bytes | BinaryIO, name: str, at_least: int | None) -> tuple[Image.Image, UInt8 | None]:
    """RGB image, upright, with `icc_profile` and `exif` in its info only where they still fit; and its alpha."""
    image = _open(data, name)
    try:
        if at_least is not None:
            image.draft(None, (at_least, at_least))
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        return _to_rgb(image)
    except _DAMAGE as error:
        raise WorkbenchError(
            f"'{name}' is damaged: it cannot be decoded to its end.", "Open it elsewhere and save it again."
        ) from error


def _to_rgb(image: Image.Image) -> tuple[Image.Image, UInt8 | None]:
    """Any mode that Pillow opens as 8-bit RGB, and its alpha channel when it has one."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return image, None
    info = dict(image.info)
    if image.mode.startswith(("I", "F")):
        rgb: Image.Image = Image.fromarray(_to_8_bit(np.asarray(image))).convert("RGB")
        alpha = None
    elif image.has_transparency_data:
        with_alpha = image.convert("RGBA")
        rgb, alpha = with_alpha.convert("RGB"), np.asarray(with_alpha.getchannel("A"))
    else:
        rgb, alpha = _through_profile(image), None
    if image.mode not in ("RGB", "RGBA", "P", "PA"):  # the profile describes inks or greys, and the pixels are RGB now
        info.pop("icc_profile", None)
    info.pop("transparency", None)
    rgb.info = info
    return rgb, alpha


def _to_8_bit(values: npt.NDArray[Any]) -> UInt8:
    """Deep greys as uint8: integers from 16 bit (from 8 when they all fit), floats from 0 to 1 (from 0 to 255)."""
    if values.dtype.kind == "f":
        values = np.nan_to_num(values)
        scale = 255.0 if values.max(initial=0) <= 1 else 1.0
    else:
        scale = 255 / 65535 if values.dtype.itemsize == 2 or values.max(initial=0) > 255 else 1.0
    return np.clip(np.rint(values * scale), 0, 255).astype(np.uint8)


def _through_profile(image: Image.Image) -> Image.Image:
    """RGB of an opaque picture; CMYK and Lab through their colour profile, where they have a sound one."""
    if image.mode not in ("CMYK", "LAB"):
        return image.convert("RGB")
    profile = image.info.get("icc_profile")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile)) if profile else ImageCms.createProfile("LAB")
        converted = ImageCms.profileToProfile(image, source, _srgb(), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image.convert("RGB")
    return converted if converted is not None else image.convert("RGB")


@functools.cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _exif_to_keep(image: Image.Image) -> bytes | None:
    if not image.info.get("exif"):
        return None
    try:
        exif = image.getexif()
        exif.pop(_ORIENTATION, None)
        return exif.tobytes() if len(exif) else None  # which leaves the thumbnail out
    except _DAMAGE:
        return None  # a damaged block is not worth losing the photo for


def _save_options(kind: str, quality: int, xmp: bytes | None) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if kind == "JPEG":
        options |= {"quality": quality, "subsampling": 0 if quality >= 90 else 2, "optimize": True}
    elif kind == "WEBP":
        options |= {"quality": quality, "lossless": quality == 100, "exact": True, "method": 4}
    elif kind == "TIFF":
        options |= {"compression": "tiff_deflate"}
    if xmp is None:
        return options
    if kind == "PNG":
        chunks = PngImagePlugin.PngInfo()
        chunks.add_itxt("XML:com.adobe.xmp", xmp.decode())
        return options | {"pnginfo": chunks}
    if kind == "TIFF":
        return options | {"tiffinfo": {_XMP_TAG: xmp}}
    return options | {"xmp": xmp}


def _xmp(recipe: str | None, ai: Ai | None) -> bytes:
    """An XMP packet (ISO 16684-1) with the recipe and the mark of AI-edited media."""
    names = "".join(f' xmlns:{short}="{uri}"' for short, uri in _NAMESPACES.items() if short != "rdf")
    fields = "<xmp:CreatorTool>Latent Workbench</xmp:CreatorTool>"
    if ai:
        fields += f"<Iptc4xmpExt:DigitalSourceType>{_SOURCE_TYPES[ai]}</Iptc4xmpExt:DigitalSourceType>"
    if recipe:
        fields += f"<wb:Recipe>{escape(recipe)}</wb:Recipe>"
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_NAMESPACES["rdf"]}">'
        f'<rdf:Description rdf:about=""{names}>{fields}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()
