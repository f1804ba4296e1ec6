"""The comparison itself: it must be able to find a difference."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from evidence.tiff_builder import Entry, block, nested, rationals, shorts

from benchmarks.compare_exiftool import compare, exiftool, tag_number
from workstation.evidence import read_metadata
from workstation.evidence.bytes_reader import Block
from workstation.evidence.ifd import read_directories
from workstation.evidence.record import Metadata, Present


def metadata_of(data: bytes) -> Metadata:
    found = read_directories(Block.of_file(data))
    return Metadata(found.entries, Present(), found.byte_order, (), None)


def reasons(theirs: dict[str, object], data: bytes) -> list[str | None]:
    return [found.reason if found else None for _, found in compare("a.jpg", theirs, metadata_of(data))]


@pytest.mark.parametrize(
    ("theirs", "data", "reason"),
    [
        ({"IFD0:Make": "Canon"}, block([Entry(0x010F, 2, b"Canon  \0")]), None),
        ({"IFD0:Make": "Nikon"}, block([Entry(0x010F, 2, b"Canon\0")]), "the values differ"),
        ({"IFD0:Orientation": 6}, block([Entry(0x0112, 3, shorts(6))]), None),
        ({"IFD0:Orientation": 8}, block([Entry(0x0112, 3, shorts(6))]), "the values differ"),
        ({"IFD0:Model": "X"}, block([Entry(0x010F, 2, b"X\0")]), "our reader has no such entry"),
        ({"IFD0:Nonsense": 1}, block([]), "no tag number is known for this name"),
    ],
)
def test_equal_values_agree_and_others_do_not(theirs: dict[str, object], data: bytes, reason: str | None) -> None:
    assert reasons(theirs, data) == [reason]


@pytest.mark.parametrize(
    ("tag", "data", "theirs", "same"),
    [
        (0x9201, rationals((8, 1)), 0.00390625, True),
        (0x9201, rationals((8, 1)), 0.0039, False),
        (0x9202, rationals((3, 1)), 2.82842712474619, True),
        (0x829A, rationals((1, 3)), 0.3333333333, True),
        (0x829A, rationals((1, 0)), "inf", True),
        (0x829A, rationals((1, 3)), "inf", False),
    ],
)
def test_what_exiftool_converts_is_converted(tag: int, data: bytes, theirs: object, same: bool) -> None:
    name = {0x9201: "ShutterSpeedValue", 0x9202: "ApertureValue", 0x829A: "ExposureTime"}[tag]
    found = reasons({f"ExifIFD:{name}": theirs}, nested([], 0x8769, [Entry(tag, 5, data)]))

    assert (found == [None]) is same


def test_degrees_and_times() -> None:
    entries = [
        Entry(0x02, 5, rationals((48, 1), (30, 1), (0, 1))),
        Entry(0x07, 5, rationals((7, 1), (5, 1), (9, 1))),
    ]
    data = nested([], 0x8825, entries)

    assert reasons({"GPS:GPSLatitude": 48.5, "GPS:GPSTimeStamp": "07:05:09"}, data) == [None, None]
    assert reasons({"GPS:GPSLatitude": 48.6}, data) != [None]


def test_names_that_exiftool_uses() -> None:
    assert tag_number("ExifIFD", "ISO") == 0x8827
    assert tag_number("GPS", "GPSLatitude") == 2
    assert tag_number("ExifIFD", "Exif_0xa436") == 0xA436


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_exiftool_agrees_on_a_photograph(data: Path, saved: Callable[..., Path], exif: bytes) -> None:
    saved("a.jpg", exif=exif)
    shutil.copy(data / "casio_L01.jpg", saved("b.jpg").parent)

    for theirs in exiftool(saved("c.jpg").parent):
        path = Path(theirs["SourceFile"])
        found = list(compare(path.name, theirs, read_metadata(path).metadata))
        assert bool(found) is (path.name in ("a.jpg", "casio_L01.jpg"))
        assert [one for _, one in found if one] == []
