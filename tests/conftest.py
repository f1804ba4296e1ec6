"""What every test gets: no display, no network, no trace in the user's folders, no thread left behind."""

from __future__ import annotations

import os

# Before anything imports Qt, torch or tokenizers.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import socket
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from workstation import paths

TEST_DATA = Path(__file__).parent / "data"
PATIENCE = 3.0
"""Seconds that a thread may take to end after its test."""


@pytest.fixture(autouse=True)
def threads_end_with_the_test() -> Iterator[None]:
    """Fail a test that leaves a thread running, Python's or Qt's.

    Python code that ran in a QThread leaves a dummy entry in `threading`; the QThread itself is what is looked at.
    """
    qt_threads = _started_qt_threads()
    threads_before, qt_before = set(threading.enumerate()), set(qt_threads)
    yield

    def left() -> list[str]:
        ours = [t for t in threading.enumerate() if t not in threads_before and t.is_alive()]
        names = [t.name for t in ours if not isinstance(t, threading._DummyThread)]
        return names + [repr(t) for t in set(qt_threads) - qt_before if _is_running(t)]

    deadline = time.monotonic() + PATIENCE
    while left() and time.monotonic() < deadline:
        time.sleep(0.02)
    if left():
        pytest.fail(f"threads are still running after the test: {', '.join(left())}")


@pytest.fixture(autouse=True)
def user_folders_are_temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Send the user's folders to a temporary one, for this process and those that it starts."""
    home = tmp_path_factory.mktemp("home")
    for variable in ("DATA", "CONFIG", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{variable}_HOME", str(home / variable.lower()))
    for kind in ("data", "config", "cache", "state"):
        monkeypatch.setattr(platformdirs, f"user_{kind}_dir", _folder_below(home / kind))
    return home


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection but those between processes of this machine."""
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        if self.family != getattr(socket, "AF_UNIX", None) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder `tests/data`."""
    return TEST_DATA


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder of the bundled example: spliced.jpg, spliced_mask.png, untouched.jpg."""
    return paths.resources() / "examples"


@pytest.fixture
def odd_folder(tmp_path: Path) -> Path:
    """A folder whose name is no UTF-8, where the file system allows one."""
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system takes no name that is not UTF-8")
    return folder


def _folder_below(folder: Path) -> Callable[..., str]:
    def user_folder(appname: str | None = None, *_: object, **__: object) -> str:
        return str(folder / appname if appname else folder)

    return user_folder


_qt_threads: weakref.WeakSet[Any] = weakref.WeakSet()


def _started_qt_threads() -> weakref.WeakSet[Any]:
    """Every QThread that was started from now on and still exists; does not load Qt where a test does not."""
    core = sys.modules.get("PySide6.QtCore")
    if core is not None and not hasattr(core.QThread, "started_under_watch"):
        start = core.QThread.start

        def watched_start(self: Any, *arguments: Any) -> None:
            _qt_threads.add(self)
            start(self, *arguments)

        core.QThread.start = watched_start
        core.QThread.started_under_watch = True
    return _qt_threads


def _is_running(thread: Any) -> bool:
    try:
        return bool(thread.isRunning())
    except RuntimeError:  # Qt deleted it already, which it only does to threads that ended
        return False
