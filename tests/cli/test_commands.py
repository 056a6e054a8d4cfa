"""Each command, really run on a tiny model."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from workbench.cli import console
from workbench.core.editing.fit import Fit
from workbench.core.editing.render import Editor
from workbench.core.events import Event, Losses
from workbench.core.faces.find import find_faces
from workbench.core.pictures import read_photo
from workbench.core.runs.trained import open_model

Command = Callable[..., Any]
TINY = ("--size", 32, "--set", "width=8", "--set", "latent=8", "--set", "batch_size=8")


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def test_data_info_counts_pictures_sizes_labels_and_partitions(command: Command) -> None:
    outcome = command("data", "info", "builtin:avatars")
    assert outcome.code == 0
    assert "64 x 64" in outcome.out
    assert "Smiling" in outcome.out


@pytest.mark.parametrize(
    ("words", "out"),
    [(("sample", "--count", 1), "s.png"), (("export",), "m.workbench"), (("runs", "film"), "f.gif"),
     (("runs", "export-metrics"), "m.csv")],
)  # fmt: skip
def test_the_folder_of_a_file_to_write_is_made(
    command: Command, trained_run: Path, tmp_path: Path, words: tuple[object, ...], out: str
) -> None:
    path = tmp_path / "not" / "yet" / out
    outcome = command(*words, trained_run, "--out", path)
    assert outcome.code == 0
    assert path.exists()
    (tmp_path / "file").write_text("no folder")
    outcome = command(*words, trained_run, "--out", tmp_path / "file" / out)
    assert outcome.code == 2
    assert "is a file, not a folder" in outcome.err


def test_data_info_says_what_it_did_not_look_at_and_how_to(command: Command, tmp_path: Path) -> None:
    Image.new("RGB", (40, 50), "teal").save(tmp_path / "good.png")
    assert "--check" in command("data", "info", tmp_path).err
    checked = command("data", "info", tmp_path, "--check")
    assert "Every picture was decoded to its end." in checked.out
    assert checked.err == ""


def test_data_info_lists_what_is_skipped_and_why(command: Command, tmp_path: Path) -> None:
    Image.new("RGB", (40, 50), "teal").save(tmp_path / "good.png")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    outcome = command("data", "info", tmp_path)
    assert outcome.code == 0
    assert "broken.jpg" in outcome.out
    found = command("data", "info", tmp_path, "--json").json
    assert found["skipped"][0]["name"] == "broken.jpg"


def test_data_label_writes_labels_that_data_info_counts(command: Command, tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png"):
        Image.new("RGB", (40, 50), "teal").save(tmp_path / name)
    said = command("data", "label", tmp_path, "--name", "Hat", "--yes", "a.png", "--yes", "b.png", "--no", "c.png")
    assert said.code == 0, said.err
    assert "2 with, 1 without" in said.out
    counts = command("data", "info", tmp_path, "--json").json["labels"]["Hat"].values()
    assert [sum(part) for part in zip(*counts, strict=True)] == [2, 1]
    both = command("data", "label", tmp_path, "--name", "Hat", "--yes", "a.png", "--no", "a.png")
    assert both.code == 2


def test_train_makes_a_run_and_resume_goes_on_with_it(command: Command, tmp_path: Path) -> None:
    outcome = command(
        "train", "--data", "builtin:avatars", "--steps", 2, "--runs", tmp_path, "--name", "first", *TINY
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert str(tmp_path / "first") in outcome.out
    resumed = command("train", "--resume", tmp_path / "first", "--steps", 4, "--json")
    assert resumed.code == 0, resumed.err
    events = [json.loads(line) for line in resumed.out.splitlines()]
    assert [event["step"] for event in events if event["event"] == "started"] == [2]
    assert {"progress", "losses", "preview", "saved"} <= {event["event"] for event in events}
    assert events[-1]["event"] == "result"
    assert (events[-1]["step"], events[-1]["status"]) == (4, "done")


def test_ctrl_c_saves_the_training_and_says_how_to_go_on(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say_event, pressed = console._say_event, []

    def press_ctrl_c_at_the_first_losses(event: Event) -> None:
        say_event(event)
        if isinstance(event, Losses) and not pressed:
            pressed.append(True)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(console, "_say_event", press_ctrl_c_at_the_first_losses)
    stopped = command(
        "train", "--data", "builtin:avatars", "--steps", 1000, "--runs", tmp_path, "--name", "cut", "--json", *TINY
    )  # fmt: skip
    assert stopped.code == 3
    result = json.loads(stopped.out.splitlines()[-1])
    assert result["status"] == "stopped"
    assert 0 < result["step"] < 1000
    assert f"workbench train --resume '{tmp_path / 'cut'}'" in stopped.err
    resumed = command("train", "--resume", tmp_path / "cut", "--steps", result["step"] + 1)
    assert resumed.code == 0, resumed.err


def test_runs_are_listed_and_shown(command: Command, trained_run: Path) -> None:
    listed = command("runs", "list", trained_run.parent)
    assert listed.code == 0
    assert trained_run.name in listed.out
    assert command("runs", "list", trained_run.parent, "--json").json[0]["name"] == trained_run.name
    shown = command("runs", "show", trained_run)
    assert shown.code == 0
    assert "builtin:avatars" in shown.out
    details = command("runs", "show", trained_run, "--json").json
    assert details["model"] == "vae"
    assert details["settings"]["latent"] > 0
    assert details["checkpoints"]


def test_a_folder_without_runs_says_how_to_make_one(command: Command, places: Path) -> None:
    outcome = command("runs", "list")
    assert outcome.code == 0
    assert outcome.out == ""
    assert "workbench train" in outcome.err
    assert command("runs", "list", "--json").json == []


@pytest.fixture
def run(command: Command, trained_run: Path, tmp_path: Path) -> Path:
    """A run with a concept, of this test alone."""
    run = Path(shutil.copytree(trained_run, tmp_path / "run"))
    shutil.rmtree(run / "concepts", ignore_errors=True)
    found = command("concepts", "find", run, "--data", "builtin:avatars", "--labels", "Smiling,Hat")
    assert found.code == 0, found.err
    assert "Smiling" in found.out
    return run


def test_concepts_are_found_and_listed(command: Command, run: Path) -> None:
    listed = command("concepts", "list", run)
    assert listed.code == 0
    assert "Hat" in listed.out
    concepts = {concept["name"]: concept for concept in command("concepts", "list", run, "--json").json}
    assert set(concepts) == {"Hat", "Smiling"}
    chosen = concepts["Smiling"]["directions"][concepts["Smiling"]["chosen"]]
    assert chosen["low"] < 0 < chosen["high"]
    assert chosen["counts"]["test_with"] > 0


def _doubts(model: Path, photo: Path) -> list[str]:
    """What is to be said of a real photo that a model of drawn faces edits."""
    opened, picture = open_model(model), read_photo(photo)
    editor = Editor(opened, picture, find_faces(picture.pixels)[0].points)
    return [doubt.kind for doubt in Fit.of(opened, editor.at(editor.points)).doubts]


def test_an_edit_writes_the_photo_and_its_recipe_repeats_it(
    command: Command, run: Path, portrait: Path, tmp_path: Path
) -> None:
    out, again, recipe = tmp_path / "out.png", tmp_path / "again.png", tmp_path / "recipe.json"
    edited = command(
        "edit", portrait, "--model", run, "--concept", "Smiling=2", "--out", out, "--save-recipe", recipe, "--json"
    )  # fmt: skip
    assert edited.code == 0, edited.err
    assert edited.json["file"] == str(out)
    assert [warning["kind"] for warning in edited.json["warnings"]] == _doubts(run, portrait)
    assert all(warning["finding"] in edited.err for warning in edited.json["warnings"])
    assert pixels(out).shape == pixels(portrait).shape
    assert (pixels(out) != pixels(portrait)).any()
    for source in (recipe, out):
        repeated = command("edit", portrait, "--model", run, "--recipe", source, "--out", again)
        assert repeated.code == 0, repeated.err
        assert (pixels(again) == pixels(out)).all()


def test_an_edit_takes_eyes_and_mouth_from_its_user(
    command: Command, run: Path, portrait: Path, tmp_path: Path
) -> None:
    recipe = tmp_path / "recipe.json"
    out = ("--concept", "Smiling=2", "--out", tmp_path / "out.png", "--save-recipe", recipe)
    assert command("edit", portrait, "--model", run, "--points", "203,100.5 247,103 223,140", *out).code == 0
    crop = json.loads(recipe.read_text())["crop"]
    assert crop == {"left_eye": [203, 100.5], "right_eye": [247, 103], "mouth": [223, 140]}
    elsewhere = command("edit", portrait, "--model", run, "--recipe", recipe, "--points", "9,9 50,9 30,50", *out)
    assert elsewhere.code == 0
    assert json.loads(recipe.read_text())["crop"]["mouth"] == [30, 50]


@pytest.mark.parametrize("places", ["203,100 247,103", "203,100 247,103 nan,140", "eyes", "1,2,3 4,5 6,7"])
def test_what_is_no_place_of_eyes_and_mouth_is_refused(
    command: Command, run: Path, portrait: Path, tmp_path: Path, places: str
) -> None:
    refused = command("edit", portrait, "--model", run, "--points", places, "--out", tmp_path / "out.png")
    assert refused.code == 2
    assert "three places as x,y" in refused.err


def test_faces_find_says_where_eyes_and_mouth_are(command: Command, portrait: Path, tmp_path: Path) -> None:
    grey, broken = tmp_path / "grey.png", tmp_path / "broken.jpg"
    Image.new("RGB", (90, 60), "grey").save(grey)
    broken.write_bytes(b"no picture")
    said = command("faces", "find", portrait, grey, broken)
    assert said.code == 0
    assert str(portrait) in said.out
    assert f"No face was found in '{grey}'." in said.err
    assert "broken.jpg" in said.err
    first, second = command("faces", "find", portrait, grey, broken, "--json").json
    assert (first["photo"], first["width"], first["height"]) == (str(portrait), 512, 512)
    (face,) = first["faces"]
    left, top, right, bottom = face["box"]
    for place in ("left_eye", "right_eye", "mouth"):
        assert left < face[place][0] < right
        assert top < face[place][1] < bottom
    assert face["left_eye"][0] < face["right_eye"][0]
    assert face["score"] > 1
    assert second["faces"] == []


def test_faces_find_with_no_readable_photo_is_wrong_input(command: Command, tmp_path: Path) -> None:
    missing = command("faces", "find", tmp_path / "nothing.jpg", "--json")
    assert missing.code == 2
    assert missing.err.count("does not exist") == 1
    both = command("faces", "find", tmp_path / "nothing.jpg", tmp_path / "neither.jpg")
    assert both.code == 2
    assert both.err.count("does not exist") == 2
    assert "None of these photos can be read." in both.err


def test_strength_zero_gives_the_photo_back(command: Command, run: Path, portrait: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    assert command("edit", portrait, "--model", run, "--concept", "Smiling=0", "--out", out).code == 0
    assert (pixels(out) == pixels(portrait)).all()


def test_the_face_alone_has_the_models_size(command: Command, run: Path, portrait: Path, tmp_path: Path) -> None:
    out = tmp_path / "face.webp"
    assert command("edit", portrait, "--model", run, "--concept", "Hat=1", "--face-only", "--out", out).code == 0
    assert pixels(out).shape == (32, 32, 3)


def test_encode_writes_the_code(command: Command, trained_run: Path, portrait: Path, tmp_path: Path) -> None:
    out = tmp_path / "code.safetensors"
    outcome = command("encode", portrait, "--model", trained_run, "--out", out)
    assert outcome.code == 0, outcome.err
    assert [array.dtype for array in load_file(out).values()] == [np.float32]


def test_the_same_seed_samples_the_same_faces(command: Command, trained_run: Path, tmp_path: Path) -> None:
    for name, seed in (("a.png", 3), ("b.png", 3), ("c.png", 4)):
        outcome = command("sample", trained_run, "--count", 5, "--seed", seed, "--out", tmp_path / name)
        assert outcome.code == 0, outcome.err
    assert (pixels(tmp_path / "a.png") == pixels(tmp_path / "b.png")).all()
    assert (pixels(tmp_path / "a.png") != pixels(tmp_path / "c.png")).any()


def test_evaluate_has_the_promised_keys(command: Command, trained_run: Path) -> None:
    found = command("evaluate", trained_run, "--data", "builtin:avatars", "--samples", 100, "--json").json
    assert {"psnr", "ssim", "ms_ssim", "kl", "active_units", "auc"} <= set(found)
    assert {"kid", "fid", "density", "coverage", "sharpness", "floor", "conditions"} <= set(found)
    assert 0 <= found["auc"]["Smiling"] <= 1
    said = command("evaluate", trained_run, "--data", "builtin:avatars", "--samples", 100)
    assert said.code == 0
    for word in ("PSNR", "MS-SSIM", "Smiling", "KID", "real (100 each)", "bicubic, antialiased", "faces-64"):
        assert word in said.out
    assert "of 100 pictures are uncertain" in said.err


def test_evaluate_without_random_pictures_says_nothing_of_them(command: Command, trained_run: Path) -> None:
    said = command("evaluate", trained_run, "--data", "builtin:avatars", "--samples", 0)
    assert said.code == 0
    assert "KID" not in said.out
    assert command("evaluate", trained_run, "--data", "builtin:avatars", "--samples", 0, "--json").json["kid"] is None


def test_evaluate_refuses_a_feature_file_that_holds_none(command: Command, trained_run: Path, tmp_path: Path) -> None:
    (tmp_path / "net.safetensors").write_bytes(b"nothing")
    said = command("evaluate", trained_run, "--data", "builtin:avatars", "--features", tmp_path / "net.safetensors")
    assert said.code == 2
    assert "feature net" in said.err


def test_an_exported_model_works_like_its_run(command: Command, run: Path, tmp_path: Path) -> None:
    file = tmp_path / "faces.workbench"
    assert command("export", run, "--out", tmp_path / "faces", "--json").json == {"file": str(file)}
    assert command("concepts", "list", file, "--json").json == command("concepts", "list", run, "--json").json
    for model, name in ((run, "run.png"), (file, "file.png")):
        assert command("sample", model, "--count", 4, "--out", tmp_path / name).code == 0
    assert (pixels(tmp_path / "run.png") == pixels(tmp_path / "file.png")).all()


def test_a_concept_is_taught_from_pictures_of_a_source(command: Command, run: Path) -> None:
    from workbench.core.data.source import open_source

    table = open_source("builtin:avatars").table
    piles = []
    for option, side in (("--with", 1), ("--without", -1)):
        rows = [row for row, value in enumerate(table.labels["Hat"]) if value == side][:5]
        piles += [part for row in rows for part in (option, table.names[row])]
    taught = command("concepts", "teach", run, "--name", "My hat", "--data", "builtin:avatars", *piles)
    assert taught.code == 0, taught.err
    assert "it tells which is which" in taught.err
    assert "My hat" in command("concepts", "list", run).out
    again = command("concepts", "teach", run, "--name", "My hat", "--data", "builtin:avatars", *piles)
    assert again.code == 2
    assert "has a concept 'My hat' already" in again.err


def test_several_concepts_make_one_slider(command: Command, run: Path) -> None:
    made = command("concepts", "combine", run, "Cheerful", "--of", "Smiling=1", "--of", "Hat=-0.5", "--json")
    assert made.code == 0, made.err
    (cheerful,) = made.json
    assert (cheerful["chosen"], cheerful["why"]) == ("sum", "It is +1 Smiling and -0.5 Hat.")
    assert "Cheerful" in command("concepts", "list", run).out
    again = command("concepts", "combine", run, "Cheerful", "--of", "Smiling=1")
    assert again.code == 2
    assert "has a concept 'Cheerful' already" in again.err
    assert command("concepts", "combine", run, "Cheerful", "--of", "Smiling=2", "--replace").code == 0
    assert "is not a concept with its strength" in command("concepts", "combine", run, "Sad", "--of", "Smiling").err


def test_a_conditional_direction_needs_a_trial(command: Command, run: Path) -> None:
    find = ("concepts", "find", run, "--data", "builtin:avatars", "--method", "conditional", "--labels", "Smilling")
    untried = command(*find)
    assert untried.code == 2
    assert "Ask for one with --try" in untried.err
    assert "Did you mean 'Smiling'" in command(*find, "--try").err  # the trial is no hindrance


def test_directions_without_a_name_are_shown_named_and_dismissed(command: Command, run: Path, tmp_path: Path) -> None:
    out = tmp_path / "strips.png"
    assert command("concepts", "discover", run, "--out", out, "--count", "2").code == 0
    before = pixels(out).shape
    assert command("concepts", "name", run, "pca-1", "Hair volume").code == 0
    assert command("concepts", "dismiss", run, "pca-2").code == 0
    assert "Hair volume" in command("concepts", "list", run).out
    assert command("concepts", "discover", run, "--out", out, "--count", "3").code == 0
    assert pixels(out).shape[0] <= before[0]


def test_a_report_is_one_page(command: Command, run: Path, tmp_path: Path) -> None:
    written = command("concepts", "report", run, "--out", tmp_path / "report.html", "--json")
    assert written.json == {"file": str(tmp_path / "report.html")}
    assert "<h2>Smiling</h2>" in (tmp_path / "report.html").read_text()


def test_an_edit_keeps_what_is_locked(command: Command, run: Path, portrait: Path, tmp_path: Path) -> None:
    free, locked = tmp_path / "free.png", tmp_path / "locked.png"
    edit = ("edit", portrait, "--model", run, "--concept", "Hat=2")
    assert command(*edit, "--out", free).code == 0
    assert command(*edit, "--lock", "Smiling", "--out", locked).code == 0
    assert (pixels(free) != pixels(locked)).any()
    refused = command(*edit, "--lock", "Smilling", "--out", locked)
    assert refused.code == 2
    assert "Did you mean 'Smiling'" in refused.err


def test_labels_can_be_asked_for_in_a_part_of_the_data_only(command: Command, run: Path) -> None:
    refused = command("concepts", "find", run, "--data", "builtin:avatars", "--where", "source=lfw")
    assert refused.code == 2
    assert "no text column 'source'" in refused.err
