"""How far a set of pictures is from the real ones: KID, FID, density and coverage, all over a net's features."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

NEIGHBOURS = 5
"""k of density and coverage, as their authors recommend."""
_BLOCK = 2048
"""Pictures that KID compares at a time: three kernel matrices of 32 MB."""
_ROWS = 512


@dataclass(frozen=True, slots=True)
class Distances:
    """How a set of pictures differs from real ones.

    Attributes:
        kid: kernel Inception distance; 0 where both come from one distribution, and then below 0 as often as above.
        fid: Fréchet Inception distance; above 0 even between real sets, by more the fewer they are.
        density: how tightly the set lies where real pictures are: 1 as they do themselves; more is typical, not better.
        coverage: share of real pictures with one of the set nearby, 0 to 1; real sets of one size reach 0.97.
    """

    kid: float
    fid: float
    density: float
    coverage: float


def distances(real: Tensor, fake: Tensor) -> Distances:
    """All four between two sets of features, float (N, D) and (M, D), on the CPU."""
    density, coverage = density_and_coverage(real, fake)
    return Distances(kid(real, fake), fid(real, fake), density, coverage)


def kid(real: Tensor, fake: Tensor) -> float:
    """Kernel Inception distance (Bińkowski et al. 2018): the unbiased squared MMD with the kernel (x·y / D + 1)³.

    Over all pictures, in as few blocks of equal size (at most 2,048) as they divide into, rather than over random
    subsets: nothing is drawn, so the same features give the same figure, and it strays least.

    Args:
        real: features, float (N, D).
        fake: features, float (M, D).
    """
    # the function and not `KernelInceptionDistance`, which draws its subsets from torch's global generator
    from torchmetrics.image.kid import poly_mmd

    least = min(len(real), len(fake))
    size = least // math.ceil(least / _BLOCK)
    blocks = max(len(real), len(fake)) // size
    found = [poly_mmd(_block(real, size, n), _block(fake, size, n)).item() for n in range(blocks)]
    return sum(found) / len(found)


def _block(features: Tensor, size: int, number: int) -> Tensor:
    """The block of that number, in double precision; after the last one comes the first again."""
    first = number % (len(features) // size) * size
    return features[first : first + size].double()


def fid(real: Tensor, fake: Tensor) -> float:
    """Fréchet Inception distance (Heusel et al. 2017): |m - n|² + tr(C + D - 2 (C D)^½) of means and covariances.

    Args:
        real: features, float (N, D).
        fake: features, float (M, D).
    """
    from torchmetrics.image.fid import FrechetInceptionDistance

    metric = FrechetInceptionDistance(_Seen(real.shape[1]))
    metric.update(real.double(), real=True)
    metric.update(fake.double(), real=False)
    return float(metric.compute())


class _Seen(nn.Identity):
    """Stands for the feature net in torchmetrics: what it is given are features, seen once for all measures."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.num_features = width


def density_and_coverage(real: Tensor, fake: Tensor, k: int = NEIGHBOURS) -> tuple[float, float]:
    """Density and coverage (Naeem et al. 2020): balls about the real points, each as far as its k-th neighbour.

    Density is the number of balls that a fake point lies in, over k, the mean; coverage the share of balls with a fake
    point in them.

    Args:
        real: features, float (N, D), N > k.
        fake: features, float (M, D).
    """
    real, fake = real.double(), fake.double()
    hits, covered = 0, 0
    for first in range(0, len(real), _ROWS):
        part = real[first : first + _ROWS]
        radius = torch.cdist(part, real).kthvalue(k + 1, dim=1).values  # the nearest of all is the point itself
        inside = torch.cdist(part, fake) < radius[:, None]
        hits += int(inside.sum())
        covered += int(inside.any(dim=1).sum())
    return hits / (k * len(fake)), covered / len(real)


def spread(features: Tensor) -> float:
    """The mean distance between two different points of a set, float (N, D), N >= 2."""
    return float(torch.pdist(features).mean())
