"""The one way in and out of a case file: every change of a table and its log entry are one transaction."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Table, create_engine, delete, event, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.pool import StaticPool

from workstation.casework import schema
from workstation.casework.access import Access
from workstation.casework.artifacts import Artifacts
from workstation.casework.canonical import ZERO, Json, storable
from workstation.casework.log import Entry, Head, Row, RowChange, read, write
from workstation.casework.problems import CaseDamaged, CaseNotSaved, CaseReadOnly, CaseRefusal, Unknown

ARTIFACTS, ORIGINALS = "artifacts", "originals"
_FULL = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
)
_TABLES = {table.name: table for table in schema.CONTENT}


class Draft:
    """The changes of one entry while it is being put together.

    Attributes:
        head: of the log before it.
        sequence: of the entry; new rows take it as their number.
        changes: so far.
        exhibits: numbers of the exhibits that the changed rows belong to.
    """

    def __init__(self, connection: Connection, head: Head) -> None:
        self._connection = connection
        self.head = head
        self.sequence = head.entries + 1
        self.changes: list[RowChange] = []
        self.exhibits: set[int] = set()

    def insert(self, table: Table, values: Mapping[str, Any]) -> int:
        """Add a row; returns its number."""
        row = {column.name: storable(values.get(column.name)) for column in table.columns if column.name != "id"}
        self.apply(RowChange(table.name, self.sequence, None, row))
        return self.sequence

    def update(self, table: Table, number: int, values: Mapping[str, Any]) -> None:
        """Set columns of a row; those that have the value already are left out.

        Raises:
            Unknown: if there is no such row.
        """
        present = self._row(table, number)
        after = {name: storable(value) for name, value in values.items()}
        after = {name: value for name, value in after.items() if present[name] != value}
        if after:
            self.apply(RowChange(table.name, number, {name: present[name] for name in after}, after))
            if isinstance(exhibit := present.get("exhibit"), int):
                self.exhibits.add(exhibit)

    def delete(self, table: Table, number: int) -> None:
        """Remove a row.

        Raises:
            Unknown: if there is no such row.
        """
        self.apply(RowChange(table.name, number, self._row(table, number), None))

    def apply(self, change: RowChange) -> None:
        """Carry a change out and remember it."""
        table = _TABLES[change.table]
        if change.before is None:
            self._connection.execute(insert(table).values(id=change.id, **_columns(change.after)))
        elif change.after is None:
            self._connection.execute(delete(table).where(table.c.id == change.id))
        else:
            self._connection.execute(update(table).where(table.c.id == change.id).values(**_columns(change.after)))
        self.changes.append(change)
        self._note_exhibit(change)

    def _note_exhibit(self, change: RowChange) -> None:
        row = {**(change.before or {}), **(change.after or {})}
        exhibit = change.id if change.table == "exhibits" else row.get("exhibit")
        if isinstance(exhibit, int):
            self.exhibits.add(exhibit)

    def holds(self, change: RowChange) -> bool:
        """Whether the row is now as `change` left it, so that it can be inverted."""
        table = _TABLES[change.table]
        row = self._connection.execute(select(table).where(table.c.id == change.id)).mappings().first()
        if change.after is None or row is None:
            return change.after is None and row is None
        return all(row[name] == value for name, value in change.after.items())

    def _row(self, table: Table, number: int) -> dict[str, Json]:
        row = self._connection.execute(select(table).where(table.c.id == number)).mappings().first()
        if row is None:
            raise Unknown(table.name, number)
        return {name: value for name, value in row.items() if name != "id"}


class Store:
    """An open case file.

    Attributes:
        folder: of the case.
        operator: whose name the entries bear.
        access: how the file is reached.
        artifacts: its arrays.
    """

    def __init__(self, folder: Path, operator: str, access: Access) -> None:
        self.folder = folder
        self.operator = operator
        self.access = access
        self.artifacts = Artifacts(folder / ARTIFACTS)
        self._turn = threading.RLock()
        self._engine = create_engine("sqlite://", creator=lambda: access.connection, poolclass=StaticPool)
        self._begin = "BEGIN"
        event.listen(self._engine, "begin", self._begin_transaction)
        self._connection = self._engine.connect()

    @property
    def read_only(self) -> bool:
        """Whether changes are refused."""
        return self.access.mode != "write"

    def close(self) -> None:
        """Close the file and give the lock back."""
        with self._turn:
            self._connection.close()
            self.access.close()
            self._engine.dispose()

    @contextmanager
    def change(self, action: str, arguments: Mapping[str, Json] | None = None) -> Iterator[Draft]:
        """Changes of tables and the entry that says so, together or not at all; no change and no arguments: no entry.

        Raises:
            CaseReadOnly: if the case is open for reading only.
            CaseNotSaved: if it cannot be written.
            CaseRefusal: if the tables' rules do not allow it.
        """
        with self.together() as connection:
            draft = Draft(connection, self._head(connection))
            yield draft
            if draft.changes or arguments is not None:
                self._append(draft, action, arguments or {})

    def undo(self, entry: Entry) -> Entry:
        """Take an entry's changes back with a new entry.

        Raises:
            CaseRefusal: if a row is no longer as the entry left it.
        """
        with self.together() as connection:
            draft = Draft(connection, self._head(connection))
            for change in reversed(entry.changes):
                if not draft.holds(change):
                    raise CaseRefusal(
                        f"entry {entry.sequence} cannot be taken back: {change.table} {change.id} was changed since"
                    )
                draft.apply(change.inverted())
            draft.exhibits |= set(entry.exhibits)
            return self._append(draft, "undo", {}, undoes=entry.sequence)

    @contextmanager
    def together(self) -> Iterator[Connection]:
        """Several changes as one transaction; inside of another one, as a part of it that can fail alone."""
        if self.read_only:
            raise CaseReadOnly(self.folder, " ".join(self.access.warnings[:1]) or "the case is open for reading only")
        with self._turn:
            inside = self._connection.in_transaction()
            self._begin = "BEGIN IMMEDIATE"
            try:
                with self._connection.begin_nested() if inside else self._connection.begin():
                    self._begin = "BEGIN"
                    yield self._connection
            except IntegrityError as problem:
                raise CaseRefusal(f"the case's rules do not allow this ({problem.orig})") from problem
            except DatabaseError as problem:
                raise self._in_words(problem) from problem
            finally:
                self._begin = "BEGIN"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent look at the file.

        Raises:
            CaseDamaged: if it cannot be read.
        """
        with self._turn:
            try:
                if self._connection.in_transaction():
                    yield self._connection
                else:
                    with self._connection.begin():
                        yield self._connection
            except DatabaseError as problem:
                raise self._in_words(problem) from problem

    @contextmanager
    def private_copy(self) -> Iterator[None]:
        """Allow changes of a snapshot, which nobody else sees."""
        assert self.access.mode == "snapshot"
        self.access.connection.execute("PRAGMA query_only = OFF")
        try:
            with self.reading():
                yield
        finally:
            self.access.connection.execute("PRAGMA query_only = ON")

    def rows(self, table: Table, **equal: int | str | None) -> list[Mapping[str, Any]]:
        """Rows of a table whose columns have these values, by number."""
        query = select(table).order_by(table.c.id)
        for name, value in equal.items():
            query = query.where(table.c[name] == value)
        with self.reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def row(self, table: Table, number: int) -> Mapping[str, Any]:
        """One row.

        Raises:
            Unknown: if there is no such row.
        """
        found = self.rows(table, id=number)
        if not found:
            raise Unknown(table.name, number)
        return found[0]

    def head(self) -> Head:
        """Where the log ends."""
        with self.reading() as connection:
            return self._head(connection)

    def entries(self, first: int = 1, last: int | None = None) -> Iterator[Entry]:
        """Entries of the log, oldest first.

        Raises:
            CaseDamaged: at an entry that cannot be read.
        """
        for _, stored_hash, body in self.raw_log(first, last):
            try:
                yield read(body, stored_hash)
            except ValueError as problem:
                raise CaseDamaged(self.folder, str(problem)) from problem

    def raw_log(self, first: int = 1, last: int | None = None) -> Sequence[tuple[int, str, str]]:
        """(sequence, hash, body) as they stand in the file."""
        query = select(schema.log).where(schema.log.c.sequence >= first).order_by(schema.log.c.sequence)
        if last is not None:
            query = query.where(schema.log.c.sequence <= last)
        with self.reading() as connection:
            return [(row.sequence, row.hash, row.body) for row in connection.execute(query)]

    def _append(self, draft: Draft, action: str, arguments: Mapping[str, Json], *, undoes: int | None = None) -> Entry:
        said = storable(dict(arguments))
        assert isinstance(said, dict)
        if isinstance(about := said.get("exhibit"), int):
            draft.exhibits.add(about)
        entry = write(
            draft.head,
            operator=str(storable(self.operator)),
            action=action,
            arguments=said,
            changes=draft.changes,
            exhibits=sorted(draft.exhibits),
            undoes=undoes,
        )
        self._connection.execute(insert(schema.log).values(sequence=entry.sequence, hash=entry.hash, body=entry.body))
        return entry

    def _head(self, connection: Connection) -> Head:
        query = select(schema.log.c.sequence, schema.log.c.hash).order_by(schema.log.c.sequence.desc()).limit(1)
        last = connection.execute(query).first()
        return Head(0, ZERO) if last is None else Head(last.sequence, last.hash)

    def _begin_transaction(self, connection: Connection) -> None:
        connection.exec_driver_sql(self._begin)

    def _in_words(self, problem: DatabaseError) -> CaseNotSaved | CaseDamaged:
        code = getattr(problem.orig, "sqlite_errorcode", 0) & 0xFF
        if code in _FULL:
            return CaseNotSaved(self.folder, f"the change could not be written ({problem.orig})")
        return CaseDamaged(self.folder, f"the case file cannot be used ({problem.orig})")


def _columns(row: Row | None) -> dict[str, Json]:
    assert row is not None
    return dict(row)
