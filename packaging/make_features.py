"""Make resources/faces/features.safetensors: train the net that KID and its like see faces with (about 12 minutes).

    python packaging/make_features.py --faces faces-128.zip

`--faces` is a zip of aligned faces with attributes.csv (the columns of `LABELS` with 1, -1 and blank, partition). The
net learns the labels that are known of each face and, on pictures that are spoiled on purpose, how badly each is
spoiled: a distance between sets of pictures that cannot see blur would call a blurred model a good one. Only the
training partition is learned from; the test partition measures it.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sklearn.metrics import roc_auc_score
from torch import Tensor
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from workbench.core.data.augment import augment
from workbench.core.data.cache import Dataset
from workbench.core.data.table import TEST, TRAIN
from workbench.core.models.images import to_images, to_pictures
from workbench.core.quality.features import DAMAGES, FORMAT, LABELS, SIZE, VERSION, FaceNet
from workbench.core.tensors import write_tensors
from workbench.jobs.api import run
from workbench.jobs.prepare_data import prepare_data

BATCH = 64
LEARNING_RATE = 2e-3
CLEAR = 0.4  # of a batch: pictures as they are, only mirrored and recoloured
LARGEST_BLUR = 3.0  # pixels of 64, the Gaussian's deviation
LARGEST_WARP = 4.0  # pixels
LARGEST_NOISE = 0.5  # of a range of 2
OUT = Path(__file__).resolve().parent.parent / "resources" / "faces" / "features.safetensors"

TERMS = (
    "Trained on faces of LFW (press photographs, research use) and All-Age-Faces (research use); its smile labels come "
    "from SMILEsmileD, its lists of men and women from AFIF4. It only measures sets of pictures: it holds no picture, "
    "and nothing of a face can be had back from it."
)


@dataclass(frozen=True)
class Faces:
    """Pictures uint8 (N, 64, 64, 3) and labels float32 (N, labels): 1 yes, 0 no, NaN unknown."""

    pictures: Tensor
    labels: Tensor

    @classmethod
    def of(cls, data: Dataset, partition: int) -> Faces:
        rows = data.rows(partition)
        known = np.stack([data.labels[label][rows] for label in LABELS], axis=1).astype(np.float32)
        labels = torch.from_numpy(np.where(known == 0, np.nan, (known + 1) / 2)).float()
        return cls(torch.from_numpy(np.array(data.pictures[rows])), labels)


def blur(images: Tensor, deviations: Tensor) -> Tensor:
    """Each image by its own Gaussian, edges repeated; `deviations` (N,) in pixels."""
    reach = math.ceil(3 * LARGEST_BLUR)
    place = torch.arange(-reach, reach + 1)
    bells = torch.exp(-0.5 * (place / deviations.clamp(min=1e-2)[:, None]) ** 2)
    bells = (bells / bells.sum(1, keepdim=True)).repeat_interleave(3, 0)
    flat = F.pad(images, (reach,) * 4, mode="replicate").flatten(0, 1)[None]
    flat = F.conv2d(flat, bells[:, None, :, None], groups=len(bells))
    return F.conv2d(flat, bells[:, None, None, :], groups=len(bells)).view_as(images)


def noise(images: Tensor, amounts: Tensor, generator: torch.Generator) -> Tensor:
    """Noise that is white, or coarse, or the checkerboard of a bad upsampling; `amounts` (N,) are deviations."""
    count = len(images)
    white = torch.randn(images.shape, generator=generator)
    coarse = F.interpolate(torch.randn((count, 3, SIZE // 4, SIZE // 4), generator=generator), SIZE, mode="bilinear")
    line = torch.arange(SIZE)
    period = torch.randint(1, 4, (count, 1, 1, 1), generator=generator)
    board = ((line // period + line[:, None] // period) % 2 * 2.0 - 1).expand(-1, 3, -1, -1)
    kind = torch.randint(3, (count, 1, 1, 1), generator=generator)
    chosen = torch.where(kind == 0, white, torch.where(kind == 1, coarse * 1.5, board))
    return images + amounts[:, None, None, None] * chosen


def blocks(images: Tensor, amounts: Tensor) -> Tensor:
    """JPEG of quality 60 down to 3; `amounts` (N,) in 0..1."""
    spoiled = []
    for picture, amount in zip(to_pictures(images), amounts.tolist(), strict=True):
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "JPEG", quality=round(60 * (3 / 60) ** amount))
        spoiled.append(np.asarray(Image.open(file)))
    return to_images(np.stack(spoiled))


def warp(images: Tensor, amounts: Tensor, generator: torch.Generator) -> Tensor:
    """Parts of the face drawn out of their place, smoothly; `amounts` (N,) are deviations in pixels."""
    field = torch.randn((len(images), 2, 5, 5), generator=generator)
    field = F.interpolate(field, SIZE, mode="bicubic", align_corners=False) * amounts[:, None, None, None] * 2 / SIZE
    line = (torch.arange(SIZE) + 0.5) * 2 / SIZE - 1
    grid = torch.stack(torch.meshgrid(line, line, indexing="xy"), -1) + field.permute(0, 2, 3, 1)
    return F.grid_sample(images, grid, mode="bicubic", padding_mode="border", align_corners=False)


def spoil(images: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Some of the images spoiled in one or two ways, and how badly, each 0 to 1: float (N, damages)."""
    count = len(images)
    amounts = torch.rand((count, len(DAMAGES)), generator=generator)
    first, second = torch.randint(len(DAMAGES), (2, count), generator=generator)
    chosen = F.one_hot(first, len(DAMAGES)).bool() | F.one_hot(second, len(DAMAGES)).bool()
    amounts = amounts * chosen * (torch.rand((count, 1), generator=generator) > CLEAR)
    blurred, noisy, blocky, ghostly, warped = (amounts[:, n] for n in range(len(DAMAGES)))
    images = torch.lerp(images, images.roll(1, 0), ghostly[:, None, None, None] / 2)
    for rows, change in (
        (warped, lambda part, how: warp(part, how * LARGEST_WARP, generator)),
        (blurred, lambda part, how: blur(part, how * LARGEST_BLUR)),
        (noisy, lambda part, how: noise(part, how * LARGEST_NOISE, generator)),
        (blocky, blocks),
    ):
        which = rows.nonzero()[:, 0]
        if len(which):
            images = images.index_copy(0, which, change(images[which], rows[which]).clamp(-1, 1))
    return images, amounts


