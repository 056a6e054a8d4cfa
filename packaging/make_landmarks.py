"""Make resources/faces/landmarks.safetensors: train the net that places the eyes and the mouth.

    python packaging/make_landmarks.py --faces faces-128.zip --photos photos-unaligned.zip

`--faces` is a zip of aligned 128-pixel faces (eyes and mouth as in `FACES`) with attributes.csv (columns file,
partition); every random turn, scale and shift of one is an example of a face that lies not quite where it was
guessed. They were aligned by least squares, so where exactly their eyes and mouth are is known but for the face's
own proportions. Three things are asked of the net:

* of faces whose places are exact, those places;
* of the others, only the part of them that a turn, scale and shift decides;
* of all, that two windows on the same face, one stretched or sheared against the other, show the same places: so that
  the net has to look where eyes and mouth are, and cannot do with the proportions of the mean face.

The pictures end soon after the face. Where a window leaves one, its edge is repeated, and how far out that begins would
tell the net where the face is: so the edge is moved inwards by a random amount first.

`--photos` is a zip of ordinary photos with landmarks.csv (file, split, left_eye_x, ...). Its training half knows the
exact places; its test half measures the result from finding to placing. To choose between ways of training,
`--hold-out 100` leaves so many photos of the training half out and measures on those instead.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import time
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from workbench.core.faces.align import FACES, Points, align, similarity, transform
from workbench.core.faces.find import find_boxes
from workbench.core.faces.landmarks import SIZE, WINDOW, LandmarkNet, load_net, normalise, place_points

SIDE = 128
RIM = 16
"""Around the face's 128 pixels; photos have something there, aligned faces their repeated edge."""
EYE_DISTANCE = 38.0
BATCH = 16
"""Faces; each is seen in two windows."""
LEARNING_RATE = 3e-3
PHOTO_SHARE = 0.25  # of a batch: they are few, but exact
AGREEMENT = 0.5  # the weight of two windows showing the same places
STRETCH = 0.03
"""Deviation of the stretch of a window; half as much shear."""
CUT = 16.0
"""Pixels by which a picture's edge is moved inwards at most."""
PLACES = ("left_eye", "right_eye", "mouth")
OUT = Path(__file__).parent.parent / "resources" / "faces" / "landmarks.safetensors"

TERMS = (
    "Trained on faces of LFW (press photographs, research use) and All-Age-Faces (research use). "
    "It holds no picture and recognises nobody."
)

FAR, NEAR = (0.12, 10.0, 0.13), (0.05, 4.0, 0.05)
"""How far a guess is off (deviations of log scale, turn in degrees, shift in eye distances): the finder's box, for 40 %
of the windows, and what is left after a look."""
FAR_SHARE = 0.4

Truth = tuple[npt.NDArray[np.uint8], Points]


@dataclass(frozen=True)
class Faces:
    """Grey faces uint8 (N, 160, 160) in the geometry of `FACES` with a rim; the places of eyes and mouth in them as
    complex numbers of pixels (N, 3); left, top, right, bottom of what is no repeated edge (N, 4); whether the places
    are exact (N,)."""

    pictures: Tensor
    places: Tensor
    edges: Tensor
    exact: Tensor

    def __len__(self) -> int:
        return len(self.pictures)


def load_faces(path: Path) -> Faces:
    """The aligned faces of the training partition."""
    with zipfile.ZipFile(path) as archive:
        rows = csv.DictReader(io.TextIOWrapper(archive.open("attributes.csv"), "utf-8"))
        names = [row["file"] for row in rows if row["partition"] == "0"]
        pictures = [np.pad(np.asarray(Image.open(archive.open(n)).convert("L")), RIM, mode="edge") for n in names]
    count = len(names)
    edges = torch.tensor([[RIM, RIM, RIM + SIDE - 1, RIM + SIDE - 1]], dtype=torch.float32)
    return Faces(
        torch.from_numpy(np.stack(pictures)),
        _template().repeat(count, 1),
        edges.repeat(count, 1),
        torch.zeros(count, dtype=torch.bool),
    )


def _template() -> Tensor:
    """The places of an aligned face in its picture with the rim: complex (3,)."""
    return torch.tensor((FACES.array() * SIDE - 0.5 + RIM) @ (1, 1j), dtype=torch.complex64)


def load_photos(path: Path, split: str) -> Iterator[Truth]:
    """The photos of one half, RGB, with the places of the largest face in each."""
    with zipfile.ZipFile(path) as archive:
        for row in csv.DictReader(io.TextIOWrapper(archive.open("landmarks.csv"), "utf-8")):
            if row["split"] == split:
                places = [[float(row[f"{place}_{axis}"]) for axis in "xy"] for place in PLACES]
                yield np.asarray(Image.open(archive.open(row["file"])).convert("RGB")), Points.from_array(places)


