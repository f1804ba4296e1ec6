from __future__ import annotations

import struct
from fractions import Fraction

import pytest
from evidence.tiff_builder import Entry, block, nested, rationals, shorts

from workstation.evidence.bytes_reader import Block
from workstation.evidence.exif_tags import definition
from workstation.evidence.exif_values import decode
from workstation.evidence.ifd import read_directories
from workstation.evidence.record import Empty, Present, TagEntry, Unreadable


def value_of(tag: int, type_number: int, raw: bytes, group: str = "ExifIFD", order: str = "<") -> object:
    return decode(group, tag, type_number, raw, order).value  # type: ignore[arg-type]


def exif_entry(tag: int, type_number: int, data: bytes) -> TagEntry:
    found = read_directories(Block.of_file(nested([], 0x8769, [Entry(tag, type_number, data)])))
    return found.entries[-1]


@pytest.mark.parametrize(
    ("type_number", "raw", "value"),
    [
        (1, b"\xfe", 254),
        (6, b"\xfe", -2),
        (3, shorts(1, 2), (1, 2)),
        (8, b"\xff\xff", -1),
        (9, b"\xfe\xff\xff\xff", -2),
        (10, b"\xff\xff\xff\xff\x03\0\0\0", Fraction(-1, 3)),
        (11, b"\0\0\xc0\x3f", 1.5),
        (12, b"\0\0\0\0\0\0\xf8\x3f", 1.5),
    ],
)
def test_numbers_by_type(type_number: int, raw: bytes, value: object) -> None:
    assert value_of(0xC0DE, type_number, raw) == value


def test_a_float_that_is_no_number_is_unreadable() -> None:
    assert decode("IFD0", 0xC0DE, 11, b"\0\0\xc0\x7f", "<").state == Unreadable("not a finite number")


def test_text_ends_at_its_first_nul_and_the_rest_is_remarked() -> None:
    decoded = decode("IFD0", 0x0110, 2, b"DSC-W1\0junk\0", "<")

    assert decoded.value == "DSC-W1"
    assert decoded.remark == "4 bytes follow the end of the text"


def test_copyright_holds_photographer_and_editor() -> None:
    assert value_of(0x8298, 2, b"A. Adams\0B. Brandt\0", "IFD0") == "A. Adams; B. Brandt"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"ASCII\0\0\0a note\0\0", "a note"),
        (b"UNICODE\0" + "Über".encode("utf-16-le"), "Über"),
        (b"UNICODE\0" + b"\xfe\xff" + "Über".encode("utf-16-be"), "Über"),
        (b"UNICODE\0" + "plain text".encode("utf-16-be"), "plain text"),
        (b"JIS\0\0\0\0\0" + "写真".encode("iso2022_jp"), "写真"),
        (bytes(8) + b"no code given", "no code given"),
        (b"just text", "just text"),
        (b"\x01\x02\x03binary", b"\x01\x02\x03binary"),
    ],
)
def test_user_comment_by_its_character_code(raw: bytes, value: object) -> None:
    assert value_of(0x9286, 7, raw) == value


@pytest.mark.parametrize("raw", [b"ASCII\0\0\0" + bytes(30), bytes(264), b"ASCII\0\0\0    "])
def test_a_blank_user_comment_is_empty(raw: bytes) -> None:
    assert decode("ExifIFD", 0x9286, 7, raw, "<").state == Empty()


def test_a_jis_comment_that_is_no_jis_is_unreadable() -> None:
    assert isinstance(decode("ExifIFD", 0x9286, 7, b"JIS\0\0\0\0\0\xff\xff\x80", "<").state, Unreadable)


def test_windows_texts_are_utf_16() -> None:
    assert value_of(0x9C9C, 1, "Grüße\0".encode("utf-16-le"), "IFD0") == "Grüße"


def test_packed_undefined_values() -> None:
    assert value_of(0x9101, 7, b"\1\2\3\0") == (1, 2, 3, 0)
    assert value_of(0xA300, 7, b"\3") == 3
    assert value_of(0xA302, 7, shorts(2, 2) + b"\0\1\1\2") == (2, 2, 0, 1, 1, 2)


def test_a_filter_pattern_in_the_other_byte_order_is_read_and_remarked() -> None:
    decoded = decode("ExifIFD", 0xA302, 7, b"\0\2\0\2\0\1\1\2", "<")

    assert decoded.value == (2, 2, 0, 1, 1, 2)
    assert "other byte order" in decoded.remark


def test_exposure_times_of_a_composite_image() -> None:
    raw = rationals(*[(1, 10)] * 7) + shorts(2, 3) + rationals((1, 5), (1, 0))

    assert value_of(0xA462, 7, raw) == (*[Fraction(1, 10)] * 7, 2, 3, Fraction(1, 5), None)


@pytest.mark.parametrize(
    ("tag", "type_number", "data", "text"),
    [
        (0x829A, 5, rationals((10, 2500)), "1/250 s"),
        (0x829A, 5, rationals((13, 10)), "1.3 s"),
        (0x829A, 12, struct.pack("<d", 5e-324), "4.94066e-324 s"),
        (0x9000, 7, b"0231", "2.31"),
        (0x9000, 7, "²³¹²".encode("latin-1"), "²³¹²"),
        (0x829D, 5, rationals((28, 10)), "f/2.8"),
        (0x9201, 10, rationals((8, 1)), "1/256 s (8 EV)"),
        (0x9202, 5, rationals((3, 1)), "f/2.8 (3 EV)"),
        (0x9204, 10, rationals((1, 3)), "+0.333333 EV"),
        (0x9206, 5, rationals((0xFFFFFFFF, 1)), "infinity"),
        (0x9209, 3, shorts(0x19), "Flash fired, auto mode"),
        (0x9209, 3, shorts(0x10), "Flash did not fire, compulsory suppression"),
        (0x8827, 3, shorts(400), "ISO 400"),
        (0x9101, 7, b"\1\2\3\0", "Y, Cb, Cr, –"),
        (0x8822, 3, shorts(3), "aperture priority"),
        (0x8822, 3, shorts(77), "77 (not in the standard)"),
        (0xA302, 7, shorts(2, 2) + b"\0\1\1\2", "red green / green blue"),
        (0xA432, 5, rationals((24, 1), (70, 1), (28, 10), (28, 10)), "24–70 mm f/2.8"),
        (0x927C, 7, bytes(range(20)), "20 bytes: 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f …"),
    ],
)
def test_values_in_words(tag: int, type_number: int, data: bytes, text: str) -> None:
    assert exif_entry(tag, type_number, data).text == text


