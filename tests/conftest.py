"""What every test stands on: no display, no network, no user folders, and no unexpected line in the log."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch: spinning threads starve two busy cores
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def _own_places(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Caches, preferences and runs of a test go to a folder of the session, never to the user's."""
    home = tmp_path_factory.getbasetemp() / "places"
    monkeypatch.setenv("WORKBENCH_HOME", str(home))


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
