"""Where the codes of a training's newest pictures lie: what its random pictures are drawn from while it goes on.

The codes of an autoencoder are never the standard normal, and those of a VAE seldom are (`models.mixture`). Fitting a
mixture takes pictures of its own to be encoded; the codes that the steps have just made cost nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor

from workbench.core.models.mixture import Mixture

KEPT, LEAST = 2048, 256


class RecentCodes:
    """The newest 2,048 codes, on the device that made them."""

    def __init__(self) -> None:
        self._codes: Tensor | None = None
        self._seen = 0

    def add(self, codes: Tensor) -> None:
        """Take in the codes of a batch, (B, latent); the oldest are forgotten."""
        if self._codes is None:
            self._codes = codes.new_zeros((KEPT, codes.shape[1]))
        places = torch.arange(self._seen, self._seen + len(codes), device=codes.device) % KEPT
        self._codes[places] = codes
        self._seen += len(codes)

    def mixture(self) -> Mixture | None:
        """One normal distribution that lies where they lie; None while there are fewer than 256."""
        if self._codes is None or self._seen < LEAST:
            return None
        codes = self._codes[: self._seen].cpu().numpy()
        return Mixture.fit(codes, most=1)
