"""`workbench evaluate` and `export`: how good a model is, and the one file to share it as."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.console import run_job
from workbench.cli.options import Data, Json, Model
from workbench.cli.output import say, say_json, say_table, say_written

if TYPE_CHECKING:
    from workbench.core.concepts.concept import Counts


def evaluate(
    model: Model,
    data: Data,
    partition: Annotated[int, typer.Option(min=0, max=2, help="0 training, 1 validation, 2 test pictures.")] = 2,
    json: Json = False,
) -> None:
    """Measure a model on pictures it has not seen: PSNR, SSIM, KL, active units, and AUC for each label."""
    from workbench.jobs.evaluate import evaluate as evaluate_job

    found = run_job(lambda control: evaluate_job(model, data, partition=partition, control=control))
    if json:
        say_json(found.to_json())
        return
    say(f"{found.images} pictures of the {found.partition} partition")
    rows = [("PSNR", f"{found.psnr:.2f} dB"), ("SSIM", f"{found.ssim:.3f}")]
    if found.kl is not None:
        rows += [("KL", f"{found.kl:.1f} nats"), ("active units", str(found.active_units))]
    say_table(rows)
    if found.auc:
        say()
        say_table(
            [(label, f"{auc:.3f}", *_counts(found.counts[label])) for label, auc in found.auc.items()],
            header=("label", "auc", "with", "without"),
        )


def _counts(counts: Counts) -> tuple[int, int]:
    """The held-out pictures behind an AUC."""
    return counts.test_with, counts.test_without


def export(
    model: Model,
    out: Annotated[Path, typer.Option(metavar="NAME.workbench", help="The model file to write.")],
    json: Json = False,
) -> None:
    """Write a model with its concepts as one file to share."""
    from workbench.core.runs.export import export_model
    from workbench.core.runs.trained import open_model

    say_written(export_model(open_model(model), out), json)
