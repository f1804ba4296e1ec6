"""Is the case what its log says, and is its log what was written?"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import create_engine

from workstation.casework import schema
from workstation.casework.anchors import Anchor
from workstation.casework.canonical import ZERO, Json, as_path, canonical, digest, parsed
from workstation.casework.exhibits import copy_of
from workstation.casework.log import Entry, Head, read
from workstation.casework.problems import CaseDamaged
from workstation.casework.replay import NEW, Replay, State
from workstation.casework.store import Store
from workstation.errors import number_of
from workstation.evidence import rehash
from workstation.evidence.record import FileIdentity
from workstation.progress import Progress

RawLog = Sequence[tuple[int, str, str]]

WITHOUT_ANCHOR = (
    "Without an anchor this cannot show whether entries were cut off the end of the log, or whether the whole log was "
    "computed anew: give a report, a checkpoint or a head hash that was kept elsewhere (--anchor)."
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
        kind: "database", "schema", "log", "tables", "artifact", "original" or "anchor".
        entry: sequence of the log entry that it concerns, None where it concerns none.
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
        findings: what is wrong, the log's own findings first and in its order.
        remarks: what is no sign of a change, but should be known: originals that are elsewhere, clocks set back.
        cannot_detect: what this check could not have found.
        checked: what was looked at, in words.
    """

    head: Head
    findings: tuple[CaseFinding, ...]
    remarks: tuple[str, ...]
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


def verify_steps(
    store: Store, anchors: Sequence[Anchor], *, originals: bool = True
) -> Generator[Progress, None, Verification]:
    """Check a case; see `CaseFile.verify`."""
    yield Progress("reading the log", 0.0)
    with store.reading() as connection:
        version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    rows = store.raw_log()
    done, findings, remarks = Replay(), [], []
    yield Progress("following the chain", 0.1)
    times = [""]
    for (place, _, _), (entry, finding) in zip(rows, chain(rows), strict=True):
        findings += [finding] if finding else []
        if entry is not None:
            done.take(entry, place=place)
            if entry.time < times[-1]:
                remarks.append(
                    f"entry {entry.sequence} is dated {entry.time}, before the entry before it: a clock was set"
                )
            times.append(entry.time)
    findings += [CaseFinding("log", sequence, f"entry {sequence}: {sentence}") for sequence, sentence in done.unfit]
    findings.sort(key=lambda finding: finding.entry or 0)
    done.migrate_to(version)
    yield Progress("comparing the tables with the log", 0.3)
    findings += [*_database(store, version), *compare_tables(store, done.state)]
    yield Progress("hashing the arrays", 0.4)
    findings += _artifacts(store, done.state)
    remarks += _spare(store, done.state)
    files = _exhibits(done.state) if originals else []
    for position, row in enumerate(files):
        yield Progress(f"hashing {row.get('name', 'a file')}", 0.5 + 0.5 * position / len(files))
        _original(store, row, findings, remarks)
    findings += _anchors(rows, done.state, anchors)
    head = Head(len(rows), rows[-1][1] if rows else ZERO)
    checked = (
        f"{number_of(len(rows), 'entry', 'entries')} of the log, each against the one before",
        f"{number_of(len(done.state), 'row')} of the tables against the log",
        f"{number_of(len(_referenced(done.state)), 'array')} against the hashes in the log",
        f"{number_of(len(files), 'original or copy', 'originals or copies of them')} against the hashes at intake",
        *(f"the log against {anchor.source}" for anchor in anchors),
    )
    limits = _limits(head, rows, anchors)
    return Verification(head, tuple(findings), tuple(remarks), limits, checked)


def chain(rows: RawLog) -> Iterator[tuple[Entry | None, CaseFinding | None]]:
    """Each row of the log as an entry (None where it is none), and what is wrong with it."""
    previous, expected = ZERO, 1
    for sequence, stored_hash, body in rows:
        try:  # a file that was edited may hold bytes where text belongs
            if not isinstance(body, str):
                raise ValueError("its text is no text")  # noqa: TRY004, TRY301 - one finding like the others
            entry = read(body, stored_hash)
        except ValueError as problem:
            yield None, CaseFinding("log", sequence, f"entry {sequence}: {problem}")
        else:
            if sequence != expected:
                sentence = f"entry {expected} is missing: entry {sequence} stands in its place"
                yield entry, CaseFinding("log", expected, sentence)
            else:
                sentence = _wrong(entry, sequence, previous)
                yield entry, CaseFinding("log", sequence, f"entry {sequence}: {sentence}") if sentence else None
        previous, expected = stored_hash, sequence + 1


