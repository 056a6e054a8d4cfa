"""Render the built-in set of cartoon faces: `python packaging/make_avatars.py` writes resources/builtin/avatars.zip.

Build-time only (needs the `resources` dependency group: python-avatars, and PySide6 for its SVG renderer). The same
seed gives the same drawings. Every label is drawn on its own, so that no concept can lean on another:

* Hats of python-avatars replace the hair. Here the hat is a second layer over the hair, so that long hair shows under
  a hat as well.
* Nobody wears eyeglasses and sunglasses at once: `Eyeglasses` of somebody with sunglasses is unknown (0).
"""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import python_avatars as pa
from PIL import Image
from PySide6.QtCore import QByteArray, QRectF, Qt, qInstallMessageHandler
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

COUNT, COLUMNS, SIDE, SEED = 4000, 80, 64, 20
OVERSAMPLING = 6
CROP = (42.0, 6.0, 180.0)
"""Left, top and side of the square cut out of the 264 x 280 drawing: the head with hair and hat."""
EYES_AND_MOUTH = {"left_eye": (106.0, 112.0), "right_eye": (158.0, 112.0), "mouth": (132.0, 155.0)}
"""Where every drawing has them (the pupils of the default eyes, the middle of the default mouth), in its own units."""

LABELS = ("Smiling", "Sunglasses", "Eyeglasses", "Facial_Hair", "Long_Hair", "Hat", "Dark_Skin")
CHANCE = {"Smiling": 0.5, "Facial_Hair": 0.4, "Long_Hair": 0.5, "Hat": 0.35, "Dark_Skin": 0.5}
EYEWEAR = {"Sunglasses": 0.3, "Eyeglasses": 0.3}

MOUTH = {1: ["SMILE", "BIG_SMILE"], -1: ["SERIOUS", "SAD", "DISBELIEF"]}
LONG_HAIR = ["LONG_NOT_TOO_LONG", "STRAIGHT_1", "STRAIGHT_STRAND", "CURVY", "DREADS", "BIG_HAIR", "LOOSE_HAIR"]
SHORT_HAIR = ["CAESAR", "CAESAR_SIDE_PART", "SHORT_CURLY", "SHORT_DREADS_1", "SHORT_FLAT", "SHORT_ROUND", "SHORT_WAVED"]
SHORT_HAIR += ["BUZZCUT", "POMPADOUR", "QUIFF"]
LONG_UNDER_HAT, SHORT_UNDER_HAT = ["LONG_NOT_TOO_LONG", "STRAIGHT_STRAND"], ["BUZZCUT", "CAESAR"]
HATS = ["HAT", "WINTER_HAT_3", "WINTER_HAT_4", "CHEF_CAP"]
BEARDS = ["BEARD_LIGHT", "BEARD_MEDIUM", "BEARD_MAGESTIC", "MOUSTACHE_MAGNUM"]
SUNGLASSES = ["SUNGLASSES", "WAYFARERS"]
EYEGLASSES = ["PRESCRIPTION_1", "PRESCRIPTION_2", "ROUND"]
SKIN = {1: ["#ae5d29", "#8d5030", "#6f4430", "#614335"], -1: ["#ffdbb4", "#f8d0a5", "#f2c398", "#edb98a"]}
HAIR_COLOURS = ["AUBURN", "BLACK", "BLONDE", "BLONDE_GOLDEN", "BROWN", "BROWN_DARK", "RED", "SILVER_GRAY"]
MIN_CONTRAST = 60
"""Between hair and skin, so that a beard shows on every skin."""
EYES = ["DEFAULT"] * 5 + ["SIDE", "SQUINT", "HAPPY", "SURPRISED"]
EYEBROWS = ["DEFAULT", "DEFAULT_NATURAL", "FLAT_NATURAL", "RAISED_EXCITED", "RAISED_EXCITED_NATURAL", "UP_DOWN_NATURAL"]
CLOTHES = ["BLAZER_SHIRT", "BLAZER_SWEATER", "COLLAR_SWEATER", "HOODIE", "OVERALL", "SHIRT_CREW_NECK"]
CLOTHES += ["SHIRT_SCOOP_NECK", "SHIRT_V_NECK"]
BACKGROUNDS = ["#ffffff", "#f3efe6", "#e8f1f8", "#e9f5ec", "#fbeef0", "#f1ecf8", "#fdf4dc", "#e3e9ee"]


@dataclass(frozen=True)
class Drawing:
    """One avatar: the person, the hat over it (or None), the background, and its labels."""

    person: pa.Avatar
    hat: pa.Avatar | None
    background: str
    labels: dict[str, int]


def contrast(one: str, other: str) -> float:
    """How far apart two colours '#rrggbb' look: their distance in RGB, 0 to 442."""
    a, b = (np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], float) for colour in (one, other))
    return float(np.linalg.norm(a - b))


