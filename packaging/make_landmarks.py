"""Make resources/faces/landmarks.safetensors: train the nets that place the eyes and the mouth (about 15 minutes).

    python packaging/make_landmarks.py --faces faces-128.zip --photos photos-unaligned.zip

`--faces` is a zip of aligned 128-pixel faces (eyes and mouth as in `FACES`) with attributes.csv (columns file,
partition); every random turn, scale and shift of one is an example of a face that lies not quite where it was
guessed. They were aligned by least squares, so where exactly their eyes and mouth are is known but for the face's
own proportions: only that part of an error is held against the net that a turn, scale and shift can mend.

`--photos` is a zip of ordinary photos with landmarks.csv (file, split, left_eye_x, …). Its training half knows the
exact places and teaches the proportions; its test half measures the result from finding to placing.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import time
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from workbench.core.faces.align import FACES, Points, align, similarity, transform
from workbench.core.faces.find import find_boxes
from workbench.core.faces.landmarks import SIZE, WINDOW, LandmarkNet, load_nets, normalise, place_points

SIDE = 128
BATCH = 64
LEARNING_RATE = 2e-3
PHOTO_SHARE = 0.25  # of a batch: they are few, but exact
PLACES = ("left_eye", "right_eye", "mouth")
OUT = Path(__file__).parent.parent / "resources" / "faces" / "landmarks.safetensors"

TERMS = (
    "Trained on faces of LFW (press photographs, research use) and All-Age-Faces (research use). "
    "It holds no picture and recognises nobody."
)

JITTER = {
    # deviations of: log scale, turn in degrees, shift in eye distances
    "coarse": (0.11, 10.0, 0.13),  # a little more than the finder's boxes are off
    "fine": (0.03, 3.0, 0.035),  # what the coarse net leaves
}


@dataclass(frozen=True)
class Faces:
    """Grey faces uint8 (N, 128, 128), the places of eyes and mouth as complex fractions of the side (N, 3), and
    whether those are exact (N,)."""

    pictures: Tensor
    places: Tensor
    exact: Tensor

    def __len__(self) -> int:
        return len(self.pictures)


def load_faces(path: Path) -> Faces:
    """The aligned faces of the training partition."""
    with zipfile.ZipFile(path) as archive:
        rows = csv.DictReader(io.TextIOWrapper(archive.open("attributes.csv"), "utf-8"))
        names = [row["file"] for row in rows if row["partition"] == "0"]
        pictures = [np.asarray(Image.open(archive.open(name)).convert("L")) for name in names]
    places = torch.tensor(FACES.array() @ (1, 1j), dtype=torch.complex64).repeat(len(names), 1)
    return Faces(torch.from_numpy(np.stack(pictures)), places, torch.zeros(len(names), dtype=torch.bool))


def load_photos(path: Path, split: str) -> Iterator[tuple[npt.NDArray[np.uint8], Points]]:
    """The photos of one half, RGB, with the places of the largest face in each."""
    with zipfile.ZipFile(path) as archive:
        for row in csv.DictReader(io.TextIOWrapper(archive.open("landmarks.csv"), "utf-8")):
            if row["split"] == split:
                places = [[float(row[f"{place}_{axis}"]) for axis in "xy"] for place in PLACES]
                yield np.asarray(Image.open(archive.open(row["file"])).convert("RGB")), Points.from_array(places)


def align_photos(photos: Iterable[tuple[npt.NDArray[np.uint8], Points]]) -> Faces:
    """Photos cut as the aligned faces are."""
    pictures, places = [], []
    for pixels, points in photos:
        matrix = similarity(points, FACES, SIDE)
        pictures.append(np.asarray(Image.fromarray(align(pixels, matrix, SIDE)).convert("L")))
        places.append((transform(matrix, points.array()) + 0.5) / SIDE @ (1, 1j))
    return Faces(
        torch.from_numpy(np.stack(pictures)),
        torch.tensor(np.array(places), dtype=torch.complex64),
        torch.ones(len(pictures), dtype=torch.bool),
    )


def jittered(
    pictures: Tensor, places: Tensor, deviations: tuple[float, float, float], generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Windows (N, 1, 64, 64) in 0..255 about wrong guesses of where the face is, and its true places in them (N, 3)."""
    count = len(pictures)
    log_scale, degrees, shift = deviations
    wild = torch.where(torch.rand(count, generator=generator) < 0.2, 2.0, 1.0)  # some guesses are worse

    def normal() -> Tensor:
        return torch.randn(count, generator=generator).clamp(-2.5, 2.5) * wild

    # A place w of the window shows the place f = a·w + b of the face, both complex, in sides of each.
    window, face = (torch.tensor(a.array() @ (1, 1j), dtype=torch.complex64) for a in (WINDOW, FACES))
    centred = window - window.mean()
    fit = (centred.conj() * (face - face.mean())).sum() / centred.abs().square().sum()
    a = fit * torch.polar(torch.exp(log_scale * normal()), torch.deg2rad(degrees * normal()))
    eye_distance = (face[1] - face[0]).abs()
    b = face.mean() - a * window.mean() + shift * eye_distance * torch.complex(normal(), normal())
    c = 2 * b + a * (1 + 1j) - (1 + 1j)  # grid_sample's coordinates run from -1 to 1 over the sides
    theta = torch.stack([torch.stack([a.real, -a.imag, c.real], 1), torch.stack([a.imag, a.real, c.imag], 1)], 1)
    grid = F.affine_grid(theta, [count, 1, SIZE, SIZE], align_corners=False)
    windows = F.grid_sample(pictures[:, None].float(), grid, padding_mode="border", align_corners=False)
    return windows, (places - b[:, None]) / a[:, None]


