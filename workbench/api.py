"""The program's steps as plain functions: each runs its job to the end and gives the result.

All of them take `on_event`, called with each event of the job (see `workbench.core.events`), and `control`, with which
another thread can pause or stop it. Who wants to drive a job by hand iterates the generators of `workbench.jobs`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from workbench.core.concepts.concept import Concept
from workbench.core.control import Control
from workbench.core.data.cache import Dataset
from workbench.core.events import Event
from workbench.core.faces.align import Points
from workbench.core.models.inverter import Inverter
from workbench.core.runs import export
from workbench.core.runs.compare import Comparison, write_comparison
from workbench.core.runs.trained import Prior, TrainedModel, open_model
from workbench.core.training.budget import Budget
from workbench.jobs import again as again_job
from workbench.jobs import combine_concepts as combine_job
from workbench.jobs import compare as compare_job
from workbench.jobs import edit as edit_job
from workbench.jobs import evaluate as evaluate_job
from workbench.jobs import film as film_job
from workbench.jobs import find_concepts as concepts_job
from workbench.jobs import fit_encoder as encoder_job
from workbench.jobs import prepare_data as data_job
from workbench.jobs import prove_concepts as proof_job
from workbench.jobs import teach_concept as teach_job
from workbench.jobs import train as train_job
from workbench.jobs.api import run
from workbench.jobs.combine_concepts import CombineRequest
from workbench.jobs.evaluate import Evaluation
from workbench.jobs.measure_samples import SAMPLES
from workbench.jobs.train import TrainResult

OnEvent = Callable[[Event], None]


def ignore(event: Event) -> None:
    """For those who only want the result."""


def prepare_data(
    data: str | Path, size: int = 64, *, on_event: OnEvent = ignore, control: Control | None = None
) -> Dataset:
    """Decode and resize a source's pictures once; the second time they are there at once.

    Args:
        data: "builtin:avatars", a folder or zip of pictures, a folder of labelled folders, or CelebA's folder.
        size: side of the pictures in pixels.
    """
    return run(data_job.prepare_data(data, size, control), on_event)


def train(
    data: str | Path,
    *,
    model: str = "vae",
    preset: str | None = None,
    size: int | None = None,
    steps: int | None = None,
    epochs: float | None = None,
    minutes: float | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    device: str = "auto",
    runs: Path | None = None,
    name: str | None = None,
    threads: int | None = None,
    start_from: str | Path | None = None,
    on_event: OnEvent = ignore,
    control: Control | None = None,
) -> TrainResult:
    """Train a model for exactly one of `steps`, `epochs` or `minutes`, and give where it is and how good it is.

    Args:
        start_from: a trained model whose weights to begin with; `model`, `preset` and `size` are its own then.

    Raises:
        WorkbenchError: no such data, model, setting or device; memory or disk are full.
    """
    request = train_job.TrainRequest(
        data=str(data),
        model=model,
        preset=preset,
        size=size,
        budget=Budget(steps=steps, epochs=epochs, minutes=minutes),
        settings=settings or {},
        seed=seed,
        device=device,
        runs=runs,
        name=name,
        threads=threads,
        start_from=None if start_from is None else str(start_from),
    )
    return run(train_job.train(request, control), on_event)


def resume(
    folder: str | Path,
    *,
    steps: int | None = None,
    epochs: float | None = None,
    minutes: float | None = None,
    device: str | None = None,
    threads: int | None = None,
    on_event: OnEvent = ignore,
    control: Control | None = None,
) -> TrainResult:
    """Go on with the run in `folder` exactly where it stopped, to its own budget's end or to a new one's."""
    new = (steps, epochs, minutes) != (None, None, None)
    budget = Budget(steps=steps, epochs=epochs, minutes=minutes) if new else None
    job = train_job.resume(Path(folder), control, budget, device, threads)
    return run(job, on_event)


def train_like(
    folder: str | Path,
    *,
    steps: int | None = None,
    epochs: float | None = None,
    minutes: float | None = None,
    settings: Mapping[str, Any] | None = None,
    on_event: OnEvent = ignore,
    control: Control | None = None,
    **changes: Any,
) -> TrainResult:
    """Train a new run as the one in `folder` was, but for what is given: a limit, `settings`, or any other of `train`'s
    arguments."""
    new = (steps, epochs, minutes) != (None, None, None)
    if new:
        changes["budget"] = Budget(steps=steps, epochs=epochs, minutes=minutes)
    request = again_job.request_like(Path(folder), {**changes, "settings": settings or {}})
    return run(train_job.train(request, control), on_event)


def branch(
    folder: str | Path,
    step: int | None = None,
    *,
    steps: int | None = None,
    epochs: float | None = None,
    minutes: float | None = None,
    settings: Mapping[str, Any] | None = None,
    name: str | None = None,
    runs: Path | None = None,
    device: str | None = None,
    threads: int | None = None,
    on_event: OnEvent = ignore,
    control: Control | None = None,
) -> TrainResult:
    """Train a new run that begins at a checkpoint of the one in `folder` (None: its newest), with all before it.

    Args:
        settings: those that change; none that changes the shape of the net.
    """
    new = (steps, epochs, minutes) != (None, None, None)
    budget = Budget(steps=steps, epochs=epochs, minutes=minutes) if new else None
    request = again_job.BranchRequest(Path(folder), step, settings or {}, budget, name, runs, device, threads)
    return run(again_job.branch(request, control), on_event)


def compare(
    first: str | Path,
    second: str | Path,
    out: str | Path | None = None,
    *,
    seed: int = 0,
    on_event: OnEvent = ignore,
    control: Control | None = None,
) -> Comparison:
    """What two runs differ in, and pictures that both make from one noise; `out` is a page or a folder to write."""
    found = run(compare_job.compare(Path(first), Path(second), seed, control), on_event)
    if out is not None:
        write_comparison(found, Path(out))
    return found


def film(
    folder: str | Path,
    out: str | Path,
    *,
    kind: Literal["samples", "reconstructions"] = "samples",
    seconds: float = 8.0,
    captions: bool = True,
    on_event: OnEvent = ignore,
    control: Control | None = None,
) -> Path:
    """Write a run's previews as a film: GIF, WebP or MP4, by the name of `out`."""
    request = film_job.FilmRequest(Path(folder), Path(out), kind, seconds, captions)
    return run(film_job.make_film(request, control), on_event)


