"""Bytes of an IFD entry become a value: by TIFF type first, then as the EXIF standard packs certain tags."""

from __future__ import annotations

import math
import struct
from fractions import Fraction
from typing import Final, NamedTuple

from workstation.errors import Reason, number_of
from workstation.evidence.bytes_reader import ByteOrder
from workstation.evidence.exif_tags import family
from workstation.evidence.record import Empty, Present, TagState, TagValue, Unreadable


class FieldType(NamedTuple):
    """One TIFF field type.

    Attributes:
        name: as the TIFF, BigTIFF and EXIF standards call it.
        size: bytes of one value.
        form: `struct` letter of its integers or floats, "" for bytes and text.
    """

    name: str
    size: int
    form: str


TYPES: Final[dict[int, FieldType]] = {
    1: FieldType("BYTE", 1, "B"),
    2: FieldType("ASCII", 1, ""),
    3: FieldType("SHORT", 2, "H"),
    4: FieldType("LONG", 4, "I"),
    5: FieldType("RATIONAL", 8, "I"),
    6: FieldType("SBYTE", 1, "b"),
    7: FieldType("UNDEFINED", 1, ""),
    8: FieldType("SSHORT", 2, "h"),
    9: FieldType("SLONG", 4, "i"),
    10: FieldType("SRATIONAL", 8, "i"),
    11: FieldType("FLOAT", 4, "f"),
    12: FieldType("DOUBLE", 8, "d"),
    13: FieldType("IFD", 4, "I"),
    16: FieldType("LONG8", 8, "Q"),
    17: FieldType("SLONG8", 8, "q"),
    18: FieldType("IFD8", 8, "Q"),
    129: FieldType("UTF-8", 1, ""),
}

_VERSIONS: Final = {("image", 0x9000), ("image", 0xA000), ("interop", 0x0002)}
_SMALL_NUMBERS: Final = {("image", 0x9101), ("image", 0xA300), ("image", 0xA301)}
_CHARSET_TEXTS: Final = {("image", 0x9286), ("gps", 0x1B), ("gps", 0x1C)}
_XP_TEXTS: Final = {("image", tag) for tag in range(0x9C9B, 0x9CA0)}
_CFA_PATTERN: Final = ("image", 0xA302)
_EXPOSURE_TIMES: Final = ("image", 0xA462)
_COPYRIGHT: Final = ("image", 0x8298)
_DATES: Final = {("image", 0x0132), ("image", 0x9003), ("image", 0x9004), ("gps", 0x1D)}
_LONGEST_BYTE_TUPLE: Final = 64

NOTHING_ODD: Final = Reason("")


class Decoded(NamedTuple):
    """What the bytes of an entry say.

    Attributes:
        value: None where `state` is not Present.
        state: present or the kind of absence.
        remark: something odd for a warning, "" if nothing is.
    """

    value: TagValue
    state: TagState
    remark: Reason = NOTHING_ODD


def decode(group: str, tag: int, type_number: int, raw: bytes, order: ByteOrder) -> Decoded:
    """Decode the bytes of one entry.

    Args:
        group: IFD of the entry.
        tag: its number.
        type_number: a key of `TYPES`.
        raw: the value's bytes; a rest shorter than one value is ignored.
        order: byte order of the TIFF block.

    Returns:
        The value with its state; never raises on any bytes.
    """
    key = (family(group), tag)
    kind = TYPES[type_number]
    if not raw or (key in _DATES and not raw.strip(b" :\0")):  # blanks and colons: an unknown date (EXIF 3.0, 4.6.5)
        return Decoded(None, Empty())
    if kind.name in ("ASCII", "UTF-8"):
        return _decode_ascii(raw, several=key == _COPYRIGHT)
    if key in _XP_TEXTS and kind.size == 1:
        text, _, rest = raw.decode("utf-16-le", errors="replace").partition("\0")
        return _text_or_empty(text, _behind(len(rest.rstrip("\0 ").encode("utf-16-le"))))
    if kind.name == "UNDEFINED":
        return _decode_undefined(key, raw, order)
    if kind.name in ("RATIONAL", "SRATIONAL"):
        return _decode_rationals(kind, raw, order)
    return _decode_numbers(kind, raw, order)


def _decode_numbers(kind: FieldType, raw: bytes, order: ByteOrder) -> Decoded:
    if kind.size == 1 and len(raw) > _LONGEST_BYTE_TUPLE:
        return Decoded(raw, Present())
    count = len(raw) // kind.size
    numbers: tuple[int | float | None, ...] = struct.unpack(f"{order}{count}{kind.form}", raw[: count * kind.size])
    if kind.form in "fd":
        numbers = tuple(number if number is not None and math.isfinite(number) else None for number in numbers)
    return _single_or_tuple(numbers, Reason("not a finite number", "not-finite"))


def _decode_rationals(kind: FieldType, raw: bytes, order: ByteOrder) -> Decoded:
    count = len(raw) // 8
    numbers = struct.unpack(f"{order}{2 * count}{kind.form}", raw[: 8 * count])
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    why_none = Reason("denominator is 0", "denominator-0")
    return _single_or_tuple(tuple(Fraction(n, d) if d else None for n, d in pairs), why_none)


def _single_or_tuple(numbers: tuple[int | float | Fraction | None, ...], why_none: Reason) -> Decoded:
    if not numbers:
        return Decoded(None, Empty())
    if all(number is None for number in numbers):
        return Decoded(None, Unreadable(why_none))
    return Decoded(numbers if len(numbers) > 1 else numbers[0], Present())


