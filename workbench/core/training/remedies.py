"""What is said of each illness of a training, what mends it, and which of the lecture's tricks that uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.core.events import Advice
from workbench.core.training.settings import TrainSettings

TRICKS = {
    "tanh": "Use tanh as the last activation of the generator, instead of sigmoid.",
    "normal": "Sample points of the latent space from a normal distribution, not a uniform one.",
    "noise": "Stochasticity makes robust: dropout in the discriminator, and random noise on its labels.",
    "sparse": "Sparse gradients hinder a GAN: strided convolutions, not max pooling; LeakyReLU, not ReLU.",
    "kernel": "Use a kernel size that the stride divides, against checkerboards.",
}
"""The lecture's bag of tricks, by a word."""

_RATES = ("learning_rate", "generator_rate", "judge_rate")


def diverged(step: int, settings: TrainSettings) -> Advice:
    """A loss or gradient is no number."""
    return Advice(
        f"The training diverged at step {step}: its loss is no longer a number. The last checkpoint stands.",
        "Go on from it with half the learning rate.",
        "diverged",
        step,
        changes=slower(settings, 2),
    )


def saturated(step: int, settings: TrainSettings, steps: int) -> Advice:
    """The discriminator has won."""
    finding = (
        f"The discriminator has won: for {steps} steps it was right about nearly every picture, and sure of it. "
        "The generator learns next to nothing from it."
    )
    if hasattr(settings, "judge_rate"):
        changes = {"judge_rate": settings.judge_rate / 4}
        return Advice(
            finding, "Go back to a checkpoint before, with a slower discriminator.", "saturated", step, changes=changes
        )
    values = settings.model_dump()
    changes = {"learning_rate": values["learning_rate"] / 4}
    if values["loss"] == "classic":
        changes |= {"label_noise": max(0.1, values["label_noise"]), "label_smoothing": 0.1}
        how, trick = "with a slower discriminator, and noise on its labels", TRICKS["noise"]
    else:
        changes |= {"penalty": max(1.0, 4 * values["penalty"])}
        how, trick = "with a slower discriminator, and a stronger penalty for its steepness", ""
    remedy = f"Go back to a checkpoint before, {how}."
    return Advice(finding, remedy, "saturated", step, trick, _valid(settings, changes))


def mode_collapse(step: int, settings: TrainSettings, diversity: float) -> Advice:
    """All random pictures are alike."""
    values = settings.model_dump()
    changes: dict[str, Any] = slower(settings, 2)
    trick = ""
    if values.get("loss") == "classic":
        changes |= {"label_noise": max(0.1, values["label_noise"])}
        trick = TRICKS["noise"]
    elif "penalty" in values:
        changes |= {"penalty": max(1.0, 4 * values["penalty"])}
    if values.get("noise") == "uniform":
        changes |= {"noise": "normal"}
        trick = TRICKS["normal"]
    return Advice(
        f"The random pictures have become alike: they differ {100 * diversity:.0f} % as much as real ones do "
        "(mode collapse).",
        "Go back to a checkpoint before, with slower nets"
        + (" and more chance in the game." if trick else " and a discriminator that is less steep."),
        "mode_collapse",
        step,
        trick,
        _valid(settings, changes),
    )


def posterior_collapse(step: int, settings: TrainSettings, active: float, latent: int) -> Advice:
    """The codes say nothing."""
    values = settings.model_dump()
    beta = values["beta"]
    return Advice(
        f"The codes have gone silent: {active:.0f} of their {latent} numbers tell anything of a picture "
        "(posterior collapse). All pictures decode alike.",
        "Weaken the KL term (beta), and let every number tell a little for free (free nats).",
        "posterior_collapse",
        step,
        changes=_valid(settings, {"beta": 1.0 if beta > 1 else beta / 4, "free_bits": max(0.1, values["free_bits"])}),
    )


