"""How a case file is reached: for writing, live beside a writer, as a snapshot, or on a medium that never changes."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from workstation.casework.lock import CaseLock, Holder
from workstation.casework.medium import cannot_promise, network_share
from workstation.casework.problems import CaseDamaged, CaseNotSaved, CaseTooNew, NotACase
from workstation.casework.schema import APPLICATION, VERSION

FILE = "case.sqlite"
Mode = Literal["write", "beside a writer", "snapshot", "immutable"]


@dataclass(slots=True)
class Access:
    """An open way to a case file.

    Attributes:
        connection: to SQLite, usable from any thread as long as one uses it at a time.
        mode: "write"; "beside a writer" (sees what another program commits); "snapshot" (a private copy, made while
            nobody wrote); "immutable" (read-only medium).
        lock: held while mode is "write".
        holder: who writes, where somebody else does and left word.
        network: kind of network share, "" for a local disk.
        warnings: sentences for the analyst.
        snapshot: folder of the private copy, or None.
    """

    connection: sqlite3.Connection
    mode: Mode
    lock: CaseLock
    holder: Holder | None
    network: str
    warnings: tuple[str, ...]
    snapshot: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Close the file; a writer's log of pages is written back first, so that the case is one file again."""
        try:
            if self.mode == "write":
                self._out_of_wal()
        finally:
            self.connection.close()
            if self.snapshot is not None:
                self.snapshot.cleanup()
            self.lock.release()

    def write_back(self) -> None:
        """Move what stands in the write-ahead log into the file, so that the file alone is a case."""
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _out_of_wal(self) -> None:
        try:
            self.write_back()
            self.connection.execute("PRAGMA journal_mode = DELETE").fetchall()
        except sqlite3.Error:
            return  # a reader, or no space: what was committed stays in the -wal file and is found at the next opening


def reach(folder: Path, *, operator: str, read_only: bool) -> Access:
    """Open the case file of a folder in the best way that the place and other programs allow.

    Raises:
        NotACase: if there is none.
        CaseTooNew: if a newer version wrote it.
        CaseDamaged: if it cannot be read.
        CaseNotSaved: if there is no room for a private copy to read from.
    """
    file = folder / FILE
    if not os.path.isfile(file):  # noqa: PTH113 - Path raises for a share that is gone
        raise NotACase(folder, f"this folder holds no {FILE}")
    _check_header(folder, file)
    network = network_share(folder)
    warnings = (cannot_promise(network),) if network else ()
    lock = CaseLock(folder)
    obtained = lock.obtain(operator, leave_word=not read_only)
    try:
        if obtained and not read_only and os.access(file, os.W_OK):
            access = Access(_connect(file, "mode=rw"), "write", lock, None, network, warnings)
            _prepare_writing(access.connection, network)
        elif lock.possible and not obtained:
            access = _beside(file, lock, network, warnings)
        else:
            access = _alone(file, lock, network, warnings, asked=read_only)
        return _checked(access, folder)
    except sqlite3.Error as problem:
        lock.release()
        raise CaseDamaged(folder, f"{FILE} cannot be read ({problem})") from problem
    except OSError as problem:
        lock.release()
        what = f"no private copy could be made to read from ({problem.strerror or problem})"
        raise CaseNotSaved(folder, what) from problem
    except BaseException:
        lock.release()
        raise


def _check_header(folder: Path, file: Path) -> None:
    """Tell a case file by its first 100 bytes, before SQLite may write anything beside it.

    The numbers stand at fixed offsets (SQLite file format, 1.3): size of a page at 16, number of pages at 28,
    user_version at 60, application_id at 68. The last two are read again through SQLite, since a newer value may still
    be in the -wal file.
    """
    try:
        with file.open("rb") as opened:
            header = opened.read(100)
    except OSError as problem:
        raise CaseDamaged(folder, f"{FILE} cannot be read ({problem.strerror or problem})") from problem
    if len(header) < 100 or not header.startswith(b"SQLite format 3\0"):
        raise CaseDamaged(folder, f"{FILE} ({file.stat().st_size} bytes) does not begin as a case file does")
    version, application = _number(header, 60), _number(header, 68)
    wal = file.with_name(f"{FILE}-wal")
    pending = wal.exists() or file.with_name(f"{FILE}-journal").exists()
    _check_numbers(folder, APPLICATION if pending and application == 0 else application, version)
    missing = _page_size(header) * _number(header, 28) - file.stat().st_size
    if missing > 0 and not pending:  # SQLite reads a cut page as zeros where it can
        raise CaseDamaged(folder, f"the last {missing} bytes of {FILE} are missing")


