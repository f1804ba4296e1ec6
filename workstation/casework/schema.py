"""The tables of a case file, and the fence around its log.

Every row of every table but the log is what the log's entries made of it; `verification` replays them and compares.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, MetaData, Table, Text, UniqueConstraint, event
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DataError
from sqlalchemy.schema import DDL
from sqlalchemy.types import TypeDecorator

from workstation.casework.canonical import canonical, parsed, storable

APPLICATION: Final = 0x45584643
"""SQLite's application_id of a case file: "EXFC"."""
VERSION: Final = 1
"""SQLite's user_version: of the tables below."""

metadata = MetaData()


class JsonText(TypeDecorator[Any]):
    """A JSON value as canonical text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """To the text in the file."""
        return None if value is None else canonical(storable(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002 - likewise
        """From the text in the file.

        Raises:
            DataError: for a text that no case writes, so that it is told like any other damage of the file.
        """
        try:
            return None if value is None else parsed(value)
        except ValueError as problem:
            raise DataError(None, None, problem) from problem


def _table(name: str, *columns: Column[Any] | CheckConstraint | UniqueConstraint) -> Table:
    return Table(name, metadata, Column("id", Integer, primary_key=True), *columns, sqlite_strict=True)


def _text(name: str, *, needed: bool = False) -> Column[Any]:
    return Column(name, Text, nullable=not needed)


def _number(name: str, *, needed: bool = False) -> Column[Any]:
    return Column(name, Integer, nullable=not needed)


def _of(table: str, *, needed: bool = True) -> Column[Any]:
    """A reference to a row of another table; its column is named for one row ("exhibit" of "exhibits")."""
    return Column(table.removesuffix("s"), Integer, ForeignKey(f"{table}.id"), nullable=not needed, index=True)


case = _table(
    "case_details",
    _text("identifier", needed=True),
    _text("title", needed=True),
    _text("number"),
    _text("laboratory"),
    _text("client"),
    _text("received"),
    _text("legal_authority"),
    _text("question"),
    _number("blind", needed=True),
    _text("created", needed=True),
    CheckConstraint("id = 1", name="one_case"),
)
exhibits = _table(
    "exhibits",
    _text("label", needed=True),
    _text("name", needed=True),
    _text("path", needed=True),
    _text("stored"),
    _number("size", needed=True),
    _text("sha256", needed=True),
    _text("sha1", needed=True),
    _text("md5", needed=True),
    _text("modified"),
    _text("opened"),
    _text("format"),
    _number("height"),
    _number("width"),
    _text("received"),
    _text("received_by"),
    _text("received_from"),
    _text("description"),
    _text("blind", needed=True),
    _text("withdrawn"),
    UniqueConstraint("label", name="one_label"),
)
analyses = _table(
    "analyses",
    _of("exhibits"),
    _text("status", needed=True),
    _text("reason", needed=True),
    _text("weights"),
    _text("started"),
    Column("content", JsonText, nullable=False),
    Column("arrays", JsonText, nullable=False),
)
regions = _table(
    "regions",
    _of("exhibits"),
    _text("name", needed=True),
    _text("kind", needed=True),
    Column("points", JsonText, nullable=False),
    _text("note", needed=True),
)
notes = _table(
    "notes",
    _of("exhibits", needed=False),
    _of("regions", needed=False),
    _text("kind", needed=True),
    _text("text", needed=True),
    _text("author", needed=True),
    _text("written", needed=True),
    _number("locked", needed=True),
)
bookmarks = _table(
    "bookmarks",
    _of("exhibits"),
    _text("name", needed=True),
    _text("verdict", needed=True),
    _text("note", needed=True),
    Column("view", JsonText, nullable=False),
)
tags = _table("tags", _of("exhibits"), _text("word", needed=True), UniqueConstraint("exhibit", "word", name="once"))
opinions = _table(
    "opinions",
    _text("issue", needed=True),
    Column("propositions", JsonText, nullable=False),
    _number("favoured"),
    _text("support", needed=True),
    _text("reasons", needed=True),
    Column("exhibits", JsonText, nullable=False),
    Column("analyses", JsonText, nullable=False),
    _text("author", needed=True),
    _text("formed", needed=True),
    _text("withdrawn"),
)
reviews = _table(
    "reviews",
    _text("reviewer", needed=True),
    _text("kind", needed=True),
    _text("outcome", needed=True),
    _text("text", needed=True),
    _text("reviewed", needed=True),
)
coverage = _table(
    "coverage",
    _of("exhibits"),
    _number("cell", needed=True),
    _number("height", needed=True),
    _number("width", needed=True),
    _text("seen", needed=True),
    UniqueConstraint("exhibit", name="one_per_exhibit"),
)
reports = _table(
    "reports",
    _text("number", needed=True),
    _text("issued", needed=True),
    _text("name", needed=True),
    _text("sha256", needed=True),
    _text("head", needed=True),
    _number("entries", needed=True),
)
log = Table(
    "log",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("hash", Text, nullable=False, unique=True),
    Column("body", Text, nullable=False),
    sqlite_strict=True,
)

CONTENT: Final = tuple(table for table in metadata.sorted_tables if table is not log)
"""The tables that the log's entries make, parents first."""

_FENCE: Final = {
    "update": "BEFORE UPDATE ON log",
    "delete": "BEFORE DELETE ON log",
    "gap": "BEFORE INSERT ON log WHEN NEW.sequence <> (SELECT coalesce(max(sequence), 0) + 1 FROM log)",
}
for _name, _when in _FENCE.items():
    _refuse = (
        f"CREATE TRIGGER log_refuses_{_name} {_when} BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    )
    event.listen(log, "after_create", DDL(_refuse))  # type: ignore[no-untyped-call] # SQLAlchemy types it not


def create(connection: Connection) -> None:
    """Make the tables, the triggers and the two numbers that tell a case file from another SQLite file."""
    metadata.create_all(connection)
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION}")
    connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")


def objects(connection: Connection) -> dict[str, str]:
    """Name and SQL text of all that the file's schema holds (without SQLite's own indexes)."""
    found = connection.exec_driver_sql("SELECT type || ' ' || name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {str(name): str(sql) for name, sql in found}
