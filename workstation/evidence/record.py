"""The types of a file that became evidence: frozen, with the raw bytes beside every decoded value."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from workstation.errors import RecordedWarning

TagValue: TypeAlias = "str | int | float | Fraction | tuple[int | float | Fraction | None, ...] | bytes | None"


@dataclass(frozen=True, slots=True)
class Present:
    """The value is there and was decoded."""

    label: Literal["present"] = "present"


@dataclass(frozen=True, slots=True)
class Empty:
    """The entry is there and holds nothing (count 0, blanks or NULs only)."""

    label: Literal["empty"] = "empty"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The entry is there, but its value cannot be read.

    Attributes:
        reason: why, e.g. "entry runs past the end"; a `Reason` where it has a code.
        offset: where the trouble stands, in bytes from the start of the file.
    """

    reason: str
    offset: int | None = None
    label: Literal["unreadable"] = "unreadable"


@dataclass(frozen=True, slots=True)
class NotPresent:
    """The container could hold this, and does not."""

    label: Literal["not present"] = "not present"


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The container has no place for this (EXIF in a BMP, say)."""

    label: Literal["not applicable"] = "not applicable"


TagState: TypeAlias = Present | Empty | Unreadable | NotPresent | NotApplicable


@dataclass(frozen=True, slots=True)
class TagEntry:
    """One entry of one IFD, as the file holds it.

    Attributes:
        group: IFD0, ExifIFD, GPS, InteropIFD, IFD1 (further ones for later pages: IFD2, SubIFD0, ...).
        name: the name in the EXIF 3.0 or TIFF 6 standard, or "Unknown 0xC4A5".
        id: tag number.
        type: TIFF type name, e.g. "ASCII", "RATIONAL"; "type 17" where there is no such type.
        count: number of values that the entry claims.
        raw: the bytes of the value as stored (cut at 64 KiB; `raw_size` is the full length).
        value: decoded value; None where `state` is not Present. A RATIONAL with denominator 0 is None inside a
            tuple or, alone, makes the entry Unreadable.
        unit: unit of the value ("s", "mm", "f-number", "EV", "px per inch", ""), never guessed.
        text: the value as the analyst reads it, enumerations in words ("Flash did not fire").
        offset: where the value's bytes stand, in bytes from the start of the file; None if they stand nowhere
            in one piece (an APP1 chain reassembled, a compressed chunk).
        entry_offset: where the 12-byte (or 20-byte) entry itself stands.
        state: present or the kind of absence.
        duplicate: whether an earlier entry of the same IFD has the same number.
    """

    group: str
    name: str
    id: int
    type: str
    count: int
    raw: bytes
    value: TagValue
    unit: str
    text: str
    offset: int | None
    entry_offset: int | None
    state: TagState
    duplicate: bool = False
    raw_size: int = 0


@dataclass(frozen=True, slots=True)
class Payload:
    """Something that the file carries beside its main pixels and its EXIF.

    Attributes:
        kind: "MakerNote", "XMP", "IPTC", "ICC", "MPF image", "thumbnail", "trailing data", "C2PA",
            "APPn", "comment", ...
        offset, size: in bytes from the start of the file.
        description: vendor of the MakerNote, description of the ICC profile, size of the MPF image, ...; a `Reason`
            where the program says something, a text where it is the file's own word.
        details: further named values, in order; values likewise.
        content: the bytes where the window shows them (thumbnail as encoded image, XMP packet); else b"".
    """

    kind: str
    offset: int | None
    size: int
    description: str = ""
    details: tuple[tuple[str, str], ...] = ()
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class JpegSegment:
    """One marker segment: name ("APP1", "DQT", "SOF0", ...), offset of its 0xFF byte, total length in bytes, note.

    A note is a `Reason` where the program says something; what the segment calls itself ("Exif") is a text.
    """

    name: str
    marker: int
    offset: int
    length: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class QuantisationTable:
    """One DQT table.

    Attributes:
        identifier: 0..3.
        precision: 8 or 16 bits.
        values: (8, 8) row-major, natural order (de-zigzagged), uint16.
        quality: IJG quality 1..100 whose scaled Annex K table equals this one; None = not a standard table.
        kind: "luminance" or "chrominance" (which Annex K table it was compared with).
        offset: of the table's Pq/Tq byte.
    """

    identifier: int
    precision: int
    values: tuple[tuple[int, ...], ...]
    quality: int | None
    kind: str
    offset: int


@dataclass(frozen=True, slots=True)
class JpegStructure:
    """What the JPEG stream is made of.

    Attributes:
        segments: every marker segment up to EOI, in order.
        tables: every quantisation table, in order.
        subsampling: "4:2:0", "4:4:4", ... or the raw factors "2x1,1x1,1x1"; "" for one component.
        process: "baseline", "extended", "progressive", "lossless", "arithmetic".
        components: number of components.
        precision: bits per sample.
        quality: estimated IJG quality where all tables are standard and agree; None = not a standard table.
        size: (height, width) from the frame header.
        restart_interval: MCUs between restart markers (DRI), 0 = none.
        restart_markers: number of restart markers in the scans.
        end: offset of the byte after EOI, None where there is no EOI.
    """

    segments: tuple[JpegSegment, ...]
    tables: tuple[QuantisationTable, ...]
    subsampling: str
    process: str
    components: int
    precision: int
    quality: int | None
    size: tuple[int, int]
    restart_interval: int = 0
    restart_markers: int = 0
    end: int | None = None


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """Which file it was: name, size in bytes, hashes (lower-case hex) before decoding, times (UTC ISO 8601).

    `modified` is "" where the file system states a time beyond the calendar's years 1 to 9999.
    """

    path: Path
    name: str
    size: int
    sha256: str
    sha1: str
    md5: str
    modified: str
    opened: str


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """The decoded image.

    Attributes:
        rgb: (height, width, 3) uint8, RGB, as stored (orientation not applied, no colour management); read-only.
        orientation: EXIF orientation 1..8, applied for display only.
        stored_mode: what the file holds, e.g. "RGB 8 bit", "CMYK 8 bit", "grey 16 bit".
        reductions: the rules that led from the stored samples to `rgb`, in words ("16 bit to 8: value // 257").
        icc_profile: the profile's bytes, for display only, or None.
        frames: number of frames or pages in the file; the first is `rgb`.
    """

    rgb: NDArray[np.uint8]
    orientation: int
    stored_mode: str
    reductions: tuple[str, ...]
    icc_profile: bytes | None
    frames: int

    @property
    def height(self) -> int:
        """Rows as stored."""
        return int(self.rgb.shape[0])

    @property
    def width(self) -> int:
        """Columns as stored."""
        return int(self.rgb.shape[1])


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the file says about itself.

    Attributes:
        entries: all IFD entries in file order.
        exif_state: Present, NotPresent, NotApplicable, Empty or Unreadable for EXIF as a whole.
        byte_order: "little-endian", "big-endian" or "" without EXIF.
        payloads: everything else.
        jpeg: JPEG structure, None for other formats.
        warnings: of the readers and of the cross-check with piexif.
    """

    entries: tuple[TagEntry, ...]
    exif_state: TagState
    byte_order: str
    payloads: tuple[Payload, ...]
    jpeg: JpegStructure | None
    warnings: tuple[RecordedWarning, ...] = field(default=())

    def find(self, group: str, tag_id: int) -> TagEntry | None:
        """The first entry with this number in this group, or None."""
        return next((e for e in self.entries if e.group == group and e.id == tag_id), None)


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """A file that was read once, hashed and decoded.

    Attributes:
        identity: name, size, hashes.
        format: "JPEG", "PNG", "TIFF", "WebP", "BMP", "GIF", "HEIF" or "AVIF", told by content.
        pixels: the image.
        metadata: what the file says.
        warnings: all warnings, those of the metadata included.
    """

    identity: FileIdentity
    format: str
    pixels: Pixels
    metadata: Metadata
    warnings: tuple[RecordedWarning, ...]
