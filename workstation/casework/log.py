"""The audit log's entries: what is in one, how it hangs on the one before, how it is taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import workstation
from workstation.casework.canonical import Json, canonical, digest, parsed

Row = Mapping[str, Json]
_FIELDS = frozenset(
    ("sequence", "time", "operator", "program", "action", "arguments", "changes", "exhibits", "previous", "undoes")
)


@dataclass(frozen=True, slots=True)
class RowChange:
    """What an entry did to one row.

    Attributes:
        table, id: which row.
        before: None for a new row; else all columns (a row that goes) or those that change.
        after: None for a row that goes; else all columns (a new row) or those that change.
    """

    table: str
    id: int
    before: Row | None
    after: Row | None

    def inverted(self) -> RowChange:
        """The change that takes this one back."""
        return RowChange(self.table, self.id, self.after, self.before)

    def as_json(self) -> dict[str, Json]:
        """As it stands in an entry's body."""
        before, after = (None if row is None else dict(row) for row in (self.before, self.after))
        return {"table": self.table, "id": self.id, "before": before, "after": after}

    @property
    def described(self) -> str:
        """For people: "notes 5 added", "notes 5: text", "notes 5 removed"."""
        row = f"{self.table.replace('_', ' ')} {self.id}"
        if self.before is None:
            return f"{row} added"
        if self.after is None:
            return f"{row} removed"
        return f"{row}: {', '.join(name.replace('_', ' ') for name in self.after)}"


@dataclass(frozen=True, slots=True)
class Head:
    """Where the audit log ends: the number of entries and the hash of the last one."""

    entries: int
    hash: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the audit log.

    Attributes:
        sequence: 1 for the first.
        time: UTC, ISO 8601, to the millisecond.
        operator: who did it, "" where nobody was named.
        program: name and version of what wrote it.
        action: what was done, e.g. "region.add" (see docs/casework.md).
        arguments: further facts that no table holds.
        changes: of the tables' rows, in the order in which they were made.
        previous: hash of the entry before, 64 zeros for the first.
        hash: SHA-256 of `body`.
        body: the canonical text that is hashed.
        exhibits: numbers of the exhibits that it speaks of.
        undoes: sequence of the entry that this one takes back, None for all others.
    """

    sequence: int
    time: str
    operator: str
    program: str
    action: str
    arguments: Mapping[str, Json]
    changes: tuple[RowChange, ...]
    previous: str
    hash: str
    body: str
    exhibits: tuple[int, ...] = ()
    undoes: int | None = None

    @property
    def described(self) -> str:
        """What it did, for people, without the values: "notes 5: text"."""
        words = [change.described for change in self.changes]
        words += [f"{name} {value}" for name, value in self.arguments.items() if name != "exhibit"]
        return "; ".join(words) if self.undoes is None else "; ".join([f"takes back entry {self.undoes}", *words])


def write(
    head: Head,
    *,
    operator: str,
    action: str,
    arguments: Mapping[str, Json],
    changes: Sequence[RowChange],
    exhibits: Sequence[int] = (),
    undoes: int | None = None,
) -> Entry:
    """The entry that follows `head`."""
    body: dict[str, Json] = {
        "sequence": head.entries + 1,
        "time": now(),
        "operator": operator,
        "program": f"Exifact {workstation.__version__}",
        "action": action,
        "arguments": dict(arguments),
        "changes": [change.as_json() for change in changes],
        "exhibits": list(exhibits),
        "previous": head.hash,
        "undoes": undoes,
    }
    text = canonical(body)
    return read(text, digest(text))


def read(body: str, stored_hash: str) -> Entry:
    """The entry whose text is `body`.

    Raises:
        ValueError: if the text is none of an entry.
    """
    values = parsed(body)
    if not isinstance(values, dict) or set(values) != _FIELDS:
        raise ValueError("this is no entry of an audit log")
    sequence, arguments, undoes = values["sequence"], values["arguments"], values["undoes"]
    changes, exhibits = values["changes"], values["exhibits"]
    texts = {name: values[name] for name in ("time", "operator", "program", "action", "previous")}
    if not (
        _is_number(sequence)
        and all(isinstance(text, str) for text in texts.values())
        and isinstance(arguments, dict)
        and isinstance(changes, list)
        and isinstance(exhibits, list)
        and all(_is_number(exhibit) for exhibit in exhibits)
        and (undoes is None or _is_number(undoes))
    ):
        raise ValueError("this entry's fields are not of the kinds that an audit log has")
    return Entry(
        sequence=cast(int, sequence),
        time=str(texts["time"]),
        operator=str(texts["operator"]),
        program=str(texts["program"]),
        action=str(texts["action"]),
        arguments=arguments,
        changes=tuple(_change(change) for change in changes),
        previous=str(texts["previous"]),
        hash=stored_hash,
        body=body,
        exhibits=tuple(cast(list[int], exhibits)),
        undoes=cast(int | None, undoes),
    )


def _change(values: Json) -> RowChange:
    """One row's change as it stands in an entry's body."""
    if not isinstance(values, dict) or set(values) != {"table", "id", "before", "after"}:
        raise ValueError("this entry has a change that is none")
    table, number, before, after = values["table"], values["id"], values["before"], values["after"]
    if not (isinstance(table, str) and _is_number(number)):
        raise ValueError("this entry has a change of no row")
    if not (isinstance(before, dict | None) and isinstance(after, dict | None)) or before is after:
        raise ValueError("this entry has a change from nothing to nothing")
    return RowChange(table, cast(int, number), before, after)


def _is_number(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def now() -> str:
    """UTC, ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
