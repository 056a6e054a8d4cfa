"""How well a VAE learns real faces in ten minutes of two cores, beside the plain way; and whether a seed repeats it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.opponents import train_textbook
from benchmarks.rows import Row
from workbench.core.devices import set_threads
from workbench.core.runs.trained import open_model
from workbench.jobs.api import run
from workbench.jobs.prepare_data import prepare_data

TARGETS = {"Smiling": 0.94, "Male": 0.94}


def measure(faces: Path | None, minutes: float = 10.0) -> list[Row]:
    """PSNR and AUC on held-out faces after `minutes` from the command line, both opponents, and the seed.

    Without real faces there is nothing to measure but the seed, on the built-in ones.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [_same_seed(folder)]
        return [*_quality(faces, folder, minutes), *rows] if faces else rows


def _command(*arguments: object) -> Any:
    command = [sys.executable, "-m", "workbench", *map(str, arguments), "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _quality(faces: Path, folder: Path, minutes: float) -> list[Row]:
    run(prepare_data(faces, 64))  # the import is not part of the training
    _command("train", "--data", faces, "--size", 64, "--minutes", minutes, "--runs", folder, "--name", "ours")
    evaluate = ["evaluate", str(folder / "ours"), "--data", str(faces), "--samples", "0", "--json"]
    found = subprocess.run([sys.executable, "-m", "workbench", *evaluate], check=True, capture_output=True, text=True)
    ours = json.loads(found.stdout)
    data = run(prepare_data(faces, 64))
    train, test = np.array(data.pictures[data.rows(0)]), np.array(data.pictures[data.rows(2)])
    set_threads(None)
    plain, improved = (train_textbook(train, test, minutes, our_loss) for our_loss in (False, True))
    steps = open_model(folder / "ours").step
    rows = [
        Row(
            f"PSNR, VAE 64 px, {len(test)} held-out faces, {minutes:g} minutes, {os.cpu_count()} cores",
            f"{ours['psnr']:.2f} dB ({steps} steps)",
            f"textbook {plain.psnr:.2f} dB ({plain.steps} steps); with our loss {improved.psnr:.2f} dB",
            ">= 24.5 dB",
            ours["psnr"] >= 24.5,
        )
    ]
    rows += [
        Row(
            f"AUC on the test partition, logistic normal, {label}",
            f"{ours['auc'][label]:.3f}",
            "",
            f">= {target}",
            ours["auc"][label] >= target,
        )
        for label, target in TARGETS.items()
    ]
    return rows


def _same_seed(folder: Path) -> Row:
    """The same command twice, in two processes, with all cores."""
    arguments = ["train", "--data", "builtin:avatars", "--steps", 40, "--seed", 7, "--runs", folder, "--device", "cpu"]
    for name in ("first", "second"):
        _command(*arguments, "--name", name)
    same = open_model(folder / "first").fingerprint == open_model(folder / "second").fingerprint
    said = "the same to the bit" if same else "different"
    return Row("weights of the same command twice, CPU, 40 steps at 64 px", said, "", "the same to the bit", same)