def draw(rng: random.Random) -> Drawing:
    """A random avatar whose labels are drawn independently of each other."""
    labels = {name: 1 if rng.random() < chance else -1 for name, chance in CHANCE.items()}
    dice = rng.random()
    labels["Sunglasses"] = 1 if dice < EYEWEAR["Sunglasses"] else -1
    labels["Eyeglasses"] = 1 if dice >= 1 - EYEWEAR["Eyeglasses"] else -1
    accessory = "NONE"
    if labels["Sunglasses"] == 1:
        accessory, labels["Eyeglasses"] = rng.choice(SUNGLASSES), 0
    elif labels["Eyeglasses"] == 1:
        accessory = rng.choice(EYEGLASSES)
    with_hat, long = labels["Hat"] == 1, labels["Long_Hair"] == 1
    if with_hat:
        hair = rng.choice(LONG_UNDER_HAT if long else SHORT_UNDER_HAT)
    else:
        hair = rng.choice(LONG_HAIR if long else SHORT_HAIR)
    skin = rng.choice(SKIN[labels["Dark_Skin"]])
    hair_colour = rng.choice([c for c in HAIR_COLOURS if contrast(pa.HairColor[c].value, skin) > MIN_CONTRAST])
    person = pa.Avatar(
        style=pa.AvatarStyle.TRANSPARENT,
        top=pa.HairType[hair],
        hat_color=rng.choice(list(pa.ClothingColor)),
        eyebrows=pa.EyebrowType[rng.choice(EYEBROWS)],
        eyes=pa.EyeType[rng.choice(EYES)],
        nose=rng.choice(list(pa.NoseType)),
        mouth=pa.MouthType[rng.choice(MOUTH[labels["Smiling"]])],
        facial_hair=pa.FacialHairType[rng.choice(BEARDS) if labels["Facial_Hair"] == 1 else "NONE"],
        skin_color=skin,
        hair_color=pa.HairColor[hair_colour],
        facial_hair_color=pa.HairColor[hair_colour],
        accessory=pa.AccessoryType[accessory],
        clothing=pa.ClothingType[rng.choice(CLOTHES)],
        clothing_color=rng.choice(list(pa.ClothingColor)),
    )
    hat = None
    if with_hat:
        hat = pa.Avatar(**{**vars(person), "top": pa.HatType[rng.choice(HATS)]})
    return Drawing(person, hat, rng.choice(BACKGROUNDS), {name: labels[name] for name in LABELS})


def only_top(svg: str) -> str:
    """`svg` without body, clothes and face: what is worn on the head, with beard and glasses."""
    root = ET.fromstring(svg)
    for parent in list(root.iter()):
        for child in list(parent):
            if re.search(r"(^|_)(Body|Clothing|Face)$", child.get("id", "")):
                parent.remove(child)
    return ET.tostring(root, encoding="unicode")


def render(drawing: Drawing) -> np.ndarray:
    """uint8 (SIDE, SIDE, 3): painted large, then averaged down, so that thin lines stay visible."""
    side = SIDE * OVERSAMPLING
    image = QImage(side, side, QImage.Format.Format_RGB888)
    image.fill(drawing.background)
    layers = [drawing.person.render()]
    if drawing.hat is not None:
        layers.append(only_top(drawing.hat.render()))
    left, top, size = CROP
    scale = side / size
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for svg in layers:
        renderer = QSvgRenderer(QByteArray(svg.encode()))
        renderer.setAspectRatioMode(Qt.AspectRatioMode.IgnoreAspectRatio)
        renderer.render(painter, QRectF(-left * scale, -top * scale, 264 * scale, 280 * scale))
    painter.end()
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(side, image.bytesPerLine())[:, : side * 3]
    large = Image.fromarray(pixels.reshape(side, side, 3))
    return np.asarray(large.resize((SIDE, SIDE), Image.Resampling.BOX))


def pack(drawings: list[Drawing], pictures: list[np.ndarray], path: Path) -> None:
    """Write the set: all pictures side by side in one lossless WebP, labels as CSV, eyes and mouth as JSON."""
    rows = -(-len(pictures) // COLUMNS)
    sheet = np.zeros((rows, COLUMNS, SIDE, SIDE, 3), np.uint8)
    sheet.reshape(-1, SIDE, SIDE, 3)[: len(pictures)] = pictures
    picture = io.BytesIO()
    flat = sheet.transpose(0, 2, 1, 3, 4).reshape(rows * SIDE, COLUMNS * SIDE, 3)
    Image.fromarray(flat).save(picture, "WEBP", lossless=True, quality=100, method=6)
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["file", *LABELS])
    for number, drawing in enumerate(drawings):
        writer.writerow([f"{number:04d}", *("" if value == 0 else value for value in drawing.labels.values())])
    left, top, size = CROP
    alignment = {name: [(x - left) / size, (y - top) / size] for name, (x, y) in EYES_AND_MOUTH.items()}
    with zipfile.ZipFile(path, "w") as out:
        for name, content in (
            ("pictures.webp", picture.getvalue()),
            ("attributes.csv", table.getvalue().encode()),
            ("alignment.json", json.dumps(alignment, indent=2).encode()),
        ):
            out.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)


def main() -> None:
    qInstallMessageHandler(lambda kind, context, message: None)  # "Could not resolve property": harmless, and often
    application = QGuiApplication([])
    rng = random.Random(SEED)
    drawings, pictures, seen = [], [], set()
    while len(pictures) < COUNT:
        drawing = draw(rng)
        picture = render(drawing)
        if (content := picture.tobytes()) not in seen:
            seen.add(content)
            drawings.append(drawing)
            pictures.append(picture)
    path = Path(__file__).resolve().parent.parent / "resources" / "builtin" / "avatars.zip"
    pack(drawings, pictures, path)
    print(f"{path}: {len(pictures)} pictures, {path.stat().st_size / 1e6:.1f} MB")
    del application


if __name__ == "__main__":
    main()
