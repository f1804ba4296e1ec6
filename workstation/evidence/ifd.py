"""TIFF and BigTIFF image file directories, read within bounds: every entry, with its kind of absence.

The work is limited, so that a hostile file costs no more than a large honest one: each directory is read once, and
directories, entries, bytes kept and numbers decoded have upper limits whose reaching is a warning.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from workstation.errors import Reason, RecordedWarning, number_of
from workstation.evidence.bytes_reader import Block, ByteOrder, ParseProblem
from workstation.evidence.exif_tags import EXIF_POINTER, GPS_POINTER, INTEROP_POINTER, SUB_IFDS, definition, family
from workstation.evidence.exif_text import text_of, unit_of
from workstation.evidence.exif_values import TYPES, decode
from workstation.evidence.record import Empty, Present, TagEntry, TagValue, Unreadable

LONGEST_RAW: Final = 64 * 1024
MOST_DIRECTORIES: Final = 256
MOST_ENTRIES: Final = 20_000
MOST_BYTES: Final = 32 * 1024 * 1024
MOST_NUMBERS: Final = 500_000
MOST_UNDEFINED_TYPES: Final = 16
MOST_WARNINGS: Final = 40

_CHILDREN: Final = {EXIF_POINTER: "ExifIFD", GPS_POINTER: "GPS", INTEROP_POINTER: "InteropIFD", SUB_IFDS: "SubIFD"}


@dataclass(frozen=True, slots=True)
class Directories:
    """All directories of one TIFF block.

    Attributes:
        entries: directory by directory, each followed by those that it points to.
        byte_order: "little-endian" or "big-endian".
        order: the same in `struct` notation.
        warnings: what is broken in the structure.
        within_bounds: whether every entry and directory lies inside the block, so that a careless reader is safe.
    """

    entries: tuple[TagEntry, ...]
    byte_order: str
    order: ByteOrder
    warnings: tuple[RecordedWarning, ...]
    within_bounds: bool


@dataclass(frozen=True, slots=True)
class _Layout:
    """Sizes that differ between TIFF and BigTIFF."""

    count_form: str
    count_size: int
    entry_size: int
    value_form: str
    value_size: int


_CLASSIC: Final = _Layout("H", 2, 12, "I", 4)
_BIG: Final = _Layout("Q", 8, 20, "Q", 8)


@dataclass(slots=True)
class _Task:
    """A directory that waits to be read."""

    kind: str
    position: int
    pointer: int


@dataclass(slots=True)
class _Walk:
    """The state of reading one block."""

    block: Block
    order: ByteOrder
    layout: _Layout
    entries: list[TagEntry] = field(default_factory=list)
    warnings: list[RecordedWarning] = field(default_factory=list)
    suppressed: int = 0
    visited: set[int] = field(default_factory=set)
    named: dict[str, int] = field(default_factory=dict)
    bytes_left: int = MOST_BYTES
    numbers_left: int = MOST_NUMBERS
    within_bounds: bool = True

    def warn(
        self, code: str, message: str, position: int, *, variant: str = "", **values: str | int | float | None
    ) -> None:
        """Record a warning, or count it once there are too many."""
        if len(self.warnings) < MOST_WARNINGS:
            offset = self.block.file_offset(max(position, 0), 0)
            self.warnings.append(RecordedWarning.of(code, message, offset, variant=variant, **values))
        else:
            self.suppressed += 1

    def group(self, kind: str) -> str:
        """The name of the next directory of a kind: IFD0, IFD1, ...; ExifIFD, ExifIFD1, ...; SubIFD0, SubIFD1, ..."""
        number = self.named.get(kind, 0)
        self.named[kind] = number + 1
        return f"{kind}{number}" if kind in ("IFD", "SubIFD") or number else kind


def read_directories(block: Block) -> Directories:
    """Read a TIFF header and every directory that can be reached from it.

    Args:
        block: starts at the TIFF header ("II" or "MM", then 42, or 43 for BigTIFF).

    Raises:
        ParseProblem: if there is no TIFF header or the first directory cannot be found.
    """
    order, layout, first = _header(block)
    walk = _Walk(block, order, layout)
    waiting = [_Task("IFD", first, 4)]
    while waiting:
        task = waiting.pop()
        if not _may_read(walk, task):
            continue
        children, following = _read_directory(walk, task)
        if following is not None:
            waiting.append(following)
        waiting.extend(reversed(children))
    if walk.suppressed:
        message = f"{number_of(walk.suppressed, 'further problem')} of the same kinds"
        walk.warnings.append(RecordedWarning.of("exif-more-warnings", message, count=walk.suppressed))
    name = "little-endian" if order == "<" else "big-endian"
    return Directories(tuple(walk.entries), name, order, tuple(walk.warnings), walk.within_bounds)


def _header(block: Block) -> tuple[ByteOrder, _Layout, int]:
    start = block.take(0, 2)
    if start not in (b"II", b"MM"):
        raise ParseProblem(Reason("no TIFF header", "no-tiff-header"), block.file_offset(0, 0))
    order: ByteOrder = "<" if start == b"II" else ">"
    magic = block.number(2, "H", order)
    if magic == 42:
        return order, _CLASSIC, block.number(4, "I", order)
    if magic == 43 and block.number(4, "H", order) == 8:
        return order, _BIG, block.number(8, "Q", order)
    raise ParseProblem(Reason("no TIFF header", "no-tiff-header"), block.file_offset(0, 0))


def _may_read(walk: _Walk, task: _Task) -> bool:
    where = f"{task.kind} at {task.position} in its block"
    if task.position in walk.visited:
        walk.warn(
            "ifd-loop",
            f"{where} was already read: the directories form a loop",
            task.pointer,
            kind=task.kind,
            place=task.position,
        )
        return False
    if len(walk.visited) >= MOST_DIRECTORIES:
        message = f"more than {MOST_DIRECTORIES} directories; the rest is not listed"
        walk.warn("ifd-limit", message, task.pointer, variant="directories", most=MOST_DIRECTORIES)
        walk.within_bounds = False
        return False
    if task.position + walk.layout.count_size > len(walk.block):
        walk.warn(
            "ifd-outside", f"{where} lies past the end of the data", task.pointer, kind=task.kind, place=task.position
        )
        walk.within_bounds = False
        return False
    walk.visited.add(task.position)
    return True


def _read_directory(walk: _Walk, task: _Task) -> tuple[list[_Task], _Task | None]:
    """Read one directory; returns those it points to, and the one that follows it."""
    layout = walk.layout
    group = walk.group(task.kind)
    count = walk.block.number(task.position, layout.count_form, walk.order)
    start = task.position + layout.count_size
    fitting = min(count, (len(walk.block) - start) // layout.entry_size)
    if count == 0:
        walk.warn("ifd-empty", f"{group} says that it holds no entry", task.position, group=group)
    entries = _read_entries(walk, group, start, fitting)
    if fitting < count:
        message = f"{group} says that it holds {number_of(count, 'entry', 'entries')}; the data hold {fitting}"
        walk.warn("ifd-truncated", message, start, group=group, count=count, fitting=fitting)
        walk.within_bounds = False
    entries, children = _children(walk, entries)
    walk.entries.extend(_in_words(group, entries))
    if fitting < count or len(entries) < count or task.kind not in ("IFD", "SubIFD"):
        return children, None
    return children, _following(walk, group, start + count * layout.entry_size)


def _following(walk: _Walk, group: str, position: int) -> _Task | None:
    """The directory whose offset stands after the last entry; only the chain of IFD0 has one."""
    if not group.startswith("IFD"):
        return None
    try:
        offset = walk.block.number(position, walk.layout.value_form, walk.order)
    except ParseProblem:
        message = f"the data end after {group}, before the offset of a next directory"
        walk.warn("ifd-no-link", message, position, group=group)
        walk.within_bounds = False
        return None
    return _Task("IFD", offset, position) if offset else None


def _read_entries(walk: _Walk, group: str, start: int, count: int) -> list[TagEntry]:
    entries: list[TagEntry] = []
    seen: set[int] = set()
    undefined = 0
    for number in range(count):
        position = start + number * walk.layout.entry_size
        if len(walk.entries) + len(entries) >= MOST_ENTRIES:
            message = f"more than {MOST_ENTRIES} entries; the rest of {group} is not listed"
            walk.warn("ifd-limit", message, position, variant="entries", most=MOST_ENTRIES, group=group)
            walk.within_bounds = False
            break
        entry = _read_entry(walk, group, position)
        undefined = undefined + 1 if entry.type.startswith("type ") else 0
        entries.append(replace(entry, duplicate=True) if entry.id in seen else entry)
        seen.add(entry.id)
        if undefined >= MOST_UNDEFINED_TYPES:
            message = f"{group} is no directory: {undefined} entries of no defined type"
            walk.warn("ifd-abandoned", message, position, group=group, count=undefined)
            walk.within_bounds = False
            break
    return entries


def _read_entry(walk: _Walk, group: str, position: int) -> TagEntry:
    block, order, layout = walk.block, walk.order, walk.layout
    tag = block.number(position, "H", order)
    type_number = block.number(position + 2, "H", order)
    count = block.number(position + 4, layout.value_form, order)
    inline = position + 4 + layout.value_size
    kind = TYPES.get(type_number)
    blank = TagEntry(
        group=group,
        name=definition(group, tag).name,
        id=tag,
        type=kind.name if kind else f"type {type_number}",
        count=count,
        raw=block.take(inline, layout.value_size),
        value=None,
        unit="",
        text="",
        offset=block.file_offset(inline, layout.value_size),
        entry_offset=block.file_offset(position, layout.entry_size),
        state=Empty(),
        raw_size=layout.value_size,
    )
    if kind is None:
        return _unreadable(
            walk, blank, Reason(f"field type {type_number} is not defined", "field-type", type=type_number), position
        )
    size = count * kind.size
    if size <= layout.value_size:
        return _decoded(walk, blank, inline, size, type_number)
    target = block.number(inline, layout.value_form, order)
    if target + size > len(block):
        walk.within_bounds = False
        kept = block.part(target, min(size, LONGEST_RAW))
        offset = block.file_offset(target, len(kept)) if len(kept) else None
        partial = replace(blank, raw=bytes(kept.data), raw_size=size, offset=offset)
        return _unreadable(walk, partial, Reason("value runs past the end of the data", "value-past-end"), position)
    return _decoded(walk, blank, target, size, type_number)


def _decoded(walk: _Walk, blank: TagEntry, target: int, size: int, type_number: int) -> TagEntry:
    kept = min(size, LONGEST_RAW)
    numbers = kept // TYPES[type_number].size if TYPES[type_number].form else 0
    if kept > walk.bytes_left or numbers > walk.numbers_left:
        reason = Reason("the file's entries exceed the limit of what is kept", "entry-limit")
        return _unreadable(walk, blank, reason, target)
    walk.bytes_left -= kept
    walk.numbers_left -= numbers
    raw = walk.block.take(target, kept)
    value, state, remark = decode(blank.group, blank.id, type_number, raw, walk.order)
    offset = walk.block.file_offset(target, size)
    if isinstance(state, Unreadable):
        state = replace(state, offset=offset)
    if remark:
        walk.warn("exif-oddity", f"{_named(blank)}: {remark}", target, entry=_named(blank), reason=remark)
    if target < 8 and size > walk.layout.value_size:
        reason = Reason("its value lies in the TIFF header", "in-header")
        walk.warn("exif-oddity", f"{_named(blank)}: {reason}", target, entry=_named(blank), reason=reason)
    return replace(blank, raw=raw, raw_size=size, value=value, state=state, offset=offset)


def _named(entry: TagEntry) -> str:
    return f"{entry.group} {entry.name}"


def _unreadable(walk: _Walk, blank: TagEntry, reason: Reason, position: int) -> TagEntry:
    message = f"{_named(blank)}: {reason}"
    walk.warn("exif-unreadable", message, position, variant="entry", entry=_named(blank), reason=reason)
    return replace(blank, state=Unreadable(reason, walk.block.file_offset(position, 0)))


def _children(walk: _Walk, entries: list[TagEntry]) -> tuple[list[TagEntry], list[_Task]]:
    """The directories that these entries point to; an entry that points nowhere useful becomes Unreadable."""
    checked: list[TagEntry] = []
    tasks: list[_Task] = []
    planned: set[int] = set()
    for entry in entries:
        kind = _CHILDREN.get(entry.id)
        if kind is None or family(entry.group) != "image" or not isinstance(entry.state, Present):
            checked.append(entry)
            continue
        positions = entry.value if isinstance(entry.value, tuple) else (entry.value,)
        problem: Reason | None = None
        for position in positions[:MOST_DIRECTORIES]:
            if not isinstance(position, int):
                problem = Reason("points nowhere: it is no offset", "points-nowhere")
            elif position in walk.visited or position in planned:
                problem = Reason("points to a directory that was already read (a loop)", "points-back")
            elif position <= 0 or position + walk.layout.count_size > len(walk.block):
                problem = Reason("points past the end of the data", "points-past-end")
                walk.within_bounds = False
            else:
                planned.add(position)
                tasks.append(_Task(kind, position, position))
        checked.append(_pointer_problem(walk, entry, problem) if problem else entry)
    return checked, tasks


def _pointer_problem(walk: _Walk, entry: TagEntry, problem: Reason) -> TagEntry:
    walk.within_bounds = False
    walk.warnings.append(
        RecordedWarning.of(
            "exif-unreadable",
            f"{_named(entry)} {problem}",
            entry.entry_offset,
            variant="entry",
            entry=_named(entry),
            reason=problem,
        )
    )
    return replace(entry, value=None, state=Unreadable(problem, entry.entry_offset))


def _in_words(group: str, entries: list[TagEntry]) -> list[TagEntry]:
    siblings: dict[int, TagValue] = {}
    for entry in entries:
        siblings.setdefault(entry.id, entry.value)
    worded = []
    for entry in entries:
        text = text_of(group, entry.id, entry.value, siblings)
        if entry.value is not None and entry.raw_size > len(entry.raw):
            text += f" (first {len(entry.raw)} of {entry.raw_size} bytes)"
        worded.append(replace(entry, text=text, unit=unit_of(group, entry.id, siblings)))
    return worded
