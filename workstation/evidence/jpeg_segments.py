"""The application segments of a JPEG: EXIF, XMP, ICC, MPF, Photoshop, JUMBF and the rest, each as a payload."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Literal

from workstation.errors import Reason, number_of
from workstation.evidence.bytes_reader import Block, ParseProblem
from workstation.evidence.container import Container
from workstation.evidence.exif_values import decode_text
from workstation.evidence.ifd import read_directories
from workstation.evidence.jpeg_structure import read_structure
from workstation.evidence.payloads import (
    NO_IMAGE,
    embedded_image,
    icc_payload,
    image_size,
    jumbf_payload,
    shown,
    trailing_payload,
)
from workstation.evidence.photoshop import photoshop_payloads
from workstation.evidence.record import Empty, JpegSegment, Payload
from workstation.evidence.xmp import xmp_payload

_EXIF: Final = b"Exif\0"
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENDED_XMP: Final = b"http://ns.adobe.com/xmp/extension/\0"
_ICC: Final = b"ICC_PROFILE\0"
_MPF: Final = b"MPF\0"
_PHOTOSHOP: Final = b"Photoshop 3.0\0"
_IDENTIFIERS: Final = (
    (b"JFXX\0", "JFXX", Reason("JFIF extension (thumbnail)", "jfif-extension")),
    (b"FPXR\0", "FlashPix", Reason("FlashPix-ready data", "flashpix-ready")),
    (b"urn:iso:std:iso:ts:21496:-1\0", "gain map", Reason("gain map metadata (ISO 21496-1)", "gain-map-metadata")),
)
_NO_TRANSFORM: Final = Reason("none (RGB or CMYK)", "no-transform")
_JFXX_JPEG: Final = b"JFXX\0\x10"
"""A JFIF extension that is a thumbnail in JPEG (JFIF 1.02)."""
_MPF_TYPES: Final = {
    0x010001: Reason("large thumbnail (VGA)", "mpf-vga"),
    0x010002: Reason("large thumbnail (full HD)", "mpf-full-hd"),
    0x020001: Reason("panorama", "mpf-panorama"),
    0x020002: Reason("disparity (stereo)", "mpf-stereo"),
    0x020003: Reason("multi-angle", "mpf-angles"),
    0x030000: Reason("baseline primary image", "mpf-primary"),
    0x040000: Reason("original preservation", "mpf-original"),
    0x050000: Reason("gain map", "mpf-gain-map"),
    0: Reason("undefined", "mpf-undefined"),
}
_MPF_COPIES: Final = ("large thumbnail", "gain map")
"""How the types begin that are no further picture but serve the first one."""
_GAIN_MAP: Final = re.compile(rb"urn:iso:std:iso:ts:21496|hdr-gain-map|HDRGainMap|:hdrgainmap")
"""What a gain map says of itself (ISO 21496-1, XMP of Adobe and Apple): the index of a phone calls it undefined."""
_MOST_MPF_IMAGES: Final = 100
_HEADER: Final = 1024 * 1024
_EXTENSION_NAME: Final = re.compile(rb"(?<![0-9A-Za-z])[0-9A-Za-z]{32}(?![0-9A-Za-z])")
"""The MD5 of an extended packet in hexadecimal, as the main packet announces it."""

Run = tuple[int, int]


@dataclass(slots=True)
class _Gathered:
    """Payloads that are spread over several segments: runs (offset, length) of the file."""

    exif: list[list[Run]] = field(default_factory=list)
    icc: list[tuple[int, int, Run]] = field(default_factory=list)
    extended_xmp: dict[bytes, list[tuple[int, int, Run]]] = field(default_factory=dict)
    photoshop: list[Run] = field(default_factory=list)
    jumbf: dict[int, list[tuple[int, Run]]] = field(default_factory=dict)
    mpf: Run | None = None


def read_jpeg(data: bytes) -> Container:
    """Everything but the pixels of a JPEG.

    Raises:
        ParseProblem: if the data do not begin with SOI.
    """
    container = Container()
    structure = read_structure(data, container)
    container.jpeg = structure
    container.size = structure.size if structure.size != (0, 0) else None
    container.bits = structure.precision
    gathered = _Gathered()
    for segment in structure.segments:
        if 0xE0 <= segment.marker <= 0xEF:
            _application(data, segment, gathered, container)
        elif segment.marker == 0xFE:
            text = decode_text(data[segment.offset + 4 : segment.offset + segment.length]).strip("\0 ")
            container.payloads.append(Payload("comment", segment.offset, segment.length, shown(text)))
    _exif(data, gathered, container)
    _icc(data, gathered, container)
    _extended_xmp(data, gathered, container)
    if gathered.photoshop:
        container.payloads.extend(photoshop_payloads(Block.joined(data, gathered.photoshop)))
    _jumbf(data, gathered, container)
    _after_the_end(data, gathered, container)
    return container


def _application(data: bytes, segment: JpegSegment, gathered: _Gathered, container: Container) -> None:
    """Sort one APPn segment into what it belongs to; one that is complete in itself becomes a payload at once."""
    start, end = segment.offset + 4, segment.offset + segment.length
    head = data[start : min(start + 80, end)]

    def run(skip: int) -> Run:
        return start + skip, max(end - start - skip, 0)

    if segment.name == "APP1" and head.startswith(_EXIF):
        _gather_exif(data, run(6), gathered)
    elif segment.name == "APP1" and head.startswith(_XMP):
        offset, size = run(len(_XMP))
        container.payloads.append(xmp_payload(data[offset : offset + size], offset, size))
    elif segment.name == "APP1" and head.startswith(_EXTENDED_XMP) and len(head) >= 75:
        position = int.from_bytes(head[71:75], "big")
        total = int.from_bytes(head[67:71], "big")
        gathered.extended_xmp.setdefault(head[35:67], []).append((position, total, run(75)))
    elif segment.name == "APP2" and head.startswith(_ICC) and len(head) >= 14:
        gathered.icc.append((head[12], head[13], run(14)))
    elif segment.name == "APP2" and head.startswith(_MPF):
        gathered.mpf = run(4)
    elif segment.name == "APP13" and head.startswith(_PHOTOSHOP):
        gathered.photoshop.append(run(len(_PHOTOSHOP)))
    elif segment.name == "APP11" and head.startswith(b"JP") and len(head) >= 16:
        number = int.from_bytes(head[2:4], "big")
        gathered.jumbf.setdefault(number, []).append((int.from_bytes(head[4:8], "big"), run(8)))
    else:
        container.payloads.append(_single(segment, head))
        if head.startswith(_JFXX_JPEG):
            offset, size = run(len(_JFXX_JPEG))
            picture = data[offset : offset + size]
            container.payloads.append(embedded_image("thumbnail", picture, offset, size))


def _single(segment: JpegSegment, head: bytes) -> Payload:
    """A segment of its own: JFIF, Adobe, Ducky, FlashPix, or one that only its maker understands."""
    offset, length = segment.offset, segment.length
    if head.startswith(b"JFIF\0") and len(head) >= 14:
        size = f"{int.from_bytes(head[8:10], 'big')}×{int.from_bytes(head[10:12], 'big')}"
        density = {
            0: Reason(f"{size} no unit (aspect ratio)", "density-ratio", size=size),
            1: Reason(f"{size} per inch", "density-inch", size=size),
            2: Reason(f"{size} per cm", "density-cm", size=size),
        }.get(head[7], Reason(f"{size} unit {head[7]}", "density-unit", size=size, unit=head[7]))
        details = (("density", density), ("thumbnail", f"{head[12]}×{head[13]}"))
        return Payload("JFIF", offset, length, f"JFIF {head[5]}.{head[6]:02d}", details)
    # Old versions of Photoshop begin APP13 with "Adobe_CM" and "Adobe_Photoshop2.5:".
    if segment.name == "APP14" and head.startswith(b"Adobe") and len(head) >= 12:
        transform = {0: _NO_TRANSFORM, 1: "YCbCr", 2: "YCCK"}.get(head[11], str(head[11]))
        described = Reason(f"Adobe, colour transform {transform}", "adobe-transform", transform=transform)
        if transform is _NO_TRANSFORM:
            described = Reason(str(described), "adobe-no-transform")
        return Payload("Adobe", offset, length, described, (("transform", transform),))
    if head.startswith(b"Ducky") and len(head) >= 11:
        quality = int.from_bytes(head[9:13], "big") if head[5:7] == b"\0\1" else None
        stated = (("quality", str(quality)),) if quality is not None else ()
        return Payload("Ducky", offset, length, "Photoshop, Save for Web", stated)
    for identifier, kind, description in _IDENTIFIERS:
        if head.startswith(identifier):
            return Payload(kind, offset, length, description)
    return Payload(segment.name, offset, length, segment.note)


def _gather_exif(data: bytes, run: Run, gathered: _Gathered) -> None:
    """EXIF beyond 64 KiB continues in further APP1 segments, which then bear no TIFF header of their own."""
    begins = data[run[0] : run[0] + 4] in (b"II*\0", b"MM\0*")
    if gathered.exif and not begins:
        gathered.exif[-1].append(run)
    else:
        gathered.exif.append([run])


def _exif(data: bytes, gathered: _Gathered, container: Container) -> None:
    for number, runs in enumerate(gathered.exif):
        block = Block.joined(data, runs)
        if len(block) == 0:
            container.exif_state = Empty()
            continue
        container.exif.append(block)
        if len(runs) > 1:
            message = f"the EXIF data are spread over {len(runs)} APP1 segments"
            container.warn("exif-spread", message, runs[1][0], count=len(runs))
        if number:
            container.warn("exif-second", "the file holds a second, separate EXIF segment", runs[0][0])


def _icc(data: bytes, gathered: _Gathered, container: Container) -> None:
    if not gathered.icc:
        return
    chunks = sorted(gathered.icc, key=lambda chunk: chunk[0])
    numbers = [number for number, _, _ in chunks]
    count = chunks[0][1]
    if numbers != list(range(1, count + 1)):
        message = f"the ICC profile should come in {count} chunks; the file holds {numbers}"
        container.warn("icc-incomplete", message, chunks[0][2][0], count=count, held=str(numbers))
    container.payloads.append(icc_payload(Block.joined(data, [run for _, _, run in chunks])))


def _extended_xmp(data: bytes, gathered: _Gathered, container: Container) -> None:
    packets = [payload.content for payload in container.payloads if payload.kind == "XMP"]
    announced = {name for packet in packets for name in _EXTENSION_NAME.findall(packet)}
    for identifier, parts in gathered.extended_xmp.items():
        parts.sort()
        block = Block.joined(data, [run for _, _, run in parts])
        total = parts[0][1]
        if len(block) != total:
            message = f"the extended XMP should be {total} bytes; the file holds {len(block)}"
            container.warn("xmp-incomplete", message, parts[0][2][0], size=total, held=len(block))
        payload = xmp_payload(bytes(block.data), block.file_offset(0, len(block)), len(block), "extended XMP")
        container.payloads.append(payload)
        name = decode_text(identifier)
        if identifier not in announced:
            message = f"no XMP packet announces the extended XMP {name}"
            container.warn("xmp-orphan", message, parts[0][2][0], name=name)


def _jumbf(data: bytes, gathered: _Gathered, container: Container) -> None:
    for parts in gathered.jumbf.values():
        parts.sort()
        first = parts[0][1]
        # Every further segment repeats the 8 bytes of the box header (ISO 19566-5, annex D).
        runs = [first] + [(offset + 8, max(length - 8, 0)) for _, (offset, length) in parts[1:]]
        container.payloads.append(jumbf_payload(Block.joined(data, runs)))


def _after_the_end(data: bytes, gathered: _Gathered, container: Container) -> None:
    """MPF images, then whatever after EOI belongs to none of them."""
    images = _mpf(data, gathered.mpf, container) if gathered.mpf else []
    end = container.jpeg.end if container.jpeg else None
    if end is None:
        return
    position = end
    for start, size in sorted(images):
        if start > position:
            container.payloads.append(trailing_payload(data, position, start))
        position = max(position, start + size)
    if position < len(data):
        container.payloads.append(trailing_payload(data, position, len(data)))


def _mpf(data: bytes, run: Run, container: Container) -> list[Run]:
    """The secondary images of a Multi-Picture Format index (CIPA DC-007); returns their (offset, size)."""
    block = Block.of_file(data, *run)
    try:
        directories = read_directories(block)
    except ParseProblem as problem:
        container.warn("mpf-unreadable", f"MPF index: {problem.reason}", run[0], reason=problem.reason)
        container.payloads.append(Payload("MPF index", run[0], run[1], Reason("unreadable", "unreadable-part")))
        return []
    entry = next((e for e in directories.entries if e.id == 0xB002), None)
    count = len(entry.raw) // 16 if entry else 0
    details = [("images", str(count))]
    stated = Reason(number_of(count, "image"), "images", count=count)
    container.payloads.append(Payload("MPF index", run[0], run[1], stated, tuple(details)))
    images: list[Run] = []
    order: Literal["little", "big"] = "little" if directories.order == "<" else "big"
    for number in range(min(count, _MOST_MPF_IMAGES)):
        fields = entry.raw[16 * number : 16 * number + 16] if entry else b""
        attributes, size, relative = (int.from_bytes(fields[at : at + 4], order) for at in (0, 4, 8))
        if relative == 0:  # the first image is the file's own
            continue
        start = run[0] + relative
        kind = _MPF_TYPES.get(attributes & 0xFFFFFF, f"type 0x{attributes & 0xFFFFFF:06X}")
        container.payloads.append(_mpf_image(data, start, size, kind, container))
        if start < len(data):
            images.append((start, size))
    return images


def _mpf_image(data: bytes, start: int, size: int, kind: str, container: Container) -> Payload:
    if start + size > len(data):
        message = f"an MPF image of {size} bytes lies past the end of the file"
        container.warn("mpf-outside", message, start, size=size)
        return Payload("MPF image", start, size, Reason("past the end of the file", "past-the-end"), (("type", kind),))
    head = data[start : start + min(size, _HEADER)]
    found = image_size(head)
    if found is not None and kind == _MPF_TYPES[0] and _GAIN_MAP.search(head):
        kind = _MPF_TYPES[0x050000]
    if found is not None and not kind.startswith(_MPF_COPIES):
        container.frames += 1
    description = NO_IMAGE if found is None else f"{found[0]} {found[1]}×{found[2]}"
    return Payload("MPF image", start, size, description, (("type", kind),))