def _wrong(entry: Entry, sequence: int, previous: str) -> str:
    checks = (
        (digest(entry.body) == entry.hash, "its text or its hash was changed: they do not belong together"),
        (entry.sequence == sequence, f"it calls itself entry {entry.sequence}: entries were inserted or reordered"),
        (entry.previous == previous, "it does not follow the entry before it: that one was replaced, or this one was"),
        (canonical(parsed(entry.body)) == entry.body, "its text is not written as Exifact writes it"),
        ((entry.action == NEW) == (sequence == 1), "a log begins with the making of the case, and only there"),
    )
    return next((sentence for right, sentence in checks if not right), "")


def compare_tables(store: Store, state: State) -> Iterator[CaseFinding]:
    """Rows that are not what the log made of them."""
    present: dict[tuple[str, int], dict[str, Any]] = {}
    with store.reading() as connection:
        tables = [name.removeprefix("table ") for name in schema.objects(connection) if name.startswith("table ")]
        for table in (name for name in tables if name != schema.log.name):
            quoted = table.replace('"', '""')
            for row in connection.exec_driver_sql(f'SELECT rowid AS "id", * FROM "{quoted}"').mappings():  # noqa: S608
                present[table, row["id"]] = {name: value for name, value in row.items() if name != "id"}
    for key in sorted(state.keys() | present.keys()):
        name, number = key
        if key not in present:
            yield CaseFinding("tables", None, f"{name} {number} is missing, the log has it")
        elif key not in state:
            yield CaseFinding("tables", None, f"{name} {number} is there, the log does not have it")
        elif wrong := _differing(present[key], state[key]):
            yield CaseFinding("tables", None, f"{name} {number}: {', '.join(wrong)} not as the log says")


def _differing(present: dict[str, Any], expected: dict[str, Json]) -> list[str]:
    """Columns that SQLite does not hold as the log's values are written; lists and objects are canonical text."""
    raw = {name: canonical(value) if isinstance(value, list | dict) else value for name, value in expected.items()}
    names = [*raw, *(name for name in present if name not in raw)]
    absent = object()
    return [name for name in names if present.get(name, absent) != raw.get(name, absent)]


def _database(store: Store, version: int) -> Iterator[CaseFinding]:
    """What SQLite itself finds, and tables, triggers or indexes that are not those of a case."""
    with store.reading() as connection:
        state = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(10)")]
        present = schema.objects(connection)
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if state != ["ok"]:
        yield CaseFinding("database", None, f"SQLite finds the file damaged: {'; '.join(state)}")
    for table, row, parent, _ in orphans:
        yield CaseFinding("database", None, f"{table} {row} belongs to an entry of {parent} that is not there")
    if version != schema.VERSION:
        return
    with create_engine("sqlite://").begin() as connection:
        schema.create(connection)
        expected = schema.objects(connection)
    for name in sorted(expected.keys() | present.keys()):
        if name not in present:
            yield CaseFinding("schema", None, f"{name} is missing")
        elif name not in expected:
            yield CaseFinding("schema", None, f"{name} does not belong to a case")
        elif present[name] != expected[name]:
            yield CaseFinding("schema", None, f"{name} was changed")


def _referenced(state: State) -> dict[str, str]:
    """Name of every array that an analysis needs → the place that needs it, in words."""
    found: dict[str, str] = {}
    for (table, number), row in sorted(state.items()):
        arrays = row.get("arrays")
        if table == "analyses" and isinstance(arrays, dict):
            found |= {str(name): f"analysis {number}, {place}" for place, name in arrays.items()}
    return found


def _artifacts(store: Store, state: State) -> Iterator[CaseFinding]:
    for name, place in _referenced(state).items():
        if problem := store.artifacts.problem(name):
            yield CaseFinding("artifact", None, f"{place}: {problem}")


