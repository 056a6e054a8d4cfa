"""Two runs beside each other."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from workbench.core.captions import HEIGHT, strip
from workbench.core.errors import WorkbenchError
from workbench.core.runs.compare import check_out, compare_runs, side_by_side, write_comparison
from workbench.core.runs.curves_svg import curves_svg, thin, ticks
from workbench.core.runs.differences import differences
from workbench.core.runs.folder import Run

GRID = np.zeros((40, 60, 3), np.uint8)


@pytest.fixture
def runs(trained_run: Path, run_copy: Path) -> tuple[Run, Run]:
    """A run, and a copy that says it was trained otherwise."""
    other = Run.open(run_copy)
    other.update(
        name="<slow>", settings={**other.info.settings, "learning_rate": 0.001, "augment": "none"}, torch="1.0", seed=5
    )
    return Run.open(trained_run), other


def test_only_what_differs_is_said_and_in_words(runs: tuple[Run, Run]) -> None:
    assert differences(runs[0].info, runs[0].info) == ()
    found = compare_runs(runs, (None, None))
    assert "Learning rate: 0.003 in tiny, 0.001 in <slow>" in found.in_words()
    assert {d.name for d in found.settings} == {"learning_rate", "augment", "torch", "seed"}
    same = compare_runs((runs[0], runs[0]), (None, None))
    assert same.in_words() == ["tiny (first) and tiny (second) were trained with the same settings."]


def test_settings_that_only_one_of_two_models_has_are_none_in_the_other(runs: tuple[Run, Run]) -> None:
    first = runs[0].info
    shared = {name: value for name, value in first.settings.items() if not name.startswith(("beta", "free"))}
    other = first.model_copy(update={"model": "autoencoder", "settings": shared})
    said = [found.in_words("a", "b") for found in differences(first, other)]
    assert "Beta: 1 in a, none in b" in said
    assert said[0] == "Model: vae in a, autoencoder in b"
    assert "Labels to tell: none in a, none in b" not in said


def test_a_setting_that_an_older_program_did_not_know_is_no_difference(runs: tuple[Run, Run]) -> None:
    first = runs[0].info
    older = {name: value for name, value in first.settings.items() if name != "beta_warmup"}
    assert differences(first, first.model_copy(update={"settings": older})) == ()


def test_the_page_holds_everything_and_nothing_from_outside(runs: tuple[Run, Run], tmp_path: Path) -> None:
    (page,) = write_comparison(compare_runs(runs, (GRID, GRID), ["A note."]), tmp_path / "page.html")
    text = page.read_text(encoding="utf-8")
    assert "<slow>" not in text
    assert "&lt;slow&gt;" in text
    assert "A note." in text
    assert "<polyline" in text
    picture = re.search(r'src="data:image/png;base64,([^"]+)"', text)
    assert picture
    with Image.open(io.BytesIO(base64.b64decode(picture[1]))) as samples:
        assert samples.size == (60 + 16 + 60, 40 + HEIGHT)
    assert not re.findall(r'(?:src|href)="(?!data:)', text)


def test_a_folder_gets_page_curves_and_samples(runs: tuple[Run, Run], tmp_path: Path) -> None:
    written = write_comparison(compare_runs(runs, (GRID, None)), tmp_path / "both")
    assert {path.name for path in written} == {"compare.html", "curves.svg", "compare.json", "samples.png"}
    drawing = ElementTree.parse(tmp_path / "both" / "curves.svg").getroot()
    assert drawing.tag.endswith("svg")
    with Image.open(tmp_path / "both" / "samples.png") as samples:
        assert samples.size == (60, 40 + HEIGHT)
    with pytest.raises(WorkbenchError, match=r"cannot be written as 'a.pdf'"):
        check_out(tmp_path / "a.pdf")


def test_every_loss_has_a_panel_with_both_runs(runs: tuple[Run, Run]) -> None:
    curves = runs[0].losses()
    drawing = curves_svg(["a", "b"], [curves, curves])
    losses = {name for _, values in curves.values() for name in values}
    lines = sum(len(values) for _, values in curves.values())
    assert drawing.count('class="title"') == len(losses)
    assert drawing.count("<polyline") + drawing.count("<circle") == 2 * lines
    assert "No curves yet" in curves_svg(["a"], [{}])


def test_a_long_curve_is_thinned_to_its_means_and_holes_are_left_out() -> None:
    x = np.arange(10_000)
    y = np.where(x % 2, 1.0, 3.0)
    y[:100] = np.nan
    steps, values = thin(x, y)
    assert len(steps) == 300
    np.testing.assert_allclose(values, 2.0, atol=0.05)
    assert steps[0] >= 100


def test_ticks_are_round_numbers_in_the_range() -> None:
    assert ticks(0, 100) == [0, 50, 100]
    assert ticks(-1.3, 2.1) == [-1, 0, 1, 2]
    assert ticks(5, 5) == [5]


def test_a_smaller_grid_is_enlarged_to_stand_beside_a_taller_one() -> None:
    sheet = side_by_side(["a", "b"], [np.zeros((20, 30, 3), np.uint8), GRID])
    assert sheet is not None
    assert sheet.shape == (40 + HEIGHT, 60 + 16 + 60, 3)
    assert side_by_side(["a", "b"], [None, None]) is None


def test_a_caption_that_is_too_long_is_cut() -> None:
    assert strip("a name that goes on and on and on", 60).shape == (HEIGHT, 60, 3)
    assert (strip("step 5", 100) < 128).any()
    assert (strip("x", 1) == 255).all()
