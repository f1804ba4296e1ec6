"""HEIF and AVIF: the boxes of ISO 14496-12 and the items of ISO 23008-12 (iinf, iloc, idat, iprp)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from workstation.errors import Reason
from workstation.evidence.bytes_reader import Block, ParseProblem
from workstation.evidence.container import Container
from workstation.evidence.exif_values import decode_text
from workstation.evidence.iptc import iptc_payload
from workstation.evidence.payloads import boxes, icc_payload, jumbf_payload, looks_like
from workstation.evidence.record import Payload, Unreadable
from workstation.evidence.xmp import xmp_payload

MOST_ITEMS: Final = 10_000
MOST_REFERENCES: Final = 1000
MOST_PROPERTIES: Final = 256
"""Of one item: real ones have a dozen."""
_C2PA_UUID: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_XMP_UUID: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EXPECTED: Final = frozenset({b"ftyp", b"meta", b"mdat", b"free", b"skip", b"moov", b"styp", b"wide"})

_PAST_END: Final = Reason("item runs past the end of the file", "item-past-end")

HEIF_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1", b"mif2", b"mif3"}
)
AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})


@dataclass(frozen=True, slots=True)
class _Property:
    """One item property: its type and body."""

    kind: bytes
    body: Block


@dataclass(slots=True)
class _Item:
    """One item of the meta box."""

    kind: bytes = b""
    content_type: bytes = b""
    runs: list[tuple[int, int]] = field(default_factory=list)
    in_idat: bool = False
    properties: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Meta:
    """The meta box as far as it is needed."""

    items: dict[int, _Item] = field(default_factory=dict)
    primary: int | None = None
    properties: list[_Property] = field(default_factory=list)
    idat: tuple[int, int] = (0, 0)
    references: list[tuple[bytes, int, tuple[int, ...]]] = field(default_factory=list)


def brands(data: bytes) -> tuple[bytes, ...]:
    """Major brand and compatible brands of the ftyp box, () where there is none."""
    if data[4:8] != b"ftyp":
        return ()
    size = min(int.from_bytes(data[:4], "big"), len(data), 1024)
    return (data[8:12], *(data[at : at + 4] for at in range(16, size - 3, 4)))


def read_isobmff(data: bytes) -> Container:
    """Everything but the pixels of a HEIF or AVIF file.

    Raises:
        ParseProblem: if the file has no ftyp box.
    """
    if not brands(data):
        raise ParseProblem(Reason("no ftyp box", "no-ftyp-box"), 0)
    container = Container()
    file = Block.of_file(data)
    end = 0
    for kind, start, stop in boxes(file):
        end = stop
        if kind == b"meta":
            _read_meta(file, start, stop, container)
        elif kind == b"uuid" and stop - start >= 16:
            _uuid(file.part(start, stop - start), container)
        elif kind == b"mpvd":
            container.payloads.append(
                Payload("trailing data", start, stop - start, Reason("a video (Motion Photo)", "motion-photo"))
            )
        elif kind not in _EXPECTED:
            name = decode_text(kind)
            container.payloads.append(Payload(f"box {name}", start, stop - start))
    if end < len(data):
        rest = data[end:]
        container.payloads.append(Payload("trailing data", end, len(rest), looks_like(rest)))
    return container


def _uuid(body: Block, container: Container) -> None:
    identifier = body.take(0, 16)
    if identifier == _C2PA_UUID:
        # Version and flags, a purpose that ends in NUL, for "manifest" an 8-byte offset, then JUMBF (C2PA 2.1, A.5.1).
        purpose = bytes(body.data[20:60]).split(b"\0", 1)[0]
        skip = 20 + len(purpose) + 1 + (8 if purpose == b"manifest" else 0)
        container.payloads.append(jumbf_payload(body.part(skip, len(body)), len(body)))
    elif identifier == _XMP_UUID:
        packet = body.part(16, len(body))
        container.payloads.append(xmp_payload(bytes(packet.data), packet.file_offset(0, 0), len(packet)))
    else:
        container.payloads.append(Payload("box uuid", body.file_offset(0, 0), len(body), identifier.hex()))


def _read_meta(file: Block, start: int, stop: int, container: Container) -> None:
    meta = _Meta()
    for kind, body_start, body_stop in boxes(file, start + 4, stop):
        body = file.part(body_start, body_stop - body_start)
        try:
            _meta_box(kind, body, body_start, meta)
        except ParseProblem as problem:
            name = decode_text(kind)
            place = problem.offset or body_start
            container.warn("heif-damaged-box", f"{name}: {problem.reason}", place, part=name, reason=problem.reason)
    for item in meta.items.values():
        if not (item.kind + item.content_type).isascii():
            container.odd_item = decode_text(item.content_type or item.kind)
    _items(file, meta, container)
    _primary(meta, container)


def _meta_box(kind: bytes, body: Block, offset: int, meta: _Meta) -> None:
    if kind == b"pitm":
        meta.primary = body.number(4, "H" if body.number(0, "B", ">") == 0 else "I", ">")
    elif kind == b"iinf":
        _item_infos(body, meta)
    elif kind == b"iloc":
        _item_locations(body, meta)
    elif kind == b"idat":
        meta.idat = (offset, len(body))
    elif kind == b"iprp":
        _item_properties(body, meta)
    elif kind == b"iref":
        _item_references(body, meta)


def _item_infos(body: Block, meta: _Meta) -> None:
    version = body.number(0, "B", ">")
    start = 6 if version == 0 else 8
    position = start
    for _ in range(MOST_ITEMS):
        if position + 8 > len(body):
            return
        size = body.number(position, "I", ">")
        if size < 8:
            return
        if body.take(position + 4, 4) != b"infe":  # libheif passes over it, and what follows must not escape our look
            position += size
            continue
        entry = body.part(position + 8, size - 8)
        version = entry.number(0, "B", ">")
        if version >= 2:
            wide = version >= 3
            number = entry.number(4, "I" if wide else "H", ">")
            at = 10 if wide else 8
            item = meta.items.setdefault(number, _Item())
            item.kind = entry.take(at, 4)
            rest = bytes(entry.data[at + 4 :]).split(b"\0")
            item.content_type = rest[1] if item.kind == b"mime" and len(rest) > 1 else b""
        position += size


@dataclass(slots=True)
class _Cursor:
    """Reads numbers of stated widths, one after the other."""

    body: Block
    position: int

    def next(self, width: int) -> int:
        """The next big-endian integer of `width` bytes, 0 for width 0."""
        value = int.from_bytes(self.body.take(self.position, width), "big")
        self.position += width
        return value


def _item_locations(body: Block, meta: _Meta) -> None:
    """ISO 14496-12, 8.11.3: where the bytes of each item stand."""
    cursor = _Cursor(body, 0)
    version = cursor.next(4) >> 24
    sizes = cursor.next(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    wide = 4 if version >= 2 else 2
    extents = 0
    for _ in range(cursor.next(wide)):
        number = cursor.next(wide)
        method = cursor.next(2) & 15 if version in (1, 2) else 0
        cursor.next(2)
        base = cursor.next(base_size)
        item = meta.items.setdefault(number, _Item())
        item.in_idat = method == 1
        for _ in range(cursor.next(2)):
            if version in (1, 2):
                cursor.next(index_size)
            offset = base + cursor.next(offset_size)
            item.runs.append((offset, cursor.next(length_size)))
            extents += 1
        if len(meta.items) > MOST_ITEMS or extents > MOST_ITEMS:
            raise ParseProblem(
                Reason(f"more than {MOST_ITEMS} items", "item-limit", most=MOST_ITEMS), body.file_offset(0, 0)
            )


def _item_properties(body: Block, meta: _Meta) -> None:
    for kind, start, stop in boxes(body):
        if kind == b"ipco":
            meta.properties = [_Property(name, body.part(a, b - a)) for name, a, b in boxes(body, start, stop)]
        elif kind == b"ipma":
            _associations(body.part(start, stop - start), meta)


def _associations(body: Block, meta: _Meta) -> None:
    cursor = _Cursor(body, 0)
    head = cursor.next(4)
    version, flags = head >> 24, head & 0xFFFFFF
    for _ in range(min(cursor.next(4), MOST_ITEMS)):
        item = meta.items.setdefault(cursor.next(2 if version < 1 else 4), _Item())
        for _ in range(cursor.next(1)):
            index = cursor.next(2) & 0x7FFF if flags & 1 else cursor.next(1) & 0x7F
            if len(item.properties) < MOST_PROPERTIES:
                item.properties.append(index)


def _item_references(body: Block, meta: _Meta) -> None:
    wide = 4 if body.number(0, "B", ">") else 2
    for kind, start, stop in boxes(body, 4):
        if len(meta.references) >= MOST_REFERENCES:
            return
        cursor = _Cursor(body.part(start, stop - start), 0)
        source = cursor.next(wide)
        targets = tuple(cursor.next(wide) for _ in range(min(cursor.next(2), 1000)))
        meta.references.append((kind, source, targets))


def _block_of(file: Block, meta: _Meta, item: _Item, container: Container) -> Block:
    """The bytes of an item, as many of them as a file that was cut off still holds: that they end early is a warning.

    Raises:
        ParseProblem: if all of them lie past the end, or are unreasonably many.
    """
    runs = item.runs
    if item.in_idat:
        runs = [(meta.idat[0] + offset, length) for offset, length in runs if offset <= meta.idat[1]]
    # Length 0 means: to the end of its source.
    end = meta.idat[0] + meta.idat[1] if item.in_idat else len(file)
    runs = [(offset, length or max(end - offset, 0)) for offset, length in runs]
    held = _held(runs, len(file))
    if sum(length for _, length in held) < sum(length for _, length in runs):
        if not any(length for _, length in held):
            raise ParseProblem(_PAST_END, runs[0][0])
        name = decode_text(item.kind)
        message = f"{name} item: {_PAST_END}"
        container.warn("heif-damaged-item", message, runs[0][0], part=name, reason=_PAST_END)
        runs = held
    container.spend(sum(length for _, length in runs), runs[0][0] if runs else None)
    return Block.joined(file.data, runs)


def _held(runs: list[tuple[int, int]], end: int) -> list[tuple[int, int]]:
    """The runs up to the first that reaches past the end; what follows it would not join on."""
    held = []
    for offset, length in runs:
        held.append((offset, max(min(length, end - offset), 0)))
        if offset + length > end:
            break
    return held


def _items(file: Block, meta: _Meta, container: Container) -> None:
    # What describes the primary item comes first; the rest belongs to other images of the file.
    primary = {source for kind, source, targets in meta.references if kind == b"cdsc" and meta.primary in targets}
    for _, item in sorted(meta.items.items(), key=lambda pair: pair[0] not in primary):
        if not item.runs:
            continue
        if item.kind not in (b"Exif", b"mime", b"uri ", b"iptc"):
            if not item.in_idat and any(offset + length > len(file) for offset, length in item.runs):
                name, place = decode_text(item.kind), item.runs[0][0]
                container.warn("heif-damaged-item", f"{name} item: {_PAST_END}", place, part=name, reason=_PAST_END)
            continue
        try:
            block = _block_of(file, meta, item, container)
            _item(item, block, container)
        except ParseProblem as problem:
            name, reason = decode_text(item.kind), problem.reason
            container.warn("heif-damaged-item", f"{name} item: {reason}", problem.offset, part=name, reason=reason)
            if item.kind == b"Exif":
                container.exif_state = Unreadable(problem.reason, problem.offset)


def _item(item: _Item, block: Block, container: Container) -> None:
    offset = block.file_offset(0, len(block))
    if item.kind == b"Exif":
        # Four bytes state how far the TIFF header is from their end (ISO 23008-12, A.2.1).
        skip = 4 + block.number(0, "I", ">")
        tiff = block.part(skip, len(block))
        if len(tiff) == 0:
            raise ParseProblem(Reason("its TIFF header lies past its end", "header-past-end"), offset)
        container.exif.append(tiff)
    elif item.content_type.startswith((b"application/rdf+xml", b"application/xml")):
        container.payloads.append(xmp_payload(bytes(block.data), offset, len(block)))
    elif item.kind == b"iptc":
        container.payloads.append(iptc_payload(bytes(block.data), offset, len(block)))
    elif item.kind == b"mime":
        container.payloads.append(Payload("item", offset, len(block), decode_text(item.content_type)))


def _primary(meta: _Meta, container: Container) -> None:
    """Properties of the primary item: size, colour profile, rotation and mirroring; and the other images."""
    item = meta.items.get(meta.primary if meta.primary is not None else -1)
    transforms: list[tuple[str, int]] = []
    for index in dict.fromkeys(item.properties) if item else ():  # a profile that is named often is one
        if not 1 <= index <= len(meta.properties):
            continue
        prop = meta.properties[index - 1]
        try:
            if prop.kind == b"ispe":
                container.size = (prop.body.number(8, "I", ">"), prop.body.number(4, "I", ">"))
            elif prop.kind == b"pixi" and prop.body.number(4, "B", ">"):
                container.bits = prop.body.number(5, "B", ">")
            elif prop.kind == b"irot":
                transforms.append(("irot", prop.body.number(0, "B", ">") & 3))
            elif prop.kind == b"imir":
                transforms.append(("imir", prop.body.number(0, "B", ">") & 1))
            elif prop.kind == b"clap":
                transforms.append(("clap", 0))
            elif prop.kind == b"colr" and prop.body.take(0, 4) in (b"prof", b"rICC"):
                container.payloads.append(icc_payload(prop.body.part(4, len(prop.body))))
        except ParseProblem as problem:
            name, reason = decode_text(prop.kind), problem.reason
            container.warn("heif-damaged-property", f"{name}: {reason}", problem.offset, part=name, reason=reason)
    container.transforms = tuple(transforms)
    _others(meta, container)


def _others(meta: _Meta, container: Container) -> None:
    """Thumbnails, auxiliary and further images that items refer to each other as."""
    names = {b"thmb": "thumbnail item", b"auxl": "auxiliary image", b"cdsc": "", b"dimg": ""}
    sizes: dict[int, int] = {}  # of an item that thousands of references may name
    for kind, source, targets in meta.references:
        name = names.get(kind, f"reference {decode_text(kind)}")
        item = meta.items.get(source)
        if not name or item is None:
            continue
        if source not in sizes:
            sizes[source] = sum(length for _, length in item.runs)
        offset = item.runs[0][0] if len(item.runs) == 1 and not item.in_idat else None
        described, items, dimensions = decode_text(item.kind), ", ".join(map(str, targets[:8])), _size_of(meta, item)
        words = f"{described}, of item {items}{dimensions}"
        description = Reason(words, "of-item", kind=described, items=items, size=dimensions)
        container.payloads.append(Payload(name, offset, sizes[source], description))


def _size_of(meta: _Meta, item: _Item) -> str:
    for index in item.properties:
        if 1 <= index <= len(meta.properties) and meta.properties[index - 1].kind == b"ispe":
            body = meta.properties[index - 1].body
            if len(body) >= 12:
                return f", {body.number(4, 'I', '>')}×{body.number(8, 'I', '>')}"
    return ""