def align_photos(photos: Iterable[Truth]) -> Faces:
    """Photos cut as the aligned faces are, with what they have in the rim."""
    pictures, places, edges = [], [], []
    side = SIDE + 2 * RIM
    for pixels, points in photos:
        matrix = similarity(points, FACES, SIDE)
        matrix[:, 2] += RIM
        pictures.append(np.asarray(Image.fromarray(align(pixels, matrix, side)).convert("L")))
        places.append(transform(matrix, points.array()) @ (1, 1j))
        height, width = pixels.shape[:2]
        corners = transform(matrix, [(0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1)])
        x, y = np.sort(corners[:, 0]), np.sort(corners[:, 1])  # a turned photo's edge is taken as far in as it comes
        edges.append([max(x[1], 0), max(y[1], 0), min(x[2], side - 1), min(y[2], side - 1)])
    return Faces(
        torch.from_numpy(np.stack(pictures)),
        torch.tensor(np.array(places), dtype=torch.complex64),
        torch.tensor(np.array(edges), dtype=torch.float32),
        torch.ones(len(pictures), dtype=torch.bool),
    )


@dataclass(frozen=True)
class View:
    """Windows on faces about wrong guesses: a place w of a window shows the place a·w + c·conj(w) + b of the picture,
    all complex (N,); c is what the window is stretched and sheared by."""

    windows: Tensor
    a: Tensor
    b: Tensor
    c: Tensor

    def in_picture(self, places: Tensor) -> Tensor:
        """Places of the windows, complex (N, 3), in their pictures."""
        return self.a[:, None] * places + self.c[:, None] * places.conj() + self.b[:, None]


def look(pictures: Tensor, edges: Tensor, generator: torch.Generator) -> View:
    """A window (N, 1, 64, 64) in 0..255 on each picture (N, 160, 160)."""
    count = len(pictures)

    def normal() -> Tensor:
        return torch.randn(count, generator=generator).clamp(-2.5, 2.5) * wild

    wild = torch.where(torch.rand(count, generator=generator) < 0.2, 2.0, 1.0)  # some guesses are worse
    far = torch.rand(count, 1, generator=generator) < FAR_SHARE
    log_scale, degrees, shift = torch.where(far, torch.tensor(FAR), torch.tensor(NEAR)).unbind(1)
    window, face = torch.tensor(WINDOW.array() @ (1, 1j), dtype=torch.complex64), _template()
    centred = window - window.mean()
    fit = (centred.conj() * (face - face.mean())).sum() / centred.abs().square().sum()
    a = fit * torch.polar(torch.exp(log_scale * normal()), torch.deg2rad(degrees * normal()))
    c = (
        a
        * STRETCH
        * torch.complex(torch.randn(count, generator=generator), torch.randn(count, generator=generator) / 2)
    )
    middle = face.mean() + shift * EYE_DISTANCE * torch.complex(normal(), normal())
    b = middle - a * window.mean() - c * window.mean().conj()

    line = (torch.arange(SIZE) + 0.5) / SIZE
    w = torch.complex(line.expand(SIZE, SIZE).contiguous(), line[:, None].expand(SIZE, SIZE).contiguous())
    places = a[:, None, None] * w + c[:, None, None] * w.conj() + b[:, None, None]
    cut = CUT * torch.rand(count, 4, generator=generator) * (torch.rand(count, 4, generator=generator) < 0.6)
    left, top, right, bottom = (edges + cut * torch.tensor([1, 1, -1, -1]))[:, :, None, None].unbind(1)
    x = torch.maximum(torch.minimum(places.real, right), left)
    y = torch.maximum(torch.minimum(places.imag, bottom), top)
    grid = (torch.stack([x, y], 3) + 0.5) / pictures.shape[1] * 2 - 1  # -1 and 1 are the picture's sides
    windows = F.grid_sample(pictures[:, None].float(), grid, padding_mode="border", align_corners=False)
    return View(windows, a, b, c)


def photometric(windows: Tensor, generator: torch.Generator) -> Tensor:
    """Light from a side, gamma, blur, noise, and a patch that hides a part of the face."""
    count = len(windows)

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand((count, 1, 1, 1), generator=generator)

    windows = (windows / 255).clamp(1e-3, 1) ** torch.exp(uniform(-0.6, 0.6))
    line = torch.linspace(-1, 1, SIZE)
    windows = windows * torch.exp(uniform(-0.6, 0.6) * line[:, None] + uniform(-0.6, 0.6) * line)
    coarse = F.interpolate(F.avg_pool2d(windows, 2), scale_factor=2, mode="bilinear", align_corners=False)
    windows = torch.lerp(windows, coarse, uniform(-0.5, 1.0).clamp(min=0))
    windows = windows + uniform(0, 0.06) * torch.randn(windows.shape, generator=generator)
    place = torch.arange(SIZE)
    middle_x, middle_y = uniform(0, SIZE), uniform(0, SIZE)
    width, height = uniform(3, 16), uniform(3, 9)
    hidden = ((place - middle_x).abs() < width) & ((place[:, None] - middle_y).abs() < height) & (uniform(0, 1) < 0.3)
    return torch.where(hidden, uniform(0, 1), windows)


