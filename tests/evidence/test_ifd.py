from __future__ import annotations

import tracemalloc
from fractions import Fraction

import pytest
from evidence.tiff_builder import Entry, block, directory, longs, nested, rationals, shorts

from workstation.evidence.bytes_reader import Block, ParseProblem
from workstation.evidence.ifd import LONGEST_RAW, MOST_DIRECTORIES, Directories, read_directories
from workstation.evidence.record import Empty, Present, TagEntry, Unreadable


def read(data: bytes, file_offset: int = 0) -> Directories:
    return read_directories(Block.of_file(bytes(file_offset) + data, file_offset))


def find(found: Directories, group: str, tag: int) -> TagEntry:
    return next(entry for entry in found.entries if (entry.group, entry.id) == (group, tag))


def codes(found: Directories) -> list[str]:
    return [warning.code for warning in found.warnings]


@pytest.mark.parametrize("order", ["<", ">"])
def test_an_entry_keeps_raw_bytes_value_and_both_offsets(order: str) -> None:
    data = block([Entry(0x010F, 2, b"Canon\0"), Entry(0x829A, 5, rationals((1, 250), order=order))], order=order)

    found = read(data, file_offset=30)

    make, exposure = found.entries
    assert (make.name, make.type, make.count, make.value, make.raw) == ("Make", "ASCII", 6, "Canon", b"Canon\0")
    assert make.entry_offset == 30 + 10
    assert make.offset == 30 + 8 + 2 + 24 + 4
    assert exposure.value == Fraction(1, 250)
    assert (exposure.unit, exposure.text) == ("s", "1/250 s")
    assert found.byte_order == ("little-endian" if order == "<" else "big-endian")
    assert found.within_bounds
    assert not found.warnings


def test_an_inline_value_stands_in_its_entry() -> None:
    found = read(block([Entry(0x0112, 3, shorts(6))]))

    assert found.entries[0].value == 6
    assert found.entries[0].offset == 8 + 2 + 8
    assert found.entries[0].text == "to be rotated 90° clockwise"


def test_exif_gps_and_interop_directories_are_followed() -> None:
    exif = nested([Entry(0x010F, 2, b"Nikon\0")], 0x8769, [Entry(0x9000, 7, b"0232")])
    gps = nested([], 0x8825, [Entry(0x01, 2, b"S\0"), Entry(0x02, 5, rationals((33, 1), (30, 1), (0, 1)))])

    assert find(read(exif), "ExifIFD", 0x9000).text == "2.32"
    latitude = find(read(gps), "GPS", 0x02)
    assert latitude.value == (33, 30, 0)
    assert latitude.text == "33° 30′ 0.00″ S (-33.500000°)"


def test_the_directory_of_the_thumbnail_is_the_second_of_the_chain() -> None:
    first = block([Entry(0x0112, 3, shorts(1))], following=8 + 2 + 12 + 4)
    data = first + directory([Entry(0x0103, 3, shorts(6))], len(first))

    found = read(data)

    assert [entry.group for entry in found.entries] == ["IFD0", "IFD1"]


def test_an_offset_past_the_end_is_unreadable_not_absent() -> None:
    data = block([Entry(0x010F, 2, count=40, pointer=5000), Entry(0x0110, 2, b"EOS\0")])

    found = read(data)

    make, model = found.entries
    assert make.state == Unreadable("value runs past the end of the data", 10)
    assert make.value is None
    assert (make.raw, make.raw_size) == (b"", 40)
    assert model.value == "EOS"
    assert codes(found) == ["exif-unreadable"]
    assert not found.within_bounds


def test_a_value_that_is_cut_off_keeps_the_bytes_that_are_there() -> None:
    whole = block([Entry(0x927C, 7, bytes(range(100)))])

    found = read(whole[:-60])

    assert isinstance(found.entries[0].state, Unreadable)
    assert found.entries[0].raw == bytes(range(40))
    assert found.entries[0].raw_size == 100


def test_a_count_of_four_thousand_million_costs_nothing() -> None:
    data = block([Entry(0x0111, 4, count=0xFFFFFFFF, pointer=8), Entry(0x0112, 3, shorts(3))])

    tracemalloc.start()
    try:
        found = read(data)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert most < 1_000_000
    assert isinstance(found.entries[0].state, Unreadable)
    assert found.entries[1].value == 3


def test_a_directory_that_states_too_many_entries_gives_those_that_fit() -> None:
    data = bytearray(block([Entry(0x0112, 3, shorts(1))]))
    data[8:10] = (9999).to_bytes(2, "little")

    found = read(bytes(data))

    assert found.entries[0].value == 1
    assert "ifd-truncated" in codes(found)


