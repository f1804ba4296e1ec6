"""Where each value of the report's data is printed: found when the report is made, looked at again when it is checked.

Which values a layout prints, where and in how many digits is the layout's affair. Here every scalar of `report.json` is
sought on the pages in each form in which the program prints values; where it stands is written into the report
(`printed.json`). A checker formats the value of the data anew and looks whether it stands there.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import TypeAlias

from workstation.errors import share_in_percent
from workstation.report.printed import Json, PrintedPage, compact
from workstation.report.typeface import printable

Pointer: TypeAlias = tuple[str | int, ...]

_TOKEN = re.compile(r"0x[0-9A-F]+\b|[+-]?\d+(?:[.,]\d+)?(?:e[+-]\d+)?(?:%|(?!\w))|\w+")
_GROUPED = re.compile(r"(?<![\d.])\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d.])")
_BEGINNING = 120
"""Characters of a long text that are looked for where the layout prints only its beginning and end."""

_MOST_PLACES = 24
"""A text that stands at more places (a word such as "present") is bound to one of them."""


FORMS: dict[str, Callable[[float | int | str], str]] = {
    "text": lambda value: printable(str(value)),
    "beginning": lambda value: printable(str(value))[:_BEGINNING],
    "plain": str,
    "four digits": lambda value: f"{value:.0f}" if abs(float(value)) >= 10**4 else f"{value:.4g}",
    "percent": lambda value: f"{value:.1%}",
    "share": lambda value: share_in_percent(float(value)),
    "two decimals": lambda value: f"{value:.2f}",
    "one decimal": lambda value: f"{value:.1f}",
    "three decimals": lambda value: f"{value:.3f}",
    "whole": lambda value: f"{value:.0f}",
    "three digits": lambda value: f"{value:.3g}",
    "hexadecimal": lambda value: f"0x{value:X}",
    "tag": lambda value: f"0x{value:04X}",
    "marker": lambda value: f"0xFF{int(value) & 0xFF:02X}",
}
"""How values are printed, by name; the names stand in reports that exist and keep their meaning for ever."""

WITH_COMMA = ", decimal comma"
"""Follows the name of a form in languages that print 0,5."""

_TEXT_FORMS = ("text", "beginning")
_INTEGER_FORMS = ("plain", "tag", "hexadecimal", "four digits", "marker")
_NUMBER_FORMS = (
    *("four digits", "percent", "share", "two decimals", "three decimals", "one decimal", "three digits", "whole"),
)
_OF_THE_FORMAT = {("format",), ("format_version",)}
"""What the data say about themselves; no layout prints it."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A value of the data and where it is printed.

    Attributes:
        pointer: the value's place in the data.
        form: how it is printed, one of `FORMS`.
        places: (page, offset) with pages from 1 and offsets in characters that are not white space.
    """

    pointer: Pointer
    form: str
    places: tuple[tuple[int, int], ...]

    def as_json(self) -> list[Json]:
        """As it stands in the record."""
        places: list[Json] = [[page, offset] for page, offset in self.places]
        return [as_text(self.pointer), self.form, *places]


def as_text(pointer: Pointer) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in pointer)


def at(content: Json, pointer: str) -> Json:
    """The value that a JSON pointer leads to.

    Raises:
        LookupError: if it leads nowhere.
    """
    value = content
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        elif isinstance(value, dict) and key in value:
            value = value[key]
        else:
            raise LookupError(pointer)
    return value


def scalars(content: Json, pointer: Pointer = ()) -> Iterator[tuple[Pointer, int | float | str]]:
    """Every number and text of the data with its place; truth values and nulls are printed as words of the layout."""
    if isinstance(content, dict):
        for key, item in content.items():
            yield from scalars(item, (*pointer, key))
    elif isinstance(content, list):
        for index, item in enumerate(content):
            yield from scalars(item, (*pointer, index))
    elif isinstance(content, (int, float, str)) and not isinstance(content, bool):
        yield pointer, content


def printed_as(value: Json, form: str) -> str | None:
    """The value as it is printed in a form, without white space; None where it cannot be printed so."""
    if not isinstance(value, (int, float, str)) or isinstance(value, bool):
        return None
    name = form.removesuffix(WITH_COMMA)
    if isinstance(value, str) != (name in _TEXT_FORMS) or name not in FORMS:
        return None
    try:
        printed = compact(FORMS[name](value))
    except (ValueError, OverflowError):  # a number with decimals has no hexadecimal form
        return None
    return printed.replace(".", ",") if form.endswith(WITH_COMMA) else printed


class _Print:
    """The whole text of a report, searchable, with positions that run on over the pages."""

    def __init__(self, pages: Sequence[PrintedPage]) -> None:
        self.starts = [0, *accumulate(len(compact(page.text)) for page in pages)]
        self.text = "".join(compact(page.text) for page in pages)
        self.tokens: dict[str, list[int]] = {}
        position = 0
        for page in pages:
            for line in page.text.split("\n"):
                for token in chain(_TOKEN.finditer(line), _GROUPED.finditer(line)):
                    start = position + len(compact(line[: token.start()]))
                    self.tokens.setdefault(compact(token.group()), []).append(start)
                position += len(compact(line))
        for positions in self.tokens.values():
            positions.sort()  # numbers in groups are found apart from others of the same line
        self._found: dict[str, list[int]] = {}

    def find(self, wanted: str, *, number: bool) -> list[int]:
        """Positions of what is printed; a number or a short text counts only where it is a word of its own."""
        if number or len(wanted) < 4:
            return self.tokens.get(wanted, [])
        if wanted not in self._found:
            self._found[wanted] = list(self._everywhere(wanted))
        return self._found[wanted]

    def place(self, position: int) -> tuple[int, int]:
        """(page, offset) of a position."""
        page = bisect_left(self.starts, position + 1)
        return page, position - self.starts[page - 1]

    def _everywhere(self, wanted: str) -> Iterator[int]:
        position = self.text.find(wanted)
        while position >= 0:
            yield position
            position = self.text.find(wanted, position + 1)


def bind_steps(content: Json, pages: Sequence[PrintedPage]) -> Generator[float, None, list[Binding]]:
    """Where the values of the data are printed; values that the layout does not print are left out.

    A long text is bound to every place where it stands. Anything else is bound to the place nearest to what is already
    bound of the same object, and two numbers are never bound to one place while another is free.

    Yields:
        The share that is done, 0..1, after each hundred values.
    """
    whole = _Print(pages)
    values = [one for one in scalars(content) if one[0] not in _OF_THE_FORMAT]
    found: list[tuple[Pointer, str, list[int]]] = []
    for number, (pointer, value) in enumerate(values):
        if number % 100 == 0:
            yield number / len(values) / 2
        found.append((pointer, *_sought(value, whole)))
    anchors: dict[Pointer, list[int]] = {}
    for pointer, _, positions in found:
        if len(positions) == 1:
            _remember(anchors, pointer, positions[0])
    bindings: list[Binding] = []
    taken: set[int] = set()
    for number, (pointer, form, positions) in enumerate(found):
        if number % 100 == 0:
            yield 0.5 + number / len(found) / 2
        if not positions:
            continue
        chosen = positions[:_MOST_PLACES]
        if form not in _TEXT_FORMS or len(positions) > _MOST_PLACES:
            free = [position for position in positions if position not in taken] or positions
            chosen = [_nearest(free, anchors, pointer)]
            taken.update(chosen)
        _remember(anchors, pointer, chosen[0])
        bindings.append(Binding(pointer, form, tuple(whole.place(position) for position in chosen)))
    return bindings


def _sought(value: float | str, whole: _Print) -> tuple[str, list[int]]:
    """The first form in which the value is printed somewhere, and where."""
    forms: tuple[str, ...]
    if isinstance(value, str):
        forms = _TEXT_FORMS if len(compact(value)) > _BEGINNING else _TEXT_FORMS[:1]
    elif isinstance(value, int):
        forms = _INTEGER_FORMS
    else:
        forms = (*_NUMBER_FORMS, *(form + WITH_COMMA for form in _NUMBER_FORMS))
    for form in forms:
        wanted = printed_as(value, form)
        positions = whole.find(wanted, number=form not in _TEXT_FORMS) if wanted else []
        if positions:
            return form, positions
    return "", []


def _remember(anchors: dict[Pointer, list[int]], pointer: Pointer, position: int) -> None:
    for depth in range(len(pointer)):
        insort(anchors.setdefault(pointer[:depth], []), position)


def _nearest(positions: list[int], anchors: dict[Pointer, list[int]], pointer: Pointer) -> int:
    """The position that lies nearest to one that is bound in the same object, or in the next object around it."""
    for depth in range(len(pointer) - 1, -1, -1):
        bound = anchors.get(pointer[:depth])
        if bound:
            return _nearest_to(positions, bound)
    return positions[0]


def _nearest_to(positions: list[int], bound: list[int]) -> int:
    """The position that lies nearest to any of those that are bound, the first of several; both are sorted.

    It is a neighbour of one that is bound: of a number that stands on every page few positions are looked at.
    """
    if len(bound) < len(positions):
        after = (bisect_left(positions, one) for one in bound)
        positions = sorted({near for index in after for near in positions[max(0, index - 1) : index + 1]})
    return min(positions, key=lambda position: _distance(position, bound))


def _distance(position: int, bound: list[int]) -> int:
    index = bisect_left(bound, position)
    return min(abs(position - neighbour) for neighbour in bound[max(0, index - 1) : index + 1])