def answers(net: nn.Module, view: View, generator: torch.Generator) -> Tensor:
    """Where the net sees the places, in the pictures: complex (N, 3). It is shown half of the windows mirrored."""
    windows = normalise(photometric(view.windows, generator))
    mirrored = torch.rand(len(windows), generator=generator) < 0.5
    windows = torch.where(mirrored[:, None, None, None], windows.flip(3), windows)
    seen = torch.view_as_complex(net(windows).contiguous())
    return view.in_picture(torch.where(mirrored[:, None], 1 - seen[:, [1, 0, 2]].conj(), seen))


def loss_of(seen: Tensor, places: Tensor, exact: Tensor) -> Tensor:
    """How far the places (N, 3) are off, of faces whose proportions are unknown only what a similarity can mend."""
    error = seen - places
    centred = places - places.mean(1, keepdim=True)
    turn = (centred.conj() * error).sum(1, keepdim=True) / centred.abs().square().sum(1, keepdim=True)
    return smooth(torch.where(exact[:, None], error, error.mean(1, keepdim=True) + turn * centred))


def smooth(error: Tensor) -> Tensor:
    """Smooth L1 of complex errors in pixels, in eye distances, quadratic below 0.02 of one."""
    rest = torch.view_as_real(error) / EYE_DISTANCE
    return F.smooth_l1_loss(rest, torch.zeros_like(rest), beta=0.02)


def train(faces: Faces, photos: Faces, minutes: float, seed: int) -> LandmarkNet:
    """A net trained for so many minutes of the processor; what is kept is the running mean of its weights."""
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)  # the layers' own start
    fields = ("pictures", "places", "edges", "exact")
    pictures, places, edges, exact = (torch.cat([getattr(faces, f), getattr(photos, f)]) for f in fields)
    chances = torch.where(exact, PHOTO_SHARE / len(photos), (1 - PHOTO_SHARE) / len(faces))
    net = LandmarkNet().to(memory_format=torch.channels_last)
    average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.998), use_buffers=True)
    optimiser = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.99), weight_decay=0.02)
    start, shown, step = time.process_time(), 0.0, 0
    while (passed := (time.process_time() - start) / (60 * minutes)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = LEARNING_RATE * min(1, (step + 1) / 200) * (0.51 + 0.49 * math.cos(math.pi * passed))
        rows = torch.multinomial(chances, BATCH, replacement=True, generator=generator).repeat(2)
        seen = answers(net, look(pictures[rows], edges[rows], generator), generator)
        loss = loss_of(seen, places[rows], exact[rows]) + AGREEMENT * smooth(seen[:BATCH] - seen[BATCH:])
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        average.update_parameters(net)
        step += 1
        if passed - shown > 0.05:
            shown = passed
            print(f"{passed:4.0%}, {step} steps, loss {loss.item() * 1e3:.2f}e-3", flush=True)
    kept: LandmarkNet = average.module.eval()
    return kept


def measure(photos: Iterable[Truth], net: LandmarkNet) -> dict[str, float]:
    """The worse eye's error over the eye distance, from finding to placing, and the share of faces found."""
    errors, count = [], 0
    for pixels, points in photos:
        count += 1
        if boxes := find_boxes(pixels):
            truth = points.array()
            placed = place_points(pixels, boxes[0].box, boxes[0].quarters, net).array()
            error = np.linalg.norm(placed - truth, axis=1) / np.linalg.norm(truth[1] - truth[0])
            if error[:2].max() < 0.5:  # else it is another thing than the face
                errors.append(error)
    worse = np.max(np.array(errors)[:, :2], axis=1)
    return {
        "photos": count,
        "found": len(errors) / count,
        "worse eye, mean": round(float(worse.mean()), 4),
        "worse eye, 95th percentile": round(float(np.percentile(worse, 95)), 4),
        "mouth, mean": round(float(np.array(errors)[:, 2].mean()), 4),
    }


def divided(photos: Sequence[Truth], held_out: int) -> tuple[list[Truth], list[Truth]]:
    """The photos to train on and the ones to choose with."""
    order = np.random.default_rng(5).permutation(len(photos))
    return [photos[row] for row in order[held_out:]], [photos[row] for row in order[:held_out]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=4, help="processor time")
    parser.add_argument("--hold-out", type=int, default=0, metavar="N", help="measure on N photos of the training half")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    to_train, held_out = divided(list(load_photos(options.photos, "train")), options.hold_out)
    faces, photos = load_faces(options.faces), align_photos(to_train)
    net = train(faces, photos, options.minutes, options.seed)
    weights = {name: value.half().contiguous() for name, value in net.state_dict().items()}
    data = f"{len(faces)} aligned faces of LFW and All-Age-Faces, {len(photos)} photos of All-Age-Faces"
    metadata = {"format": "2", "data": data, "terms": TERMS}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    save_file(weights, options.out, metadata)
    accuracy = measure(held_out or load_photos(options.photos, "test"), load_net(options.out))
    save_file(weights, options.out, {**metadata, "accuracy": json.dumps(accuracy)})
    print(json.dumps(accuracy, indent=2))


if __name__ == "__main__":
    main()
