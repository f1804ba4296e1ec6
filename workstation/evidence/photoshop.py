"""Photoshop's image resources (8BIM): IPTC, thumbnail, and what Photoshop says of how it saved."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from workstation.errors import Reason
from workstation.evidence.bytes_reader import Block
from workstation.evidence.iptc import iptc_payload
from workstation.evidence.payloads import LARGEST_CONTENT, embedded_image, shown
from workstation.evidence.record import Payload

MOST_RESOURCES: Final = 2000
DIGEST_DIFFERS: Final = "iptc-digest-differs"
_SIGNATURES: Final = (b"8BIM", b"MeSa", b"PHUT", b"AgHg", b"DCSR")
_IPTC: Final = 0x0404
_QUALITY: Final = 0x0406
_THUMBNAIL: Final = 0x040C
_VERSION: Final = 0x0421
_DIGEST: Final = 0x0425
_NAMES: Final = {
    0x03E9: "print settings of the Macintosh",
    0x03ED: "ResolutionInfo",
    0x03F3: "print flags",
    0x03F5: "colour halftoning",
    0x03F8: "colour transfer functions",
    0x0404: "IPTC-NAA record",
    0x0406: "JPEG quality",
    0x0408: "grid and guides",
    0x0409: "thumbnail (old)",
    0x040A: "copyright flag",
    0x040B: "URL",
    0x040C: "thumbnail",
    0x040D: "global angle",
    0x040F: "ICC profile",
    0x0411: "untagged profile",
    0x0414: "document identifiers",
    0x0419: "global altitude",
    0x041A: "slices",
    0x041E: "URL list",
    0x0421: "version",
    0x0422: "EXIF data 1",
    0x0423: "EXIF data 3",
    0x0424: "XMP metadata",
    0x0425: "caption digest",
    0x0426: "print scale",
    0x0428: "pixel aspect ratio",
    0x043A: "print information",
    0x043B: "print style",
    0x2710: "print flags information",
}
_THUMBNAIL_HEADER: Final = 28
"""Bytes before the JPEG of a Photoshop thumbnail: format, sizes, bits (Adobe Photoshop File Formats, thumbnail)."""
_FORMATS: Final = {0: "standard", 1: "optimised", 0x101: "progressive"}


def photoshop_payloads(block: Block) -> Iterator[Payload]:
    """The image resources of a Photoshop block, with IPTC as a payload of its own."""
    resources = list(_resources(block))
    digests = {_md5(body) for identifier, body in resources if identifier == _IPTC}
    for identifier, body in resources:
        offset = body.file_offset(0, len(body))
        if identifier == _IPTC:
            yield iptc_payload(bytes(body.data), offset, len(body))
        elif identifier == _THUMBNAIL and body.data[_THUMBNAIL_HEADER : _THUMBNAIL_HEADER + 2] == b"\xff\xd8":
            picture = body.part(_THUMBNAIL_HEADER, len(body))
            place = picture.file_offset(0, len(picture))
            found = embedded_image("thumbnail", bytes(picture.data[:LARGEST_CONTENT]), place, len(picture))
            yield replace(found, details=(("written by", "Photoshop, image resource 0x040C"),))
        else:
            known = f"0x{identifier:04X} {_NAMES.get(identifier, '')}".strip()
            details = _details(identifier, bytes(body.data[:1024]), digests)
            yield Payload("Photoshop resource", offset, len(body), known, details)


def _resources(block: Block) -> Iterator[tuple[int, Block]]:
    """Number and body of each resource; ends where there is no signature."""
    position = 0
    for _ in range(MOST_RESOURCES):
        if position + 12 > len(block) or block.take(position, 4) not in _SIGNATURES:
            return
        identifier = block.number(position + 4, "H", ">")
        name_size = block.number(position + 6, "B", ">")
        start = position + 6 + (1 + name_size + 1) // 2 * 2
        if start + 4 > len(block):
            return
        size = block.number(start, "I", ">")
        yield identifier, block.part(start + 4, size)
        position = start + 4 + (size + 1) // 2 * 2


def _details(identifier: int, body: bytes, digests: set[bytes]) -> tuple[tuple[str, str], ...]:
    """What the resources say that a laboratory looks for: quality, writer, and whether IPTC is what it was."""
    if identifier == _QUALITY and len(body) >= 4:
        quality, form = struct.unpack_from(">hH", body)
        return ("quality", f"{quality + 4} (0–12)"), ("format", _FORMATS.get(form, f"0x{form:04X}"))
    if identifier == _VERSION:
        writer, rest = _unicode(body[5:])
        return ("written by", writer), ("read by", _unicode(rest)[0])
    if identifier == _DIGEST and len(body) == 16:
        return ("digest", body.hex()), ("IPTC", _compared(body, digests))
    return ()


def _md5(body: Block) -> bytes:
    return hashlib.md5(body.data, usedforsecurity=False).digest()


def _compared(digest: bytes, digests: set[bytes]) -> Reason:
    """Whether the IPTC record is the one that the digest was computed of (MD5; zeros where there was none).

    Args:
        digest: that Photoshop wrote.
        digests: of the IPTC records beside it.
    """
    if not digests:
        return Reason("not present", "iptc-digest-alone")
    if not any(digest):
        return Reason("not compared: the digest was never computed", "iptc-digest-none")
    if digest in digests:
        return Reason("the one that the digest was computed of", "iptc-digest-same")
    return Reason("not the one that the digest was computed of", DIGEST_DIFFERS)


def _unicode(data: bytes) -> tuple[str, bytes]:
    """A text with its number of characters before it (Unicode string), and what follows."""
    end = 4 + 2 * int.from_bytes(data[:4], "big")
    return shown(data[4:end].decode("utf-16-be", errors="replace").rstrip("\0")), data[end:]
