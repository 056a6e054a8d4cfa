"""A recipe makes the same edit again, or says why it cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.core.editing.recipe import Recipe
from workbench.core.editing.render import Editor
from workbench.core.editing.state import EditState
from workbench.core.errors import WorkbenchError
from workbench.core.faces.align import Points
from workbench.core.pictures import Photo, write_picture
from workbench.core.runs.trained import TrainedModel


@pytest.fixture
def recipe(model: TrainedModel, photo: Photo, smiling: EditState) -> Recipe:
    return Recipe.of(model, photo, smiling.with_strength("Sunglasses", -0.37))


def test_a_recipe_from_json_gives_the_very_state(
    recipe: Recipe, model: TrainedModel, smiling: EditState, tmp_path: Path
) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(recipe.to_json(), encoding="utf-8")
    assert Recipe.read(path) == recipe
    assert Recipe.read(path).state(model) == smiling.with_strength("Sunglasses", -0.37)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_a_recipe_from_an_exported_picture_gives_the_very_state(
    recipe: Recipe, model: TrainedModel, editor: Editor, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"edited{suffix}"
    write_picture(path, editor.photo.pixels, recipe=recipe.to_json(), ai="edited")
    assert Recipe.read(path).state(model) == recipe.state(model)


def test_a_recipe_names_no_file(recipe: Recipe, model: TrainedModel) -> None:
    assert str(model.path) not in recipe.to_json()
    assert json.loads(recipe.to_json())["photo"].keys() == {"sha256", "width", "height"}


def test_another_model_is_refused(recipe: Recipe, model: TrainedModel) -> None:
    other = recipe.model_copy(update={"model": recipe.model.model_copy(update={"fingerprint": "beef"})})
    with pytest.raises(WorkbenchError, match="another model"):
        other.state(model)


def test_a_concept_that_was_found_anew_is_refused(recipe: Recipe, refound: TrainedModel) -> None:
    with pytest.raises(WorkbenchError, match="'Smiling' has been found anew"):
        recipe.state(refound)


def test_a_concept_that_is_gone_is_refused(recipe: Recipe, model: TrainedModel) -> None:
    with pytest.raises(WorkbenchError, match="Smiling"):
        recipe.state(model.with_concepts({"Sunglasses": model.concepts["Sunglasses"]}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 99}, "newer program"),
        ({"format": "something else"}, "not a recipe"),
        ({"crop": {"left_eye": [1, 2]}}, "crop.right_eye"),
        ({"concepts": [{"name": "Smiling"}]}, "concepts.0"),
        ({"mode": "video"}, "mode"),
    ],
)
def test_a_damaged_recipe_is_refused_with_the_place_of_the_damage(
    recipe: Recipe, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps({**json.loads(recipe.to_json()), **change}), encoding="utf-8")
    with pytest.raises(WorkbenchError, match=said):
        Recipe.read(path)


@pytest.mark.parametrize("strength", ["NaN", "Infinity"])
def test_a_strength_that_is_no_number_is_refused(recipe: Recipe, tmp_path: Path, strength: str) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(recipe.to_json().replace("2.0", strength), encoding="utf-8")
    with pytest.raises(WorkbenchError, match="strength"):
        Recipe.read(path)


def test_text_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(WorkbenchError, match="damaged"):
        Recipe.read(tmp_path / "recipe.json")


def test_a_picture_without_a_recipe_is_refused(photo: Photo, tmp_path: Path) -> None:
    write_picture(tmp_path / "plain.png", photo.pixels)
    with pytest.raises(WorkbenchError, match="holds no recipe"):
        Recipe.read(tmp_path / "plain.png")
    with pytest.raises(WorkbenchError, match="does not exist"):
        Recipe.read(tmp_path / "missing.json")


def test_a_recipe_keeps_the_locks_and_is_of_a_version_that_knows_them(
    recipe: Recipe, model: TrainedModel, photo: Photo, smiling: EditState
) -> None:
    held = smiling.with_locks({"Sunglasses": 1.0, "Facial_Hair": 0.7})
    back = Recipe.parse(Recipe.of(model, photo, held).to_json(), "here")
    assert back.version == 2
    assert recipe.version == 1  # an older program still reads what has no locks
    assert back.state(model) == held


def test_a_recipe_whose_locked_concept_was_found_anew_is_refused(
    model: TrainedModel, refound: TrainedModel, photo: Photo
) -> None:
    held = EditState(Points((94, 61), (131, 66), (108, 109)), (("Facial_Hair", 1.0),), locks=(("Smiling", 1.0),))
    with pytest.raises(WorkbenchError, match="'Smiling', which this recipe keeps unchanged, has been found anew"):
        Recipe.of(model, photo, held).state(refound)
