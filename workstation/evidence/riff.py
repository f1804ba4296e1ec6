"""WebP: the RIFF chunks (RFC 9649)."""

from __future__ import annotations

from typing import Final

from workstation.errors import Reason, number_of
from workstation.evidence.bytes_reader import Block, ParseProblem
from workstation.evidence.container import Container
from workstation.evidence.exif_values import decode_text
from workstation.evidence.payloads import icc_payload, jumbf_payload, trailing_payload
from workstation.evidence.record import Payload
from workstation.evidence.xmp import xmp_payload

MOST_CHUNKS: Final = 20_000
_SILENT: Final = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM"})


def read_webp(data: bytes) -> Container:
    """Everything but the pixels of a WebP file.

    Raises:
        ParseProblem: if the data do not begin as a WebP file does.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise ParseProblem(Reason("no WebP header", "no-webp-header"), 0)
    container = Container()
    end = min(8 + int.from_bytes(data[4:8], "little"), len(data))
    if 8 + int.from_bytes(data[4:8], "little") > len(data):
        message = "the RIFF header states more bytes than the file holds"
        container.warn("webp-truncated", message, 4, variant="header")
    position = 12
    frames = 0
    canvas: tuple[int, int] | None = None
    for _ in range(MOST_CHUNKS):
        if position + 8 > end:
            break
        kind = data[position : position + 4]
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        body = Block.of_file(data, position + 8, min(length, end - position - 8))
        if len(body) < length:
            name = decode_text(kind)
            message = f"the data end inside the chunk {name}"
            container.warn("webp-truncated", message, position, variant="chunk", chunk=name)
        frames += kind == b"ANMF"
        if kind == b"VP8X":
            canvas = _number(body, 4) + 1, _number(body, 7) + 1
        elif kind == b"ANMF" and frames == 1 and len(body) >= 12:
            frame = _number(body, 6) + 1, _number(body, 9) + 1
            if canvas is not None and frame != canvas:
                container.warn_of_canvas(frame, canvas, position)
        _chunk(kind, body, container)
        position += 8 + length + (length & 1)
    container.frames = max(frames, 1)
    if frames:
        container.payloads.append(
            Payload("WebP animation", None, 0, Reason(number_of(frames, "frame"), "frames", count=frames))
        )
    if end < len(data):
        container.payloads.append(trailing_payload(data, end, len(data)))
    return container


def _chunk(kind: bytes, body: Block, container: Container) -> None:
    offset = body.file_offset(0, 0)
    if kind == b"EXIF":
        prefixed = body.data[:6] == b"Exif\0\0"
        container.exif.append(body.part(6, len(body)) if prefixed else body)
        if prefixed:
            container.warn("webp-exif-prefix", "the EXIF chunk begins with a JPEG prefix that does not belong", offset)
        if len(container.exif) > 1:
            container.warn("exif-second", "the file holds a second, separate EXIF chunk", offset)
    elif kind == b"XMP ":
        container.payloads.append(xmp_payload(bytes(body.data), offset, len(body)))
    elif kind == b"ICCP":
        container.payloads.append(icc_payload(body))
    elif kind == b"C2PA":
        container.payloads.append(jumbf_payload(body))
    elif kind not in _SILENT and kind != b"ANMF":
        container.payloads.append(Payload(f"WebP {decode_text(kind).strip()}", offset, len(body)))


def _number(body: Block, position: int) -> int:
    """24 bits of an extended header (WebP container specification); what is cut off counts as 0."""
    return int.from_bytes(bytes(body.data[position : position + 3]), "little")
