"""Train once more what a run was: from the start with other settings, or on from one of its checkpoints."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from workbench import __version__
from workbench.core.control import Control
from workbench.core.data.batches import Batches
from workbench.core.devices import choose_device, set_threads
from workbench.core.errors import WorkbenchError
from workbench.core.files import need_space, write_file, write_folder, write_json
from workbench.core.models.base import check_shape
from workbench.core.models.registry import model_class
from workbench.core.runs import checkpoint, metrics
from workbench.core.runs.folder import BranchInfo, Run, RunInfo, check_name, findings_until
from workbench.core.runs.sound import newest_sound, whole
from workbench.core.training.budget import Budget
from workbench.jobs.api import Job
from workbench.jobs.prepare_data import prepare_data
from workbench.jobs.train import RUN_BYTES, TrainRequest, TrainResult, check_pictures, free_name, run_training


def request_like(path: Path, changes: Mapping[str, Any]) -> TrainRequest:
    """The request that trains what the run at `path` was, but for `changes`.

    Args:
        path: a run folder.
        changes: fields of `TrainRequest`; `settings` go on top of the run's, and so does a `preset`. Of another
            `model` only the settings that it knows too are taken over.

    Raises:
        WorkbenchError: no run there, an unknown model or preset.
    """
    info = Run.open(path).info
    settings = dict(info.settings)
    model = model_class(changes.get("model", info.model))
    settings.update(model.presets.get(changes.get("preset") or "", {}))  # of an unknown one the training says so
    if model.name != info.model:
        settings = {name: value for name, value in settings.items() if name in model.Settings.model_fields}
    settings.update(changes.get("settings", {}))
    like = {
        "data": info.data.source,
        "model": info.model,
        "preset": info.preset if model.name == info.model else None,
        "size": info.size,
        "seed": info.seed,
        "budget": Budget(**info.budget),  # type: ignore[arg-type]
        "device": info.device,
        "threads": info.threads,
        "runs": path.resolve().parent,
        "like": info.name,
        "start_from": info.started_from.model if info.started_from and model.name == info.model else None,
    }
    return TrainRequest(**{**like, **changes, "settings": settings})


@dataclass(frozen=True)
class BranchRequest:
    """What to go on from, and how.

    Attributes:
        run: a run folder.
        step: of the checkpoint; None: the newest.
        settings: those that change, by name; values or their texts.
        budget: counted from the run's first step; None: the run's own.
        name: of the new run; None: the run's with a number.
        runs: the folder for the new run; None: where the other is.
        device, threads: None: the run's own.
    """

    run: Path
    step: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    budget: Budget | None = None
    name: str | None = None
    runs: Path | None = None
    device: str | None = None
    threads: int | None = None


def parse_branch(text: str) -> tuple[Path, int | None]:
    """`RUN` or `RUN@STEP` as folder and step; a folder that really has an @ in its name is one."""
    whole_text = Path(text)
    before, at, step = text.rpartition("@")
    if at and step.isdigit() and not whole_text.exists():
        return Path(before), int(step)
    return whole_text, None


def branch(request: BranchRequest, control: Control | None = None) -> Job[TrainResult]:
    """Train a new run that begins at a checkpoint of another one, with all that happened before it.

    The new run gets the checkpoint (weights, average, optimisers, random states, place in the data) and the metrics
    and previews up to it; the old one is not touched. With nothing changed it goes on as the old one did, to the bit.

    Raises:
        WorkbenchError: no such run or checkpoint, it is damaged, a setting that changes the shape of the net, other
            pictures, nothing left to train. Nothing is written then.
    """
    control = control or Control()
    old = Run.open(request.run)
    step, start = _checkpoint(old, request.step)
    model = model_class(old.info.model)
    settings = model.Settings.parse({**old.info.settings, **request.settings})
    changed = {
        name: (old.info.settings.get(name), value)
        for name, value in settings.model_dump().items()
        if value != old.info.settings.get(name)
    }
    instead = f"Leave it out, or train a new run: workbench train --like '{old.path}' --set {{name}}={{value}}."
    check_shape(model, old.info.size, old.info.settings, settings, instead)
    device = choose_device(request.device or old.info.device)
    folder = request.runs or old.path.resolve().parent
    if request.name is not None:
        check_name(request.name)
        if (folder / request.name).exists():
            raise WorkbenchError(f"'{folder / request.name}' exists already.", "Choose another name for the run.")
    need_space(folder, RUN_BYTES)
    data = yield from prepare_data(old.info.data.source, old.info.size, control)
    check_pictures(old, data)

    state = checkpoint.read_state(start)
    batch = min(settings.batch_size, len(data.rows(0)))
    budget = request.budget or Budget(**old.info.budget)  # type: ignore[arg-type]
    if budget.fraction(step, float(state["seconds"]), len(data.rows(0)) // batch) >= 1:
        raise WorkbenchError(
            f"Nothing is left to train after step {step} of '{old.name}'.", "Give it more steps, epochs or minutes."
        )
    state["batches"] = Batches.for_batch_size(
        state["batches"], int(old.info.settings["batch_size"]), settings.batch_size
    )
    info = old.info.model_copy(
        update={
            "name": request.name or free_name(folder, old.name),
            "settings": settings.model_dump(),
            "budget": budget.to_json(),
            "device": str(device),
            "threads": set_threads(request.threads or old.info.threads),
            "program": __version__,
            "torch": torch.__version__,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "status": "stopped",
            "step": step,
            "seconds": round(float(state["seconds"]), 2),
            "error": None,
            "branched_from": BranchInfo(run=old.name, step=step, changed=changed),
            "findings": findings_until(old.info.findings, step),
            **_best(old, step),
        }
    )
    new = _copy(old, start, state, info, folder / info.name)
    return (yield from run_training(new, data, device, control))


def _checkpoint(run: Run, step: int | None) -> tuple[int, Path]:
    """The checkpoint of `step`, whole; the newest one that is when `step` is None."""
    if step is None:
        sound = newest_sound(run, whole)
        return sound.step, sound.path
    path = run.checkpoint(step)
    whole(path)
    return step, path


def _best(run: Run, step: int) -> dict[str, Any]:
    """The quality at `step` as the best so far: the new run has no checkpoint of an earlier one."""
    steps, values = run.losses().get("validation", ((), {}))
    known = [float(value) for at, value in zip(steps, values.get("psnr", ()), strict=False) if at <= step]
    return {"best_psnr": round(known[-1], 3) if known else None, "best_step": step if known else None}


def _copy(old: Run, start: Path, state: checkpoint.State, info: RunInfo, path: Path) -> Run:
    """A run folder with all that `old` was at the checkpoint in `start`; it appears whole or not at all."""
    with write_folder(path) as part:
        kept = part / "checkpoints" / start.name
        kept.mkdir(parents=True)
        for name in checkpoint.FILES:
            shutil.copyfile(start / name, kept / name)
        write_json(kept / "state.json", state)
        checkpoint.write_sums(kept)
        if old.metrics_file.exists():
            write_file(part / old.metrics_file.name, old.metrics_file.read_bytes())
            metrics.forget_after(part / old.metrics_file.name, info.step)
        new = Run(part, info)
        new.update()
        for kind in ("samples", "reconstructions"):
            for step, picture in old.previews(kind):
                if step <= info.step:
                    copy = part / picture.relative_to(old.path)
                    copy.parent.mkdir(exist_ok=True)
                    shutil.copyfile(picture, copy)
    return Run(path, info)
