"""Where codes really lie: a Gaussian mixture fitted to them after the training, from which random faces are drawn.

A VAE's codes are not the standard normal that its KL term pulls them towards; between them lie codes that no face has,
and those decode to ghosts (Ghosh et al. 2020, "From variational to deterministic autoencoders").
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from workbench.core.errors import WorkbenchError
from workbench.core.quality.typical import Typical
from workbench.core.tensors import damaged, read_tensors, write_tensors

FORMAT = "workbench-mixture"
VERSION = 1
COMPONENTS = 10
CODES_PER_COMPONENT, CODES_PER_NUMBER = 200, 4
"""A normal distribution with all its covariances is not to be known from fewer than so many, nor than so many for each
number of a code."""
_LEADING = 64
"""Codes are told apart along the directions in which they differ most; the others would only cost time."""

SPREAD = 1.15
"""Random codes lie so many times as far from the middle of their part as those of faces do: what a decoder makes of a
random code is paler and softer than what it makes of a face's (docs/decisions/0012)."""

_FLOOR = 1e-2
"""Least variance in any direction: what a few hundred codes cannot tell is not taken for certain."""
_ROUNDS = 50

Float32 = npt.NDArray[np.float32]


def codes_wanted(latent: int) -> int:
    """How many codes of so many numbers a mixture is best fitted to: more tell little more."""
    return COMPONENTS * max(CODES_PER_COMPONENT, CODES_PER_NUMBER * latent)


def _belongs(codes: npt.NDArray[np.float64], count: int, seed: int) -> npt.NDArray[np.float64]:
    """How much each code belongs to each of `count` normal distributions: (N, count), each row's sum 1."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    _, directions = np.linalg.eigh(np.cov(codes, rowvar=False).reshape(codes.shape[1], -1))  # the leading ones last
    leading = codes @ directions[:, -_LEADING:]
    fitter = GaussianMixture(count, reg_covar=_FLOOR, max_iter=_ROUNDS, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # nearly there is as good
        belongs: npt.NDArray[np.float64] = fitter.fit(leading).predict_proba(leading)
    return belongs


@dataclass(frozen=True, eq=False)
class Mixture:
    """K normal distributions in the space of codes.

    Attributes:
        weights: float32 (K,), sum 1.
        means: float32 (K, latent).
        roots: float32 (K, latent, latent), lower triangles L with covariance L Lᵀ.
        usual: float32 (2,): how far off the codes' mean the middle one lay, and ninety-nine of a hundred
            (`quality.typical`); None in the files of an older program. Codes drawn from the mixture would not tell:
            those of faces stray further.
    """

    weights: Tensor
    means: Tensor
    roots: Tensor
    usual: Tensor | None = None

    @classmethod
    def fit(cls, codes: Float32, seed: int = 0, most: int = COMPONENTS) -> Mixture:
        """Fit it to codes (N, latent); the same codes, the same mixture.

        Expectation maximisation (scikit-learn) along the leading principal directions says which code belongs where;
        with that, each part's mean and covariance in all directions are known in closed form.

        Args:
            most: normal distributions, K; fewer where there are few codes.

        Raises:
            WorkbenchError: fewer codes than two, or codes that are not numbers.
        """
        if len(codes) < 2 or not np.isfinite(codes).all():
            raise WorkbenchError("These codes have no distribution to draw from.", "Train the model on more pictures.")
        count = int(np.clip(COMPONENTS * len(codes) // codes_wanted(codes.shape[1]), 1, most))
        exact = codes.astype(np.float64)
        belongs = _belongs(exact, count, seed) if count > 1 else np.ones((len(codes), 1))
        sizes = belongs.sum(axis=0)
        means = belongs.T @ exact / sizes[:, None]
        roots = []
        for share, mean, size in zip(belongs.T, means, sizes, strict=True):
            off = exact - mean
            roots.append(np.linalg.cholesky((share[:, None] * off).T @ off / size + _FLOOR * np.eye(len(mean))))
        typical = Typical.of_codes(codes)
        arrays = (sizes / len(codes), means, np.stack(roots), np.array([typical.middle, typical.amber]))
        return cls(*(torch.from_numpy(a.astype(np.float32)) for a in arrays))

    @property
    def typical(self) -> Typical | None:
        """How far the codes that it was fitted to lay from their middle."""
        return None if self.usual is None else Typical.of_moments(*self.moments(), *self.usual.tolist())

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """`count` random codes, float32 (count, latent), on the generator's device: of `SPREAD` the deviation of each
        part."""
        device = generator.device
        chosen = torch.multinomial(self.weights.to(device), count, replacement=True, generator=generator)
        noise = torch.randn(count, self.means.shape[1], generator=generator, device=device)
        spread = torch.einsum("nij,nj->ni", self.roots.to(device)[chosen], noise)
        return self.means.to(device)[chosen] + SPREAD * spread

    def moments(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """The mean (latent,) and the covariance (latent, latent) of all codes together: those of the codes that it was
        fitted to, but for the floor of the variance."""
        weights, means, roots = (a.numpy().astype(np.float64) for a in (self.weights, self.means, self.roots))
        mean: npt.NDArray[np.float64] = weights @ means
        spreads = (weight * root @ root.T for weight, root in zip(weights, roots, strict=True))
        off = means - mean
        return mean, sum(spreads, (weights[:, None] * off).T @ off)

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of its numbers: a file whose mixture has another is damaged."""
        digest = hashlib.sha256()
        for array in self.pack().values():
            digest.update(np.asarray(array, "<f4", order="C").tobytes())
        return digest.hexdigest()

    def pack(self) -> dict[str, npt.NDArray[Any]]:
        """Its arrays, by name."""
        usual = {} if self.usual is None else {"usual": self.usual.numpy()}
        return {name: getattr(self, name).numpy() for name in ("weights", "means", "roots")} | usual

    @classmethod
    def unpack(cls, arrays: Mapping[str, npt.NDArray[Any]], latent: int, fingerprint: object, where: str) -> Mixture:
        """From `pack`; raises `WorkbenchError` when the arrays are not those that were written, or of other codes."""
        try:
            weights, means, roots = (np.asarray(arrays[name], np.float32) for name in ("weights", "means", "roots"))
        except KeyError as error:
            raise damaged(where, "mixture") from error
        count = len(weights)
        fits = means.shape == (count, latent) and roots.shape == (count, latent, latent)
        if not (fits and np.isfinite(means).all() and np.isfinite(roots).all() and (weights >= 0).all() and count):
            raise damaged(where, "mixture")
        usual = torch.from_numpy(np.asarray(arrays["usual"], np.float32)) if "usual" in arrays else None
        mixture = cls(torch.from_numpy(weights), torch.from_numpy(means), torch.from_numpy(roots), usual)
        if (usual is not None and usual.shape != (2,)) or mixture.fingerprint != fingerprint:
            raise damaged(where, "mixture")
        return mixture

    def save(self, path: Path, model: str) -> None:
        """Write it beside the run that it belongs to; `model` is the fingerprint of the weights that made the codes."""
        info = {"format": FORMAT, "version": VERSION, "model": model, "fingerprint": self.fingerprint}
        write_tensors(path, self.pack(), info)

    @classmethod
    def load(cls, path: Path, model: str, latent: int) -> Mixture | None:
        """The mixture in a file; None when there is none, or one of other weights."""
        if not path.exists():
            return None
        arrays, info = read_tensors(path, FORMAT, VERSION, "mixture")
        if info.get("model") != model:
            return None
        return cls.unpack(arrays, latent, info.get("fingerprint"), str(path))
