"""A path becomes evidence: read once, hashed, decoded, described."""

from __future__ import annotations

import hashlib
import stat
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final, Literal

from workstation.errors import FileProblem, FolderOpened, Reason, RecordedWarning, Unopenable, UnsupportedFormat
from workstation.evidence.bytes_reader import ParseProblem
from workstation.evidence.container import Container
from workstation.evidence.decoding import DEFAULT_MAX_PIXELS, decode_pixels, transform_orientation
from workstation.evidence.exif_tags import ORIENTATION
from workstation.evidence.exif_values import decode_text
from workstation.evidence.formats import detect_format, suffix_warning
from workstation.evidence.ifd import read_directories
from workstation.evidence.metadata import assemble, read_container
from workstation.evidence.record import Evidence, FileIdentity, Metadata, Pixels
from workstation.progress import Progress, drain

_CHUNK: Final = 16 * 1024 * 1024
_BEGINNING: Final = 1024 * 1024
"""Bytes that tell an image from anything else."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Described:
    """A file without its pixels: what remains readable when they are damaged.

    Attributes:
        identity: name, size, hashes.
        format: told by content.
        metadata: what the file says.
        warnings: all of them, those of the metadata included.
    """

    identity: FileIdentity
    format: str
    metadata: Metadata
    warnings: tuple[RecordedWarning, ...]


@dataclass(frozen=True, slots=True)
class Rehash:
    """What hashing a file again shows.

    Attributes:
        state: "match", "differs" or "vanished" (it can no longer be read).
        message: one sentence for the analyst.
        sha256: of the bytes as they are now, "" where they cannot be read.
        checked: when, UTC ISO 8601.
    """

    state: Literal["match", "differs", "vanished"]
    message: str
    sha256: str
    checked: str

    def __bool__(self) -> bool:
        """Whether the file is byte for byte what was opened."""
        return self.state == "match"


class PixelsLost(FileProblem):
    """Pixels that left memory cannot be read again: the file has other bytes now, or is gone.

    Attributes:
        found: what is there instead.
    """

    remedy = (
        "What was found and marked on it is kept. Put the original back where it was; reading the file again (F5) "
        "begins anew with what lies there now."
    )

    def __init__(self, path: Path, found: Rehash) -> None:
        words = f"its pixels cannot be read again, because {found.message}"
        gone = Reason(words, "pixels-gone")
        super().__init__(path, gone if found.state == "vanished" else Reason(words, "pixels-changed"))
        self.found = found


def open_steps(path: Path | str, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Generator[Progress, None, Evidence]:
    """Open a file: read it once, hash it, decode its first frame, then read its metadata.

    Args:
        path: the file; it is opened for reading only.
        max_pixels: limit that guards against decompression bombs.

    Yields:
        Progress; the first with a `partial` carries the `Pixels`, before the metadata are put together.

    Raises:
        Unopenable: if it cannot be read.
        UnsupportedFormat: if its bytes are no image format that is read here.
        TooManyPixels: before anything above the limit is decoded.
        DamagedImage: if its pixels cannot be decoded in full.
    """
    path = Path(path)
    yield Progress("reading the file", 0.0)
    data, modified = _read(path)
    yield Progress("hashing the file", 0.1)
    identity = _identify(path, (data,), modified)
    name = _format(path, data)
    yield Progress("decoding the pixels", 0.2)
    container = read_container(data, name)
    warnings = [warning for warning in (suffix_warning(path, name),) if warning]
    pixels, decoder_warnings = decode_pixels(
        path, data, name, container, orientation=_orientation(container, warnings), max_pixels=max_pixels
    )
    yield Progress("reading the metadata", 0.8, partial=pixels)
    metadata = assemble(container)
    _check_heif_orientation(name, container, metadata, warnings)
    return Evidence(identity, name, pixels, metadata, (*warnings, *decoder_warnings, *metadata.warnings))


def open_evidence(path: Path | str, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Evidence:
    """`open_steps` to its end; the same arguments and errors."""
    return drain(open_steps(path, max_pixels=max_pixels))


def read_metadata(path: Path | str) -> Described:
    """Identity and metadata of a file, without decoding its pixels.

    Raises:
        Unopenable: if it cannot be read.
        UnsupportedFormat: if its bytes are no image format that is read here.
    """
    path = Path(path)
    data, modified = _read(path)
    identity = _identify(path, (data,), modified)
    name = _format(path, data)
    metadata = assemble(read_container(data, name))
    suffix = suffix_warning(path, name)
    return Described(identity, name, metadata, (*((suffix,) if suffix else ()), *metadata.warnings))


def identify(path: Path | str) -> FileIdentity:
    """Name, size, hashes and times of a file of any kind, read once.

    Raises:
        Unopenable: if it cannot be read.
    """
    path = Path(path)
    with _reading(path) as (file, modified):
        return _identify(path, iter(lambda: file.read(_CHUNK), b""), modified)


def rehash(identity: FileIdentity) -> Rehash:
    """Hash a file again and compare with what was opened; never raises for a file that is gone or unreadable."""
    checked = _timestamp(datetime.now(UTC))
    digest = hashlib.sha256()
    size = 0
    try:
        with identity.path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except (OSError, ValueError) as error:  # ValueError: no system has such a name
        why = _reason(error) if isinstance(error, OSError) else "its name is impossible"
        return Rehash("vanished", f"the file can no longer be read: {why}", "", checked)
    if digest.hexdigest() == identity.sha256:
        return Rehash("match", "the file is byte for byte what was opened", identity.sha256, checked)
    message = f"the file has changed since it was opened ({identity.size} bytes then, {size} now)"
    return Rehash("differs", message, digest.hexdigest(), checked)


def pixels_again(identity: FileIdentity) -> Pixels:
    """The pixels of a file that was opened before, from the same bytes.

    The bytes that are hashed are those that are decoded: a file that changes in between cannot slip in. No limit of
    pixels is asked for: those of these bytes were within it, also where more are stored than a crop of the file shows.

    Args:
        identity: of the file as it was opened.

    Raises:
        PixelsLost: if the file has other bytes now, or can no longer be read.
        DamagedImage: if they do not fit into memory.
    """
    path = identity.path
    try:
        with _reading(path) as (file, _):
            data = file.read(identity.size + 1)  # whatever lies there now: one byte more tells that it is another file
    except Unopenable as problem:
        why = f"the file can no longer be read: {problem.why}"
        raise PixelsLost(path, Rehash("vanished", why, "", _timestamp(datetime.now(UTC)))) from problem
    if hashlib.sha256(data).hexdigest() != identity.sha256:
        raise PixelsLost(path, rehash(identity))
    name = _format(path, data)
    container = read_container(data, name)
    orientation = _orientation(container, [])
    pixels, _ = decode_pixels(path, data, name, container, orientation=orientation, max_pixels=sys.maxsize)
    return pixels


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _read(path: Path) -> tuple[bytes, float]:
    """The whole file and its time of modification.

    Raises:
        Unopenable: if it is no regular file or cannot be read.
        UnsupportedFormat: if its beginning is that of no image: a disk image fills no memory.
    """
    with _reading(path) as (file, modified):
        _format(path, file.read(_BEGINNING))
        file.seek(0)
        return file.read(), modified


@contextmanager
def _reading(path: Path) -> Iterator[tuple[BinaryIO, float]]:
    """A file to read from, and its time of modification.

    Raises:
        Unopenable: if it is no regular file or cannot be read.
    """
    try:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            raise FolderOpened(path)
        if not stat.S_ISREG(state.st_mode):  # reading a pipe or a device could wait for ever
            raise Unopenable(path, Reason("this is no regular file", "no-regular-file"))
        with path.open("rb") as file:
            yield file, state.st_mtime
    except FileNotFoundError as error:
        raise Unopenable(path, Reason("there is no such file", "no-such-file")) from error
    except PermissionError as error:
        raise Unopenable(path, Reason("you have no permission to read it", "no-permission")) from error
    except OSError as error:
        said = _reason(error)
        raise Unopenable(path, Reason(f"it cannot be read ({said})", "not-readable", said=said)) from error
    except (MemoryError, ValueError) as error:
        words = "it does not fit into memory or its name is impossible"
        raise Unopenable(path, Reason(words, "no-memory-or-name")) from error


def _identify(path: Path, content: Iterable[bytes], modified: float) -> FileIdentity:
    """Who a file is; `content` is all of it, in pieces."""
    sha256, size = hashlib.sha256(), 0
    sha1, md5 = hashlib.sha1(usedforsecurity=False), hashlib.md5(usedforsecurity=False)
    for piece in content:
        size += len(piece)
        for digest in (sha256, sha1, md5):
            digest.update(piece)
    return FileIdentity(
        path=path.absolute(),
        name=path.name,
        size=size,
        sha256=sha256.hexdigest(),
        sha1=sha1.hexdigest(),
        md5=md5.hexdigest(),
        modified=timestamp_of(modified),
        opened=_timestamp(datetime.now(UTC)),
    )


def timestamp_of(seconds: float) -> str:
    """A file system's time as UTC ISO 8601; "" for one beyond the calendar, since file systems keep any number."""
    try:
        return _timestamp(_EPOCH + timedelta(seconds=seconds))  # Windows' own function knows no time before it
    except (ValueError, OverflowError):
        return ""


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _format(path: Path, data: bytes) -> str:
    name = detect_format(data)
    if name is not None:
        return name
    if not data:
        raise UnsupportedFormat(path, "the file is empty")
    if all(byte in b"\t\r\n\f" or byte >= 0x20 for byte in data[:512]) and b"\0" not in data[:512]:
        start = " ".join(decode_text(data[:60]).split())[:40]
        raise UnsupportedFormat(path, f"the content is text (“{start}…”), not an image")
    raise UnsupportedFormat(path, f"the content is no image format known here (it begins {data[:8].hex(' ')})")


