r"""Tables that people open in a spreadsheet: what stands in a file's name is shown there, never computed.

Spreadsheets take a cell that begins with =, +, - or @ for a formula, and a formula may fetch addresses and start
programs (OWASP, "CSV Injection"). The usual remedy, an apostrophe before the cell, would state a name that the file
does not have. So a path gets `./` before it, which names the same file, and in any other text the first character is
written as the escape that the program writes for bytes that are no text: `\x3d` is plainly an escape, `'=` could be a
name.
"""

from __future__ import annotations

import csv
import io
import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

BYTE_ORDER_MARK = "\ufeff"
"""First in a table that is read by people before programs.

Without it spreadsheets read a table in the system's old code page, `Müller.jpg` as `MÃ¼ller.jpg`.
"""

_FIRST = re.compile(r"(?:^|(?<=;))[=+\-@＝＋－＠]")
"""Of a cell, or after a semicolon: where decimals have a comma, semicolons end a cell, quoted or not."""

_SIGNED = re.compile(r"[+\-](?!\s*\$?[A-Z]{1,3}\$?\d|[\d.,\s]+(?:[+\-*^&][\d.,\s]+)+$)[^(|!]*", re.IGNORECASE)
"""What begins with a sign and neither calls (`(`), starts (`|`) nor refers to anything (`!`, a cell), and is no sum.

-0.3 EV, +02:00, -1e-05; but not -A1, which would show what stands in that cell, nor -2+3, which would show 1.
"""

_INVISIBLE = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"))
"""Categories of Unicode: control, format, unassigned, private, surrogates, and what ends a line or a paragraph."""


def inert(text: str) -> str:
    """A text that no spreadsheet computes; numbers and everything else that is no formula stay as they are."""
    return text if _SIGNED.fullmatch(text) and ";" not in text else _FIRST.sub(lambda sign: _escape(sign[0]), text)


def inert_path(path: Path) -> str:
    """The same for a path, which still names its file."""
    text = str(path)
    return inert(os.path.join(os.curdir, text) if _FIRST.match(text) else text)  # noqa: PTH118 - `Path` drops the dot


def as_csv(head: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """A table as text, to be written as UTF-8: RFC 4180 but for its line feeds.

    Args:
        head: names of the columns.
        rows: their cells; texts and paths are made `inert`, and one line each: what is invisible is written as an
            escape, as are bytes that are no UTF-8. Numbers and None are written as `csv` does.
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return table.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, Path):
        return visible(inert_path(value))
    return inert(visible(value)) if isinstance(value, str) else value


def visible(text: str) -> str:
    r"""The text on one line, with what is invisible as an escape: `\x0a`, `\u202e`."""
    if text.isprintable():
        return text  # nearly all
    return "".join(_escape(letter) if unicodedata.category(letter) in _INVISIBLE else letter for letter in text)


def _escape(letter: str) -> str:
    number = ord(letter)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
