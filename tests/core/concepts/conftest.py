"""Codes in which one knows what the directions must be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from workbench.core.concepts.methods import Examples

Codes = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Planted:
    """Codes that smile along `smile` and are a man's along `man`, where men smile less often than women."""

    codes: Codes
    smiles: npt.NDArray[np.bool_]
    men: npt.NDArray[np.bool_]
    smile: Codes
    man: Codes

    def examples(self) -> Examples:
        order = np.concatenate([np.flatnonzero(self.smiles), np.flatnonzero(~self.smiles)])
        return Examples(self.codes[self.smiles], self.codes[~self.smiles], {"Male": self.men[order].astype(np.int64)})


@pytest.fixture(scope="session")
def planted() -> Planted:
    rng = np.random.default_rng(3)
    smile, man = np.linalg.qr(rng.normal(size=(32, 2)))[0].T
    men = rng.random(4000) < 0.5
    smiles = rng.random(4000) < np.where(men, 0.2, 0.8)
    spread = rng.uniform(0.3, 2.0, 32)  # dimensions of very different use, as a VAE's are
    codes = rng.normal(size=(4000, 32)) * spread
    codes += 2.0 * np.outer(np.where(smiles, 1, -1), smile) + 3.0 * np.outer(np.where(men, 1, -1), man)
    return Planted(codes.astype(np.float32), smiles, men, smile.astype(np.float32), man.astype(np.float32))