def fit_encoder(
    folder: str | Path,
    *,
    steps: int | None = None,
    minutes: float | None = None,
    seed: int = 0,
    device: str = "auto",
    on_event: OnEvent = ignore,
    control: Control | None = None,
) -> Inverter:
    """Let the GAN of a run learn to read faces from those that it makes up, for two minutes if nothing else is said.

    `find_concepts` and its like do it by themselves where it is missing.
    """
    budget = encoder_job.USUAL if steps is None and minutes is None else Budget(steps=steps, minutes=minutes)
    return run(encoder_job.fit_encoder(folder, control, budget=budget, seed=seed, device=device), on_event)


def find_concepts(
    model: str | Path,
    data: str | Path,
    *,
    labels: Sequence[str] | None = None,
    method: str | None = None,
    where: str | None = None,
    out: Path | None = None,
    trial: bool = False,
    on_event: OnEvent = ignore,
    control: Control | None = None,
) -> tuple[Concept, ...]:
    """Find a direction in the model's codes for each label of `data`, and store it with the run.

    Args:
        where: as in "source=lfw": labels count only where a text column says so.
        trial: try every direction on faces, compose one without side effects, and choose by what was seen; minutes.
    """
    names = None if labels is None else tuple(labels)
    request = concepts_job.ConceptRequest(model, str(data), names, method, out, where, trial)
    return run(concepts_job.find_concepts(request, control), on_event)


