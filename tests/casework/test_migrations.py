"""A case of an older version is converted from its log, and the file as it was stays beside it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Column, MetaData, Table, Text

from workstation.casework import CaseFile, access, replay, schema
from workstation.casework.problems import CannotUndo, CaseDamaged, CaseNotSaved
from workstation.casework.replay import State


@pytest.fixture
def next_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program as if tags had got a column "colour" and exhibits' labels a prefix, with schema version 2."""

    def convert(state: State) -> State:
        new: State = {}
        for (table, number), row in state.items():
            more = {"colour": "grey"} if table == "tags" else {}
            new[table, number] = {**row, **more, **({"label": f"E{row['label']}"} if table == "exhibits" else {})}
        return new

    metadata = MetaData()
    tables = {t.name: t.to_metadata(metadata) for t in schema.metadata.sorted_tables}
    tables["tags"].append_column(Column("colour", Text, nullable=False, server_default="grey"))
    fresh = schema.create

    def create(connection):  # type: ignore[no-untyped-def]
        fresh(connection)
        connection.exec_driver_sql("DROP TABLE tags")
        tables["tags"].create(connection)
        connection.exec_driver_sql("PRAGMA user_version = 2")

    content: tuple[Table, ...] = tuple(tables[t.name] if t.name == "tags" else t for t in schema.CONTENT)
    for module in (schema, access):
        monkeypatch.setattr(module, "VERSION", 2)
    monkeypatch.setattr(schema, "CONTENT", content)
    monkeypatch.setattr(schema, "create", create)
    monkeypatch.setitem(replay.MIGRATIONS, 1, convert)


def content(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [*connection.iterdump(), str(connection.execute("PRAGMA user_version").fetchone())]


@pytest.mark.usefixtures("next_version")
def test_a_conversion_is_an_entry_and_leaves_the_old_file_beside(filled: Path) -> None:
    before = content(filled / "case.sqlite")
    with CaseFile.open(filled, operator="B. Rau") as case:
        assert case.exhibits.all()[0].label == "E1"
        last = case.history()[-1]
        assert (last.action, last.operator, last.sequence) == ("case.migrate", "B. Rau", 12)
        assert last.arguments == {"from": 1, "to": 2, "backup": "case.v1.sqlite"}
        assert case.verify().intact
        assert case.undoable() is None
        with pytest.raises(CannotUndo, match="converted"):
            case.undo(8)  # the tag as it was before has no colour
        case.notes.add("after")
        assert case.verify().intact
    with closing(sqlite3.connect(filled / "case.sqlite")) as connection:
        assert connection.execute("SELECT colour FROM tags").fetchall() == [("grey",)]
    assert content(filled / "case.v1.sqlite") == before


@pytest.mark.usefixtures("next_version")
def test_reading_converts_a_private_copy_only(filled: Path) -> None:
    before = (filled / "case.sqlite").read_bytes()
    with CaseFile.open(filled, operator="", read_only=True) as case:
        assert case.exhibits.all()[0].label == "E1"
        assert case.head().entries == 11
        assert case.verify().intact
    assert (filled / "case.sqlite").read_bytes() == before


@pytest.mark.usefixtures("next_version")
def test_a_case_that_does_not_agree_with_its_log_is_not_converted(filled: Path) -> None:
    with closing(sqlite3.connect(filled / "case.sqlite")) as connection:
        connection.execute("UPDATE tags SET word = 'day'")
        connection.commit()
    before = content(filled / "case.sqlite")
    with pytest.raises(CaseDamaged, match="tags 8: word"):
        CaseFile.open(filled, operator="")
    assert content(filled / "case.sqlite") == before


@pytest.mark.usefixtures("next_version")
def test_without_room_for_the_backup_nothing_is_converted(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CaseNotSaved, match="no backup"):
        CaseFile.open(filled, operator="")
    with closing(sqlite3.connect(filled / "case.sqlite")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    assert {path.name for path in filled.iterdir() if ".part" in path.name or ".v1" in path.name} == set()
