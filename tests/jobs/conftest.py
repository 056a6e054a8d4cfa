"""A small labelled source with everything that labels can have wrong."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.jobs.api import run
from workbench.jobs.prepare_data import prepare_data


@pytest.fixture(scope="session")
def few_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eighty of the built-in faces as a folder of PNG files: sixty to train on, twenty to test on, none to validate.

    `Long_Hair` is true to the pictures, but two of them are there twice, with and without; `Rare` is known of three
    with it; `One_Sided` of nobody without it.
    """
    folder = tmp_path_factory.mktemp("few") / "few"
    folder.mkdir()
    avatars = run(prepare_data("builtin:avatars", 32))
    long_hair = avatars.labels["Long_Hair"]
    rows = np.stack([np.flatnonzero(long_hair == side)[:40] for side in (1, -1)]).T.ravel()
    with (folder / "attributes.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "partition", "Long_Hair", "Rare", "One_Sided"])
        for number, row in enumerate(rows):
            Image.fromarray(avatars.pictures[row]).save(folder / f"{number:02}.png")
            partition = 0 if number < 60 else 2
            table.writerow([f"{number:02}.png", partition, long_hair[row], 1 if number < 3 else -1, 1])
        for number in (0, 1):
            Image.fromarray(avatars.pictures[rows[number]]).save(folder / f"again-{number}.png")
            table.writerow([f"again-{number}.png", 0, -long_hair[rows[number]], "", ""])
    return folder
