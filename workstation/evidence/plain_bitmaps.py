"""GIF and BMP: the two formats that have no place for EXIF."""

from __future__ import annotations

import struct
from typing import Final

from workstation.errors import Reason
from workstation.evidence.bytes_reader import Block, ParseProblem
from workstation.evidence.container import Container
from workstation.evidence.exif_values import decode_text
from workstation.evidence.payloads import icc_payload, shown, trailing_payload
from workstation.evidence.record import NotApplicable, Payload
from workstation.evidence.xmp import xmp_payload

MOST_BLOCKS: Final = 100_000
_MOST_COMMENTS: Final = 200


def read_bmp(data: bytes) -> Container:
    """Everything but the pixels of a BMP: an embedded profile and trailing data.

    Raises:
        ParseProblem: if the data do not begin as a BMP does.
    """
    if data[:2] != b"BM" or len(data) < 26:
        raise ParseProblem(Reason("no BMP header", "no-bmp-header"), 0)
    container = Container(exif_state=NotApplicable())
    end = _picture_end(data) or int.from_bytes(data[2:6], "little")
    header = int.from_bytes(data[14:18], "little")
    if header >= 124 and len(data) >= 138 and data[70:74] == b"DEBM":
        offset, size = struct.unpack_from("<2I", data, 126)
        profile = Block.of_file(data, 14 + offset, size)
        if len(profile):
            container.payloads.append(icc_payload(profile))
            end = max(end, 14 + offset + size)
    if 26 < end < len(data):
        container.payloads.append(trailing_payload(data, end, len(data)))
    return container


def _picture_end(data: bytes) -> int:
    """Where uncompressed pixels end, since many programs state a wrong size of the file; 0 where nothing tells."""
    if int.from_bytes(data[14:18], "little") < 40 or len(data) < 54:
        return 0
    start = int.from_bytes(data[10:14], "little")
    width, height, _, bits, compression = struct.unpack_from("<iiHHI", data, 18)
    if compression not in (0, 3) or width <= 0:
        return 0
    stride = (int(width) * int(bits) + 31) // 32 * 4
    return start + stride * abs(int(height))


def read_gif(data: bytes) -> Container:
    """Everything but the pixels of a GIF: comments, XMP, ICC, application blocks and trailing data (GIF89a).

    Raises:
        ParseProblem: if the data do not begin as a GIF does.
    """
    if data[:6] not in (b"GIF87a", b"GIF89a") or len(data) < 13:
        raise ParseProblem(Reason("no GIF header", "no-gif-header"), 0)
    container = Container(exif_state=NotApplicable())
    position = 13 + _table_size(data[10])
    frames = 0
    for _ in range(MOST_BLOCKS):
        if position >= len(data):
            container.warn("gif-truncated", "the data end before the trailer", len(data))
            return container
        introducer = data[position]
        if introducer == 0x3B:
            if position + 1 < len(data):
                container.payloads.append(trailing_payload(data, position + 1, len(data)))
            return container
        if introducer == 0x21:
            position = _extension(data, position, container)
        elif introducer == 0x2C and position + 10 <= len(data):
            frames += 1
            container.frames = frames
            if frames == 1:
                _canvas(data, position, container)
            position = _skip_blocks(data, position + 10 + _table_size(data[position + 9]) + 1)
        else:
            container.warn("gif-garbage", "bytes that belong to no block", position)
            return container
    message = f"more than {MOST_BLOCKS} blocks; the rest is not read"
    container.warn("gif-block-limit", message, position, most=MOST_BLOCKS)
    return container


def _canvas(data: bytes, position: int, container: Container) -> None:
    """Say where the logical screen is larger than the first frame on it: decoders fill the rest with one colour."""
    across, down = struct.unpack_from("<2H", data, 6)
    left, top, width, height = struct.unpack_from("<4H", data, position + 1)
    if left > 0 or top > 0 or left + width < across or top + height < down:
        container.warn_of_canvas((width, height), (max(across, left + width), max(down, top + height)), position)


def _table_size(flags: int) -> int:
    """Bytes of a colour table."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _skip_blocks(data: bytes, position: int) -> int:
    """The position behind a chain of data sub-blocks."""
    while position < len(data) and data[position]:
        position += 1 + data[position]
    return position + 1


def _joined(data: bytes, position: int) -> bytes:
    parts = []
    while position < len(data) and data[position]:
        parts.append(data[position + 1 : position + 1 + data[position]])
        position += 1 + data[position]
    return b"".join(parts)


def _extension(data: bytes, position: int, container: Container) -> int:
    label = data[position + 1 : position + 2]
    end = _skip_blocks(data, position + 2)
    if len(container.payloads) >= _MOST_COMMENTS:
        return end
    if label == b"\xfe":
        text = decode_text(_joined(data, position + 2)).strip("\0 ")
        container.payloads.append(Payload("comment", position, end - position, shown(text)))
    elif label == b"\xff":
        name = data[position + 3 : position + 14]
        start = position + 3 + (data[position + 2] if position + 2 < len(data) else 0)
        if name == b"XMP DataXMP":
            packet = data[start:end]
            container.payloads.append(xmp_payload(packet, start, len(packet)))
        elif name == b"ICCRGBG1012":
            container.payloads.append(icc_payload(Block(_joined(data, start)), end - start))
        else:
            container.payloads.append(Payload("GIF application", position, end - position, decode_text(name)))
    return end