def prove_concepts(
    model: str | Path,
    data: str | Path,
    *,
    names: Sequence[str] | None = None,
    where: str | None = None,
    out: Path | None = None,
    on_event: OnEvent = ignore,
    control: Control | None = None,
) -> tuple[Concept, ...]:
    """Edit held-out faces of `data` along the model's concepts, let a classifier of pictures judge, store the proof."""
    wanted = None if names is None else tuple(names)
    request = proof_job.ProofRequest(model, str(data), wanted, where=where, out=out)
    return run(proof_job.prove_concepts(request, control), on_event)


def combine_concepts(
    model: str | Path,
    name: str,
    parts: Mapping[str, float],
    *,
    out: Path | None = None,
    replace: bool = False,
    on_event: OnEvent = ignore,
    control: Control | None = None,
) -> Concept:
    """One slider of several: strength 1 of it is so much of each part, as in {"Smiling": 1, "Male": -0.5}."""
    return run(combine_job.combine_concepts(CombineRequest(model, name, parts, out, replace), control), on_event)


def teach_concept(
    model: str | Path,
    name: str,
    with_it: Sequence[str | Path],
    without: Sequence[str | Path],
    *,
    data: str | Path | None = None,
    out: Path | None = None,
    replace: bool = False,
    on_event: OnEvent = ignore,
    control: Control | None = None,
) -> Concept:
    """A concept of one's own, from pictures (files, folders, or names in the source `data`) with it and without."""
    first, second = (tuple(str(picture) for picture in pile) for pile in (with_it, without))
    request = teach_job.TeachRequest(model, name, first, second, None if data is None else str(data), out, replace)
    return run(teach_job.teach_concept(request, control), on_event)


def evaluate(
    model: str | Path,
    data: str | Path,
    *,
    partition: int = 2,
    samples: int = SAMPLES,
    features: str | Path | None = None,
    seed: int = 0,
    prior: Prior = "mixture",
    on_event: OnEvent = ignore,
    control: Control | None = None,
) -> Evaluation:
    """Measure a model on pictures it has not seen: PSNR (dB), SSIM, MS-SSIM, KL (nats), active units, AUC by label.

    Its random pictures are measured by KID, FID, density, coverage and sharpness, beside what real ones reach.

    Args:
        samples: random pictures to measure; 0 leaves that out.
        features: a file with the net to see them with: torchvision's inception_v3 as safetensors (docs/formats.md).
        seed: of the random pictures; the same one gives the same figures.
        prior: what their codes are drawn from: "mixture", fitted to the model's codes, or "normal".
    """
    job = evaluate_job.evaluate(model, str(data), partition, samples, features, seed, prior, control)
    return run(job, on_event)


def edit(
    photo: str | Path,
    model: str | Path,
    out: str | Path,
    strengths: Mapping[str, float],
    *,
    locks: Sequence[str] = (),
    mode: Literal["photo", "face"] = "photo",
    face: int | None = None,
    refine: bool | None = None,
    points: Points | None = None,
    on_event: OnEvent = ignore,
    control: Control | None = None,
) -> Path:
    """Move the face in `photo` along concepts and write the picture.

    Args:
        strengths: by concept, in standard deviations of the data's codes: {"Smiling": 1.5}.
        locks: concepts that the others leave alone; "auto" softly holds each against all others.
        mode: the whole photo, or the face alone at the model's size.
        face: which one, when there are several; 1 is the largest, and taken by default.
        refine: bring the model's face nearer to the photo's; None does where the model has no encoder of its own.
        points: where its eyes and mouth are, in photo pixels, for a face that is not found or placed wrong.
    """
    request = edit_job.EditRequest(
        photo=Path(photo),
        model=model,
        out=Path(out),
        strengths=dict(strengths),
        locks=tuple(locks),
        mode=mode,
        face=face,
        refine=refine,
        points=points,
    )
    return run(edit_job.edit(request, control), on_event)


def export_model(model: str | Path | TrainedModel, path: str | Path, *, half: bool = False) -> Path:
    """Write a model with its concepts as one file to share, NAME.workbench, and give its path.

    Args:
        half: round the weights to half precision, for half the size; a model with a fingerprint of its own.
    """
    opened = model if isinstance(model, TrainedModel) else open_model(model)
    return export.export_model(opened, Path(path), half=half)
