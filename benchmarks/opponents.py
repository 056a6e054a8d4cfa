"""The plain way: the VAE of the tutorials, and the same net with our loss."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.core.models.images import to_images, to_pictures
from workbench.core.models.vae import kl_divergence
from workbench.core.quality.reconstruction import psnr


class TextbookVae(nn.Module):
    """Four strided convolutions, 32 to 256 channels, BatchNorm, and their mirror image; 128 numbers in a code."""

    def __init__(self, latent: int = 128) -> None:
        super().__init__()
        channels = [3, 32, 64, 128, 256]
        down: list[nn.Module] = []
        for before, after in itertools.pairwise(channels):
            down += [nn.Conv2d(before, after, 4, 2, 1), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
        self.encoder = nn.Sequential(*down, nn.Flatten(), nn.Linear(256 * 16, 2 * latent))
        up: list[nn.Module] = []
        for before, after in zip(channels[:1:-1], channels[-2:0:-1], strict=False):
            up += [nn.ConvTranspose2d(before, after, 4, 2, 1), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
        self.decoder = nn.Sequential(
            nn.Linear(latent, 256 * 16), nn.Unflatten(1, (256, 4, 4)), *up, nn.ConvTranspose2d(32, 3, 4, 2, 1)
        )

    def forward(self, images: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean, logvar = self.encoder(images).chunk(2, dim=1)
        return torch.tanh(self.decoder(mean + torch.exp(0.5 * logvar) * noise)), mean, logvar

    @torch.no_grad()
    def reconstruct(self, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        mean, _ = self.encoder(to_images(pictures)).chunk(2, dim=1)
        return to_pictures(torch.tanh(self.decoder(mean)))


@dataclass(frozen=True)
class Outcome:
    psnr: float
    steps: int


def train_textbook(
    train: npt.NDArray[np.uint8], test: npt.NDArray[np.uint8], minutes: float, our_loss: bool, batch: int = 64
) -> Outcome:
    """Train it for so many minutes with Adam at 1e-3, float32, all cores, pictures in memory; PSNR on `test`.

    Its own loss is the squared error summed over pixels in [0, 1] plus the KL; ours is that of
    `workbench.core.models.vae`.
    """
    random = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    net = TextbookVae()
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)
    step, end = 0, time.monotonic() + 60 * minutes
    while time.monotonic() < end:
        rows = torch.randint(len(train), (batch,), generator=random).numpy()
        images = to_images(train[rows])
        decoded, mean, logvar = net(images, torch.randn(batch, 128, generator=random))
        kl = kl_divergence(mean, logvar).sum(1).mean()
        if our_loss:
            loss = 0.5 * images[0].numel() * torch.log(F.mse_loss(decoded, images)) + kl
        else:
            loss = (((decoded - images) / 2) ** 2).sum((1, 2, 3)).mean() + kl
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        step += 1
    net.eval()
    decoded = np.concatenate([net.reconstruct(test[first : first + 128]) for first in range(0, len(test), 128)])
    return Outcome(psnr(test, decoded), step)
