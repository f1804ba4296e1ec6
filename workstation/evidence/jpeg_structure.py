"""The marker segments of a JPEG stream up to EOI (ITU-T T.81), each with offset and length."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from workstation.errors import Reason, number_of
from workstation.evidence.bytes_reader import Block, ParseProblem
from workstation.evidence.container import Container
from workstation.evidence.jpeg_tables import RawTable, judged, read_tables
from workstation.evidence.record import JpegSegment, JpegStructure

MOST_SEGMENTS: Final = 5000
SCAN_DATA: Final = "ECS"

_NAMES: Final = {
    0x01: "TEM",
    0xC4: "DHT",
    0xC8: "JPG",
    0xCC: "DAC",
    0xD8: "SOI",
    0xD9: "EOI",
    0xDA: "SOS",
    0xDB: "DQT",
    0xDC: "DNL",
    0xDD: "DRI",
    0xDE: "DHP",
    0xDF: "EXP",
    0xFE: "COM",
}
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROCESSES: Final = {
    0xC0: "baseline",
    0xC1: "extended",
    0xC2: "progressive",
    0xC3: "lossless",
    0xC9: "arithmetic",
    0xCA: "arithmetic",
    0xCB: "lossless",
}
_SUBSAMPLINGS: Final = {
    (1, 1): "4:4:4",
    (2, 1): "4:2:2",
    (2, 2): "4:2:0",
    (1, 2): "4:4:0",
    (4, 1): "4:1:1",
    (4, 2): "4:1:0",
}
# A marker inside entropy-coded data: 0xFF not followed by a stuffed zero, a restart marker or another 0xFF.
_MARKER: Final = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_NOT_FILL: Final = re.compile(rb"[^\xff]")
_IDENTIFIER: Final = re.compile(rb"[ -~]{2,40}")


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame header (SOFn): marker, bits per sample, size, and per component (id, h, v, table)."""

    marker: int
    precision: int
    height: int
    width: int
    components: tuple[tuple[int, int, int, int], ...]


@dataclass(slots=True)
class _Stream:
    """What was gathered while walking the segments."""

    segments: list[JpegSegment] = field(default_factory=list)
    tables: list[RawTable] = field(default_factory=list)
    frame: Frame | None = None
    restart_interval: int = 0
    restart_markers: int = 0
    end: int | None = None


def segment_name(marker: int) -> str:
    """The name of a marker: "APP1", "SOF0", "DQT", ...; "0xFF02" for one that is reserved."""
    if 0xE0 <= marker <= 0xEF:
        return f"APP{marker - 0xE0}"
    if marker in _FRAMES:
        return f"SOF{marker - 0xC0}"
    if 0xD0 <= marker <= 0xD7:
        return f"RST{marker - 0xD0}"
    return _NAMES.get(marker, f"0xFF{marker:02X}")


def _with_article(name: str) -> str:
    return f"an {name}" if name[0] in "AEIO" or name.startswith("SO") else f"a {name}"


def read_structure(data: bytes, container: Container) -> JpegStructure:
    """Walk the segments of a JPEG from SOI to EOI; what is odd becomes a warning of `container`.

    Raises:
        ParseProblem: if the data do not begin with SOI.
    """
    if data[:2] != b"\xff\xd8":
        raise ParseProblem(Reason("no JPEG start marker", "no-jpeg-start"), 0)
    stream = _Stream(segments=[JpegSegment("SOI", 0xD8, 0, 2)])
    position = 2
    while stream.end is None:
        step = _next_segment(data, position, stream, container)
        if step is None:
            break
        position = step
        if len(stream.segments) >= MOST_SEGMENTS and stream.end is None:
            message = f"more than {MOST_SEGMENTS} segments; the rest is not listed"
            container.warn("jpeg-segment-limit", message, position, most=MOST_SEGMENTS)
            return _structure(stream)
    else:
        _check_restarts(stream, container)
        return _structure(stream)
    container.warn("jpeg-no-end", "the JPEG stream has no end marker (EOI)", len(data))
    return _structure(stream)


