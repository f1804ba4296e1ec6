"""Values of metadata in the report's language: what the program says of a value, never what a file says in words."""

from __future__ import annotations

import re
from fractions import Fraction

from workstation.evidence.exif_text import COLOUR_FILTERS, enumerated
from workstation.evidence.record import TagValue
from workstation.report.printed import Json
from workstation.report.sheet import Content, Sheet

_CUT = re.compile(r" \(first (?P<kept>\d+) of (?P<size>\d+) bytes\)$")
_BYTES = re.compile(r"(?P<count>\d+) bytes: ")
_SEVERAL = re.compile(r" … \((?P<count>\d+) values\)$")


def in_words(entry: Content, sheet: Sheet) -> str:
    """The text of an entry of an IFD, its enumerations and units in the report's language.

    A word is the program's where the decoded value is a number, or a letter that stands for something. What has no
    words in the language, and what a file says itself, is printed as it is.
    """
    said, value = str(entry["text"]), entry["value"]
    if isinstance(value, str) and said == value.strip(" \0\r\n"):
        return said
    cut = _CUT.search(said)
    if cut is not None and entry["raw_size"] == int(cut["size"]):
        told = in_words({**entry, "text": said[: cut.start()]}, sheet)
        return told + sheet.texts("metadata.first", kept=int(cut["kept"]), size=int(cut["size"]))
    words = enumerated(entry["group"], entry["id"], _decoded(value))
    if words and ", ".join(words).lower() == said.lower():
        told = ", ".join(sheet.word("metadata_values", word) for word in words)
        return told[0].upper() + told[1:] if said[0] != words[0][0] else told
    if said == f"{value} (not in the standard)":
        return sheet.texts("metadata.not_standard", value=value)
    if isinstance(value, list) and entry["id"] == COLOUR_FILTERS:
        return " ".join(sheet.word("metadata_values", word) for word in said.split(" "))
    return _of_numbers(entry, said, sheet)


def _of_numbers(entry: Content, said: str, sheet: Sheet) -> str:
    """Bytes, how many values there are, and the unit."""
    value, unit = entry["value"], entry["unit"]
    counted, several = _BYTES.match(said), _SEVERAL.search(said)
    if isinstance(value, dict) and "hex" in value and counted is not None:
        return sheet.texts("metadata.bytes", count=int(counted["count"]), shown=said[counted.end() :])
    if isinstance(value, list) and several is not None:
        return said[: several.start()] + sheet.texts("metadata.values", count=int(several["count"]))
    if unit and said.endswith(f" {unit}"):
        return f"{said.removesuffix(unit)}{sheet.word('metadata_units', unit)}"
    return said


def _decoded(value: Json) -> TagValue:
    """A value of the data as the reader of the evidence decoded it, as far as it can be an enumerated one."""
    if isinstance(value, dict) and "numerator" in value:
        numerator, denominator = value["numerator"], value["denominator"]
        assert isinstance(numerator, int)
        assert isinstance(denominator, int)
        return Fraction(numerator, denominator)
    return value if isinstance(value, int | str) else None
