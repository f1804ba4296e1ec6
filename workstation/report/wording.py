"""Values of the content in words: what a cell of a table says, with every absence named and nothing defaulted."""

from __future__ import annotations

from typing import Any

from workstation.report.metadata_words import in_words
from workstation.report.sheet import Content, Sheet
from workstation.report.texts import report_texts

RAW_BYTES_SHOWN = 8


def number(value: float | None, digits: int = 4) -> str:
    """A number as English reports print it."""
    return report_texts().number(value, digits)


def share(value: float | None) -> str:
    """A share of 1 in percent, as English reports print it."""
    return report_texts().share(value)


def hexadecimal(offset: int | None) -> str:
    """An offset in the file; "–" where the value stands nowhere in one piece."""
    return "–" if offset is None else f"0x{offset:X}"


def raw_bytes(entry: Content, sheet: Sheet) -> str:
    """The first raw bytes of an entry in hexadecimal."""
    size, raw = entry["raw_size"], bytes.fromhex(entry["raw"])
    shown = raw[:RAW_BYTES_SHOWN].hex(" ").upper()
    if not raw:
        return "–" if not size else f"({sheet.texts('metadata.not_kept', count=size)})"
    return shown if size <= RAW_BYTES_SHOWN else f"{shown} …"


def state(entry: Content, sheet: Sheet) -> str:
    """Present or the kind of absence, with the reason and the place where there is one."""
    words = sheet.texts(f"absence.{entry['state']}")
    if entry["reason"]:
        place = "" if entry["reason_offset"] is None else f" @ {hexadecimal(entry['reason_offset'])}"
        words = f"{words}: {because(entry, sheet)}{place}"
    return f"{words}; {sheet.texts('metadata.duplicate')}" if entry["duplicate"] else words


def because(entry: Content, sheet: Sheet) -> str:
    """Why an entry, or EXIF as a whole, cannot be read."""
    return sheet.told("reasons", entry.get("reason_code"), entry["reason"], entry.get("reason_values") or {})


def shown_value(entry: Content, sheet: Sheet) -> str:
    """The decoded value as the analyst reads it, with its unit."""
    if entry["state"] != "present":
        return "–"
    if entry["text"]:
        return in_words(entry, sheet)
    return f"{_plain(entry['value'])} {entry['unit'] or ''}".strip()


def _plain(value: Any) -> str:
    """A decoded value of the content as text."""
    if isinstance(value, dict):
        return str(value["hex"]) if "hex" in value else f"{value['numerator']}/{value['denominator']}"
    if isinstance(value, list):
        return ", ".join(_plain(item) for item in value)
    return "–" if value is None else str(value)
