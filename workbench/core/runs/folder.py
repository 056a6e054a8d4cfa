"""A run on disk: readable without the program, whole at every moment, owned by one training at a time.

my-run/  run.json  metrics.csv  lock  previews/000500-samples.webp  checkpoints/000500/
         concepts/Smiling.safetensors
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.core.errors import WorkbenchError, file_errors
from workbench.core.events import Advice, Event, Recovered, UInt8Picture
from workbench.core.files import entries, read_json, remove_parts, write_file, write_json
from workbench.core.lock import Lock
from workbench.core.runs import metrics
from workbench.core.tensors import check_format

FORMAT = "workbench-run"
VERSION = 1
RUN_FILE = "run.json"
KEPT_CHECKPOINTS = 3
LONGEST_NAME = 200
"""Bytes of a run's name: a file system takes about 255, and what is written beside a run is called after it."""
UNUSABLE = re.compile(r'[\x00-\x1f/\\:*?"<>|]')
"""What no folder can have in its name, on one system or another."""
PINNED = "pinned"
"""An empty file in a checkpoint that is kept for good."""

Status = Literal["running", "stopped", "done", "failed"]


class BranchInfo(BaseModel):
    """Where a run that did not begin at step 0 came from."""

    model_config = ConfigDict(frozen=True)

    run: str
    step: int
    changed: dict[str, tuple[Any, Any]] = Field(default_factory=dict)
    """Settings that are others since: before and after, by name."""


class StartInfo(BaseModel):
    """The trained model whose weights a run began with."""

    model_config = ConfigDict(frozen=True)

    model: str
    """As it was named: a shipped model, a file or a run."""
    fingerprint: str


class FindingInfo(BaseModel):
    """Something that was found about the health of a training: see `Advice`."""

    model_config = ConfigDict(frozen=True)

    step: int
    kind: str
    finding: str
    remedy: str
    trick: str = ""
    changes: dict[str, Any] = Field(default_factory=dict)
    recovered: int | None = None
    """The step by which it had gone away."""


class DataInfo(BaseModel):
    """Where a run's pictures came from."""

    model_config = ConfigDict(frozen=True)

    source: str
    fingerprint: str
    pictures: int
    train: int
    validation: int
    parting: str = ""
    """Of which picture belongs to which part; empty in runs of before it was noted."""


class RunInfo(BaseModel):
    """`run.json`: what a run is, in words and numbers."""

    model_config = ConfigDict(frozen=True)

    format: str = FORMAT
    version: int = VERSION
    name: str
    model: str
    preset: str
    size: int
    seed: int
    settings: dict[str, Any]
    budget: dict[str, float | None]
    data: DataInfo
    alignment: dict[str, list[float]]
    device: str
    precision: str
    threads: int
    program: str
    torch: str
    created: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    status: Status = "running"
    step: int = 0
    seconds: float = 0.0
    best_psnr: float | None = None
    best_step: int | None = None
    error: str | None = None
    branched_from: BranchInfo | None = None
    started_from: StartInfo | None = None
    findings: tuple[FindingInfo, ...] = ()


