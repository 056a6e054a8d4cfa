"""`workbench evaluate` and `export`: how good a model is, and the one file to share it as."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.console import run_job
from workbench.cli.options import Data, Json, Model, PriorOption
from workbench.cli.output import note_opened, say, say_json, say_table, say_written

if TYPE_CHECKING:
    from workbench.core.concepts.concept import Counts
    from workbench.core.quality.distance import Distances
    from workbench.jobs.evaluate import Evaluation
    from workbench.jobs.measure_samples import Conditions


def evaluate(
    model: Model,
    data: Data,
    partition: Annotated[int, typer.Option(min=0, max=2, help="0 training, 1 validation, 2 test pictures.")] = 2,
    samples: Annotated[
        int, typer.Option(min=0, metavar="N", help="Random pictures to measure; 0 leaves that out.")
    ] = 2048,
    features: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Another net to see them with: torchvision's inception_v3 as NAME.safetensors."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the random pictures.")] = 0,
    prior: PriorOption = "mixture",
    json: Json = False,
) -> None:
    """Measure a model: how near its reconstructions of unseen pictures come (PSNR, SSIM, MS-SSIM), what its codes know
    (KL, active units, AUC of each label), and how real its random pictures are (KID, FID, density, coverage)."""
    from workbench.jobs.evaluate import evaluate as evaluate_job

    found = run_job(lambda control: evaluate_job(model, data, partition, samples, features, seed, prior, control))
    if json:
        say_json(found.to_json())
        return
    say(f"{found.images} pictures of the {found.partition} partition")
    say_table(_reconstructions(found))
    if found.conditions and found.floor:
        say()
        _say_samples(found, found.floor, found.conditions)
    if found.auc:
        say()
        say_table(
            [(label, f"{auc:.3f}", *_counts(found.counts[label])) for label, auc in found.auc.items()],
            header=("label", "auc", "with", "without"),
        )


def _reconstructions(found: Evaluation) -> list[tuple[str, str]]:
    """The lines of what was measured on real pictures."""
    rows = []
    if found.psnr is not None:
        rows += [
            ("PSNR", f"{found.psnr:.2f} dB"), ("SSIM", f"{found.ssim:.3f}"), ("MS-SSIM", f"{found.ms_ssim:.3f}"),
        ]  # fmt: skip
    if (ratio := found.sharpness.reconstructions_ratio) is not None:
        rows.append(("sharpness", f"{ratio:.2f} of the originals'"))
    if found.kl is not None:
        rows += [("KL", f"{found.kl:.1f} nats"), ("active units", str(found.active_units))]
    return rows


def _say_samples(found: Evaluation, floor: Distances, how: Conditions) -> None:
    """What random pictures reach beside what real ones do, and how it was measured."""
    say(
        f"{how.samples:,} random pictures (seed {how.seed}, codes: {how.prior}) beside {how.real:,} real ones, "
        f"{how.real_held_out:,} of them not trained on"
    )
    rows = [
        (title, f"{getattr(found, name):.{digits}f}", f"{getattr(floor, name):.{digits}f}")
        for title, name, digits in (("KID", "kid", 4), ("FID", "fid", 2), ("density", "density", 3),
                                    ("coverage", "coverage", 3))
    ]  # fmt: skip
    if (ratio := found.sharpness.samples_ratio) is not None:
        rows.append(("sharpness", f"{ratio:.2f}", "1.00"))
    say_table(rows, header=("", "random", f"real ({how.floor:,} each)"))
    say(f"At {how.size} pixels ({how.crop}), seen by {how.features} ({how.features_width:,} numbers)")
    say(f"at {how.features_size} pixels ({how.resize}); density and coverage with {how.neighbours} neighbours.")


def _counts(counts: Counts) -> tuple[int, int]:
    """The held-out pictures behind an AUC."""
    return counts.test_with, counts.test_without


def export(
    model: Model,
    out: Annotated[Path, typer.Option(metavar="NAME.workbench", help="The model file to write.")],
    half: Annotated[bool, typer.Option("--half", help="Half the size: half precision, and no discriminator.")] = False,
    json: Json = False,
) -> None:
    """Write a model with its concepts as one file to share."""
    from workbench.core.runs.export import export_model
    from workbench.core.runs.trained import open_model

    opened = open_model(model)
    note_opened(opened)
    say_written(export_model(opened, out, half=half), json)
