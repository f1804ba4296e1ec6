"""Reduced copies that a directory of EXIF points to: a JPEG, or strips of plain samples (EXIF 3.0, 4.5.8)."""

from __future__ import annotations

import struct
from typing import Final

from workstation.errors import Reason
from workstation.evidence.bytes_reader import Block
from workstation.evidence.exif_tags import THUMBNAIL_LENGTH, THUMBNAIL_OFFSET
from workstation.evidence.ifd import Directories
from workstation.evidence.payloads import LARGEST_CONTENT, claimed_part, embedded_image
from workstation.evidence.record import Payload, TagValue

_REDUCED: Final = 0x00FE
_WIDTH: Final = 0x0100
_HEIGHT: Final = 0x0101
_BITS: Final = 0x0102
_COMPRESSION: Final = 0x0103
_PHOTOMETRIC: Final = 0x0106
_STRIP_OFFSETS: Final = 0x0111
_SAMPLES: Final = 0x0115
_STRIP_SIZES: Final = 0x0117
_PLANES: Final = 0x011C
_MOST_STRIPS: Final = 10_000
_SHOWN: Final = {(0, 1), (1, 1), (2, 3)}
"""Grey and RGB: photometric interpretation and samples per pixel of what a reader shows as it stands."""


def thumbnail(block: Block, found: Directories, group: str) -> Payload | None:
    """The picture that a directory holds beside the main one; None where it holds none.

    Raises:
        ParseProblem: if it lies past the end of the data.
    """
    values = {entry.id: entry.value for entry in found.entries if entry.group == group}
    kind = "thumbnail" if group == "IFD1" else f"embedded image ({group})"
    start, size = values.get(THUMBNAIL_OFFSET), values.get(THUMBNAIL_LENGTH)
    if isinstance(start, int) and isinstance(size, int) and size > 0:
        part = claimed_part(block, start, size)
        return embedded_image(kind, bytes(part.data[:LARGEST_CONTENT]), part.file_offset(0, size), size)
    return _of_strips(block, values, kind) if _is_reduced(block, values, group) else None


def _is_reduced(block: Block, values: dict[int, TagValue], group: str) -> bool:
    """Whether strips of this directory are a copy: in a TIFF, whose pages are its pictures, only where it says so."""
    reduced = values.get(_REDUCED)
    if isinstance(reduced, int) and reduced & 1 and group != "IFD0":
        return True
    return group == "IFD1" and not any(piece.file_offset == 0 for piece in block.pieces)


def _of_strips(block: Block, values: dict[int, TagValue], kind: str) -> Payload | None:
    offsets, sizes = _numbers(values.get(_STRIP_OFFSETS)), _numbers(values.get(_STRIP_SIZES))
    width, height = values.get(_WIDTH), values.get(_HEIGHT)
    usual = values.get(_COMPRESSION) == 1 and 0 < len(offsets) == len(sizes) <= _MOST_STRIPS
    if not usual or not isinstance(width, int) or not isinstance(height, int):
        return None
    parts = [claimed_part(block, offset, size) for offset, size in zip(offsets, sizes, strict=True)]
    size = sum(sizes)
    samples = values.get(_SAMPLES, 1)
    shape = (values.get(_PHOTOMETRIC), samples)
    plain = shape in _SHOWN and set(_numbers(values.get(_BITS))) == {8} and values.get(_PLANES, 1) == 1
    content = b""
    if plain and isinstance(samples, int) and size == width * height * samples <= LARGEST_CONTENT:
        content = _tiff(width, height, shape, b"".join(bytes(part.data) for part in parts))
    place = parts[0].file_offset(0, sizes[0])
    return Payload(
        kind,
        place,
        size,
        Reason(f"TIFF {width}×{height}, not compressed", "uncompressed", size=f"{width}×{height}"),
        (),
        content,
    )


def _numbers(value: TagValue) -> tuple[int, ...]:
    """One or several whole numbers; none where a value is anything else."""
    several = value if isinstance(value, tuple) else (value,)
    whole = tuple(number for number in several if isinstance(number, int))
    return whole if len(whole) == len(several) else ()


def _tiff(width: int, height: int, shape: tuple[TagValue, TagValue], strip: bytes) -> bytes:
    """The samples as a file of their own: a TIFF with one strip of 8-bit samples, which pictures are shown from."""
    photometric, samples = shape
    assert isinstance(photometric, int)
    assert isinstance(samples, int)
    fields = [
        (_WIDTH, 4, width),
        (_HEIGHT, 4, height),
        (_BITS, 3, 8),
        (_COMPRESSION, 3, 1),
        (_PHOTOMETRIC, 3, photometric),
        (_STRIP_OFFSETS, 4, 0),
        (_SAMPLES, 3, samples),
        (_STRIP_SIZES, 4, len(strip)),
    ]
    bits_at = 8 + 2 + 12 * len(fields) + 4
    starts = bits_at + 2 * samples
    directory = struct.pack("<H", len(fields))
    for tag, form, value in fields:
        count = samples if tag == _BITS else 1
        told = {_STRIP_OFFSETS: starts, _BITS: bits_at if samples > 2 else value}.get(tag, value)
        directory += struct.pack("<HHII", tag, form, count, told)
    bits = struct.pack(f"<{samples}H", *[8] * samples)
    return b"II*\0" + struct.pack("<I", 8) + directory + bytes(4) + bits + strip