def decode_text(raw: bytes) -> str:
    """ASCII as written in practice: UTF-8 where the bytes are that, otherwise Latin-1."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _text_or_empty(text: str, remark: Reason = NOTHING_ODD) -> Decoded:
    if not text.strip(" \0\t\r\n"):
        return Decoded(None, Empty(), remark)
    return Decoded(text, Present(), remark)


def _decode_ascii(raw: bytes, *, several: bool) -> Decoded:
    """ASCII ends at its first NUL; Copyright alone holds two texts (EXIF 3.0, 4.6.4)."""
    if several:
        parts = [decode_text(part).strip() for part in raw.rstrip(b"\0").split(b"\0")]
        return _text_or_empty("; ".join(part for part in parts if part))
    text, _, rest = raw.partition(b"\0")
    return _text_or_empty(decode_text(text), _behind(len(rest.rstrip(bytes(1))) if rest.strip(b"\0 ") else 0))


def _behind(count: int) -> Reason:
    """That bytes follow the end of a text, where programs that show it do not look."""
    follow = "follows" if count == 1 else "follow"
    words = f"{number_of(count, 'byte')} {follow} the end of the text"
    return Reason(words, "behind-text", count=count) if count else NOTHING_ODD


def _decode_undefined(key: tuple[str, int], raw: bytes, order: ByteOrder) -> Decoded:
    if key in _VERSIONS:
        return _text_or_empty(decode_text(raw.rstrip(b"\0")))
    if key in _SMALL_NUMBERS and len(raw) <= _LONGEST_BYTE_TUPLE:
        return _single_or_tuple(tuple(raw), Reason(""))
    if key in _CHARSET_TEXTS:
        return _decode_charset_text(raw, order)
    if key == _CFA_PATTERN:
        return _decode_cfa_pattern(raw, order)
    if key == _EXPOSURE_TIMES:
        return _decode_exposure_times(raw, order)
    return Decoded(raw, Present())


def _decode_charset_text(raw: bytes, order: ByteOrder) -> Decoded:
    """UserComment and GPS texts: eight bytes name the character code (EXIF 3.0, 4.6.5, table 9)."""
    if not raw.strip(b"\0 "):
        return Decoded(None, Empty())
    code, body = raw[:8], raw[8:]
    if code.startswith(b"ASCII"):
        return _text_or_empty(decode_text(body.partition(b"\0")[0]))
    if code == b"UNICODE\0":
        return _decode_unicode(body, order)
    if code == b"JIS\0\0\0\0\0":
        return _decode_jis(body)
    if code == bytes(8):
        return _decode_undeclared(body)
    remark = Reason("no character code stands before the text", "no-character-code")
    return _decode_undeclared(raw)._replace(remark=remark)


def _decode_unicode(body: bytes, order: ByteOrder) -> Decoded:
    """UTF-16 with its byte order mark, else in the order of the block unless only the other reads as text.

    Text of one script has few different high bytes and many low ones; in the wrong order it is the other way round.
    """
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _text_or_empty(body.decode("utf-16", errors="replace").rstrip("\0"))
    names = {"<": ("utf-16-le", "utf-16-be"), ">": ("utf-16-be", "utf-16-le")}[order]
    texts = [body.decode(name, errors="replace").rstrip("\0") for name in names]
    rare = [sum(ord(character) > 0x24F for character in text) for text in texts]
    pages = [len({ord(character) >> 8 for character in text}) for text in texts]
    if rare[1] < rare[0] and 2 * pages[1] <= pages[0]:
        return _text_or_empty(texts[1], Reason("its Unicode text stands in the other byte order", "text-byte-order"))
    return _text_or_empty(texts[0])


def _decode_jis(body: bytes) -> Decoded:
    for name in ("iso2022_jp", "euc_jp", "shift_jis"):
        try:
            return _text_or_empty(body.rstrip(b"\0").decode(name))
        except UnicodeDecodeError:
            continue
    return Decoded(None, Unreadable(Reason("the text is not in the JIS code that it claims", "not-jis")))


def _decode_undeclared(body: bytes) -> Decoded:
    text = body.partition(b"\0")[0]
    printable = all(0x20 <= byte < 0x7F or byte in b"\t\r\n" for byte in text)
    if printable and not body[len(text) :].strip(b"\0"):
        return _text_or_empty(decode_text(text))
    return Decoded(body, Present())


def _decode_cfa_pattern(raw: bytes, order: ByteOrder) -> Decoded:
    """Columns, rows, then one byte per filter; some cameras write the two numbers in the other byte order."""
    if len(raw) < 5:
        return Decoded(None, Unreadable(Reason("too short for a colour filter array", "filter-array-short")))
    for tried in (order, "<" if order == ">" else ">"):
        columns, rows = struct.unpack(f"{tried}2H", raw[:4])
        if columns and rows and columns * rows + 4 <= len(raw) <= _LONGEST_BYTE_TUPLE:
            odd = Reason("its size stands in the other byte order", "size-byte-order")
            remark = NOTHING_ODD if tried == order else odd
            return Decoded((columns, rows, *raw[4 : 4 + columns * rows]), Present(), remark)
    return Decoded(None, Unreadable(Reason("its size does not fit its colour filter array", "filter-array-size")))


def _decode_exposure_times(raw: bytes, order: ByteOrder) -> Decoded:
    """Eight rationals, two counts, then one rational per sequence (EXIF 3.0, 4.6.6.7.49)."""
    values: list[int | Fraction | None] = []
    position = 0
    while position < len(raw):
        size = 2 if position in (56, 58) else 8
        chunk = raw[position : position + size]
        if len(chunk) < size:
            return Decoded(None, Unreadable(Reason("ends inside a number", "inside-number")))
        if size == 2:
            values.append(struct.unpack(f"{order}H", chunk)[0])
        else:
            numerator, denominator = struct.unpack(f"{order}2I", chunk)
            values.append(Fraction(numerator, denominator) if denominator else None)
        position += size
    return Decoded(tuple(values), Present())
