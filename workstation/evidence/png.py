"""PNG chunks (PNG, third edition): EXIF, ICC, text, C2PA and whatever follows IEND."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Final

from workstation.errors import Reason, number_of
from workstation.evidence.bytes_reader import Block, ParseProblem
from workstation.evidence.container import Container
from workstation.evidence.exif_values import decode_text
from workstation.evidence.iptc import iptc_payload
from workstation.evidence.payloads import (
    icc_payload,
    jumbf_payload,
    shown,
    trailing_payload,
)
from workstation.evidence.photoshop import photoshop_payloads
from workstation.evidence.record import Payload
from workstation.evidence.xmp import xmp_payload

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
LARGEST_TEXT: Final = 8 * 1024 * 1024
MOST_CHUNKS: Final = 20_000
PIXEL_CHUNKS: Final = 20
"""As many count as one of the others: writers cut pixels into chunks of 8 KiB."""
_DAMAGED: Final = Reason("its compressed data are damaged", "damaged-data")
_XMP_KEYWORD: Final = b"XML:com.adobe.xmp"
_ANCILLARY: Final = 0x20
"""The bit of a chunk type's first byte that says that the picture can be shown without it (5.4)."""
_ANIMATION: Final = frozenset({b"acTL", b"fcTL", b"fdAT"})
_SILENT: Final = frozenset({b"IDAT", b"fdAT", b"fcTL", b"PLTE", b"IEND"})


def read_png(data: bytes) -> Container:
    """Everything but the pixels of a PNG.

    Raises:
        ParseProblem: if the data do not begin with PNG's signature.
    """
    if not data.startswith(SIGNATURE):
        raise ParseProblem(Reason("no PNG signature", "no-png-signature"), 0)
    container = Container()
    animation: list[tuple[int, int]] = []
    _read_chunks(data, container, animation)
    if not set(animation).isdisjoint(container.broken_parts):  # decoders count the parts of an animation
        container.broken_parts = sorted({*container.broken_parts, *animation})
    return container


def _read_chunks(data: bytes, container: Container, animation: list[tuple[int, int]]) -> None:
    """Read chunk by chunk; `animation` takes (offset, length) of those that belong to one."""
    position = len(SIGNATURE)
    left = MOST_CHUNKS * PIXEL_CHUNKS
    while left > 0:
        if position + 12 > len(data):
            container.warn("png-truncated", "the data end before the last chunk (IEND)", position, variant="end")
            return
        length = int.from_bytes(data[position : position + 4], "big")
        kind = data[position + 4 : position + 8]
        body = Block.of_file(data, position + 8, length)
        if len(body) < length:
            name = decode_text(kind)
            message = f"the data end inside the chunk {name}"
            container.warn("png-truncated", message, position, variant="chunk", chunk=name)
            return
        _check(data, position, length, container)
        if kind in _ANIMATION:
            animation.append((position, 12 + length))
        _chunk(kind, body, container)
        position += 12 + length
        left -= 1 if kind in _SILENT else PIXEL_CHUNKS
        if kind == b"IEND":
            break
    else:
        container.warn("png-chunk-limit", "more chunks than are read; the rest is left out", position)
        return
    if position < len(data):
        container.payloads.append(trailing_payload(data, position, len(data)))


def _check(data: bytes, position: int, length: int, container: Container) -> None:
    stated = int.from_bytes(data[position + 8 + length : position + 12 + length], "big")
    if zlib.crc32(memoryview(data)[position + 4 : position + 8 + length]) != stated:
        name = decode_text(data[position + 4 : position + 8])
        if data[position + 4] & _ANCILLARY:
            container.broken_parts.append((position, 12 + length))
        container.warn("png-checksum", f"the checksum of the chunk {name} does not fit its data", position, chunk=name)


def _chunk(kind: bytes, body: Block, container: Container) -> None:
    try:
        _read_chunk(kind, body, container)
    except ParseProblem as problem:
        name, reason = decode_text(kind), problem.reason
        container.warn("png-damaged-chunk", f"{name}: {reason}", body.file_offset(0, 0), chunk=name, reason=reason)


