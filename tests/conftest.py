"""What every test stands on: no display, no network, no user folders, and no unexpected line in the log."""

from __future__ import annotations

import json
import logging
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch: spinning threads starve two busy cores
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True, scope="session")
def _own_places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Caches, preferences and runs of the tests go to a folder of the session, never to the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(tmp_path_factory.mktemp("places")))
        yield


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Photos never leave the computer: any connection to outside fails the test."""
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX:
            raise AssertionError(f"the program tried to connect to {address}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(autouse=True)
def _no_unexpected_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A line of level WARNING or above that the test does not clear with `caplog.clear()` fails it."""
    with caplog.at_level(logging.INFO):
        yield
    lines = [r for r in (*caplog.get_records("setup"), *caplog.get_records("call")) if r.levelno >= logging.WARNING]
    assert not lines, "unexpected in the log: " + "; ".join(r.getMessage() for r in lines)


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Fresh user folders, for a test that looks into them."""
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where deleted things are found, instead of the user's own trash."""
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux lets a test have a trash of its own")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in [name for name in sys.modules if name.partition(".")[0] == "send2trash"]:
        monkeypatch.delitem(sys.modules, name)  # it looks for the trash when it is imported
    return tmp_path / "data" / "Trash" / "files"


@dataclass(frozen=True)
class Outcome:
    """What one command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """`command("data", "info", folder)` runs the real `main()` in this process."""
    from workbench.__main__ import main

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Outcome(int(code), said.out, said.err)

    return run


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    """A photo with one face: Eileen Collins, a portrait in the public domain."""
    from PIL import Image
    from skimage import data

    path = tmp_path / "portrait.png"
    Image.fromarray(data.astronaut()).save(path)
    return path


@pytest.fixture(scope="session")
def trained_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small VAE really trained on the built-in faces for some seconds, with its concepts. For reading only."""
    from workbench.core.training.budget import Budget
    from workbench.jobs.api import run
    from workbench.jobs.find_concepts import ConceptRequest, find_concepts
    from workbench.jobs.train import TrainRequest, train

    settings = {"latent": 16, "width": 8, "batch_size": 32, "learning_rate": 3e-3}
    request = TrainRequest(
        data="builtin:avatars",
        budget=Budget(steps=150),
        size=32,
        settings=settings,
        runs=tmp_path_factory.mktemp("trained"),
        name="tiny",
        device="cpu",
        threads=1,
    )
    path = run(train(request)).run
    run(find_concepts(ConceptRequest(path, "builtin:avatars", labels=("Smiling", "Sunglasses", "Facial_Hair"))))
    return path


@pytest.fixture
def run_copy(trained_run: Path, tmp_path: Path) -> Path:
    """A copy of the trained run that a test may change."""
    return Path(shutil.copytree(trained_run, tmp_path / "tiny"))


@pytest.fixture(scope="session")
def gan_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny DCGAN hardly trained, with the encoder it learned, and a concept that nobody found: to be read only."""
    import numpy as np

    from workbench.core.concepts.concept import Concept, Counts, Direction
    from workbench.core.runs.trained import open_model
    from workbench.core.training.budget import Budget
    from workbench.jobs.api import run
    from workbench.jobs.fit_encoder import fit_encoder
    from workbench.jobs.train import TrainRequest, train

    request = TrainRequest(
        data="builtin:avatars",
        model="dcgan",
        budget=Budget(steps=30),
        size=32,
        settings={"latent": 8, "width": 8, "batch_size": 8},
        runs=tmp_path_factory.mktemp("gan"),
        name="gan",
        device="cpu",
        threads=1,
    )
    path = run(train(request)).run
    run(fit_encoder(path, budget=Budget(steps=60), device="cpu"))
    direction = Direction("logistic", np.eye(8, dtype=np.float32)[2], 1.0, -3.0, 3.0, None, Counts(0, 0, 0, 0))
    concept = Concept("Smiling", {"logistic": direction}, "logistic", open_model(path).fingerprint, "nothing")
    concept.save(path / "concepts" / "Smiling.safetensors")
    return path


@pytest.fixture
def gan_copy(gan_run: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may change."""
    return Path(shutil.copytree(gan_run, tmp_path / "gan"))
