"""A writer that is killed loses nothing that it reported; a full disk and cut files neither."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from benchmarks import case_kills
from tests.rights import ordinary_rights
from workstation.casework import CaseFile, schema
from workstation.casework.durable import finished
from workstation.casework.exporting import export_steps
from workstation.casework.problems import CaseNotSaved
from workstation.progress import drain

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no fork and no SIGKILL on Windows")


def test_ten_kills_lose_nothing(tmp_path: Path) -> None:
    tally = case_kills.kill_loop(10, tmp_path, seed=1, most=12, longest=0.02)
    assert (tally.tried, tally.survived, tally.failures) == (10, 10, [])
    assert tally.pending > 0  # they did hit a case that was being written


def test_a_full_disk_stops_writing_with_words_and_room_lets_it_go_on(tmp_path: Path) -> None:
    tally = case_kills.fill_disk(tmp_path, 300_000, seed=2)
    assert (tally.tried, tally.corrupt, tally.failures) == (3, 0, [])


def test_cut_files_are_earlier_states_or_are_noticed(tmp_path: Path) -> None:
    logs, files = case_kills.cut_files(5, tmp_path, seed=3)
    assert (logs.survived, logs.failures) == (5, [])
    assert (files.tried, files.lost) == (5, 0)


def test_a_case_that_cannot_be_made_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(connection: object) -> None:
        raise CaseNotSaved(folder, "database or disk is full")

    monkeypatch.setattr(schema, "create", full)
    with pytest.raises(CaseNotSaved):
        CaseFile.create(folder, title="T", operator="")
    monkeypatch.undo()
    with CaseFile.create(folder, title="T", operator="") as case:
        assert case.verify().intact


def test_no_room_to_read_is_said(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copy", full)
    with pytest.raises(CaseNotSaved, match="private copy"):
        CaseFile.open(filled, operator="", read_only=True)
    monkeypatch.undo()
    with CaseFile.open(filled, operator="") as case:  # the lock was given back
        assert not case.read_only


def test_an_unfinished_file_is_removed_at_the_next_opening(filled: Path) -> None:
    places = (next((filled / "artifacts").iterdir()), filled / "originals")
    for place in places:
        (place / ".0123456789abcdef.part").write_bytes(b"half")
    with CaseFile.open(filled, operator="") as case:
        assert case.verify().intact
    assert not [path for place in places for path in place.glob(".*")]


def no_room(_handle: int) -> None:
    """Instead of `os.fsync`."""
    raise OSError(errno.ENOSPC, "No space left on device")


def test_what_cannot_be_swept_keeps_no_case_from_opening(filled: Path) -> None:
    held = filled / "originals" / ".0123456789abcdef.part"
    held.mkdir()  # as little removed as a file that is open on Windows
    with CaseFile.open(filled, operator="A. Meier") as case:
        assert not case.read_only


def test_an_array_that_cannot_be_stored_leaves_no_entry(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with CaseFile.open(filled, operator="") as case:
        exhibit, before = case.exhibits.all()[0].id, case.head()
        monkeypatch.setattr(os, "fsync", no_room)
        with pytest.raises(CaseNotSaved, match="No space left"):
            case.analyses.add(exhibit, case_kills.small_result(1))
        monkeypatch.undo()
        assert case.head() == before
        assert case.verify().intact
    assert not list((filled / "artifacts").rglob("*.part"))


@pytest.mark.skipif(os.name != "posix", reason="folders are flushed on POSIX")
def test_a_medium_that_flushes_files_but_no_folders_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flush = os.fsync

    def as_on_a_share(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        flush(handle)

    monkeypatch.setattr(os, "fsync", as_on_a_share)
    with finished(tmp_path / "a") as beside:
        beside.write_text("whole")
    assert (tmp_path / "a").read_text() == "whole"


def test_a_folder_that_may_be_written_but_not_read_takes_a_file(tmp_path: Path) -> None:
    place = tmp_path / "drop"
    place.mkdir(mode=0o300)
    place.chmod(0o300)
    try:
        with ordinary_rights(), finished(place / "a") as beside:
            beside.write_text("whole")
    finally:
        place.chmod(0o700)
    assert [path.name for path in place.iterdir()] == ["a"]


def test_an_export_that_finds_no_room_leaves_the_earlier_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with CaseFile.create(tmp_path / "case", title="T", operator="") as case:
        files = drain(export_steps(case, tmp_path / "out"))
        earlier = [file.read_bytes() for file in files]
        case.set_details(title="Another")
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", no_room)
            with pytest.raises(CaseNotSaved, match="No space left"):
                drain(export_steps(case, tmp_path / "out"))

    assert [file.read_bytes() for file in files] == earlier
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["case.json", "log.jsonl"]
