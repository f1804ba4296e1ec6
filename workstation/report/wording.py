"""Values in words: what a cell of a table says, with every absence named and nothing defaulted."""

from __future__ import annotations

import math

from workstation.evidence.record import TagEntry, Unreadable
from workstation.report.texts import report_texts

MISSING = "— missing"
"""What is printed for a field that nobody filled."""

RAW_BYTES_SHOWN = 8


def number(value: float | None, digits: int = 4) -> str:
    """A number with `digits` significant digits (whole numbers in full), or the word for its absence."""
    if value is None or not math.isfinite(value):
        return MISSING
    if abs(value) >= 10**digits:
        return f"{value:.0f}"
    return f"{value:.{digits}g}"


def share(value: float | None) -> str:
    """A share of 1 in percent."""
    return MISSING if value is None or not math.isfinite(value) else f"{value:.1%}"


def filled(text: str | None) -> str:
    """The text, or the word for its absence."""
    return text if text else MISSING


def file_size(size: int) -> str:
    """Bytes, with a rounded size beside where that is easier to read."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size:,} bytes ({size / factor:.1f} {unit})".replace(",", " ")
    return f"{size} bytes"


def hexadecimal(offset: int | None) -> str:
    """An offset in the file; "–" where the value stands nowhere in one piece."""
    return "–" if offset is None else f"0x{offset:X}"


def raw_bytes(entry: TagEntry) -> str:
    """The first raw bytes in hexadecimal."""
    size = entry.raw_size or len(entry.raw)
    shown = entry.raw[:RAW_BYTES_SHOWN].hex(" ").upper()
    if not entry.raw:
        return "–" if not size else f"({size} bytes not kept)"
    return shown if size <= RAW_BYTES_SHOWN else f"{shown} …"


def state(entry: TagEntry) -> str:
    """Present or the kind of absence, with the reason and the place where there is one."""
    words = report_texts().absence[entry.state.label]
    if isinstance(entry.state, Unreadable):
        place = "" if entry.state.offset is None else f" at {hexadecimal(entry.state.offset)}"
        words = f"{words}: {entry.state.reason}{place}"
    return f"{words}; duplicate" if entry.duplicate else words


def value(entry: TagEntry) -> str:
    """The decoded value as the analyst reads it, with its unit."""
    if entry.state.label != "present":
        return "–"
    return entry.text or f"{entry.value!r} {entry.unit}".strip()
