"""What a step changes, kept so that a step which broke off never was."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.core.training.training import Training


class Moment:
    """What a step changes, as it is now: random states, the place in the data, and if `whole` also copies of weights
    and optimisers."""

    def __init__(self, training: Training, whole: bool) -> None:
        self.whole = whole
        self._weights = {name: value.clone() for name, value in training.net.state_dict().items()} if whole else {}
        self._optimisers = {n: deepcopy(o.state_dict()) for n, o in training.optimisers.items()} if whole else {}
        self._generators = {name: g.get_state() for name, g in training.generators.items()}
        self._batches = training.batches.state()

    def restore(self, training: Training) -> None:
        """Bring it back."""
        if self.whole:
            training.net.load_state_dict(self._weights)
        for name, state in self._optimisers.items():
            training.optimisers[name].load_state_dict(state)
        training.batches.restore(self._batches)
        for name, generator in training.generators.items():
            generator.set_state(self._generators[name])
