"""Is the case what its log says, and is its log what was written?"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workstation.casework import schema
from workstation.casework.anchors import Anchor
from workstation.casework.canonical import ZERO, Json, canonical, digest
from workstation.casework.log import Entry, Head, RowChange, read
from workstation.casework.store import Store
from workstation.progress import Progress

State = dict[tuple[str, int], dict[str, Json]]

WITHOUT_ANCHOR = (
    "Without an anchor this cannot show whether entries were cut off the end of the log, or whether the whole log was "
    "computed anew: give a report, a signed checkpoint or a head hash that was kept elsewhere (--anchor)."
)
AFTER_ANCHOR = (
    "Entries after the last anchor ({entries}) may have been cut off or computed anew; "
    "nothing outside of the case vouches for them."
)
ALWAYS = "It cannot show that what was entered was true, or that the clock of the machine was right."


@dataclass(frozen=True, slots=True)
class CaseFinding:
    """Something that is not as it was written.

    Attributes:
        kind: "schema", "database", "log", "tables", "artifact", "original" or "anchor".
        entry: sequence of the log entry that it concerns, None for others.
        sentence: for people.
    """

    kind: str
    entry: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check of a case showed.

    Attributes:
        head: where the log ends, as far as it can be read.
        findings: what is wrong, in the order in which it was found; the first bad entry comes first.
        cannot_detect: what this check could not have found.
        checked: what was looked at, in words.
    """

    head: Head
    findings: tuple[CaseFinding, ...]
    cannot_detect: tuple[str, ...]
    checked: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def first_bad_entry(self) -> int | None:
        """Sequence of the first log entry that is wrong, None if all are in order."""
        return min((f.entry for f in self.findings if f.kind == "log" and f.entry is not None), default=None)


def verify_steps(store: Store, anchors: Sequence[Anchor]) -> Generator[Progress, None, Verification]:
    """Check a case; see `CaseFile.verify`."""
    yield Progress("reading the log", 0.0)
    rows = store.raw_log()
    findings: list[CaseFinding] = []
    state: State = {}
    yield Progress("following the chain", 0.2)
    for entry, problem in chain(rows):
        if problem:
            findings.append(problem)
        if entry is not None:
            findings += replay(state, entry)
    yield Progress("comparing the tables with the log", 0.5)
    findings += _tables(store, state)
    yield Progress("hashing the arrays", 0.7)
    findings += _artifacts(store, state)
    findings += _anchors(rows, anchors)
    head = Head(len(rows), rows[-1][1] if rows else ZERO)
    return Verification(head, tuple(findings), _limits(head, anchors), (f"{len(rows)} entries of the log",))


def chain(rows: Sequence[tuple[int, str, str]]) -> Iterator[tuple[Entry | None, CaseFinding | None]]:
    """Each row of the log as an entry, and what is wrong with it."""
    previous, expected = ZERO, 1
    for sequence, stored_hash, body in rows:
        try:
            entry = read(body, stored_hash)
        except ValueError as problem:
            yield None, CaseFinding("log", sequence, f"entry {sequence}: {problem}")
        else:
            sentence = _wrong(entry, sequence, expected, previous)
            yield entry, CaseFinding("log", sequence, f"entry {sequence}: {sentence}") if sentence else None
        previous, expected = stored_hash, sequence + 1


def _wrong(entry: Entry, sequence: int, expected: int, previous: str) -> str:
    if digest(entry.body) != entry.hash:
        return "its text was changed: its hash is another one"
    if sequence != expected:
        return f"entry {expected} should stand here: entries were removed, inserted or reordered"
    if entry.sequence != sequence:
        return f"it calls itself entry {entry.sequence}: entries were reordered"
    if entry.previous != previous:
        return "it does not follow the entry before: one of them was replaced, or entries were removed between them"
    return ""


def replay(state: State, entry: Entry) -> list[CaseFinding]:
    """Carry out what an entry says; findings where it does not fit what the entries before it made."""
    wrong = [change for change in entry.changes if not _replay(state, change)]
    return [
        CaseFinding(
            "log",
            entry.sequence,
            f"entry {entry.sequence}: it changes {change.table} {change.id} from what the entries before did not make",
        )
        for change in wrong
    ]


def _replay(state: State, change: RowChange) -> bool:
    key = (change.table, change.id)
    present = state.get(key)
    if change.before is None:
        fits = present is None
        state[key] = dict(change.after or {})
    elif change.after is None:
        fits = present == dict(change.before)
        state.pop(key, None)
    else:
        fits = present is not None and all(present.get(name) == value for name, value in change.before.items())
        state[key] = {**(present or {}), **change.after}
    return fits


def _tables(store: Store, state: State) -> Iterator[CaseFinding]:
    """Rows that are not what the log made of them."""
    present: dict[tuple[str, int], dict[str, Any]] = {}
    with store.reading() as connection:
        for table in schema.CONTENT:
            for row in connection.exec_driver_sql(f'SELECT * FROM "{table.name}"').mappings():  # noqa: S608 - own names
                present[table.name, row["id"]] = {name: value for name, value in row.items() if name != "id"}
    for key in sorted(state.keys() | present.keys()):
        name, number = key
        if key not in present:
            yield CaseFinding("tables", None, f"{name} {number} is missing, the log has it")
        elif key not in state:
            yield CaseFinding("tables", None, f"{name} {number} is there, the log does not have it")
        else:
            wrong = [column for column, value in _raw(name, state[key]).items() if present[key].get(column) != value]
            if wrong:
                sentence = f"{name} {number}: {', '.join(wrong)} differ from what the log says"
                yield CaseFinding("tables", None, sentence)


def _raw(table: str, row: dict[str, Json]) -> dict[str, Any]:
    """A row as SQLite holds it."""
    columns = schema.metadata.tables[table].columns
    json_columns = {column.name for column in columns if isinstance(column.type, schema.JsonText)}
    return {
        name: canonical(value) if name in json_columns and value is not None else value for name, value in row.items()
    }


def _artifacts(store: Store, state: State) -> Iterator[CaseFinding]:
    for (table, number), row in sorted(state.items()):
        arrays = row.get("arrays")
        if table == "analyses" and isinstance(arrays, dict):
            for place, name in arrays.items():
                problem = store.artifacts.problem(str(name))
                if problem:
                    yield CaseFinding("artifact", None, f"analysis {number}, {place}: {problem}")


def _anchors(rows: Sequence[tuple[int, str, str]], anchors: Sequence[Anchor]) -> Iterator[CaseFinding]:
    hashes = {stored: sequence for sequence, stored, _ in rows}
    for anchor in anchors:
        if anchor.hash not in hashes:
            said = f"{anchor.source} names entry {anchor.entries or '?'} with hash {anchor.hash[:16]}…"
            yield CaseFinding("anchor", anchor.entries, f"{said}, which this log does not have")


def _limits(head: Head, anchors: Sequence[Anchor]) -> tuple[str, ...]:
    if not anchors:
        return (WITHOUT_ANCHOR, ALWAYS)
    last = max((anchor.entries or 0 for anchor in anchors), default=0)
    return (*((AFTER_ANCHOR.format(entries=last),) if last < head.entries else ()), ALWAYS)