def _check_restarts(stream: _Stream, container: Container) -> None:
    """Count restart markers against the size of the image: a scan that lost data has too few."""
    frame, interval = stream.frame, stream.restart_interval
    scans = sum(segment.name == "SOS" for segment in stream.segments)
    if frame is None or not interval or scans != 1 or not frame.components or frame.marker not in (0xC0, 0xC1):
        return
    several = len(frame.components) > 1
    across = 8 * max(h for _, h, _, _ in frame.components) if several else 8
    down = 8 * max(v for _, _, v, _ in frame.components) if several else 8
    if not across or not down:
        return
    units = -(-frame.width // across) * -(-frame.height // down)
    expected = max(-(-units // interval) - 1, 0)
    if stream.restart_markers != expected:
        message = f"the scan holds {number_of(stream.restart_markers, 'restart marker')}; its size asks for {expected}"
        scan = next(s.offset for s in stream.segments if s.name == "SOS")
        container.warn("jpeg-restart-count", message, scan, held=stream.restart_markers, expected=expected)


def _next_segment(  # noqa: PLR0911 - one return per kind of marker
    data: bytes, position: int, stream: _Stream, container: Container
) -> int | None:
    """Read the segment at `position`; returns where the next one starts, None at the end of what can be read."""
    if position + 2 > len(data):
        return None
    if data[position] != 0xFF or data[position + 1] in (0x00, 0xFF):
        return _after_garbage(data, position, container)
    marker = data[position + 1]
    name = segment_name(marker)
    if marker == 0xD9:
        stream.segments.append(JpegSegment(name, marker, position, 2))
        stream.end = position + 2
        return stream.end
    if marker in (0x01, 0xD8) or 0xD0 <= marker <= 0xD7:
        stream.segments.append(JpegSegment(name, marker, position, 2, Reason("not expected here", "not-expected")))
        container.warn(
            "jpeg-stray-marker", f"{_with_article(name)} marker stands between segments", position, marker=name
        )
        return position + 2
    if position + 4 > len(data):
        container.warn("jpeg-truncated", f"the data end inside {_with_article(name)} segment", position, segment=name)
        return None
    length = struct.unpack_from(">H", data, position + 2)[0]
    if length < 2:
        message = f"{_with_article(name)} segment says that it is {number_of(length, 'byte')} long"
        container.warn("jpeg-bad-length", message, position, segment=name, length=length)
        return position + 2
    body = Block.of_file(data, position + 4, length - 2)
    if len(body) < length - 2:
        container.warn("jpeg-truncated", f"the data end inside {_with_article(name)} segment", position, segment=name)
    note = _note(marker, body, stream, container)
    stream.segments.append(JpegSegment(name, marker, position, min(2 + length, len(data) - position), note))
    following = position + 2 + length
    return _scan_data(data, following, stream) if marker == 0xDA else following


def _after_garbage(data: bytes, position: int, container: Container) -> int | None:
    """Skip fill bytes (0xFF) silently and anything else with a warning."""
    start = position
    other = _NOT_FILL.search(data, position)
    position = other.start() if other else len(data)
    if position > start and position < len(data) and data[position] != 0x00:
        return position - 1
    match = _MARKER.search(data, position)
    if match is None:
        message = "bytes that belong to no segment follow to the end of the file"
        container.warn("jpeg-garbage", message, start, variant="end")
        return None
    count = match.start() - start
    message = f"{number_of(count, 'byte')} between segments {'belongs' if count == 1 else 'belong'} to none"
    container.warn("jpeg-garbage", message, start, variant="between", count=count)
    return match.start()


def _scan_data(data: bytes, start: int, stream: _Stream) -> int:
    """Record the entropy-coded data of one scan; returns the offset of the marker behind it."""
    match = _MARKER.search(data, start)
    end = match.start() if match else len(data)
    if end <= start:
        return end
    restarts = sum(data.count(bytes((0xFF, marker)), start, end) for marker in range(0xD0, 0xD8))
    stream.restart_markers += restarts
    note = Reason(number_of(restarts, "restart marker"), "restart-markers", count=restarts) if restarts else ""
    stream.segments.append(JpegSegment(SCAN_DATA, 0, start, end - start, note))
    return end


def _note(marker: int, body: Block, stream: _Stream, container: Container) -> str:  # noqa: PLR0911 - one per marker
    """Read what the structure needs from a segment; returns its note."""
    try:
        if marker == 0xDB:
            tables = read_tables(body, len(stream.tables))
            stream.tables.extend(tables)
            return _tables_note(str(table.identifier) for table in tables)
        if marker in _FRAMES:
            return _frame_note(marker, body, stream, container)
        if marker == 0xDD:
            stream.restart_interval = body.number(0, "H", ">")
            interval = stream.restart_interval
            return Reason(f"restart interval {interval} MCUs", "restart-interval", interval=interval)
        if marker == 0xDA:
            count = body.number(0, "B", ">")
            return Reason(number_of(count, "component"), "components", count=count)
        if marker == 0xC4:
            return _huffman_note(body)
    except ParseProblem as problem:
        name, reason = segment_name(marker), problem.reason
        container.warn("jpeg-damaged-segment", f"{name}: {reason}", problem.offset, segment=name, reason=reason)
        return Reason(
            f"unreadable: {reason}", "unreadable", reason=reason, reason_code=reason.code, **dict(reason.values)
        )
    if 0xE0 <= marker <= 0xEF or marker == 0xFE:
        match = _IDENTIFIER.match(bytes(body.data[:40]))
        return match.group().decode("ascii") if match else ""
    return ""


def _frame_note(marker: int, body: Block, stream: _Stream, container: Container) -> str:
    frame = read_frame(marker, body)
    if stream.frame is None:
        stream.frame = frame
    else:
        container.warn("jpeg-second-frame", "a second frame header; the first one counts", body.file_offset(0, 0))
    size, count = f"{frame.width}×{frame.height}", len(frame.components)
    words = f"{size}, {number_of(count, 'component')}, {frame.precision} bit"
    return Reason(words, "frame", size=size, count=count, bits=frame.precision)


def read_frame(marker: int, body: Block) -> Frame:
    """A frame header (T.81, B.2.2).

    Raises:
        ParseProblem: if it is cut off.
    """
    count = body.number(5, "B", ">")
    components = []
    for index in range(count):
        identifier, factors, table = body.take(6 + 3 * index, 3)
        components.append((identifier, factors >> 4, factors & 15, table))
    height, width = body.number(1, "H", ">"), body.number(3, "H", ">")
    return Frame(marker, body.number(0, "B", ">"), height, width, tuple(components))


def _huffman_note(body: Block) -> str:
    names = []
    position = 0
    while position < len(body):
        header = body.number(position, "B", ">")
        names.append(f"{'AC' if header >> 4 else 'DC'} {header & 15}")
        position += 17 + sum(body.take(position + 1, 16))
    return _tables_note(names)


def _tables_note(names: Iterable[str]) -> Reason:
    listed = ", ".join(names)
    return Reason(f"tables {listed}", "tables", tables=listed)


def _structure(stream: _Stream) -> JpegStructure:
    frame = stream.frame or Frame(0, 0, 0, 0, ())
    # Luminance is what the first component uses, chrominance what only later components use.
    first = frame.components[0][3] if frame.components else 0
    kinds = ["luminance" if table.identifier == first else "chrominance" for table in stream.tables]
    tables, quality = judged(list(zip(stream.tables, kinds, strict=True)))
    return JpegStructure(
        segments=tuple(stream.segments),
        tables=tables,
        subsampling=_subsampling(frame),
        process=_process(frame.marker),
        components=len(frame.components),
        precision=frame.precision,
        quality=quality,
        size=(frame.height, frame.width),
        restart_interval=stream.restart_interval,
        restart_markers=stream.restart_markers,
        end=stream.end,
    )


def _subsampling(frame: Frame) -> str:
    factors = [(h, v) for _, h, v, _ in frame.components]
    if len(factors) < 2:
        return ""
    plain = _SUBSAMPLINGS.get(factors[0])
    if len(factors) == 3 and plain and factors[1] == factors[2] == (1, 1):
        return plain
    return ",".join(f"{h}x{v}" for h, v in factors)


def _process(marker: int) -> str:
    if marker == 0:
        return ""
    return _PROCESSES.get(marker, "differential")
