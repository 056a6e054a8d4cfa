"""A look at the end of a training: do random codes fall where faces are?"""

from __future__ import annotations

import numpy as np
import torch

from workbench.core.events import Advice
from workbench.core.models.images import to_images, to_pictures
from workbench.core.models.mixture import Mixture
from workbench.core.training import loop, remedies, symptoms
from workbench.core.training.training import QUALITY_SAMPLES, Training


@torch.no_grad()
def look_for_hole(training: Training, mixture: Mixture) -> Advice | None:
    """Compare random pictures, drawn from the mixture as every host will draw them, with reconstructions.

    While it trains, a model with an encoder draws from one normal distribution that its codes do not quite follow; that
    is no illness, since the mixture mends it. A training of some seconds is not looked at: nothing of it is good yet.
    """
    if training.clock.seconds < loop.SAMPLE_SECONDS:
        return None
    net = training.average.net
    before, net.mixture = net.mixture, mixture
    try:
        samples = training.sample_quality()["kid"]
    finally:
        net.mixture = before
    real = training.real_pictures
    parts = [
        to_pictures(net.decode(net.encode(to_images(real[first : first + 32], training.device))))
        for first in range(0, min(len(real), QUALITY_SAMPLES), 32)
    ]
    found = training.quality(np.concatenate(parts))["kid"]
    if not symptoms.prior_hole(samples, found):
        return None
    return remedies.prior_hole(training.step, training.settings, samples, found)
