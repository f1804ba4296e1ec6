"""What travels beside the pixels: ICC, JUMBF, MakerNotes, thumbnails, trailing data."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from itertools import islice
from typing import Final

from PIL import ImageCms

from workstation.errors import Reason
from workstation.evidence.bytes_reader import Block, ParseProblem
from workstation.evidence.exif_values import decode_text
from workstation.evidence.record import Payload

LARGEST_CONTENT: Final = 4 * 1024 * 1024
XMP_KINDS: Final = ("XMP", "extended XMP")
STATING_KINDS: Final = (*XMP_KINDS, "IPTC")
"""Payloads that are made of statements, each with a name and a value."""
NO_IMAGE: Final = Reason("not readable as an image", "no-image")
LONGEST_TEXT: Final = 2000
"""Characters of a comment that are shown; generators write their whole instructions into one."""
_MOST_BOXES: Final = 2000
_MOST_SUPERBOXES: Final = 16

# Header of the MakerNote, vendor. Longer headers first where one begins another.
_MAKER_NOTES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"Nikon\x00", "Nikon"),
    (b"OLYMPUS\x00", "Olympus"),
    (b"OM SYSTEM\x00", "OM System"),
    (b"OLYMP\x00", "Olympus"),
    (b"EPSON\x00", "Epson (Olympus layout)"),
    (b"MINOL\x00", "Minolta (Olympus layout)"),
    (b"CAMER\x00", "Olympus layout"),
    (b"FUJIFILM", "Fujifilm"),
    (b"GENERALE", "General Imaging (Fujifilm layout)"),
    (b"Panasonic\x00", "Panasonic"),
    (b"LEICA CAMERA AG", "Leica"),
    (b"LEICA\x00", "Leica"),
    (b"AOC\x00", "Pentax"),
    (b"PENTAX ", "Pentax"),
    (b"SAMSUNG", "Samsung (Pentax layout)"),
    (b"SONY DSC", "Sony"),
    (b"SONY CAM", "Sony"),
    (b"SONY MOBILE", "Sony Mobile"),
    (b"SONY PI", "Sony (Olympus layout)"),
    (b"VHAB", "Sony (Hasselblad)"),
    (b"SIGMA\x00", "Sigma"),
    (b"FOVEON", "Sigma"),
    (b"QVC\x00", "Casio"),
    (b"DCI\x00", "Casio"),
    (b"KDK", "Kodak"),
    (b"KODAK", "Kodak"),
    (b"Apple iOS", "Apple"),
    (b"Ricoh", "Ricoh"),
    (b"RICOH", "Ricoh"),
    (b"Rv", "Ricoh"),
    (b"SANYO", "Sanyo"),
    (b"MLY0", "Minolta"),
    (b"KC", "Minolta or Konica"),
    (b"+M+M", "Minolta"),
    (b"[ae_dbg_info:", "DJI"),
    (b"DJI", "DJI"),
    (b"HUAWEI", "Huawei"),
    (b"Xiaomi", "Xiaomi"),
    (b"MOT\x00", "Motorola"),
    (b"GoPro", "GoPro"),
    (b"HDRP", "Google (HDR+)"),
    (b"RECONYX", "Reconyx"),
    (b"IIII", "HP"),
    (b"Hewlett-Packard", "HP"),
    (b"Vivitar", "HP"),
    (b"ISLMAKERNOTE", "ISL"),
    (b"PREMI", "Premier"),
    (b"STMN", "Samsung"),
)


def maker_note_vendor(data: bytes, make: str) -> str:
    """The vendor of a MakerNote: by its header, else by the Make tag, which is then said."""
    for header, vendor in _MAKER_NOTES:
        if data.startswith(header):
            return vendor
    if make.strip():
        return Reason(f"{make.strip()} (by the Make tag; no header)", "vendor-by-make", make=make.strip())
    return Reason("unknown vendor", "vendor-unknown")


def icc_description(profile: bytes) -> str:
    """The profile's own description, or why it cannot be read."""
    if len(profile) < 132 or profile[36:40] != b"acsp":
        return Reason("not an ICC profile", "no-icc")
    try:
        described = (ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile.profile_description or "").strip()
    except (OSError, ImageCms.PyCMSError, ValueError):
        return Reason("unreadable ICC profile", "icc-unreadable")
    return described or Reason("no name", "icc-unnamed")