def prior_hole(step: int, settings: TrainSettings, samples: float, reconstructions: float) -> Advice:
    """Where random codes lie, there are no faces."""
    beta = settings.model_dump().get("beta")
    changes = {} if beta is None else {"beta": max(1.0, 4 * beta)}
    return Advice(
        "Reconstructions are good, but random pictures are not: random codes fall where no picture's code is "
        f"(prior hole; KID {samples:.3g}, of reconstructions {reconstructions:.3g}).",
        "Edit photos with it; for random faces strengthen the KL term (beta), or make the code smaller."
        if changes
        else "Use it to reconstruct; for random faces train a VAE, whose KL term keeps the codes together.",
        "prior_hole",
        step,
        changes=_valid(settings, changes),
    )


def vanishing(step: int, settings: TrainSettings, part: str, share: float) -> Advice:
    """The gradient does not reach the first layers."""
    values = settings.model_dump()
    changes: dict[str, Any] = {}
    trick = ""
    if values.get("output") == "sigmoid":
        changes, trick = {"output": "tanh"}, TRICKS["tanh"]
    elif "relu" in (values.get(f"{part}_activation"), ""):
        changes, trick = {f"{part}_activation": "leaky_relu"}, TRICKS["sparse"]
    how = "Go back to a checkpoint before, with half the learning rate" + (" and the trick below." if trick else ".")
    return Advice(
        f"The gradient vanishes in the {part}: a layer far from the output gets {share:.1g} of what it should, and "
        "learns no more.",
        how,
        "vanishing",
        step,
        trick,
        _valid(settings, {**slower(settings, 2), **changes}),
    )


def exploding(step: int, settings: TrainSettings, optimiser: str, times: float) -> Advice:
    """The gradient grows and grows."""
    limit = settings.clip_norm
    return Advice(
        f"The gradient explodes: it is {times:,.0f} times as long as it was ({optimiser}).",
        "Go back to a checkpoint before, with half the learning rate and a limit for the gradient.",
        "exploding",
        step,
        changes=_valid(settings, {**slower(settings, 2), "clip_norm": min(limit, 1.0) if limit else 1.0}),
    )


def plateau(step: int, settings: TrainSettings, since: int) -> Advice:
    """Nothing is gained any more."""
    return Advice(
        f"Nothing was gained on held-out pictures since about step {since}.",
        "Stop here, or go on with a third of the learning rate.",
        "plateau",
        step,
        changes=slower(settings, 3),
    )


def overfitting(step: int, settings: TrainSettings, best: int) -> Advice:
    """It learns its pictures by heart."""
    values = settings.model_dump()
    changes: dict[str, Any] = {"augment": "strong"}
    how = "show each picture in more ways (augmentation)"
    if settings.augment == "strong":
        changes = {"beta": 2 * values["beta"]} if "beta" in values else slower(settings, 2)
        how = "strengthen the KL term (beta)" if "beta" in values else "learn slower"
    return Advice(
        f"It learns its pictures by heart (overfitting): held-out pictures are reconstructed no better than at "
        f"step {best}, its own ever better.",
        f"More pictures help most. Or {how}, from the best checkpoint on; or stop here.",
        "overfitting",
        step,
        changes=_valid(settings, changes),
    )


def memory(step: int, batch: int, parts: int) -> Advice:
    """What was done after memory had run out."""
    return Advice(
        f"Memory ran out at step {step}. Each batch of {batch} is now computed in {parts} parts, one after the other.",
        "It goes on by itself, a little slower. A smaller batch size, width or picture size would also fit.",
        "memory",
        step,
    )


def slower(settings: TrainSettings, times: float) -> dict[str, Any]:
    """Every learning rate that the model has, divided, by name; without those that cannot be lower."""
    values = settings.model_dump()
    return _valid(settings, {name: float(f"{values[name] / times:.3g}") for name in _RATES if name in values})


def _valid(settings: TrainSettings, changes: Mapping[str, Any]) -> dict[str, Any]:
    """`changes` within the bounds of the settings, without those that change nothing."""
    values, kept = settings.model_dump(), {}
    for name, value in changes.items():
        info = settings.info(name)
        if isinstance(value, float):
            low = value if info.low is None else max(value, info.low)
            value = low if info.high is None else min(low, info.high)
        if value != values[name]:
            kept[name] = value
    return kept
