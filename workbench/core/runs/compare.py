"""Two runs beside each other: what was set differently, and what came of it."""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from workbench.core.captions import strip
from workbench.core.errors import WorkbenchError
from workbench.core.files import write_file
from workbench.core.runs.curves_svg import curves_svg
from workbench.core.runs.differences import Difference, differences, said
from workbench.core.runs.folder import Run
from workbench.core.runs.manage import disk_use, megabytes

UInt8 = npt.NDArray[np.uint8]

_GAP = 16
_PAGE_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2rem auto;padding:0 1rem;color:#222} "
    "table{border-collapse:collapse} td,th{padding:.2rem 1.2rem .2rem 0;text-align:left;border-bottom:1px solid #ddd} "
    "img,svg{max-width:100%;height:auto}"
)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two runs: `names` tell them apart also where they are called the same.

    Attributes:
        settings: what was not the same when they were trained.
        results: what came out: name, and the two values as texts.
        samples: of each a grid of pictures made from the same noise, uint8 (H, W, 3); None without a checkpoint.
        notes: what is to be known of the samples.
    """

    runs: tuple[Run, Run]
    names: tuple[str, str]
    settings: tuple[Difference, ...]
    results: tuple[tuple[str, str, str], ...]
    samples: tuple[UInt8 | None, UInt8 | None]
    notes: tuple[str, ...]

    def in_words(self) -> list[str]:
        """What differs in the settings, a line each."""
        if not self.settings:
            return [f"{self.names[0]} and {self.names[1]} were trained with the same settings."]
        return [difference.in_words(*self.names) for difference in self.settings]

    def to_json(self) -> dict[str, Any]:
        """The same for machines; the pictures are left out."""
        return {
            "runs": [str(run.path) for run in self.runs],
            "names": list(self.names),
            "settings": [
                {"name": d.name, "label": d.label, "first": d.first, "second": d.second} for d in self.settings
            ],
            "results": [{"name": name, "first": first, "second": second} for name, first, second in self.results],
            "notes": list(self.notes),
        }


def compare_runs(
    runs: tuple[Run, Run], samples: tuple[UInt8 | None, UInt8 | None], notes: Iterable[str] = ()
) -> Comparison:
    """What two runs differ in. `samples` are grids made from the same noise."""
    first, second = runs
    names = (first.name, second.name)
    if names[0] == names[1]:
        names = (f"{names[0]} (first)", f"{names[1]} (second)")
    return Comparison(runs, names, differences(first.info, second.info), _results(runs), samples, tuple(notes))


def _results(runs: tuple[Run, Run]) -> tuple[tuple[str, str, str], ...]:
    found: list[dict[str, str]] = []
    for run in runs:
        info = run.info
        values = {
            "State": f"{run.status} at step {info.step:,}",
            "Trained": f"{info.seconds / 60:.1f} min",
            "Best PSNR": f"{info.best_psnr:.2f} dB at step {info.best_step:,}"
            if info.best_psnr is not None
            else "none",
        }
        for part, (_, curves) in run.losses().items():
            for name, curve in curves.items():
                finite = curve[np.isfinite(curve)]
                if len(finite):
                    values[f"Last {part} {name}"] = f"{finite[-1]:.5g}"
        values["Disk"] = megabytes(disk_use(run).total)
        found.append(values)
    labels = dict.fromkeys([*found[0], *found[1]])
    return tuple((label, found[0].get(label, "none"), found[1].get(label, "none")) for label in labels)


def side_by_side(names: Sequence[str], pictures: Sequence[UInt8 | None]) -> UInt8 | None:
    """Grids next to each other on white, each under its name: uint8 (H, W, 3); None when there is none."""
    shown = [(name, picture) for name, picture in zip(names, pictures, strict=True) if picture is not None]
    if not shown:
        return None
    tallest = max(picture.shape[0] for _, picture in shown)
    columns = []
    for name, picture in shown:
        if picture.shape[0] < tallest:  # of a model of smaller pictures: as tall as the other
            width = round(picture.shape[1] * tallest / picture.shape[0])
            resized = Image.fromarray(picture).resize((width, tallest), Image.Resampling.NEAREST)
            picture = np.asarray(resized)
        columns.append(np.concatenate([strip(name, picture.shape[1]), picture]))
    gap = np.full((columns[0].shape[0], _GAP, 3), 255, np.uint8)
    parts = [part for column in columns for part in (column, gap)][:-1]
    return np.concatenate(parts, axis=1)


def check_out(out: Path) -> None:
    """Raise `WorkbenchError` when no comparison can be written as `out`."""
    if out.suffix and not _is_page(out) and not out.is_dir():
        raise WorkbenchError(f"A comparison cannot be written as '{out.name}'.", "Name a page, NAME.html, or a folder.")


def _is_page(out: Path) -> bool:
    return out.suffix.lower() in (".html", ".htm")


def write_comparison(comparison: Comparison, out: Path) -> tuple[Path, ...]:
    """Write a comparison: one page that holds everything (`.html`), or a folder of page, curves and samples.

    Gives what was written.

    Raises:
        WorkbenchError: another kind of file, no permission, or the disk is full.
    """
    check_out(out)
    curves = curves_svg(comparison.names, [run.losses() for run in comparison.runs])
    samples = side_by_side(comparison.names, comparison.samples)
    page = _page(comparison, curves, samples)
    if _is_page(out):
        write_file(out, page)
        return (out,)
    files: dict[str, str | bytes] = {
        "compare.html": page,
        "curves.svg": curves,
        "compare.json": json.dumps(comparison.to_json(), indent=2, ensure_ascii=False) + "\n",
    }
    if samples is not None:
        files["samples.png"] = _png(samples)
    for name, content in files.items():
        write_file(out / name, content)
    return tuple(out / name for name in files)


def _png(picture: UInt8) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def _page(comparison: Comparison, curves: str, samples: UInt8 | None) -> str:
    """One page with nothing outside itself."""
    first, second = (html.escape(name) for name in comparison.names)
    settings = _table([(d.label, said(d.first), said(d.second)) for d in comparison.settings], comparison.names)
    same = "<p>They were trained with the same settings.</p>"
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in comparison.notes)
    picture = "<p>No samples.</p>"
    if samples is not None:
        data = base64.b64encode(_png(samples)).decode("ascii")
        picture = f'<img alt="Samples of {first} and {second}" src="data:image/png;base64,{data}">'
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{first} and {second}</title>\n'
        f"<style>{_PAGE_STYLE}</style>\n<h1>{first} and {second}</h1>\n"
        f"<h2>What was set differently</h2>\n{settings if comparison.settings else same}\n"
        f"<h2>What came out</h2>\n{_table(comparison.results, comparison.names)}\n"
        f"<h2>Losses</h2>\n<p>Training solid, validation dashed; each point is the mean of the steps around it.</p>\n"
        f"{curves}<h2>Samples from the same noise</h2>\n{picture}\n{notes}</html>\n"
    )


def _table(rows: Iterable[tuple[str, str, str]], names: tuple[str, str]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in ("", *names))
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"