def _read_chunk(kind: bytes, body: Block, container: Container) -> None:
    offset = body.file_offset(0, 0)
    if kind == b"IHDR":
        container.size = (body.number(4, "I", ">"), body.number(0, "I", ">"))
        container.bits = body.number(8, "B", ">")
    elif kind == b"eXIf":
        prefixed = body.data[:6] == b"Exif\0\0"
        container.exif.append(body.part(6, len(body)) if prefixed else body)
        if len(container.exif) > 1:
            container.warn("exif-second", "the file holds a second, separate EXIF chunk", offset)
    elif kind == b"iCCP":
        container.payloads.append(_icc(body, container))
    elif kind in (b"tEXt", b"zTXt", b"iTXt"):
        _text(kind, body, container)
    elif kind == b"caBX":
        container.payloads.append(jumbf_payload(body))
    elif kind == b"acTL":
        frames = body.number(0, "I", ">")
        container.frames = max(frames, 1)
        container.payloads.append(Payload("PNG acTL", offset, len(body), _animation(frames)))
    elif kind == b"pHYs":
        size = f"{body.number(0, 'I', '>')}×{body.number(4, 'I', '>')}"
        ratio = Reason(f"{size} no unit (aspect ratio)", "density-ratio", size=size)
        metre = Reason(f"{size} px per metre", "density-metre", size=size)
        density = metre if body.number(8, "B", ">") == 1 else ratio
        container.payloads.append(Payload("PNG pHYs", offset, len(body), density))
    elif kind == b"tIME":
        year = body.number(0, "H", ">")
        month, day, hour, minute, second = body.take(2, 5)
        moment = f"{year:04d}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}:{second:02d} UTC"
        stamp = Reason(f"{moment} (last modified)", "last-modified", moment=moment)
        container.payloads.append(Payload("PNG tIME", offset, len(body), stamp))
    elif kind == b"gAMA":
        container.payloads.append(Payload("PNG gAMA", offset, len(body), f"gamma 1/{1e5 / max(_gamma(body), 1):.3g}"))
    elif kind not in _SILENT:
        container.payloads.append(Payload(f"PNG {decode_text(kind)}", offset, len(body)))


def _animation(frames: int) -> Reason:
    return Reason(f"animation of {number_of(frames, 'frame')}", "animation", count=frames)


def _gamma(body: Block) -> int:
    return body.number(0, "I", ">")


def _inflate(data: bytes, chunk: str, offset: int | None, container: Container) -> bytes:
    """Decompress at most `LARGEST_TEXT` bytes; data that end early are a warning, and what there is of them is kept.

    Raises:
        ParseProblem: if the data are no zlib stream, or the file's chunks together are too large.
    """
    container.spend(0)
    inflater = zlib.decompressobj()
    try:
        inflated = inflater.decompress(data, LARGEST_TEXT)
    except zlib.error as error:
        raise ParseProblem(_DAMAGED) from error
    if not inflater.eof and len(inflated) < LARGEST_TEXT:
        container.warn("png-damaged-chunk", f"{chunk}: {_DAMAGED}", offset, chunk=chunk, reason=_DAMAGED)
    container.spend(len(inflated))
    return inflated


def _icc(body: Block, container: Container) -> Payload:
    name, _, rest = bytes(body.data).partition(b"\0")
    offset = body.file_offset(0, 0)
    payload = icc_payload(Block(_inflate(rest[1:], "iCCP", offset, container)), len(body))
    details = (("name in the chunk", decode_text(name)), *payload.details)
    return Payload("ICC", offset, len(body), payload.description, details, payload.content)


def _text(kind: bytes, body: Block, container: Container) -> None:
    keyword, _, rest = bytes(body.data).partition(b"\0")
    start = len(keyword) + 1
    if kind == b"iTXt":
        compressed = rest[:1] == b"\1"
        language, _, tail = rest[2:].partition(b"\0")
        translated, _, text = tail.partition(b"\0")
        start += 2 + len(language) + 1 + len(translated) + 1
    else:
        compressed = kind == b"zTXt"
        text = rest[1:] if compressed else rest
    if compressed:
        text = _inflate(text, decode_text(kind), body.file_offset(0, 0), container)
    offset, size = (body.file_offset(0, 0), len(body)) if compressed else (body.file_offset(start, 0), len(text))
    name = decode_text(keyword)
    if keyword == _XMP_KEYWORD:
        container.payloads.append(xmp_payload(text, offset, size))
    elif name.startswith("Raw profile type "):
        _raw_profile(name.removeprefix("Raw profile type "), text, offset, size, container)
    else:
        details = (("compressed", "yes"),) if compressed else ()
        said = text.decode("utf-8", errors="replace") if kind == b"iTXt" else text.decode("latin-1")
        container.payloads.append(Payload("PNG text", offset, size, f"{name}: {shown(said)}", details))


def _raw_profile(name: str, text: bytes, offset: int | None, size: int, container: Container) -> None:
    """A profile in hexadecimal, as ImageMagick writes it: name, number of bytes, digits."""
    lines = text.strip().split(b"\n", 2)
    try:
        profile = bytes.fromhex(lines[2].decode("ascii")) if len(lines) == 3 else b""
    except ValueError:
        profile = b""
    if not profile:
        raise ParseProblem(Reason(f"no profile in “Raw profile type {name}”", "no-raw-profile", name=name), offset)
    block = Block(profile)
    if name in ("exif", "APP1", "app1") and profile.startswith(b"Exif\0\0"):
        container.exif.append(block.part(6, len(profile)))
        container.warn("exif-raw-profile", "EXIF stands in a text chunk, as ImageMagick writes it", offset)
    elif name in ("xmp", "APP1", "app1"):
        container.payloads.append(xmp_payload(profile, None, size))
    elif name in ("icc", "icm"):
        container.payloads.append(icc_payload(block, size))
    elif name in ("iptc", "8bim"):
        found = [payload for payload in photoshop_payloads(block) if payload.kind == "IPTC"]
        record = found[0] if found else iptc_payload(profile, offset, size)
        container.payloads.append(replace(record, offset=offset, size=size))
    else:
        container.payloads.append(Payload("PNG text", offset, size, f"Raw profile type {name}"))