def _spare(store: Store, state: State) -> Iterator[str]:
    spare = set(store.artifacts) - set(_referenced(state))
    if spare:
        belong = "belongs" if len(spare) == 1 else "belong"
        arrays = number_of(len(spare), "array")
        yield f"{arrays} {belong} to no analysis (something was undone, or the program was stopped meanwhile)"


_SIZE = re.compile(r"[0-9]{1,20}")
_IDENTITY = ("label", "path", "name", "size", "sha256", "stored")
"""What the entry of an exhibit says of its file."""


def _exhibits(state: State) -> list[dict[str, Json]]:
    return [row for (table, _), row in sorted(state.items()) if table == "exhibits"]


def _original(store: Store, row: dict[str, Json], findings: list[CaseFinding], remarks: list[str]) -> None:
    """Hash an exhibit's copy and its original, where the altered log still says what they are."""
    lacking = [key for key in _IDENTITY if key not in row]
    if lacking or not _SIZE.fullmatch(str(row["size"])):
        what = f"no {lacking[0]}" if lacking else "no size"
        findings.append(CaseFinding("original", None, f"the entry of an exhibit states {what}: it cannot be checked"))
        return
    identity = FileIdentity(
        path=as_path(str(store.folder / str(row["path"]))),
        name=str(row["name"]),
        size=int(str(row["size"])),
        sha256=str(row["sha256"]),
        sha1="",
        md5="",
        modified="",
        opened="",
    )
    label = f"exhibit {row['label']} ({identity.name})"
    if row["stored"] is not None:
        copy = rehash(replace(identity, path=copy_of(store.folder, str(row["stored"]))))
        if not copy:
            findings.append(CaseFinding("original", None, f"{label}: the copy in the case: {copy.message}"))
        return
    original = rehash(identity)
    if original.state == "differs":
        findings.append(CaseFinding("original", None, f"{label}: {original.message}"))
    elif original.state == "vanished":
        remarks.append(f"{label}: {original.message}; `exifact case find` looks for it by its hash")


def _anchors(rows: RawLog, state: State, anchors: Sequence[Anchor]) -> Iterator[CaseFinding]:
    hashes = {stored: sequence for sequence, stored, _ in rows}
    own = state.get((schema.case.name, 1), {}).get("identifier")
    for anchor in anchors:
        place = hashes.get(anchor.hash)
        if anchor.identifier and anchor.identifier != own:
            yield CaseFinding("anchor", None, f"{anchor.source} speaks of another case ({anchor.identifier})")
        elif place is None:
            which = "an entry" if anchor.entries is None else f"entry {anchor.entries}"
            said = f"{anchor.source} names {which} with hash {anchor.hash[:16]}…, which this log does not have"
            yield CaseFinding("anchor", anchor.entries, f"{said}: it was cut off, or the log was computed anew")
        elif anchor.entries is not None and place != anchor.entries:
            said = f"{anchor.source} gives entry {anchor.entries} the hash that entry {place} has"
            yield CaseFinding("anchor", anchor.entries, said)


def _limits(head: Head, rows: RawLog, anchors: Sequence[Anchor]) -> tuple[str, ...]:
    """What stays open: an anchor vouches up to the place where the log has its hash."""
    if not anchors:
        return (WITHOUT_ANCHOR, ALWAYS)
    hashes = {stored: sequence for sequence, stored, _ in rows}
    places = [hashes[anchor.hash] for anchor in anchors if anchor.hash in hashes]
    after = (AFTER_ANCHOR.format(entries=max(places)),) if places and max(places) < head.entries else ()
    return (*after, ALWAYS)


def refuse_unless_intact(store: Store, done: Replay, rows: RawLog) -> None:
    """Stop before something is built upon a case that is not what its log says.

    Args:
        store: the open case.
        done: the log's replay, in the terms of the file's tables.
        rows: the log.

    Raises:
        CaseDamaged: with the first finding.
    """
    bad = [finding for _, finding in chain(rows) if finding]
    bad += [CaseFinding("log", sequence, f"entry {sequence}: {sentence}") for sequence, sentence in done.unfit]
    bad += compare_tables(store, done.state)
    if bad:
        raise CaseDamaged(store.folder, f"tables and log do not agree ({bad[0].sentence})")