def test_a_chain_that_returns_to_its_start_ends_with_a_warning() -> None:
    found = read(block([Entry(0x0112, 3, shorts(1))], following=8))

    assert len(found.entries) == 1
    assert codes(found) == ["ifd-loop"]


def test_a_pointer_into_its_own_directory_is_unreadable() -> None:
    found = read(block([Entry(0x8769, 4, longs(8))]))

    assert found.entries[0].state == Unreadable("points to a directory that was already read (a loop)", 10)
    assert len(found.entries) == 1


def test_a_pointer_past_the_end_is_unreadable() -> None:
    found = read(block([Entry(0x8825, 4, longs(70000))]))

    assert found.entries[0].state == Unreadable("points past the end of the data", 10)
    assert codes(found) == ["exif-unreadable"]


def test_a_thousand_sub_directories_are_read_up_to_the_limit() -> None:
    count = 1000
    start = 8 + 2 + 12 + 4 + 4 * count
    inner = directory([Entry(0x0100, 3, shorts(7))], 0)
    pointers = longs(*(start + len(inner) * number for number in range(count)))
    data = block([Entry(0x014A, 4, pointers)]) + inner * count

    found = read(data)

    assert len({entry.group for entry in found.entries}) == MOST_DIRECTORIES
    assert found.entries[1].group == "SubIFD0"
    assert not found.within_bounds


def test_duplicates_and_unknown_tags_stay() -> None:
    found = read(block([Entry(0x0131, 2, b"A\0"), Entry(0x0131, 2, b"B\0"), Entry(0xC0DE, 3, shorts(5))]))

    assert [(entry.value, entry.duplicate) for entry in found.entries] == [("A", False), ("B", True), (5, False)]
    assert found.entries[2].name == "Unknown 0xC0DE"


def test_an_undefined_field_type_is_named() -> None:
    found = read(block([Entry(0x0131, 99, b"abcd", count=4)]))

    assert found.entries[0].type == "type 99"
    assert found.entries[0].raw == b"abcd"
    assert found.entries[0].state == Unreadable("field type 99 is not defined", 10)


def test_random_bytes_taken_for_a_directory_are_given_up() -> None:
    data = b"II*\0" + longs(8) + shorts(5000) + b"\x77" * 60000

    found = read(data)

    assert len(found.entries) < 50
    assert "ifd-abandoned" in codes(found)


@pytest.mark.parametrize(
    ("entry", "state"),
    [
        (Entry(0x010E, 2, b"", count=0), Empty()),
        (Entry(0x010E, 2, b"   \0\0"), Empty()),
        (Entry(0x0112, 3, b"", count=0), Empty()),
        (Entry(0x829A, 5, rationals((1, 0))), Unreadable("denominator is 0", 26)),
        (Entry(0xA432, 5, rationals((24, 1), (70, 1), (0, 0), (0, 0))), Present()),
    ],
)
def test_kinds_of_absence_stay_apart(entry: Entry, state: object) -> None:
    assert read(block([entry])).entries[0].state == state


def test_a_long_value_is_cut_and_says_so() -> None:
    found = read(block([Entry(0x927C, 7, bytes(LONGEST_RAW + 10))]))

    entry = found.entries[0]
    assert (len(entry.raw), entry.raw_size) == (LONGEST_RAW, LONGEST_RAW + 10)
    assert entry.text.endswith(f"(first {LONGEST_RAW} of {LONGEST_RAW + 10} bytes)")


def test_many_entries_that_share_one_long_value_stay_within_the_limit() -> None:
    size = LONGEST_RAW
    entries = [Entry(0x9000 + number, 7, count=size, pointer=8) for number in range(3000)]
    data = block(entries) + bytes(size)

    found = read(data)

    kept = sum(len(entry.raw) for entry in found.entries if isinstance(entry.state, Present))
    assert kept <= 32 * 1024 * 1024
    assert any(isinstance(entry.state, Unreadable) for entry in found.entries)


@pytest.mark.parametrize("data", [b"", b"II", b"II*\0", b"XX*\0\x08\0\0\0", b"II\x2a\x01\x08\0\0\0"])
def test_no_tiff_header_is_a_parse_problem(data: bytes) -> None:
    with pytest.raises(ParseProblem):
        read(data)


def test_big_tiff_is_read() -> None:
    entry = (0x0100).to_bytes(2, "little") + (4).to_bytes(2, "little") + (1).to_bytes(8, "little") + longs(640, 0)
    data = b"II+\0" + shorts(8, 0) + (16).to_bytes(8, "little") + (1).to_bytes(8, "little") + entry + bytes(8)

    found = read(data)

    assert found.entries[0].value == 640
    assert found.entries[0].offset == 36
