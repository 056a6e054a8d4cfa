"""The queue through the real command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from workbench.core.runs.folder import Run

Command = Callable[..., Any]
TINY = ("--size", 32, "--set", "width=8", "--set", "latent=8", "--set", "batch_size=8", "--threads", 1)


@pytest.fixture(autouse=True)
def _own_queue(places: Path) -> None:
    """Nothing waits from another test."""


def test_trainings_are_added_listed_run_and_gone(command: Command, tmp_path: Path) -> None:
    assert "Nothing waits" in command("queue", "list").err
    options = ("--data", "builtin:avatars", "--runs", tmp_path, *TINY)
    added = command("queue", "add", *options, "--steps", 2, "--name", "one", "--json")
    assert added.code == 0, added.err
    assert added.json["request"]["settings"] == {"width": "8", "latent": "8", "batch_size": "8"}
    assert command("queue", "add", *options, "--steps", 3, "--name", "two").code == 0
    listed = command("queue", "list")
    assert added.json["id"] in listed.out
    assert "one on builtin:avatars, 2 steps" in listed.out
    ran = command("queue", "run")
    assert ran.code == 0, ran.err
    assert "Done after 2 steps" in ran.out
    assert Run.open(tmp_path / "two").info.step == 3
    assert command("queue", "list", "--json").json == []


def test_resume_like_and_branch_can_wait_too(command: Command, run_copy: Path) -> None:
    for way in (("--resume", run_copy), ("--like", run_copy), ("--branch", f"{run_copy}@150")):
        assert command("queue", "add", *way, "--steps", 152).code == 0
    assert [entry["kind"] for entry in command("queue", "list", "--json").json] == ["resume", "train", "branch"]


def test_the_order_of_the_turns_is_changed_by_a_command(command: Command) -> None:
    ids = [command("queue", "add", "--data", "builtin:avatars", *TINY, "--json").json["id"] for _ in range(3)]
    moved = command("queue", "move", ids[2], 1)
    assert moved.code == 0, moved.err
    assert "Moved to place 1: " in moved.out
    assert [entry["id"] for entry in command("queue", "list", "--json").json] == [ids[2], ids[0], ids[1]]
    assert command("queue", "move", "nobody", 1).code == 2
    assert command("queue", "move", ids[0], 0).code == 2


def test_what_could_never_start_is_refused_at_once(command: Command, tmp_path: Path) -> None:
    for arguments in (
        ("--data", "builtin:avatars", "--model", "vea"),
        ("--data", "builtin:avatars", "--set", "latnet=3"),
        ("--data", "builtin:avatars", "--size", 65),
        ("--resume", tmp_path),
        (),
    ):
        outcome = command("queue", "add", *arguments)
        assert outcome.code == 2, arguments
        assert outcome.out == ""
    assert command("queue", "list", "--json").json == []


def test_one_that_cannot_start_is_kept_with_its_reason_until_it_is_removed(command: Command, tmp_path: Path) -> None:
    disk = tmp_path / "unplugged"
    refused = command("queue", "add", "--data", disk, *TINY)
    assert (refused.code, "does not exist" in refused.err) == (2, True)
    disk.mkdir()
    Image.new("RGB", (32, 32)).save(disk / "face.png")
    which = command("queue", "add", "--data", disk, *TINY, "--json").json["id"]
    shutil.rmtree(disk)
    ran = command("queue", "run", "--json")
    assert ran.code == 1
    result = json.loads(ran.out.splitlines()[-1])
    assert (result["event"], result["turns"][0]["result"], result["waiting"]) == ("result", None, 1)
    listed = command("queue", "list").out
    assert "failed" in listed
    assert "unplugged" in listed
    assert command("queue", "retry", which).code == 0
    assert "waits" in command("queue", "list").out
    assert command("queue", "remove", which).code == 0
    assert command("queue", "remove", which).code == 2
    assert "Nothing waits" in command("queue", "run").err