class Run:
    """One run folder. Reading needs nothing; a training holds `locked()` while it writes."""

    def __init__(self, path: Path, info: RunInfo) -> None:
        self.path = path
        self._info = info

    @classmethod
    def create(cls, path: Path, info: RunInfo) -> Self:
        """Make a new run folder with its description.

        Raises:
            WorkbenchError: the folder exists, or cannot be written.
        """
        with file_errors(path, "write"):
            if path.exists():
                raise WorkbenchError(f"'{path}' exists already.", "Choose another name for the run.")
            path.mkdir(parents=True)
        run = cls(path, info)
        run.update()
        return run

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a run folder.

        Raises:
            WorkbenchError: it does not exist, is no run, is damaged, or was written by a newer program.
        """
        if not path.exists():
            raise WorkbenchError(f"There is no run at '{path}'.", "Check the path; 'workbench runs list' shows runs.")
        if not (path / RUN_FILE).exists():
            raise WorkbenchError(f"'{path}' is no run folder.", "Choose a folder that has a run.json in it.")
        info = read_json(path / RUN_FILE)
        check_format(info, FORMAT, VERSION, "run", str(path / RUN_FILE))
        try:
            return cls(path, RunInfo.model_validate(info))
        except ValidationError as error:
            raise WorkbenchError(
                f"'{path / RUN_FILE}' is damaged: {error.errors()[0]['loc']} is missing or wrong.",
                "Use a backup, or train again.",
            ) from error

    @property
    def info(self) -> RunInfo:
        return self._info

    @property
    def name(self) -> str:
        return self._info.name

    def update(self, **changes: Any) -> None:
        """Change fields of the description and write it."""
        self._info = self._info.model_copy(update=changes)
        write_json(self.path / RUN_FILE, self._info.model_dump())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run for writing; a killed program lets go of it.

        Raises:
            WorkbenchError: another program trains it now.
        """
        taken = f"The run '{self.name}' is being trained by another program."
        stop = f"Wait for it, or stop it: workbench runs stop '{self.path}'. Until then it can be looked at and used."
        with Lock(self.path / "lock", taken, stop):
            self._info = type(self).open(self.path)._info  # another program may have written since it was read
            for folder in (self.path, self._checkpoints, self._previews):
                remove_parts(folder)
            yield

    @property
    def active(self) -> bool:
        """Whether a program trains it at this moment; a "running" run that is not was cut off."""
        return Lock.held(self.path / "lock")

    @property
    def status(self) -> str:
        """`info.status`, but "cut off" for a run whose program was killed: that still calls itself running."""
        return "cut off" if self._info.status == "running" and not self.active else self._info.status

    @property
    def metrics_file(self) -> Path:
        return self.path / "metrics.csv"

    @property
    def mixture_file(self) -> Path:
        return self.path / "mixture.safetensors"

    @property
    def encoder_file(self) -> Path:
        return self.path / "encoder.safetensors"

    @property
    def concepts(self) -> Path:
        return self.path / "concepts"

    @property
    def _checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def _previews(self) -> Path:
        return self.path / "previews"

    def checkpoint_path(self, step: int) -> Path:
        return self._checkpoints / f"{step:06d}"

    def checkpoints(self) -> list[tuple[int, Path]]:
        """Steps and folders of the checkpoints, oldest first."""
        return sorted((int(e.name), Path(e.path)) for e in entries(self._checkpoints) if e.name.isdigit())

    def checkpoint(self, step: int) -> Path:
        """The checkpoint of `step`; raises `WorkbenchError` with the steps there are when there is none."""
        kept = dict(self.checkpoints())
        if step not in kept:
            there = ", ".join(map(str, kept)) or "none yet"
            raise WorkbenchError(f"'{self.name}' has no checkpoint of step {step}.", f"Its checkpoints: {there}.")
        return kept[step]

    def latest_checkpoint(self) -> Path:
        """The newest checkpoint; raises `WorkbenchError` when there is none yet."""
        found = self.checkpoints()
        if not found:
            raise WorkbenchError(
                f"The run '{self.name}' has no checkpoint yet.", "Train it until its first checkpoint is saved."
            )
        return found[-1][1]

    def forget_old_checkpoints(self) -> None:
        """Keep the last three, the best, and those that are pinned."""
        for step, path in self.checkpoints()[:-KEPT_CHECKPOINTS]:
            if step != self._info.best_step and not (path / PINNED).exists():
                gone = path.rename(path.with_name(f".{path.name}.old.part"))  # a kill leaves no half of a checkpoint
                shutil.rmtree(gone, ignore_errors=True)

    def add_preview(self, step: int, kind: str, picture: UInt8Picture) -> None:
        """Keep a grid of pictures, lossless."""

        def write(path: Path) -> None:
            Image.fromarray(picture).save(path, format="WEBP", lossless=True, quality=0, method=0)

        write_file(self._previews / f"{step:06d}-{kind}.webp", write)

    def previews(self, kind: str) -> list[tuple[int, Path]]:
        """Steps and files of one kind of preview ("samples", "reconstructions"), oldest first."""
        named = ((e.name.partition("-"), Path(e.path)) for e in entries(self._previews))
        return sorted((int(step), p) for (step, _, rest), p in named if step.isdigit() and rest == f"{kind}.webp")

    def forget_after(self, step: int) -> None:
        """Drop the rows and previews of steps that will be taken again."""
        metrics.forget_after(self.metrics_file, step)
        if (findings := findings_until(self._info.findings, step)) != self._info.findings:
            self.update(findings=findings)
        for kind in ("samples", "reconstructions"):
            for preview_step, path in self.previews(kind):
                if preview_step > step:
                    path.unlink()

    def note(self, event: Event) -> None:
        """Keep a finding about the training's health, or that one has gone away."""
        findings = self._info.findings
        if isinstance(event, Advice):
            said = {name: getattr(event, name) for name in ("kind", "finding", "remedy", "trick", "changes")}
            self.update(findings=(*findings, FindingInfo(step=event.step or self._info.step, **said)))
        elif isinstance(event, Recovered):
            over = [f.kind == event.kind and f.recovered is None for f in findings]
            self.update(
                findings=tuple(
                    f.model_copy(update={"recovered": event.step}) if gone else f
                    for f, gone in zip(findings, over, strict=True)
                )
            )

    def losses(self) -> metrics.Curves:
        """The curves so far."""
        return metrics.read_curves(self.metrics_file)


def findings_until(findings: Iterable[FindingInfo], step: int) -> tuple[FindingInfo, ...]:
    """What of `findings` was known at `step`."""
    return tuple(
        f.model_copy(update={"recovered": None}) if f.recovered is not None and f.recovered > step else f
        for f in findings
        if f.step <= step
    )


def check_name(name: str) -> None:
    """Raise `WorkbenchError` for what cannot be the name of a run, which is its folder's too."""
    if len(os.fsencode(name)) > LONGEST_NAME:
        raise WorkbenchError(f"The name '{name[:20]}…' is too long for a run.", "Choose a shorter one.")
    if UNUSABLE.search(name) or name.startswith(".") or not name.strip():
        raise WorkbenchError(
            f"A run cannot be called '{name}'.", 'Choose a name without any of / \\ : * ? " < > | and no dot in front.'
        )


def name_like(name: str) -> str:
    """`name`, changed where it cannot be that of a run."""
    usable = UNUSABLE.sub("-", name).lstrip(".").encode("utf-8", "ignore")[: LONGEST_NAME // 2]
    return usable.decode("utf-8", "ignore").strip() or "run"


def list_runs(folder: Path) -> list[Run]:
    """The runs in a folder, newest first; what is no run, or a damaged one, is passed over."""
    runs = []
    for entry in entries(folder):
        with contextlib.suppress(WorkbenchError):
            runs.append(Run.open(Path(entry.path)))
    return sorted(runs, key=lambda run: run.info.created, reverse=True)
