from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.core.concepts.concept import Concept, concept_file
from workbench.core.concepts.report import write_report
from workbench.core.concepts.strips import LENGTH, invented, strip
from workbench.core.concepts.unnamed import discover, dismiss, first_layer, named, to_look_at
from workbench.core.errors import WorkbenchError
from workbench.core.runs.export import export_model
from workbench.core.runs.trained import open_model


def test_the_first_component_is_where_codes_differ_most(trained_run: Path) -> None:
    model = open_model(trained_run)
    found = {unnamed.name: unnamed.direction for unnamed in discover(model, 4)}
    assert list(found) == ["pca-1", "pca-2", "pca-3", "pca-4", "svd-1", "svd-2", "svd-3", "svd-4"]
    sigmas = [found[f"pca-{n}"].sigma for n in (1, 2, 3, 4)]
    assert sigmas == sorted(sigmas, reverse=True)
    codes = invented(model, 2000)
    assert (codes @ found["pca-1"].vector).std() == pytest.approx(found["pca-1"].sigma, rel=0.15)


def test_the_decoder_answers_to_the_first_direction_of_its_layer_more_than_to_the_last(trained_run: Path) -> None:
    model = open_model(trained_run)
    found = [u.direction for u in discover(model, model.latent) if u.name.startswith("svd")]
    answers = [float(np.linalg.norm(first_layer(model) @ direction.step)) for direction in (found[0], found[-1])]
    assert answers[0] > 2 * answers[1]


def test_of_a_gan_the_first_layer_tells_for_its_codes_have_no_leading_directions(gan_run: Path) -> None:
    model = open_model(gan_run)
    found = discover(model, 3)
    assert [unnamed.name for unnamed in found] == ["svd-1", "svd-2", "svd-3"]
    values = np.linalg.svd(first_layer(model), compute_uv=False)
    for unnamed, value in zip(found, values, strict=False):
        assert unnamed.direction.sigma == pytest.approx(model.net.deviation, rel=1e-5)
        assert np.linalg.norm(first_layer(model) @ unnamed.direction.vector) == pytest.approx(value, rel=1e-3)


def test_a_named_direction_is_a_concept_and_is_shown_no_more(run_copy: Path) -> None:
    model = open_model(run_copy)
    concept = named(model, "pca-2", "Light")
    concept.save(run_copy / "concepts" / concept_file("Light"))
    again = open_model(run_copy)
    assert again.concepts["Light"].chosen == "pca-2"
    assert "pca-2" not in [unnamed.name for unnamed in to_look_at(again)]
    with pytest.raises(WorkbenchError, match="has a concept 'Light' already"):
        named(again, "pca-3", "Light ")
    with pytest.raises(WorkbenchError, match=r"no unnamed direction 'pca-999'"):
        named(again, "pca-999", "Hair")


def test_what_was_dismissed_stays_away_until_the_model_is_another(run_copy: Path) -> None:
    dismiss(open_model(run_copy), "pca-1")
    model = open_model(run_copy)
    assert "pca-1" not in [unnamed.name for unnamed in to_look_at(model)]
    assert set(model.concepts) == {"Facial_Hair", "Smiling", "Sunglasses"}  # the list beside them disturbs nothing


def test_what_comes_twice_is_shown_once(trained_run: Path) -> None:
    shown = to_look_at(open_model(trained_run), 16)
    assert [u.name for u in shown][:16] == [f"pca-{n}" for n in range(1, 17)]  # all there are: 16 numbers
    vectors = np.stack([u.direction.vector for u in shown])
    cosines = np.abs(vectors @ vectors.T) - np.eye(len(vectors))
    assert cosines.max() < 0.86


def test_what_was_dismissed_of_a_model_file_stays_away_too(run_copy: Path, tmp_path: Path) -> None:
    path = export_model(open_model(run_copy), tmp_path / "tiny.workbench")
    before = path.read_bytes()
    assert to_look_at(open_model(path), 1)[0].name == "pca-1"
    dismiss(open_model(path), "pca-1")
    assert "pca-1" not in [unnamed.name for unnamed in to_look_at(open_model(path))]
    assert path.read_bytes() == before


def test_a_strip_goes_from_end_to_end_through_the_face_itself(trained_run: Path) -> None:
    model = open_model(trained_run)
    codes = invented(model, 2)
    assert np.array_equal(codes, invented(model, 2))
    picture = strip(model, codes, model.concepts["Smiling"].direction)
    tile = model.size + 2
    assert picture.shape == (2 * tile + 2, LENGTH * tile + 2, 3)
    middle = picture[2:tile, 3 * tile + 2 : 4 * tile]
    assert np.array_equal(middle, model.decode(codes[:1])[0])


def test_a_report_is_one_page_with_every_concept(trained_run: Path, tmp_path: Path) -> None:
    model = open_model(trained_run)
    page = write_report(model, tmp_path / "report.html").read_text()
    assert page.count("<h2>") == len(model.concepts)
    assert page.count("data:image/png;base64,") == len(model.concepts)
    assert "http" not in page
    assert "Not proven yet: Facial_Hair, Smiling, Sunglasses" in page
    assert str(model.path) not in page
    with pytest.raises(WorkbenchError, match="has no concepts yet"):
        write_report(model.with_concepts({}), tmp_path / "none.html")


def test_names_are_written_as_text_into_the_page(trained_run: Path, tmp_path: Path) -> None:
    model = open_model(trained_run)
    smiling = model.concepts["Smiling"]
    odd = Concept("<b>&", smiling.directions, smiling.chosen, smiling.model, smiling.data)
    page = write_report(model.with_concepts({"<b>&": odd}), tmp_path / "report.html").read_text()
    assert "<b>" not in page
    assert "&lt;b&gt;&amp;" in page