@pytest.mark.parametrize(("unit", "expected"), [(2, "px per inch"), (3, "px per cm"), (1, ""), (None, "")])
def test_the_unit_of_a_resolution_comes_from_its_sibling_or_from_nowhere(unit: int | None, expected: str) -> None:
    entries = [Entry(0x011A, 5, rationals((72, 1)))]
    if unit is not None:
        entries.append(Entry(0x0128, 3, shorts(unit)))

    found = read_directories(Block.of_file(block(entries)))

    assert found.entries[0].unit == expected


def test_gps_values_in_words() -> None:
    entries = [
        Entry(0x0C, 2, b"K\0"),
        Entry(0x0D, 5, rationals((36, 10))),
        Entry(0x07, 5, rationals((7, 1), (5, 1), (95, 10))),
        Entry(0x02, 5, rationals((48, 1), (3075, 60), (0, 0))),
    ]
    found = read_directories(Block.of_file(nested([], 0x8825, entries)))
    texts = {entry.id: entry.text for entry in found.entries if entry.group == "GPS"}

    assert texts[0x0D] == "3.6 km/h"
    assert texts[0x07] == "07:05:09.5 UTC"
    assert texts[0x02] == "48° 51′ 15.00″ (48.854167°)"
    assert next(e for e in found.entries if e.id == 0x02).state == Present()


@pytest.mark.parametrize("text", ["写真、東京。", "一二三", "\u3000最初の一枚"])
@pytest.mark.parametrize(("order", "code"), [("<", "utf-16-le"), (">", "utf-16-be")])
def test_east_asian_text_in_the_order_of_its_block_stays_in_it(text: str, order: str, code: str) -> None:
    decoded = decode("ExifIFD", 0x9286, 7, b"UNICODE\0" + text.encode(code), order)  # type: ignore[arg-type]

    assert decoded.value == text
    assert not decoded.remark


@pytest.mark.parametrize("tag", [0x9003, 0x9004, 0x0132])
def test_a_date_of_blanks_and_colons_is_empty(tag: int) -> None:
    assert decode("ExifIFD", tag, 2, b"    :  :     :  :  \0", "<").state == Empty()
    assert decode("ExifIFD", tag, 2, b"2021:  :     :  :  \0", "<").state == Present()


def test_cyrillic_text_in_the_other_order_is_turned() -> None:
    assert value_of(0x9286, 7, b"UNICODE\0" + "Привет мир".encode("utf-16-be")) == "Привет мир"


@pytest.mark.parametrize(
    ("triplet", "reference", "words"),
    [
        (((48, 1), (51, 1), (59999, 1000)), b"N\0", "48° 52′ 0.00″ N (48.866666°)"),
        (((48999999, 1000000), (0, 1), (0, 1)), b"W\0", "49° 0′ 0.00″ W (-48.999999°)"),
        (((0, 1), (0, 1), (0, 1)), b"S\0", "0° 0′ 0.00″ S (0.000000°)"),
    ],
)
def test_sixty_seconds_are_a_minute(triplet: tuple[tuple[int, int], ...], reference: bytes, words: str) -> None:
    entries = [Entry(0x01, 2, reference), Entry(0x02, 5, rationals(*triplet))]

    found = read_directories(Block.of_file(nested([], 0x8825, entries)))

    assert found.entries[-1].text == words


def test_what_stands_behind_the_end_of_a_text_of_windows_is_said() -> None:
    hidden, plain = (decode("IFD0", 0x9C9C, 1, text.encode("utf-16-le"), "<") for text in ("a\0hid😀\0", "a\0\0 \0"))

    assert (hidden.value, str(hidden.remark)) == ("a", "10 bytes follow the end of the text")
    assert (plain.value, str(plain.remark)) == ("a", "")


@pytest.mark.parametrize(
    ("triplet", "words"),
    [
        (((12, 1), (30, 1), (599_996, 10_000)), "12:31:00 UTC"),
        (((25, 2), (0, 1), (0, 1)), "12:30:00 UTC"),
        (((0, 1), (0, 1), (10, 1)), "00:00:10 UTC"),
        (((99, 1), (0, 1), (0, 1)), "99 0 0"),
        (((12, 1), (30, 1), (0, 0)), "12 30 unknown"),
    ],
)
def test_gps_times_are_times_of_a_day(triplet: tuple[tuple[int, int], ...], words: str) -> None:
    found = read_directories(Block.of_file(nested([], 0x8825, [Entry(0x07, 5, rationals(*triplet))])))

    assert found.entries[-1].text == words


def test_the_same_number_means_different_things_in_different_directories() -> None:
    assert definition("GPS", 2).name == "GPSLatitude"
    assert definition("InteropIFD", 2).name == "InteroperabilityVersion"
    assert definition("ExifIFD", 0xA439).name == "CameraFirmware"
