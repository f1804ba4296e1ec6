"""The cross-check: piexif, an independent reader, reads the same EXIF; where it disagrees, that is a warning.

What piexif does by design is no disagreement: it knows fewer tags (its tables end with EXIF 2.31), reads IFD0, Exif,
GPS, Interop and IFD1 only, keeps the last of two entries with one number, drops the last byte of an ASCII value unseen,
and reads bytes for an entry that holds none.
"""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Any, Final

import piexif

from workstation.errors import Reason, RecordedWarning, number_of
from workstation.evidence.bytes_reader import Block, ByteOrder
from workstation.evidence.exif_values import TYPES
from workstation.evidence.ifd import Directories
from workstation.evidence.record import TagEntry, Unreadable

_IFDS: Final = {"IFD0": "0th", "ExifIFD": "Exif", "GPS": "GPS", "InteropIFD": "Interop", "IFD1": "1st"}
_KNOWN: Final = {"IFD0": "Image", "IFD1": "Image", "ExifIFD": "Exif", "GPS": "GPS", "InteropIFD": "Interop"}
_SIZES: Final = {kind.name: kind.size for kind in TYPES.values()}
_NOT_READ: Final = frozenset({"IFD", "LONG8", "SLONG8", "IFD8", "UTF-8"})
_FAILURES: Final = (struct.error, ValueError, KeyError, IndexError, TypeError, OverflowError, AttributeError)
_MOST_WARNINGS: Final = 10
LARGEST_CHECKED: Final = 8 * 1024 * 1024
"""Bytes of values beyond which piexif, which unpacks every number, would cost too much."""


def cross_check(block: Block, ours: Directories) -> tuple[RecordedWarning, ...]:
    """Compare our entries with piexif's.

    Args:
        block: starts at the TIFF header.
        ours: what our reader found there.

    Returns:
        One warning per disagreement, or one that says why there was no check. piexif allocates what an entry's count
        asks for, so it is not started on directories that leave their bounds.
    """
    if not ours.within_bounds:
        message = "piexif was not asked for a second opinion: the EXIF data leave their bounds"
        return (RecordedWarning.of("exif-cross-check-skipped", message, variant="bounds"),)
    if sum(entry.count * _SIZES.get(entry.type, 0) for entry in ours.entries) > LARGEST_CHECKED:
        message = f"piexif was not asked for a second opinion: the values are more than {LARGEST_CHECKED >> 20} MiB"
        most = LARGEST_CHECKED >> 20
        return (RecordedWarning.of("exif-cross-check-skipped", message, variant="size", most=most),)
    unknown = sorted({entry.type for entry in ours.entries if entry.type in _NOT_READ})
    if bytes(block.data[:4]) in (b"II+\0", b"MM\0+"):
        unknown = ["BigTIFF"]
    if unknown:
        message = f"piexif was not asked for a second opinion: it does not read the type {unknown[0]}"
        return (RecordedWarning.of("exif-cross-check-skipped", message, variant="type", type=unknown[0]),)
    try:
        theirs = piexif.load(bytes(block.data))
    except _FAILURES as error:
        return (_failure(error, ours),)
    found = _compare(ours, theirs)
    if len(found) > _MOST_WARNINGS:
        rest = len(found) - _MOST_WARNINGS
        message = f"{number_of(rest, 'further disagreement')} with piexif"
        found[_MOST_WARNINGS:] = [RecordedWarning.of("exif-cross-check", message, variant="more", count=rest)]
    return tuple(found)


def _failure(error: Exception, ours: Directories) -> RecordedWarning:
    readable = sum(not isinstance(entry.state, Unreadable) for entry in ours.entries)
    reason = str(error).replace("\n", " ").strip() or type(error).__name__
    read = number_of(readable, "entry", "entries")
    message = f"piexif cannot read this EXIF ({reason}); our reader read {read}"
    return RecordedWarning.of("exif-cross-check-failed", message, said=reason, count=readable)


def _compare(ours: Directories, theirs: dict[str, Any]) -> list[RecordedWarning]:
    warnings = []
    last: dict[tuple[str, int], TagEntry] = {(e.group, e.id): e for e in ours.entries if e.group in _IFDS}
    for (group, tag), entry in last.items():
        if tag not in piexif.TAGS[_KNOWN[group]] or entry.count == 0:
            continue
        values = theirs[_IFDS[group]]
        if tag not in values:
            warnings.append(_disagreement(entry, Reason("piexif does not find it", "not-found")))
        elif not isinstance(entry.state, Unreadable) or entry.raw_size == len(entry.raw):
            problem = _difference(entry, values[tag], ours.order)
            if problem:
                warnings.append(_disagreement(entry, problem))
    looped = any(warning.code == "ifd-loop" for warning in ours.warnings)
    read = {group for group, _ in last}
    for group, name in _IFDS.items():
        if looped and group not in read:  # piexif reads a directory again where the chain returns to it
            continue
        for tag in theirs[name]:
            if (group, tag) not in last:
                entry_name = f"{group} 0x{tag:04X}"
                message = f"piexif reads {entry_name}, our reader does not"
                warnings.append(
                    RecordedWarning.of("exif-cross-check", message, variant="only-piexif", entry=entry_name)
                )
    return warnings


def _disagreement(entry: TagEntry, problem: Reason) -> RecordedWarning:
    name = f"{entry.group} {entry.name}"
    return RecordedWarning.of(
        "exif-cross-check", f"{name}: {problem}", entry.entry_offset, variant="entry", entry=name, reason=problem
    )


def _difference(entry: TagEntry, theirs: Any, order: ByteOrder) -> Reason:
    """Compare one value as numbers or bytes; "" where both readers agree."""
    if entry.raw_size > len(entry.raw):
        return Reason("")  # only the beginning is kept, so there is nothing whole to compare
    expected = _as_piexif(entry, order)
    if isinstance(theirs, bytes):
        same = isinstance(expected, bytes) and theirs == expected
    else:
        same = expected == _flat(theirs)
    if same:
        return Reason("")
    own, other = _short(entry.value), _short(theirs)
    return Reason(f"piexif reads {other} where our reader reads {own}", "other-value", theirs=other, ours=own)


def _as_piexif(entry: TagEntry, order: ByteOrder) -> bytes | tuple[int | float, ...] | None:
    """Our raw bytes in the shape of piexif's values: bytes, or a flat tuple of numbers (rationals as pairs)."""
    if entry.type == "ASCII":
        return entry.raw[:-1]
    if entry.type == "UNDEFINED":
        return entry.raw
    kind = next((kind for kind in TYPES.values() if kind.name == entry.type), None)
    if kind is None or not kind.form:
        return None
    width = struct.calcsize(kind.form)
    count = len(entry.raw) // width
    return tuple(struct.unpack(f"{order}{count}{kind.form}", entry.raw[: count * width]))


def _flat(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, tuple):
        return (value,)
    return tuple(number for part in value for number in (part if isinstance(part, tuple) else (part,)))


def _short(value: Any) -> str:
    if isinstance(value, tuple):
        value = tuple(float(part) if isinstance(part, Fraction) else part for part in value)
    shown = repr(float(value)) if isinstance(value, Fraction) else repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}…"