def icc_payload(block: Block, size: int | None = None) -> Payload:
    """An ICC profile as a payload (ICC.1:2022, header fields at their fixed places)."""
    profile = bytes(block.data)
    details = []
    if len(profile) >= 128:
        details = [
            ("version", f"{profile[8]}.{profile[9] >> 4}"),
            ("device class", decode_text(profile[12:16]).strip()),
            ("colour space", decode_text(profile[16:20]).strip()),
            ("creator", decode_text(profile[80:84]).strip("\0 ")),
        ]
    offset = block.file_offset(0, len(block))
    return Payload("ICC", offset, size or len(block), icc_description(profile), tuple(details), profile)


def shown(text: str) -> str:
    """A text as far as it is shown, and how long it is where that is not all."""
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} … ({len(text)} characters)"


def boxes(block: Block, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """The boxes (type, body position, body end) of ISO 14496-12 or JUMBF data; stops where a box makes no sense."""
    end = len(block) if end is None else min(end, len(block))
    position = start
    for _ in range(_MOST_BOXES):
        if position + 8 > end:
            return
        size = block.number(position, "I", ">")
        kind = block.take(position + 4, 4)
        header = 8
        if size == 1 and position + 16 <= end:
            size = block.number(position + 8, "Q", ">")
            header = 16
        if size == 0:
            size = end - position
        if size < header:
            return
        yield kind, position + header, min(position + size, end)
        position += size


def jumbf_label(block: Block) -> str:
    """The label of the first JUMBF superbox ("c2pa", ...), "" where there is none (ISO 19566-5)."""
    for kind, start, end in islice(boxes(block), _MOST_SUPERBOXES):
        if kind == b"jumb":
            for inner, inner_start, inner_end in boxes(block, start, end):
                if inner == b"jumd" and inner_end - inner_start > 17:
                    text = block.take(inner_start + 17, min(inner_end - inner_start - 17, 200))
                    return decode_text(text.split(b"\0", 1)[0])
    return ""


def jumbf_payload(block: Block, size: int | None = None) -> Payload:
    """A JUMBF box; one with the label "c2pa" is a C2PA manifest store."""
    label = jumbf_label(block)
    kind = "C2PA" if label.startswith("c2pa") else "JUMBF"
    store = Reason("C2PA manifest store (not verified)", "c2pa-store")
    description = store if kind == "C2PA" else Reason(f"JUMBF box “{label}”", "jumbf-box", label=label)
    data = bytes(block.data[:LARGEST_CONTENT])
    generator = _claim_generator(data)
    details = [("claim generator", generator)] if generator else []
    manifests = {match.decode() for match in re.findall(rb"urn:(?:uuid|c2pa):[0-9a-fA-F-]{36}", data)}
    details += [("manifest", name) for name in sorted(manifests)[:10]]
    return Payload(kind, block.file_offset(0, len(block)), size or len(block), description, tuple(details))


def _claim_generator(data: bytes) -> str:
    """The program behind a C2PA claim: a text, or since C2PA 1.3 also the name in a map; "" where there is neither."""
    at = data.find(b"\x6fclaim_generator")
    found = _cbor_text(data, at + 16) if at >= 0 else ""
    at = data.find(b"\x74claim_generator_info")
    name = data.find(b"\x64name", at + 21, at + 121)
    return found or (_cbor_text(data, name + 5) if at >= 0 and name >= 0 else "")


def _cbor_text(data: bytes, position: int) -> str:
    """The CBOR text that stands here (RFC 8949, 3.1), "" where none does."""
    head = data[position] if position < len(data) else 0
    width = {0x78: 1, 0x79: 2}.get(head, 0)
    if not width and not 0x60 <= head <= 0x77:
        return ""
    start = position + 1 + width
    length = int.from_bytes(data[position + 1 : start], "big") if width else head - 0x60
    return shown(decode_text(data[start : start + length]))


def image_size(data: bytes) -> tuple[str, int, int] | None:
    """Format, width and height of an embedded JPEG, PNG, GIF or BMP by its header; None for anything else."""
    if data[:3] == b"\xff\xd8\xff":
        return _jpeg_size(data)
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        return ("PNG", *struct.unpack_from(">2I", data, 16))
    if data[:4] == b"GIF8" and len(data) >= 10:
        return ("GIF", *struct.unpack_from("<2H", data, 6))
    if data[:2] == b"BM" and len(data) >= 26:
        return ("BMP", *(abs(side) for side in struct.unpack_from("<2i", data, 18)))
    return None


def _jpeg_size(data: bytes) -> tuple[str, int, int] | None:
    """The size in the first frame header; None where there is none before the first scan."""
    position = 2
    for _ in range(_MOST_BOXES):
        if position + 9 > len(data) or data[position] != 0xFF or data[position + 1] == 0xDA:
            return None
        marker, length = data[position + 1], struct.unpack_from(">H", data, position + 2)[0]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">2H", data, position + 5)
            return "JPEG", width, height
        position += 1 if marker == 0xFF else 2 + length
    return None