def photometric(windows: Tensor, generator: torch.Generator) -> Tensor:
    """Light from a side, gamma, blur, noise, and a patch that hides a part of the face."""
    count = len(windows)

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand((count, 1, 1, 1), generator=generator)

    windows = (windows / 255).clamp(1e-3, 1) ** torch.exp(uniform(-0.5, 0.5))
    line = torch.linspace(-1, 1, SIZE)
    windows = windows * torch.exp(uniform(-0.5, 0.5) * line[:, None] + uniform(-0.5, 0.5) * line)
    coarse = F.interpolate(F.avg_pool2d(windows, 2), scale_factor=2, mode="bilinear", align_corners=False)
    windows = torch.lerp(windows, coarse, uniform(-0.5, 1.0).clamp(min=0))
    windows = windows + uniform(0, 0.06) * torch.randn(windows.shape, generator=generator)
    place = torch.arange(SIZE)
    middle_x, middle_y = uniform(0, SIZE), uniform(0, SIZE)
    width, height = uniform(3, 16), uniform(3, 9)
    hidden = ((place - middle_x).abs() < width) & ((place[:, None] - middle_y).abs() < height) & (uniform(0, 1) < 0.3)
    return torch.where(hidden, uniform(0, 1), windows)


def examples(faces: Faces, photos: Faces, stage: str, generator: torch.Generator) -> Iterator[tuple[Tensor, ...]]:
    """Endless batches of windows, true places in them (N, 3) and whether those are exact; half are mirrored."""
    pictures = torch.cat([faces.pictures, photos.pictures])
    places = torch.cat([faces.places, photos.places])
    exact = torch.cat([faces.exact, photos.exact])
    chances = torch.where(exact, PHOTO_SHARE / len(photos), (1 - PHOTO_SHARE) / len(faces))
    while True:
        rows = torch.multinomial(chances, BATCH, replacement=True, generator=generator)
        windows, true_places = jittered(pictures[rows], places[rows], JITTER[stage], generator)
        windows = normalise(photometric(windows, generator))
        mirrored = torch.rand(BATCH, generator=generator) < 0.5
        swapped = 1 - true_places[:, [1, 0, 2]].conj()
        yield (
            torch.where(mirrored[:, None, None, None], windows.flip(3), windows),
            torch.where(mirrored[:, None], swapped, true_places),
            exact[rows],
        )


