"""The log's entries, carried out again without a database: what the tables must hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from workstation.casework.canonical import Json
from workstation.casework.log import Entry, RowChange

State: TypeAlias = dict[tuple[str, int], dict[str, Json]]
"""(table, number) → columns."""

FIRST_VERSION: Final = 1
MIGRATIONS: dict[int, Callable[[State], State]] = {}
"""Version of the tables → what turns their content into that of the next version."""
NEW, MIGRATE = "case.new", "case.migrate"


@dataclass(slots=True)
class Replay:
    """What the entries so far made.

    Attributes:
        state: content of the tables.
        version: of the tables that the state is in the terms of.
        unfit: entries that change what the entries before them did not make: (sequence, sentence).
    """

    state: State = field(default_factory=dict)
    version: int = FIRST_VERSION
    unfit: list[tuple[int, str]] = field(default_factory=list)

    def take(self, entry: Entry, *, place: int | None = None) -> None:
        """Carry one entry out; `place` is where it stands, if that may not be where it says."""
        if entry.action == MIGRATE:
            self.migrate_to(_version(entry.arguments, "to", self.version))
        elif entry.action == NEW:
            self.version = _version(entry.arguments, "schema", FIRST_VERSION)
        for change in entry.changes:
            if not self._fits(change):
                sentence = f"it changes {change.table} {change.id} from what the entries before did not make"
                self.unfit.append((place or entry.sequence, sentence))
            self._apply(change)

    def migrate_to(self, version: int) -> None:
        """Turn the state into that of newer tables."""
        while self.version < version and self.version in MIGRATIONS:
            self.state = MIGRATIONS[self.version](self.state)
            self.version += 1

    def _fits(self, change: RowChange) -> bool:
        present = self.state.get((change.table, change.id))
        if change.before is None or present is None:
            return change.before is None and present is None
        if change.after is None:
            return present == dict(change.before)
        return all(name in present and present[name] == value for name, value in change.before.items())

    def _apply(self, change: RowChange) -> None:
        key = (change.table, change.id)
        if change.after is None:
            self.state.pop(key, None)
        else:
            self.state[key] = {**(self.state.get(key, {}) if change.before is not None else {}), **change.after}


def replay(entries: Sequence[Entry]) -> Replay:
    """Carry entries out from the first one on."""
    done = Replay()
    for entry in entries:
        done.take(entry)
    return done


def _version(arguments: Mapping[str, Json], name: str, otherwise: int) -> int:
    value = arguments.get(name)
    return value if isinstance(value, int) else otherwise
