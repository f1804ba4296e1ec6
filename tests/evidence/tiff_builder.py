"""Builds TIFF and EXIF blocks byte by byte, honest or broken, for the tests of the readers."""

from __future__ import annotations

import struct
from dataclasses import dataclass

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}


@dataclass
class Entry:
    """One entry: its value's bytes, or a pointer and count that are written as they are."""

    tag: int
    type: int
    data: bytes = b""
    count: int | None = None
    pointer: int | None = None


def shorts(*numbers: int, order: str = "<") -> bytes:
    return struct.pack(f"{order}{len(numbers)}H", *numbers)


def longs(*numbers: int, order: str = "<") -> bytes:
    return struct.pack(f"{order}{len(numbers)}I", *numbers)


def rationals(*pairs: tuple[int, int], order: str = "<") -> bytes:
    return b"".join(struct.pack(f"{order}2I", *pair) for pair in pairs)


def directory(entries: list[Entry], position: int, following: int = 0, order: str = "<") -> bytes:
    """One IFD at `position` of its block, its values right behind it."""
    head = struct.pack(f"{order}H", len(entries))
    values = b""
    start = position + 2 + 12 * len(entries) + 4
    for entry in entries:
        count = entry.count if entry.count is not None else len(entry.data) // SIZES.get(entry.type, 1)
        head += struct.pack(f"{order}HHI", entry.tag, entry.type, count)
        if entry.pointer is not None:
            head += struct.pack(f"{order}I", entry.pointer)
        elif len(entry.data) <= 4:
            head += entry.data.ljust(4, b"\0")
        else:
            head += struct.pack(f"{order}I", start + len(values))
            values += entry.data + b"\0" * (len(entry.data) % 2)
    return head + struct.pack(f"{order}I", following) + values


def block(entries: list[Entry], *, order: str = "<", following: int = 0) -> bytes:
    """A TIFF block with one IFD at offset 8."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(f"{order}I", 8) + directory(entries, 8, following, order)


def nested(first: list[Entry], pointer_tag: int, inner: list[Entry], *, order: str = "<") -> bytes:
    """IFD0 that points to a second directory (Exif, GPS, ...)."""
    probe = block([*first, Entry(pointer_tag, 4, longs(0, order=order))], order=order)
    start = len(probe)
    outer = block([*first, Entry(pointer_tag, 4, longs(start, order=order))], order=order)
    return outer + directory(inner, start, 0, order)


def jpeg_with(*segments: tuple[int, bytes], rest: bytes = b"") -> bytes:
    """SOI, the segments (marker, body), `rest`, for readers that need no pixels."""
    parts = [b"\xff\xd8"]
    for marker, body in segments:
        parts.append(bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body)
    return b"".join(parts) + rest