def examples(faces: Faces, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Endless batches of images, labels and damages; every picture once an epoch."""
    while True:
        for rows in torch.randperm(len(faces.pictures), generator=generator).split(BATCH):
            images = augment(to_images(faces.pictures[rows]), "mirror", generator)
            strength = 0.15 * torch.rand((2, len(images), 1, 1, 1), generator=generator) * 2 - 0.15
            images = ((images + strength[0]) * (1 + strength[1])).clamp(-1, 1)
            images = images.roll(tuple(torch.randint(-1, 2, (2,), generator=generator).tolist()), (2, 3))
            images, damages = spoil(images, generator)
            yield images.contiguous(memory_format=torch.channels_last), damages, faces.labels[rows]


def loss_of(told: Tensor, damages: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy of the labels that are known, and the squared error of the damages."""
    known = ~labels.isnan()
    label_loss = F.binary_cross_entropy_with_logits(told[:, : len(LABELS)][known], labels[known])
    return label_loss + 4 * F.mse_loss(torch.sigmoid(told[:, len(LABELS) :]), damages)


def train(faces: Faces, minutes: float, seed: int) -> FaceNet:
    """A net trained for so many minutes of the processor; what is kept is the running mean of its weights."""
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)  # the layers' own start, and dropout
    net = FaceNet().to(memory_format=torch.channels_last)
    average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.998), use_buffers=True)
    optimiser = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE, weight_decay=0.05)
    start, shown = time.process_time(), 0.0
    for step, (images, damages, labels) in enumerate(examples(faces, generator)):
        passed = (time.process_time() - start) / (60 * minutes)
        if passed >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = LEARNING_RATE * min(1, (step + 1) / 200) * (0.51 + 0.49 * math.cos(math.pi * passed))
        loss = loss_of(net.tell(F.dropout(net.look(images), 0.2)), damages, labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        average.update_parameters(net)
        if passed - shown > 0.05:
            shown = passed
            epochs = step * BATCH / len(faces.pictures)
            print(f"{passed:4.0%}, {step} steps, {epochs:.1f} epochs, loss {loss.item():.3f}", flush=True)
    kept: FaceNet = average.module.eval()
    return kept


@torch.no_grad()
def told(net: FaceNet, images: Tensor) -> tuple[Tensor, Tensor]:
    """The features before they are scaled, (N, 128), and what the last layer makes of them."""
    seen = torch.cat([net.look(part) for part in images.split(256)])
    return seen, net.tell(seen)


def scale(net: FaceNet, faces: Faces) -> None:
    """Let every feature have mean 0 and deviation 1 over clear faces; one that hardly moves is not blown up."""
    deviation, mean = torch.std_mean(told(net, to_images(faces.pictures))[0], 0)
    net.mean.copy_(mean)
    net.deviation.copy_(deviation.clamp(min=0.25 * float(deviation.mean())))


def measure(net: FaceNet, faces: Faces) -> dict[str, dict[str, float]]:
    """By label the share that is told right, the AUC, and of how many; by damage the correlation with its amount."""
    images = to_images(faces.pictures)
    answers = told(net, images)[1]
    found: dict[str, dict[str, float]] = {}
    for label, answer, truth in zip(LABELS, answers.T, faces.labels.T, strict=False):
        known = ~truth.isnan()
        right = ((answer[known] > 0) == (truth[known] > 0.5)).float().mean()
        auc = roc_auc_score(truth[known].numpy(), answer[known].numpy())
        yes = int(truth[known].sum())
        found[label] = {
            "accuracy": round(float(right), 4), "auc": round(float(auc), 4), "yes": yes, "no": int(known.sum()) - yes,
        }  # fmt: skip
    spoiled, amounts = spoil(images, torch.Generator().manual_seed(1))
    answers = torch.sigmoid(told(net, spoiled)[1][:, len(LABELS) :])
    for damage, answer, truth in zip(DAMAGES, answers.T, amounts.T, strict=True):
        found[damage] = {"correlation": round(float(torch.corrcoef(torch.stack([answer, truth]))[0, 1]), 4)}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=11, help="processor time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    data = run(prepare_data(options.faces, SIZE))
    faces = Faces.of(data, TRAIN)
    net = train(faces, options.minutes, options.seed)
    scale(net, faces)
    weights = {name: value for name, value in net.state_dict().items() if not name.endswith("num_batches_tracked")}
    net.load_state_dict({name: value.half().float() for name, value in weights.items()}, strict=False)
    accuracy = measure(net, Faces.of(data, TEST))
    about = {
        "data": f"{len(faces.pictures)} aligned faces of LFW and All-Age-Faces at {SIZE} pixels",
        "labels": list(LABELS),
        "damages": list(DAMAGES),
        "held out": accuracy,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "terms": TERMS,
    }
    info = {"format": FORMAT, "version": VERSION, "name": "faces-64", "about": about}
    write_tensors(options.out, {name: value.half().numpy() for name, value in weights.items()}, info)
    print(json.dumps(accuracy, indent=2))
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
