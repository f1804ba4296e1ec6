"""Two programs on one case, media that cannot be written, other versions, files that are no case."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from workstation.casework import CaseFile, access, medium
from workstation.casework.problems import CaseDamaged, CaseReadOnly, CaseTooNew, NotACase

HOLD = """
import sys
from pathlib import Path
from workstation.casework import CaseFile
case = CaseFile.open(Path(sys.argv[1]), operator="B. Rau")
print("open", flush=True)
for line in sys.stdin:
    case.notes.add(line.strip())
    print("written", flush=True)
"""


@pytest.fixture
def other_program(filled: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the case open for writing; a line on its input becomes a note."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(filled)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process
        process.kill()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_second_program_reads_and_says_who_writes(filled: Path, other_program: subprocess.Popen[str]) -> None:
    with CaseFile.open(filled, operator="A. Meier") as case:
        assert case.read_only
        assert case.holder is not None
        assert (case.holder.operator, case.holder.process) == ("B. Rau", other_program.pid)
        assert "open for writing by B. Rau on" in case.warnings[0]
        with pytest.raises(CaseReadOnly, match=r"B\. Rau"):
            case.notes.add("mine")

        assert other_program.stdin is not None
        assert other_program.stdout is not None
        other_program.stdin.write("theirs\n")
        other_program.stdin.flush()
        assert other_program.stdout.readline() == "written\n"
        assert case.notes.all()[-1].text == "theirs"
        assert case.verify().intact


def test_the_lock_ends_with_the_process_however_it_ends(filled: Path, other_program: subprocess.Popen[str]) -> None:
    assert other_program.stdin is not None
    assert other_program.stdout is not None
    other_program.stdin.write("before the end\n")
    other_program.stdin.flush()
    assert other_program.stdout.readline() == "written\n"
    other_program.kill()
    other_program.wait()
    assert (filled / "case.sqlite-wal").stat().st_size > 0

    with CaseFile.open(filled, operator="A. Meier", read_only=True) as case:  # looks into a copy
        assert case.notes.all()[-1].text == "before the end"
    assert (filled / "case.sqlite-wal").stat().st_size > 0
    with CaseFile.open(filled, operator="A. Meier") as case:
        assert not case.read_only
        assert case.notes.all()[-1].text == "before the end"
        assert case.verify().intact
    assert not (filled / "case.sqlite-wal").exists()
    assert not (filled / "case.holder.json").exists()


def test_the_same_program_twice_is_a_second_program(filled: Path) -> None:
    with CaseFile.open(filled, operator="one") as first, CaseFile.open(filled, operator="two") as second:
        assert (first.read_only, second.read_only) == (False, True)
        first.notes.add("seen by both")
        assert second.notes.all()[-1].text == "seen by both"


def test_reading_leaves_no_trace(filled: Path) -> None:
    before = contents(filled)
    with CaseFile.open(filled, operator="", read_only=True) as case:
        assert case.read_only
        assert case.verify().intact
        with pytest.raises(CaseReadOnly):
            case.notes.add("no")
    assert contents(filled) == before


@pytest.fixture
def read_only_medium(filled: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The closed case on a medium that refuses every write: as the operating system would say it."""
    (filled / "case.lock").unlink()
    shutil.copytree(filled, filled.with_name("disc"))
    disc = filled.with_name("disc")
    opened, access_of = os.open, os.access

    def refuse_writing(path: object, flags: int, *rest: int, **named: int) -> int:
        if str(path).startswith(str(disc)) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(30, "Read-only file system", str(path))
        return opened(path, flags, *rest, **named)  # type: ignore[arg-type]

    def no_access(path: object, mode: int) -> bool:
        return not (str(path).startswith(str(disc)) and mode & os.W_OK) and access_of(path, mode)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refuse_writing)
    monkeypatch.setattr(os, "access", no_access)
    return disc


def test_a_case_on_a_read_only_medium_opens(read_only_medium: Path) -> None:
    before = contents(read_only_medium)
    with CaseFile.open(read_only_medium, operator="A. Meier") as case:
        assert case.read_only
        assert "cannot be written" in case.warnings[0]
        assert len(case.history()) == 11
        assert case.verify().intact
        with pytest.raises(CaseReadOnly):
            case.notes.add("no")
    assert contents(read_only_medium) == before


def test_a_case_that_was_copied_while_open_loses_nothing_on_a_read_only_medium(
    filled: Path, other_program: subprocess.Popen[str], read_only_medium: Path
) -> None:
    assert other_program.stdin is not None
    assert other_program.stdout is not None
    other_program.stdin.write("only in the -wal file\n")
    other_program.stdin.flush()
    assert other_program.stdout.readline() == "written\n"
    for name in ("case.sqlite", "case.sqlite-wal"):
        (read_only_medium / name).write_bytes((filled / name).read_bytes())

    with CaseFile.open(read_only_medium, operator="") as case:
        assert case.notes.all()[-1].text == "only in the -wal file"


