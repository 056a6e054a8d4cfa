"""For each photo its own direction: from the faces without that are nearest to it to those with that are.

Deep feature interpolation (Upchurch et al. 2017): a smile is added to a young woman by what tells smiling young women
from serious ones. The neighbours of a photo are not looked up in the data set, which is not there when the photo is
edited: the differences are taken at some dozens of places once, and interpolated between them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.core.concepts.local import ANCHORS, Local
from workbench.core.concepts.methods.base import Examples, Method

_NEIGHBOURS = 100  # on each side, as in the paper; of few examples a fifth

Float64 = npt.NDArray[np.float64]


def find(examples: Examples) -> Float64:
    """The mean of the places' directions."""
    mean: Float64 = local(examples).changes.mean(axis=0, dtype=np.float64)
    return mean


def local(examples: Examples) -> Local:
    """At each place the difference of the means of its nearest faces with and without, as a unit direction.

    A place is the middle between those two means; places are looked for around examples that are spread evenly over
    both sides. Near is measured in codes divided by their standard deviations.
    """
    sides = examples.with_it.astype(np.float64), examples.without.astype(np.float64)
    deviation = np.concatenate(sides).std(axis=0)
    deviation[deviation == 0] = 1.0
    seeds = np.concatenate([side[np.linspace(0, len(side) - 1, ANCHORS // 2).astype(int)] for side in sides])
    near = [_nearest(seeds, side, deviation) for side in sides]
    changes = near[0] - near[1]
    changes /= np.maximum(np.linalg.norm(changes, axis=1, keepdims=True), 1e-12)
    return Local(((near[0] + near[1]) / 2).astype(np.float32), changes.astype(np.float32))


def _nearest(seeds: Float64, codes: Float64, deviation: Float64) -> Float64:
    """The mean of the codes nearest to each seed: (K, latent)."""
    from sklearn.neighbors import NearestNeighbors

    count = int(np.clip(len(codes) // 5, 1, _NEIGHBOURS))
    rows = (
        NearestNeighbors(n_neighbors=count).fit(codes / deviation).kneighbors(seeds / deviation, return_distance=False)
    )
    means: Float64 = codes[rows].mean(axis=1)
    return means


METHOD = Method(
    name="neighbours",
    title="Neighbours",
    summary="A direction of its own for each photo, from the faces most like it; the others have one for all.",
    examples="labels",
    find=find,
    local=local,
)
