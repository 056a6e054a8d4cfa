"""From a photo to an edited picture, as the window and the command line do it."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from safetensors.numpy import load_file
from skimage import data

from workbench.core.control import Control
from workbench.core.editing.recipe import Recipe
from workbench.core.editing.render import Editor
from workbench.core.editing.state import EditState
from workbench.core.errors import Stopped, WorkbenchError
from workbench.core.events import Advice, Event, Saved
from workbench.core.pictures import read_photo
from workbench.core.runs.trained import open_model
from workbench.jobs.api import run
from workbench.jobs.edit import EditRequest, edit, encode_photo, export_edit, find_face

Edit = Callable[..., Path]


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def make(portrait: Path, trained_run: Path, tmp_path: Path, events: list[Event]) -> Edit:
    """Edit the portrait; only what differs has to be said."""

    def make(**changes: object) -> Path:
        given = {"photo": portrait, "model": trained_run, "out": tmp_path / "out.png", **changes}
        return run(edit(EditRequest(**given)), events.append)

    return make


def pixels_of(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def test_a_smile_is_added_where_the_face_is_and_nowhere_else(make: Edit, portrait: Path, events: list[Event]) -> None:
    out = make(strengths={"Smiling": 3})
    changed = (pixels_of(out) != pixels_of(portrait)).any(axis=2)
    assert changed[70:170, 180:270].mean() > 0.2
    assert not changed[240:].any()
    assert not changed[:, :80].any()
    assert not changed[:, 370:].any()
    assert Saved(out, "picture") in events


def test_at_zero_a_photo_of_odd_size_comes_back_with_its_very_pixels_alpha_profile_and_exif(
    make: Edit, tmp_path: Path
) -> None:
    face = data.astronaut()[3:300, 51:392]
    alpha = np.random.default_rng(0).integers(1, 256, face.shape[:2], dtype=np.uint8)
    exif = Image.Exif()
    exif[0x8298] = "somebody"  # Copyright
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = tmp_path / "odd.png"
    Image.fromarray(np.dstack([face, alpha])).save(photo, exif=exif, icc_profile=profile)
    out = Image.open(make(photo=photo))
    np.testing.assert_array_equal(np.asarray(out), np.dstack([face, alpha]))
    assert out.info["icc_profile"] == profile
    assert out.getexif()[0x8298] == "somebody"


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_the_recipe_in_an_exported_picture_makes_the_same_file_again(make: Edit, tmp_path: Path, suffix: str) -> None:
    first = make(strengths={"Smiling": 1.5, "Sunglasses": 0.7}, out=tmp_path / f"first{suffix}")
    again = make(recipe=first, model=None, out=tmp_path / f"again{suffix}")
    assert again.read_bytes() == first.read_bytes()
    source = {".png": b"compositeWithTrainedAlgorithmicMedia"}.get(suffix, b"compositeWithTrained")
    assert source in first.read_bytes()


def test_the_recipe_as_json_makes_the_same_pixels_again(make: Edit, tmp_path: Path, events: list[Event]) -> None:
    recipe = tmp_path / "recipe.json"
    first = make(strengths={"Smiling": 2}, mode="face", save_recipe=recipe)
    assert Saved(recipe, "recipe") in events
    again = make(recipe=recipe, out=tmp_path / "again.png")
    np.testing.assert_array_equal(pixels_of(again), pixels_of(first))
    assert pixels_of(first).shape == (32, 32, 3)


def test_no_exported_file_tells_where_it_was_made(make: Edit, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.json"
    out = make(strengths={"Smiling": 2}, save_recipe=recipe)
    assert tmp_path.name not in recipe.read_text()
    assert tmp_path.name.encode() not in out.read_bytes()


def test_named_strengths_replace_those_of_the_recipe(make: Edit, tmp_path: Path) -> None:
    first = make(strengths={"Smiling": 1, "Sunglasses": 1})
    second = make(recipe=first, strengths={"Smiling": -1}, out=tmp_path / "second.png")
    assert Recipe.read(second).strengths == {"Smiling": -1, "Sunglasses": 1}


def test_a_recipe_on_another_photo_finds_that_photos_own_face(make: Edit, tmp_path: Path, events: list[Event]) -> None:
    first = make(strengths={"Smiling": 2})
    shifted = tmp_path / "shifted.png"
    Image.fromarray(data.astronaut()[:, 60:]).save(shifted)
    second = make(photo=shifted, recipe=first, out=tmp_path / "second.png")
    assert any(isinstance(event, Advice) and "not the photo" in event.finding for event in events)
    moved = Recipe.read(first).points.array() - Recipe.read(second).points.array()
    np.testing.assert_allclose(moved, [[60, 0]] * 3, atol=3)
    assert Recipe.read(second).strengths == {"Smiling": 2}


def test_the_window_and_the_command_line_write_the_same_bytes(
    make: Edit, portrait: Path, trained_run: Path, tmp_path: Path
) -> None:
    by_command = make(strengths={"Smiling": 1.2}, out=tmp_path / "a.jpg", quality=80)
    photo = read_photo(portrait)
    points = run(find_face(photo, "portrait")).points
    editor = Editor(open_model(trained_run), photo, points)
    state = EditState(points).with_strength("Smiling", 1.2)
    by_window = run(export_edit(editor, state, tmp_path / "b.jpg", photo_path=portrait, quality=80))
    assert by_window.read_bytes() == by_command.read_bytes()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"face": 2}, "There is no face 2"),
        ({"strengths": {"Smilling": 1}}, "Did you mean 'Smiling'"),
        ({"strengths": {"Smiling": float("nan")}}, "from -100 to 100"),
        ({"strengths": {"Smiling": 1e9}}, "from -100 to 100"),
        ({"model": None}, "--model"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    make: Edit, tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(WorkbenchError, match=said):
        make(**changes)
    assert not (tmp_path / "out.png").exists()


def test_a_name_that_no_picture_can_have_is_refused_before_anything_is_opened(make: Edit, tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match=r"'\.bmp' is no format"):
        make(out=tmp_path / "out.bmp", photo=tmp_path / "nowhere.png", model=tmp_path / "no model")


def test_a_photo_without_a_face_is_refused_and_nothing_is_written(make: Edit, tmp_path: Path) -> None:
    photo = tmp_path / "sea.png"
    Image.fromarray(np.random.default_rng(0).integers(90, 120, (200, 300, 3), dtype=np.uint8)).save(photo)
    with pytest.raises(WorkbenchError, match=r"No face was found in 'sea\.png'"):
        make(photo=photo)
    assert not (tmp_path / "out.png").exists()


def test_the_photo_itself_is_never_overwritten(make: Edit, portrait: Path, tmp_path: Path) -> None:
    before = portrait.read_bytes()
    for place in ({"out": portrait}, {"save_recipe": portrait}):
        with pytest.raises(WorkbenchError, match="never changed"):
            make(strengths={"Smiling": 1}, **place)
    with pytest.raises(WorkbenchError, match="cannot be both"):
        make(strengths={"Smiling": 1}, save_recipe=tmp_path / "out.png")
    assert portrait.read_bytes() == before
    assert not (tmp_path / "out.png").exists()


def test_a_recipe_whose_model_is_nowhere_asks_for_it(make: Edit, places: Path, tmp_path: Path) -> None:
    first = make(strengths={"Smiling": 1})
    (places / "preferences" / "models.json").unlink()
    with pytest.raises(WorkbenchError, match=r"was not found on this computer\. .*--model"):
        make(recipe=first, model=None, out=tmp_path / "again.png")


def test_a_recipe_made_with_a_shipped_model_finds_it_on_any_computer(make: Edit, places: Path, tmp_path: Path) -> None:
    first = make(model="avatars", strengths={"Smiling": 1})
    (places / "preferences" / "models.json").unlink()
    again = make(recipe=first, model=None, out=tmp_path / "again.png")
    assert first.read_bytes() == again.read_bytes()


def advice(events: list[Event]) -> list[str]:
    return [f"{event.finding} {event.remedy}" for event in events if isinstance(event, Advice)]


def test_a_strength_beyond_the_sliders_end_is_done_and_said(make: Edit, trained_run: Path, events: list[Event]) -> None:
    end = open_model(trained_run).concepts["Smiling"].direction.high
    make(strengths={"Smiling": end - 0.01})
    assert not any("its slider goes" in said for said in advice(events))
    out = make(strengths={"Smiling": 40})
    assert out.exists()
    (said,) = (said for said in advice(events) if "its slider goes" in said)
    assert said.startswith("'Smiling' is moved by +40; its slider goes from -")
    assert f"to {end:+.1f}" in said


def test_of_several_faces_the_one_that_was_taken_and_how_to_take_another_is_said(
    make: Edit, portrait: Path, tmp_path: Path, events: list[Event]
) -> None:
    face = read_photo(portrait).pixels
    pair = tmp_path / "pair.png"
    small = np.asarray(Image.fromarray(face).resize((384, 384)))
    Image.fromarray(np.hstack([face, np.pad(small, ((0, 128), (0, 0), (0, 0)))])).save(pair)
    first = pixels_of(make(photo=pair, strengths={"Smiling": 2}))
    (said,) = (said for said in advice(events) if "faces were found" in said)
    assert "faces were found in 'pair.png'; the largest was taken, at the upper left." in said
    assert "--face: 2 at the upper right" in said
    events.clear()
    second = pixels_of(make(photo=pair, strengths={"Smiling": 2}, face=2))
    assert not any("faces were found" in said for said in advice(events))  # it was chosen: nothing to say
    assert (first != second).any()


def test_a_face_is_edited_with_a_gan_and_its_recipe_repeats_it_whatever_encoder_was_learned_since(
    make: Edit, gan_copy: Path, portrait: Path, tmp_path: Path, events: list[Event]
) -> None:
    first = make(model=gan_copy, strengths={"Smiling": 2})
    assert (pixels_of(first) != pixels_of(portrait)).any()
    assert any("near the model comes to this face" in said for said in advice(events))
    code = Recipe.read(first).code
    assert code is not None
    (gan_copy / "encoder.safetensors").unlink()
    again = make(model=gan_copy, recipe=first, out=tmp_path / "again.png")
    assert np.array_equal(pixels_of(again), pixels_of(first))
    unrefined = make(model=gan_copy, recipe=first, refine=False, out=tmp_path / "unrefined.png")
    assert Recipe.read(unrefined).code == (0.0,) * 8  # where random codes have their middle


def test_a_gans_code_is_written_after_it_was_refined(gan_run: Path, portrait: Path, tmp_path: Path) -> None:
    codes = []
    for refine in (None, False):
        out = run(encode_photo(portrait, gan_run, tmp_path / "code.safetensors", refine=refine))
        codes.append(load_file(out)["code"])
    assert not np.array_equal(*codes)


def test_a_refined_face_comes_nearer_and_its_recipe_repeats_it(
    make: Edit, portrait: Path, tmp_path: Path, events: list[Event]
) -> None:
    plain = make(strengths={"Smiling": 2}, out=tmp_path / "plain.png")
    assert Recipe.read(plain).code is None
    events.clear()
    refined = make(strengths={"Smiling": 2}, refine=True)
    (said,) = (event.finding for event in events if isinstance(event, Advice) and event.kind == "refined")
    after, before = (float(number) for number in re.findall(r"[0-9]+\.[0-9]", said))
    assert after > before
    assert not np.array_equal(pixels_of(refined), pixels_of(plain))
    again = make(recipe=refined, out=tmp_path / "again.png")
    assert np.array_equal(pixels_of(again), pixels_of(refined))


def test_a_refined_edit_of_another_photo_refines_that_one(make: Edit, portrait: Path, tmp_path: Path) -> None:
    first = make(strengths={"Smiling": 2}, refine=True)
    other = tmp_path / "other.png"
    Image.open(portrait).convert("L").convert("RGB").save(other)
    second = make(photo=other, recipe=first, out=tmp_path / "second.png")
    code = Recipe.read(second).code
    assert code is not None
    assert code != Recipe.read(first).code


def test_a_model_without_concepts_says_how_to_find_them(make: Edit, run_copy: Path) -> None:
    shutil.rmtree(run_copy / "concepts")
    with pytest.raises(WorkbenchError, match="has no concepts yet") as refused:
        make(model=run_copy, strengths={"Smiling": 1})
    assert "workbench concepts find" in refused.value.next_step


def test_a_damaged_concept_is_named_when_it_is_asked_for(make: Edit, run_copy: Path) -> None:
    path = run_copy / "concepts" / "Smiling.safetensors"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(WorkbenchError, match=r"Smiling\.safetensors' is damaged"):
        make(model=run_copy, strengths={"Smiling": 1})


def test_a_stopped_edit_writes_nothing(portrait: Path, trained_run: Path, tmp_path: Path) -> None:
    control = Control()
    control.stop()
    with pytest.raises(Stopped):
        run(edit(EditRequest(portrait, trained_run, tmp_path / "out.png"), control))
    assert not (tmp_path / "out.png").exists()


def test_the_code_of_a_face_is_written_with_where_it_comes_from(
    portrait: Path, trained_run: Path, tmp_path: Path
) -> None:
    out = run(encode_photo(portrait, trained_run, tmp_path / "code.safetensors"))
    photo, model = read_photo(portrait), open_model(trained_run)
    editor = Editor(model, photo, run(find_face(photo, "portrait")).points)
    np.testing.assert_array_equal(load_file(out)["code"], editor.code)
    header = io.BytesIO(out.read_bytes())
    described = json.loads(header.read(int.from_bytes(header.read(8), "little")))["__metadata__"]
    assert model.fingerprint in described["workbench"]
    assert photo.sha256 in described["workbench"]


def test_a_locked_concept_is_kept_and_the_recipe_repeats_it_to_the_pixel(
    make: Edit, tmp_path: Path, events: list[Event], trained_run: Path
) -> None:
    free = make(strengths={"Smiling": 3}, out=tmp_path / "free.png")
    for locks in (("Facial_Hair",), ("auto",)):
        locked = make(strengths={"Smiling": 3}, locks=locks, out=tmp_path / "locked.png")
        assert (pixels_of(locked) != pixels_of(free)).any()
        again = make(strengths={}, recipe=locked, out=tmp_path / "again.png")
        assert np.array_equal(pixels_of(again), pixels_of(locked))
    with pytest.raises(WorkbenchError, match="Did you mean 'Facial_Hair'"):
        make(strengths={"Smiling": 3}, locks=("Facial_Hairs",))


def test_a_face_that_was_moved_too_far_is_said(make: Edit, events: list[Event]) -> None:
    make(strengths={"Smiling": 60})
    assert any(isinstance(event, Advice) and event.finding.startswith("The sliders lead so far") for event in events)
