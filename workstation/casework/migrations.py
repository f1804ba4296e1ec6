"""A case of an older version gets the tables of this one; the file as it was stays beside it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from sqlalchemy import insert

from workstation.casework import schema
from workstation.casework.access import FILE
from workstation.casework.durable import finished
from workstation.casework.problems import CaseDamaged, CaseNotSaved
from workstation.casework.replay import MIGRATE, MIGRATIONS, State, replay
from workstation.casework.store import Store
from workstation.casework.verification import refuse_unless_intact


def version_of(store: Store) -> int:
    """Of the tables in the file."""
    with store.reading() as connection:
        return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def upgrade(store: Store) -> None:
    """Make the tables of this version from the log, in one transaction; nothing happens if they are that already.

    The log itself is never rewritten: an entry ("case.migrate") says when the tables changed, and the replay of the log
    converts at that point. In a case that is open for reading only the tables of the private copy are made anew and
    nothing is logged.

    Raises:
        CaseDamaged: if tables and log do not agree; the file is left as it is.
        CaseNotSaved: if the backup or the new tables cannot be written; the file is left as it is.
    """
    found = version_of(store)
    if found == schema.VERSION:
        return
    if any(version not in MIGRATIONS for version in range(found, schema.VERSION)):
        raise CaseDamaged(store.folder, f"there is no way from schema version {found} to {schema.VERSION}")
    done = replay(list(store.entries()))
    refuse_unless_intact(store, done, store.raw_log())
    done.migrate_to(schema.VERSION)
    if store.read_only:
        with store.private_copy():
            _rebuild(store, done.state)
        return
    _back_up(store, found)
    with store.together():
        _rebuild(store, done.state)
        with store.change(MIGRATE, {"from": found, "to": schema.VERSION, "backup": backup_name(found)}):
            pass


def backup_name(version: int) -> str:
    """Of the file as it was with tables of this version."""
    return FILE.replace(".", f".v{version}.", 1)


def _back_up(store: Store, version: int) -> None:
    try:
        with finished(store.folder / backup_name(version)) as beside, closing(sqlite3.connect(beside)) as copy:
            store.access.connection.backup(copy)
    except (OSError, sqlite3.Error) as problem:
        raise CaseNotSaved(store.folder, f"no backup could be made before the conversion ({problem})") from problem


def _rebuild(store: Store, state: State) -> None:
    """Drop all tables but the log, make those of this version and fill them."""
    with store.reading() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for name in list(schema.objects(connection)):
            kind, _, title = name.partition(" ")
            if kind == "table" and title != schema.log.name:
                connection.exec_driver_sql(f'DROP TABLE "{title}"')
        schema.create(connection)
        for table in schema.CONTENT:
            for (name, number), row in sorted(state.items()):
                if name == table.name:
                    connection.execute(insert(table).values(id=number, **row))
