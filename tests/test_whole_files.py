"""A file is there whole, as it was before, or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from tests.rights import ordinary_rights
from workstation.whole_files import sweep, whole_file


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _fail_after(_: int, problem: BaseException) -> None:
    raise problem


def test_a_file_takes_its_name_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(b"old")

    with whole_file(path) as unfinished:
        assert unfinished.read_bytes() == b""
        unfinished.write_bytes(b"new")
        assert path.read_bytes() == b"old"

    assert path.read_bytes() == b"new"
    assert names_in(tmp_path) == ["report.pdf"]


@pytest.mark.parametrize("problem", [ValueError("mistake"), KeyboardInterrupt()])
def test_what_fails_leaves_the_earlier_file(tmp_path: Path, problem: BaseException) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(b"old")

    with pytest.raises(type(problem)), whole_file(path) as unfinished:
        _fail_after(unfinished.write_bytes(b"half"), problem)

    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["report.pdf"]


def test_a_disk_that_is_full_only_at_the_flush_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"), whole_file(tmp_path / "a") as unfinished:
        unfinished.write_bytes(b"all of it")

    assert names_in(tmp_path) == []


def test_a_file_may_be_put_in_the_place_of_the_unfinished_one(tmp_path: Path) -> None:
    with whole_file(tmp_path / "a") as unfinished:
        other = tmp_path / "other"
        other.write_bytes(b"other")
        other.replace(unfinished)

    assert (tmp_path / "a").read_bytes() == b"other"


@pytest.mark.skipif(os.name != "posix", reason="permissions are others there")
def test_permissions_are_those_of_any_new_file_or_fewer(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    with whole_file(tmp_path / "a"), whole_file(tmp_path / "b", 0o600):
        pass

    plain, shared, own = (stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "a", "b"))
    assert shared == plain
    assert own == 0o600


def test_a_name_may_be_as_long_as_the_disk_allows(tmp_path: Path) -> None:
    for name in ("a" * 250 + ".txt", "ä" * 120 + ".txt"):
        with whole_file(tmp_path / name) as unfinished:
            unfinished.write_bytes(b"x")
        assert (tmp_path / name).read_bytes() == b"x"


def test_a_folder_that_is_missing_or_refuses_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), whole_file(tmp_path / "missing" / "a"):
        pytest.fail("there is nothing to write to")
    locked = tmp_path / "locked"
    locked.mkdir(0o500)
    with ordinary_rights(), pytest.raises(PermissionError), whole_file(locked / "a"):
        pytest.fail("nobody may write there")


def test_what_a_killed_program_left_is_swept(tmp_path: Path) -> None:
    path = tmp_path / "check[1]point.pt"
    kept = [".check[1]point.0123.part", ".other.0123456789abcdef.part", "check[1]point.pt"]
    for name in (*kept, ".check[1]point.0123456789abcdef.part"):
        (tmp_path / name).touch()

    sweep(path)

    assert names_in(tmp_path) == sorted(kept)