def _orientation(container: Container, warnings: list[RecordedWarning]) -> int:
    """EXIF orientation of the first IFD; an impossible one counts as 1, with a warning."""
    if not container.exif:
        return 1
    try:
        entries = read_directories(container.exif[0]).entries
    except ParseProblem:
        return 1
    value = next((e.value for e in entries if e.group == "IFD0" and e.id == ORIENTATION), 1)
    if isinstance(value, int) and 1 <= value <= 8:
        return value
    if value is not None:
        warnings.append(
            RecordedWarning.of(
                "orientation-impossible",
                f"EXIF orientation {value!r} does not exist; shown as stored",
                value=repr(value),
            )
        )
    return 1


def _check_heif_orientation(
    name: str, container: Container, metadata: Metadata, warnings: list[RecordedWarning]
) -> None:
    """In HEIF and AVIF the container's properties count, and EXIF should agree with them."""
    entry = metadata.find("IFD0", ORIENTATION)
    if name not in ("HEIF", "AVIF") or entry is None or not isinstance(entry.value, int):
        return
    shown = transform_orientation(container.transforms)
    if entry.value not in (1, shown):
        message = f"EXIF orientation {entry.value} differs from the container's ({shown}), which counts"
        warnings.append(
            RecordedWarning.of("orientation-differs", message, entry.offset, value=entry.value, shown=shown)
        )
