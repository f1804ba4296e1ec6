from __future__ import annotations

import hashlib
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rights import ordinary_rights
from workstation.errors import Unopenable, UnsupportedFormat, WorkstationError
from workstation.evidence import identify, open_evidence, open_steps, read_metadata, rehash
from workstation.evidence.formats import detect_format
from workstation.evidence.opening import timestamp_of
from workstation.evidence.record import Pixels

Save = Callable[..., Path]


def test_pixels_come_before_the_metadata(saved: Save, exif: bytes) -> None:
    steps = open_steps(saved("a.jpg", exif=exif))
    seen = []
    while True:
        try:
            progress = next(steps)
        except StopIteration as stop:
            evidence = stop.value
            break
        seen.append(progress)

    partial = [progress.partial for progress in seen if progress.partial is not None]
    assert len(partial) == 1
    assert isinstance(partial[0], Pixels)
    assert partial[0] is evidence.pixels
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert seen[-1].stage == "reading the metadata"


def test_a_file_from_beyond_the_calendar_is_opened(saved: Save) -> None:
    path = saved("a.jpg")
    os.utime(path, (253_402_300_900, 253_402_300_900))  # the year 10000, which some file systems cut to their last one

    assert open_evidence(path).identity.size == path.stat().st_size
    assert timestamp_of(253_402_300_900) == ""
    assert timestamp_of(-1e12) == ""
    assert timestamp_of(0) == "1970-01-01T00:00:00Z"


def test_a_file_from_before_the_calendar_of_unix_is_dated() -> None:
    assert timestamp_of(-11_644_473_600) == "1601-01-01T00:00:00Z"  # of a file whose date Windows never set


def test_what_is_no_image_is_not_read_to_its_end(tmp_path: Path) -> None:
    large = tmp_path / "disk.jpg"
    with large.open("wb") as file:
        file.truncate(256 * 1024 * 1024)

    tracemalloc.start()
    try:
        with pytest.raises(UnsupportedFormat, match="no image format"):
            open_evidence(large)
        with pytest.raises(UnsupportedFormat, match="no image format"):
            read_metadata(large)
        identity = identify(large)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 64 * 1024 * 1024
    assert identity.size == 256 * 1024 * 1024
    assert rehash(identity).state == "match"


def test_identity_is_of_the_bytes_as_they_are(saved: Save) -> None:
    path = saved("a.jpg")
    data = path.read_bytes()

    identity = open_evidence(path).identity

    assert identity.size == len(data)
    assert identity.sha256 == hashlib.sha256(data).hexdigest()
    assert identity.sha1 == hashlib.sha1(data).hexdigest()
    assert identity.md5 == hashlib.md5(data).hexdigest()
    assert identity.name == "a.jpg"
    assert identity.path.is_absolute()
    assert identity.modified.endswith("Z")


def test_the_file_is_left_as_it_was(saved: Save) -> None:
    path = saved("a.jpg")
    before, data = path.stat(), path.read_bytes()

    open_evidence(path)

    assert path.read_bytes() == data
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_rehash_matches_differs_or_says_that_the_file_is_gone(saved: Save) -> None:
    path = saved("a.jpg")
    identity = open_evidence(path).identity

    assert rehash(identity).state == "match"
    assert bool(rehash(identity))
    path.write_bytes(path.read_bytes() + b"\0")
    changed = rehash(identity)
    assert (changed.state, bool(changed)) == ("differs", False)
    assert changed.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    path.unlink()
    gone = rehash(identity)
    assert gone.state == "vanished"
    assert "No such file" in gone.message


@pytest.mark.parametrize(
    ("written", "renamed", "expected"),
    [
        ("a.png", "a.jpg", ["suffix-mismatch"]),
        ("a.jpg", "a.tif", ["suffix-mismatch"]),
        ("a.jpg", "a.JPEG", []),
        ("a.jpg", "photo", ["suffix-unknown"]),
        ("a.webp", "a.xyz", ["suffix-unknown"]),
    ],
)
def test_the_content_decides_and_a_lying_suffix_is_a_warning(
    saved: Save, written: str, renamed: str, expected: list[str]
) -> None:
    path = saved(written)
    other = path.rename(path.with_name(renamed))

    evidence = open_evidence(other)

    assert [warning.code for warning in evidence.warnings] == expected
    assert evidence.format == {"a.png": "PNG", "a.jpg": "JPEG", "a.webp": "WebP"}[written]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"Dear Sir,\nthis is a letter", "the content is text"),
        (bytes(range(200)), "no image format known here"),
        (b"%PDF-1.7\n\0\0", "no image format known here"),
    ],
)
def test_what_is_no_image_is_told_so(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "letter.jpg"
    path.write_bytes(content)

    with pytest.raises(UnsupportedFormat, match=words) as caught:
        open_evidence(path)
    assert "letter.jpg" in caught.value.summary
    with pytest.raises(UnsupportedFormat):
        read_metadata(path)


def test_a_folder_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(Unopenable, match="a folder"):
        open_evidence(tmp_path)
    with pytest.raises(Unopenable, match=r"gone\.jpg: there is no such file"):
        open_evidence(tmp_path / "gone.jpg")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")

    with pytest.raises(Unopenable, match="no regular file"):
        open_evidence(tmp_path / "pipe.jpg")


def test_no_permission(saved: Save) -> None:
    path = saved("a.jpg")
    path.chmod(0)

    with ordinary_rights(), pytest.raises(Unopenable, match="no permission"):
        open_evidence(path)


def test_a_name_that_no_system_allows() -> None:
    with pytest.raises(WorkstationError):
        open_evidence("bad\0name.jpg")


def test_metadata_alone_are_those_of_the_evidence(saved: Save, exif: bytes) -> None:
    path = saved("a.jpg", exif=exif)

    described, evidence = read_metadata(path), open_evidence(path)

    assert described.metadata == evidence.metadata
    assert described.identity.sha256 == evidence.identity.sha256
    assert described.format == "JPEG"


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"\xff\xd8\xff\xe1", "JPEG"),
        (b"II*\0", "TIFF"),
        (b"MM\0*", "TIFF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIF"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIF"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "AVIF"),
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", "AVIF"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", None),
        (b"RIFF\0\0\0\0WAVE", None),
    ],
)
def test_formats_by_content(start: bytes, name: str | None) -> None:
    assert detect_format(start.ljust(64, b"\0")) == name
