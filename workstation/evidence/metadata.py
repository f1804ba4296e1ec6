"""What a file says about itself, put together: structure, EXIF, payloads, and the cross-check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from workstation.errors import Reason, RecordedWarning, number_of
from workstation.evidence.bytes_reader import Block, ParseProblem
from workstation.evidence.container import Container
from workstation.evidence.exif_tags import MAKER_NOTE
from workstation.evidence.ifd import Directories, read_directories
from workstation.evidence.iptc import iptc_payload
from workstation.evidence.isobmff import read_isobmff
from workstation.evidence.jpeg_segments import read_jpeg
from workstation.evidence.payloads import (
    LARGEST_CONTENT,
    XMP_KINDS,
    icc_payload,
    jumbf_payload,
    maker_note_vendor,
)
from workstation.evidence.photoshop import DIGEST_DIFFERS, photoshop_payloads
from workstation.evidence.piexif_check import cross_check
from workstation.evidence.plain_bitmaps import read_bmp, read_gif
from workstation.evidence.png import read_png
from workstation.evidence.record import Empty, Metadata, Payload, Present, TagEntry, TagState, Unreadable
from workstation.evidence.riff import read_webp
from workstation.evidence.thumbnails import thumbnail
from workstation.evidence.xmp import with_properties, xmp_payload

_XMP: Final = 0x02BC
_IPTC: Final = 0x83BB
_PHOTOSHOP: Final = 0x8649
_ICC: Final = 0x8773
_C2PA: Final = 0xCD41
_PRINT_IM: Final = 0xC4A5
_NO_DIRECTORY: Final = Reason("its first directory lies past the end of the data", "directory-past-end")
_PIXEL_SIZE: Final = (0xA002, 0xA003)
_MOST_BLOCKS: Final = 8
_MOST_PACKETS: Final = 4
"""XMP packets whose properties are listed one by one: a file of thousands must not cost thousands of times the work."""
_MOST_PAYLOADS: Final = 32
_MOST_THUMBNAILS: Final = 32
_MOST_LISTED: Final = 1000


def _read_tiff(data: bytes) -> Container:
    """A TIFF is one EXIF block from its first byte to its last."""
    return Container(exif=[Block.of_file(data)])


_READERS: Final[dict[str, Callable[[bytes], Container]]] = {
    "JPEG": read_jpeg,
    "PNG": read_png,
    "TIFF": _read_tiff,
    "WebP": read_webp,
    "BMP": read_bmp,
    "GIF": read_gif,
    "HEIF": read_isobmff,
    "AVIF": read_isobmff,
}


def read_container(data: bytes, name: str) -> Container:
    """Walk the structure of a file.

    Args:
        data: the whole file.
        name: its format by content.

    Returns:
        What was found; a file too damaged for its reader gives an empty container with a warning.
    """
    try:
        return _READERS[name](data)
    except ParseProblem as problem:
        container = Container(exif_state=Unreadable(problem.reason, problem.offset))
        message = f"{name} structure: {problem.reason}"
        container.warn("structure-unreadable", message, problem.offset, format=name, reason=problem.reason)
        return container


def assemble(container: Container) -> Metadata:
    """Read the EXIF of a container and complete its payloads with those that EXIF points to."""
    entries: list[TagEntry] = []
    payloads: list[Payload] = []
    warnings = list(container.warnings)
    state: TagState = container.exif_state
    byte_order = ""
    if len(container.exif) > _MOST_BLOCKS:
        message = f"the file holds {len(container.exif)} EXIF blocks; the first {_MOST_BLOCKS} are read"
        warnings.append(RecordedWarning.of("exif-blocks", message, count=len(container.exif), most=_MOST_BLOCKS))
    for number, block in enumerate(container.exif[:_MOST_BLOCKS]):
        try:
            found = read_directories(block)
        except ParseProblem as problem:
            reason, place = problem.reason, problem.offset
            message = f"EXIF: {reason}"
            warnings.append(RecordedWarning.of("exif-unreadable", message, place, variant="block", reason=reason))
            if not isinstance(state, Present):
                state = Unreadable(problem.reason, problem.offset)
            continue
        if not isinstance(state, Present):
            state = _state_of(found)
        byte_order = byte_order or found.byte_order
        warnings.extend(found.warnings)
        warnings.extend(cross_check(block, found))
        payloads.extend(_exif_payloads(block, found, warnings))
        entries.extend(found.entries if number == 0 else _renamed(found.entries, number))
    _check_size(container, entries, warnings)
    payloads = _told(sorted(payloads + container.payloads, key=_place), warnings)
    if container.suppressed:
        message = f"{number_of(container.suppressed, 'further problem')} of the file's structure"
        warnings.append(RecordedWarning.of("structure-more-warnings", message, count=container.suppressed))
    if len(payloads) > _MOST_LISTED:
        message = f"the file holds {len(payloads)} payloads; the first {_MOST_LISTED} are listed"
        found_in_all = len(payloads)
        warnings.append(
            RecordedWarning.of("payload-limit", message, variant="listed", count=found_in_all, most=_MOST_LISTED)
        )
    return Metadata(
        entries=tuple(entries),
        exif_state=state,
        byte_order=byte_order,
        payloads=tuple(payloads[:_MOST_LISTED]),
        jpeg=container.jpeg,
        warnings=tuple(warnings),
    )


def _state_of(found: Directories) -> TagState:
    """The state of a block that has a TIFF header: directories that hold nothing are empty, lost ones unreadable."""
    if found.entries:
        return Present()
    lost = next((warning for warning in found.warnings if warning.code in ("ifd-outside", "ifd-truncated")), None)
    return Unreadable(_NO_DIRECTORY, lost.offset) if lost else Empty()


def _check_size(container: Container, entries: list[TagEntry], warnings: list[RecordedWarning]) -> None:
    """EXIF states the size of the picture that the camera wrote; a program that cuts or scales often leaves it.

    Turned pictures have the same two sides the other way round; a HEIF that crops itself states what it shows.
    """
    if container.size is None or any(name == "clap" for name, _ in container.transforms):
        return
    stated = {entry.id: entry for entry in reversed(entries) if entry.group == "ExifIFD" and entry.id in _PIXEL_SIZE}
    width, height = (stated[tag].value if tag in stated else None for tag in _PIXEL_SIZE)
    if not isinstance(width, int) or not isinstance(height, int) or not width or not height:
        return
    if sorted((width, height)) != sorted(container.size):
        said, held = f"{width}×{height}", f"{container.size[1]}×{container.size[0]}"
        message = f"EXIF states a picture of {said} pixels, the file holds one of {held}"
        place = stated[_PIXEL_SIZE[0]].offset
        warnings.append(RecordedWarning.of("exif-size-differs", message, place, stated=said, held=held))


def _told(payloads: list[Payload], warnings: list[RecordedWarning]) -> list[Payload]:
    """The payloads, XMP packets with their properties; an IPTC record that was changed past Photoshop is a warning."""
    packets = 0
    told = []
    for payload in payloads:
        if any(isinstance(value, Reason) and value.code == DIGEST_DIFFERS for _, value in payload.details):
            message = (
                "the IPTC record is not the one that the Photoshop digest beside it was computed of: it was changed"
            )
            warnings.append(RecordedWarning.of(DIGEST_DIFFERS, message, payload.offset))
        packets += payload.kind in XMP_KINDS
        wanted = payload.kind in XMP_KINDS and packets <= _MOST_PACKETS
        told.append(with_properties(payload) if wanted else payload)
    return told


def _place(payload: Payload) -> int:
    return payload.offset if payload.offset is not None else 0


def _renamed(entries: tuple[TagEntry, ...], number: int) -> list[TagEntry]:
    """Entries of a second EXIF block keep apart from those of the first."""
    return [replace(entry, group=f"{entry.group} (EXIF block {number + 1})") for entry in entries]


def _exif_payloads(block: Block, found: Directories, warnings: list[RecordedWarning]) -> list[Payload]:
    """MakerNote, thumbnails and the payloads that TIFF keeps in entries."""
    payloads: list[Payload] = []
    make = next((str(e.value) for e in found.entries if e.group == "IFD0" and e.id == 0x010F and e.value), "")
    for entry in found.entries:
        if len(payloads) >= _MOST_PAYLOADS:
            message = f"EXIF points to more than {_MOST_PAYLOADS} payloads"
            warnings.append(RecordedWarning.of("payload-limit", message, variant="exif", most=_MOST_PAYLOADS))
            break
        if entry.raw and isinstance(entry.state, Present | Unreadable):
            payloads.extend(_entry_payloads(block, entry, make))
    for group in list(dict.fromkeys(entry.group for entry in found.entries))[:_MOST_THUMBNAILS]:
        try:
            picture = thumbnail(block, found, group)
        except ParseProblem as problem:
            message = f"the thumbnail of {group} {problem.reason}"
            reason, place = problem.reason, problem.offset
            warnings.append(RecordedWarning.of("thumbnail-unreadable", message, place, group=group, reason=reason))
            picture = None
        if picture is not None:
            payloads.append(picture)
    return payloads


def _entry_payloads(block: Block, entry: TagEntry, make: str) -> list[Payload]:  # noqa: PLR0911 - one per tag
    if entry.id == MAKER_NOTE and entry.group.startswith("ExifIFD"):
        vendor = maker_note_vendor(entry.raw, make)
        return [Payload("MakerNote", entry.offset, entry.raw_size, vendor)]
    if entry.id == _PRINT_IM:
        version = entry.raw[8:12].decode("latin-1").strip("\0 ")
        return [
            Payload("PrintIM", entry.offset, entry.raw_size, Reason(f"version {version}", "version", version=version))
        ]
    if entry.id not in (_XMP, _IPTC, _PHOTOSHOP, _ICC, _C2PA) or not entry.group.startswith(("IFD", "SubIFD")):
        return []
    whole = _value_block(block, entry)
    if entry.id == _XMP:
        return [xmp_payload(bytes(whole.data), entry.offset, entry.raw_size)]
    if entry.id == _IPTC:
        return [iptc_payload(bytes(whole.data), entry.offset, entry.raw_size)]
    if entry.id == _PHOTOSHOP:
        return list(photoshop_payloads(whole))
    return [icc_payload(whole) if entry.id == _ICC else jumbf_payload(whole)]


def _value_block(block: Block, entry: TagEntry) -> Block:
    """The whole value of an entry, beyond the part that `raw` keeps."""
    if entry.offset is None or not block.pieces:
        return Block(entry.raw)
    first = block.pieces[0]
    whole = block.part(entry.offset - first.file_offset + first.start, min(entry.raw_size, LARGEST_CONTENT))
    return whole if bytes(whole.data[: len(entry.raw)]) == entry.raw else Block(entry.raw)
