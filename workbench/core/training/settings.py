"""The settings that every model's training has."""

from __future__ import annotations

from typing import Literal

from workbench.core.settings import Settings, setting


class TrainSettings(Settings):
    """How any model is trained; a model's own settings class adds to these."""

    batch_size: int = setting(
        16, label="Batch size",
        help="Pictures a step learns from. Small ones learn more from the same time on a CPU; a GPU likes 64.",
        unit="pictures", ge=2, le=1024, basic=True,
    )  # fmt: skip
    accumulate: int = setting(
        1, label="Parts of a batch",
        help="Compute a batch in so many parts, one after the other: takes less memory, learns (nearly) the same.",
        unit="parts", ge=1, le=512, group="Advanced",
    )  # fmt: skip
    learning_rate: float = setting(
        2.5e-3, label="Learning rate", help="How far one step moves the weights; lower it when the loss jumps about.",
        ge=1e-6, le=0.1, basic=True,
    )  # fmt: skip
    augment: Literal["none", "mirror", "strong"] = setting(
        "mirror", label="Augmentation",
        help="Show each picture also mirrored, or turned, shifted and relit a little: fewer pictures go further.",
        basic=True,
    )  # fmt: skip
    glasses: float = setting(
        0.0, label="Drawn glasses",
        help="Draw glasses, half of them dark, on this share of the pictures, so that the model learns to show them.",
        ge=0.0, le=1.0, group="Advanced",
    )  # fmt: skip
    warmup_steps: int = setting(
        100, label="Warm-up", help="Steps in which the learning rate rises from zero.", unit="steps", ge=0, le=100_000,
        group="Advanced",
    )  # fmt: skip
    clip_norm: float = setting(
        1.0, label="Gradient limit", help="Longest gradient a step may follow; 0 means no limit.", ge=0, le=1000,
        group="Advanced",
    )  # fmt: skip
    clip_value: float = setting(
        0.0, label="Gradient limit of a value", help="Most that a gradient may say of one weight; 0 means no limit.",
        ge=0, le=1000, group="Advanced",
    )  # fmt: skip
    average_decay: float = setting(
        0.999, label="Averaging (EMA)",
        help="The shown and saved weights are an average over the last steps; nearer to 1 averages over more.",
        ge=0, le=0.99999, group="Advanced",
    )  # fmt: skip
    precision: Literal["auto", "float32", "bfloat16"] = setting(
        "auto", label="Precision", help="bfloat16 is faster on processors that know it; auto finds out.",
        group="Advanced",
    )  # fmt: skip
    checkpoint_seconds: float = setting(
        60.0, label="Save every", help="A crash costs at most this much training.", unit="s", ge=0.0, le=86_400,
        group="Advanced",
    )  # fmt: skip