def looks_like(data: bytes) -> str:  # noqa: PLR0911 - one return per kind
    """What bytes of unknown purpose look like, by their signature."""
    if not data.strip(b"\0"):
        return Reason("zero bytes", "zero-bytes")
    head = data[:64].lstrip(b"\0")
    if data[4:8] == b"ftyp":
        brand = decode_text(data[8:12]).strip()
        return Reason(f"ISO media file, brand {brand} (a video, as in a Motion Photo)", "iso-media", brand=brand)
    signatures = (
        (b"\xff\xd8\xff", Reason("a second JPEG", "a-second-jpeg")),
        (b"\x89PNG", Reason("a PNG", "a-png")),
        (b"PK\x03\x04", Reason("a ZIP archive", "a-zip")),
        (b"Rar!", Reason("a RAR archive", "a-rar")),
        (b"7z\xbc\xaf", Reason("a 7z archive", "a-7z")),
        (b"%PDF", Reason("a PDF", "a-pdf")),
        (b"RIFF", Reason("a RIFF file", "a-riff")),
        (b"II*\0", Reason("a TIFF", "a-tiff")),
        (b"MM\0*", Reason("a TIFF", "a-tiff")),
        (b"GIF8", Reason("a GIF", "a-gif")),
        (b"<?xpacket", Reason("an XMP packet", "an-xmp-packet")),
        (b"<?xml", Reason("XML", "xml")),
    )
    named = next((name for signature, name in signatures if head.startswith(signature)), None)
    if named:
        return named
    if b"SEFH" in data[-4096:] and data.rstrip(b"\0").endswith(b"SEFT"):
        return Reason("a Samsung trailer (SEFT)", "samsung-trailer")
    inside = data.find(b"ftypmp4")
    if inside >= 4:
        return Reason(f"unknown data with an MP4 video {inside - 4} bytes in", "mp4-inside", count=inside - 4)
    if all(byte in b"\t\r\n" or 0x20 <= byte < 0x7F for byte in data[:256]):
        return Reason("text", "text")
    return Reason("unknown data", "unknown-data")


def trailing_payload(data: bytes, start: int, end: int) -> Payload:
    """Bytes after the end of the image, with what they look like."""
    rest = data[start:end]
    return Payload("trailing data", start, end - start, looks_like(rest), (("begins", rest[:16].hex(" ")),))


def embedded_image(kind: str, data: bytes, offset: int | None, size: int) -> Payload:
    """An embedded image with its format and dimensions; its bytes are kept to be shown."""
    found = image_size(data)
    if found is None:
        return Payload(kind, offset, size, NO_IMAGE, (), data[:LARGEST_CONTENT])
    name, width, height = found
    return Payload(kind, offset, size, f"{name} {width}×{height}", (), data[:LARGEST_CONTENT])


def claimed_part(block: Block, start: int, size: int) -> Block:
    """A part that an entry claims.

    Raises:
        ParseProblem: if the block does not hold all of it.
    """
    part = block.part(start, size)
    if len(part) < size or not size:
        raise ParseProblem(
            Reason("runs past the end of the data", "past-end"), block.file_offset(min(start, len(block)), 0)
        )
    return part
