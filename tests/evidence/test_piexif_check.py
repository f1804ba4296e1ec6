from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

from evidence.tiff_builder import Entry, block, shorts

from workstation.errors import RecordedWarning
from workstation.evidence import read_metadata
from workstation.evidence.bytes_reader import Block
from workstation.evidence.ifd import read_directories
from workstation.evidence.piexif_check import cross_check


def checked(data: bytes) -> tuple[RecordedWarning, ...]:
    whole = Block.of_file(data)
    return cross_check(whole, read_directories(whole))


def test_two_readers_agree_on_an_honest_block(exif: bytes) -> None:
    assert checked(exif[6:]) == ()


def test_two_readers_agree_on_a_photograph(data: Path) -> None:
    # It was scaled down, and its EXIF still states the size that the camera wrote.
    assert [warning.code for warning in read_metadata(data / "casio_L01.jpg").warnings] == ["exif-size-differs"]


def test_another_value_is_a_warning(exif: bytes) -> None:
    whole = Block.of_file(exif[6:])
    ours = read_directories(whole)
    changed = tuple(
        replace(entry, raw=b"Nikon\0", value="Nikon") if entry.name == "Make" else entry for entry in ours.entries
    )

    found = cross_check(whole, replace(ours, entries=changed))

    assert [w.code for w in found] == ["exif-cross-check"]
    assert found[0].message == "IFD0 Make: piexif reads b'Canon' where our reader reads 'Nikon'"


def test_an_entry_that_only_one_reader_finds_is_a_warning(exif: bytes) -> None:
    whole = Block.of_file(exif[6:])
    ours = read_directories(whole)
    fewer = tuple(entry for entry in ours.entries if entry.name != "FNumber")

    assert [w.message for w in cross_check(whole, replace(ours, entries=fewer))] == [
        "piexif reads ExifIFD 0x829D, our reader does not"
    ]


def test_what_leaves_its_bounds_is_kept_from_piexif() -> None:
    found = checked(block([Entry(0x0111, 4, count=0xFFFFFFFF, pointer=8)]))

    assert [w.code for w in found] == ["exif-cross-check-skipped"]


def test_many_entries_that_share_one_long_value_are_kept_from_piexif() -> None:
    size = 1_000_000
    data = block([Entry(0x0111, 1, count=size, pointer=8)] * 200) + bytes(size)

    assert [w.code for w in checked(data)] == ["exif-cross-check-skipped"]


def test_a_failure_of_piexif_is_a_warning_with_its_reason() -> None:
    found = checked(block([Entry(0x0112, 3, shorts(1)), Entry(0x0131, 99, b"abcd", count=4)]))

    assert [w.code for w in found] == ["exif-cross-check-failed"]
    assert "our reader read 1 entry" in found[0].message


def test_a_big_tiff_is_not_held_against_a_reader_that_does_not_know_it() -> None:
    entry = struct.pack("<HHQ8s", 0x010F, 2, 6, b"Canon\0\0\0")
    big = b"II+\0" + struct.pack("<HHQQ", 8, 0, 16, 1) + entry + bytes(8)

    found = checked(big)

    assert [warning.code for warning in found] == ["exif-cross-check-skipped"]
    assert "BigTIFF" in found[0].message