def loss_of(offsets: Tensor, true_places: Tensor, exact: Tensor) -> Tensor:
    """Smooth L1 of the places' errors; of faces whose proportions are unknown, only of what a similarity can mend."""
    window = torch.tensor(WINDOW.array() @ (1, 1j), dtype=torch.complex64)
    error = window + torch.view_as_complex(offsets.view(-1, 3, 2)) - true_places
    centred = true_places - true_places.mean(1, keepdim=True)
    turn = (centred.conj() * error).sum(1, keepdim=True) / centred.abs().square().sum(1, keepdim=True)
    error = torch.where(exact[:, None], error, error.mean(1, keepdim=True) + turn * centred)
    rest = torch.view_as_real(error)
    return F.smooth_l1_loss(rest, torch.zeros_like(rest), beta=0.01)


def train(faces: Faces, photos: Faces, stage: str, minutes: float, seed: int) -> LandmarkNet:
    """A net trained for so many minutes of the processor; what is kept is the running mean of its weights."""
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)  # the layers' own start
    net = LandmarkNet().to(memory_format=torch.channels_last)
    average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.998), use_buffers=True)
    optimiser = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE, weight_decay=0.02)
    start, shown = time.process_time(), 0.0
    for step, (windows, places, exact) in enumerate(examples(faces, photos, stage, generator)):
        passed = (time.process_time() - start) / (60 * minutes)
        if passed >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = LEARNING_RATE * min(1, step / 200) * (0.51 + 0.49 * math.cos(math.pi * passed))
        loss = loss_of(net(windows), places, exact)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        average.update_parameters(net)
        if passed - shown > 0.05:
            shown = passed
            print(f"{stage}: {passed:4.0%}, {step} steps, loss {loss.item() * 1e3:.2f}e-3", flush=True)
    kept: LandmarkNet = average.module.eval()
    return kept


def measure(photos: Iterable[tuple[npt.NDArray[np.uint8], Points]], nets: dict[str, LandmarkNet]) -> dict[str, float]:
    """The worse eye's error over the eye distance, from finding to placing, and the share of faces found."""
    errors, count = [], 0
    for pixels, points in photos:
        count += 1
        if boxes := find_boxes(pixels):
            largest = max(boxes, key=lambda found: found.box[2] - found.box[0])
            truth = points.array()
            distances = np.linalg.norm(place_points(pixels, largest.box, nets).array() - truth, axis=1)
            errors.append(distances / np.linalg.norm(truth[1] - truth[0]))
    worse = np.max(np.array(errors)[:, :2], axis=1)
    return {
        "photos": count,
        "found": len(errors) / count,
        "worse eye, mean": round(float(worse.mean()), 4),
        "worse eye, 95th percentile": round(float(np.percentile(worse, 95)), 4),
        "mouth, mean": round(float(np.array(errors)[:, 2].mean()), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=12, help="processor time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    faces, photos = load_faces(options.faces), align_photos(load_photos(options.photos, "train"))
    weights = {}
    for stage, share in (("coarse", 0.3), ("fine", 0.7)):
        net = train(faces, photos, stage, options.minutes * share, options.seed)
        weights |= {f"{stage}.{name}": value.half().contiguous() for name, value in net.state_dict().items()}
    data = f"{len(faces)} aligned faces of LFW and All-Age-Faces, {len(photos)} photos of All-Age-Faces"
    metadata = {"format": "1", "data": data, "terms": TERMS}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    save_file(weights, options.out, metadata)
    accuracy = measure(load_photos(options.photos, "test"), load_nets(options.out))
    save_file(weights, options.out, {**metadata, "accuracy": json.dumps(accuracy)})
    print(json.dumps(accuracy, indent=2))


if __name__ == "__main__":
    main()