def _version(file: Path) -> int:
    with file.open("rb") as opened:
        return _number(opened.read(100), 60)


def _page_size(header: bytes) -> int:
    size = int.from_bytes(header[16:18], "big")
    return 65536 if size == 1 else size


def _number(header: bytes, offset: int) -> int:
    return int.from_bytes(header[offset : offset + 4], "big")


def _checked(access: Access, folder: Path) -> Access:
    """The same, after the numbers were read through SQLite."""
    try:
        (application,) = access.connection.execute("PRAGMA application_id").fetchone()
        (version,) = access.connection.execute("PRAGMA user_version").fetchone()
        _check_numbers(folder, application, version)
    except BaseException:
        access.connection.close()
        if access.snapshot is not None:
            access.snapshot.cleanup()
        raise
    return access


def _check_numbers(folder: Path, application: int, version: int) -> None:
    if application != APPLICATION:
        raise NotACase(folder, f"{FILE} is a SQLite file, but not one of a case")
    if version > VERSION:
        raise CaseTooNew(folder, version, VERSION)


def _beside(file: Path, lock: CaseLock, network: str, warnings: tuple[str, ...]) -> Access:
    """Read while another program writes."""
    who = f" by {lock.holder.described}" if lock.holder else " by another program"
    said = (f"The case is open for writing{who}; here it is open for reading only.", *warnings)
    return Access(_connect(file, "mode=ro"), "beside a writer", lock, lock.holder, network, said)


def _alone(file: Path, lock: CaseLock, network: str, warnings: tuple[str, ...], *, asked: bool) -> Access:
    """Read where nobody writes, without leaving a trace beside the file."""
    said = warnings if asked else ("The case lies where it cannot be written; it is open for reading only.", *warnings)
    pending = [file.with_name(f"{FILE}{suffix}") for suffix in ("-wal", "-journal")]
    pending = [path for path in pending if path.exists() and path.stat().st_size]
    if not pending and not os.access(file.parent, os.W_OK) and _version(file) == VERSION:
        return Access(_connect(file, "mode=ro&immutable=1"), "immutable", lock, None, network, said)
    copy = tempfile.TemporaryDirectory(prefix="exifact-case-")
    try:
        for path in (file, *pending):
            shutil.copy(path, copy.name)
            Path(copy.name, path.name).chmod(0o600)
    except BaseException:
        copy.cleanup()
        raise
    lock.release()
    connection = _connect(Path(copy.name, FILE), "mode=rw")
    connection.execute("PRAGMA query_only = ON")
    return Access(connection, "snapshot", lock, None, network, said, copy)


def _prepare_writing(connection: sqlite3.Connection, network: str) -> None:
    """Every commit is on the disk when it returns. WAL needs memory shared between processes: never on a share."""
    connection.execute(f"PRAGMA journal_mode = {'DELETE' if network else 'WAL'}").fetchall()
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")  # macOS; elsewhere without effect
    connection.execute("PRAGMA checkpoint_fullfsync = ON")


def _connect(file: Path, how: str) -> sqlite3.Connection:
    posix = file.absolute().as_posix()
    uri = f"file://{'' if posix.startswith('/') else '/'}{quote(os.fsencode(posix))}?{how}"
    connection = sqlite3.connect(uri, uri=True, timeout=5.0, isolation_level=None, check_same_thread=False)
    connection.text_factory = _text
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = OFF")  # a case may come from anybody
    return connection


def discard(folder: Path) -> None:
    """Remove the file of a case that could not be made."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        (folder / f"{FILE}{suffix}").unlink(missing_ok=True)


def _text(stored: bytes) -> str:
    """A damaged text stays readable, and its bytes can be had back."""
    return stored.decode("utf-8", "surrogateescape")


def make(folder: Path, *, operator: str) -> Access:
    """Make an empty file in a folder and open it for writing.

    Raises:
        NotACase: if a case is there already, or the folder cannot be written.
    """
    file = folder / FILE
    if os.path.lexists(file):
        raise NotACase(folder, "this folder holds a case already")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise NotACase(folder, f"the folder cannot be made ({problem.strerror or problem})") from problem
    lock = CaseLock(folder)
    if not lock.obtain(operator):
        raise NotACase(folder, "the folder cannot be written, or another program makes a case in it")
    network = network_share(folder)
    try:
        connection = _connect(file, "mode=rwc")
        _prepare_writing(connection, network)
    except sqlite3.Error as problem:
        lock.release()
        raise NotACase(folder, f"{FILE} cannot be made ({problem})") from problem
    warnings = (cannot_promise(network),) if network else ()
    return Access(connection, "write", lock, None, network, warnings)