def test_a_network_share_gets_a_warning_and_no_shared_memory(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "network_share", lambda _: "cifs")
    with CaseFile.open(filled, operator="") as case:
        assert "network share (cifs)" in case.warnings[0]
        assert "cannot promise" in case.warnings[0]
        case.notes.add("one")
        assert not (filled / "case.sqlite-wal").exists()


def test_the_kind_of_a_share_is_told_by_its_mount(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Mount:
        def __init__(self, mountpoint: Path, fstype: str, opts: str = "rw") -> None:
            self.mountpoint, self.fstype, self.opts = str(mountpoint), fstype, opts

    mounts = [Mount(Path("/"), "ext4"), Mount(tmp_path / "nas", "nfs4"), Mount(tmp_path / "nas" / "usb", "vfat")]
    monkeypatch.setattr(medium.psutil, "disk_partitions", lambda **_: mounts)
    for name, kind in (("local", ""), ("nas/case", "nfs4"), ("nas/usb/case", ""), ("nasty", "")):
        assert medium.network_share(tmp_path / name) == kind


def test_a_case_opens_where_the_system_does_not_tell_its_mounts(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hidden(**_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/proc/self/mounts")

    monkeypatch.setattr(medium.psutil, "disk_partitions", hidden)
    with CaseFile.open(filled, operator="A. Meier") as case:
        assert not case.read_only


def test_a_newer_case_is_refused_and_left_alone(filled: Path) -> None:
    with closing(sqlite3.connect(filled / "case.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 7")
    before = contents(filled)
    with pytest.raises(CaseTooNew, match=r"version 7, .* up to 1") as caught:
        CaseFile.open(filled, operator="")
    assert "later" in caught.value.summary
    assert contents(filled) == before


def test_what_is_no_case_is_refused_with_words(tmp_path: Path) -> None:
    with pytest.raises(NotACase, match=r"holds no case\.sqlite"):
        CaseFile.open(tmp_path, operator="")
    with pytest.raises(NotACase, match=r"holds no case\.sqlite"):
        CaseFile.open(tmp_path / "missing", operator="")
    with closing(sqlite3.connect(tmp_path / "case.sqlite")) as connection:
        connection.execute("CREATE TABLE t (a)")
    with pytest.raises(NotACase, match="not one of a case"):
        CaseFile.open(tmp_path, operator="")
    for content in (b"", b"SQLite format 3\0", b"\xff" * 5000):
        (tmp_path / "case.sqlite").write_bytes(content)
        with pytest.raises(CaseDamaged, match="does not begin"):
            CaseFile.open(tmp_path, operator="")


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.999])
def test_a_case_file_that_was_cut_is_refused_and_left_alone(filled: Path, share: float) -> None:
    file = filled / "case.sqlite"
    os.truncate(file, int(file.stat().st_size * share))
    before = file.read_bytes()
    with pytest.raises(CaseDamaged) as caught:
        CaseFile.open(filled, operator="")
    assert "go back to a copy" in caught.value.summary
    assert file.read_bytes() == before
    assert not (filled / "case.sqlite-wal").exists()


def test_a_missing_array_says_what_is_missing(filled: Path) -> None:
    shutil.rmtree(filled / "artifacts")
    with CaseFile.open(filled, operator="") as case:
        (record,) = case.analyses.all()
        with pytest.raises(Exception, match="cannot be read") as caught:
            case.analyses.result(record.id)
    assert "without the folder artifacts" in caught.value.likely_causes[0]  # type: ignore[attr-defined]


def test_a_place_that_cannot_be_looked_at_holds_no_case(tmp_path: Path) -> None:
    with pytest.raises(NotACase, match=r"holds no case\.sqlite"):
        CaseFile.open(tmp_path / ("a" * 300), operator="")
    with pytest.raises(NotACase, match="cannot be made"):
        CaseFile.create(tmp_path / ("a" * 300), title="T", operator="")


def test_a_case_is_closed_though_the_word_of_its_holder_cannot_be_removed(folder: Path) -> None:
    case = CaseFile.create(folder, title="T", operator="A. Meier")
    (folder / "case.holder.json").unlink()
    (folder / "case.holder.json").mkdir()
    case.close()
    with CaseFile.open(folder, operator="B. Rau") as again:
        assert not again.read_only


def test_a_word_that_is_none_says_nothing_of_who_writes(case: CaseFile, folder: Path) -> None:
    (folder / "case.holder.json").write_text("[" * 5000, encoding="utf-8")
    with CaseFile.open(folder, operator="B. Rau") as other:
        assert other.read_only
        assert other.holder is None
