"""Quantisation tables of a JPEG, and the IJG quality whose scaled Annex K table equals one."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

from workstation.errors import Reason
from workstation.evidence.bytes_reader import Block, ParseProblem
from workstation.evidence.record import QuantisationTable

# ITU-T T.81 Annex K, tables K.1 and K.2, natural order.
_LUMINANCE: Final = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMINANCE: Final = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99, 99, 99, 99, 99, 99, 99, 99),) * 4,
)

MOST_TABLES: Final = 1000

Table = tuple[tuple[int, ...], ...]


class RawTable(NamedTuple):
    """One table of a DQT segment: identifier 0..3, precision in bits, values in natural order, offset of Pq/Tq."""

    identifier: int
    precision: int
    values: Table
    offset: int


@cache
def zigzag() -> tuple[int, ...]:
    """Index in natural (row-major) order of each coefficient in zigzag order (T.81, figure A.6)."""
    cells = [(row, column) for row in range(8) for column in range(8)]
    cells.sort(key=lambda cell: (sum(cell), cell[0] if sum(cell) % 2 else cell[1]))
    return tuple(row * 8 + column for row, column in cells)


def read_tables(segment: Block, before: int = 0) -> list[RawTable]:
    """The tables of one DQT segment.

    Args:
        segment: its bytes after the length.
        before: number of tables in earlier segments.

    Raises:
        ParseProblem: if a table is cut off, its header is impossible, or there are more than any picture has.
    """
    tables: list[RawTable] = []
    position = 0
    while position < len(segment):
        if before + len(tables) >= MOST_TABLES:
            why = Reason(f"more than {MOST_TABLES} quantisation tables", "table-limit", most=MOST_TABLES)
            raise ParseProblem(why, segment.file_offset(position))
        header = segment.number(position, "B", ">")
        precision, identifier = header >> 4, header & 15
        if precision > 1 or identifier > 3:
            raise ParseProblem(
                Reason("impossible quantisation table", "impossible-table"), segment.file_offset(position)
            )
        size = 64 * (precision + 1)
        body = segment.take(position + 1, size)
        step = precision + 1
        values = [int.from_bytes(body[start : start + step], "big") for start in range(0, size, step)]
        natural = [0] * 64
        for index, value in zip(zigzag(), values, strict=True):
            natural[index] = value
        rows = tuple(tuple(natural[row * 8 : row * 8 + 8]) for row in range(8))
        tables.append(RawTable(identifier, 8 * step, rows, segment.file_offset(position) or 0))
        position += 1 + size
    return tables


def scaled(table: Table, quality: int, *, largest: int = 255) -> Table:
    """An Annex K table scaled as the IJG's library does (jcparam.c, jpeg_quality_scaling)."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return tuple(tuple(min(max((value * scale + 50) // 100, 1), largest) for value in row) for row in table)


@cache
def _standard() -> dict[str, dict[Table, frozenset[int]]]:
    """Every scaled table of either kind with its qualities: the lowest ones give the same table."""
    found: dict[str, dict[Table, frozenset[int]]] = {"luminance": {}, "chrominance": {}}
    for kind, table in (("luminance", _LUMINANCE), ("chrominance", _CHROMINANCE)):
        for largest in (255, 32767):
            for quality in range(1, 101):
                values = scaled(table, quality, largest=largest)
                found[kind][values] = found[kind].get(values, frozenset()) | {quality}
    return found


def _candidates(raw: RawTable, kind: str) -> tuple[str, frozenset[int]]:
    """The qualities that give this table, looked for in its kind first, then in the other one."""
    other = "chrominance" if kind == "luminance" else "luminance"
    for tried in (kind, other):
        qualities = _standard()[tried].get(raw.values)
        if qualities:
            return tried, qualities
    return kind, frozenset()


def judged(tables: list[tuple[RawTable, str]]) -> tuple[tuple[QuantisationTable, ...], int | None]:
    """Tables with their IJG quality, and the quality that explains them all.

    Args:
        tables: each with the kind ("luminance" or "chrominance") that its use in the frame suggests.

    Returns:
        The judged tables, and None where one of them is not a standard table or they disagree.
    """
    found = [(raw, *_candidates(raw, kind)) for raw, kind in tables]
    common = frozenset.intersection(*(qualities for _, _, qualities in found)) if found else frozenset()
    shown = tuple(
        QuantisationTable(
            raw.identifier, raw.precision, raw.values, max(common or qualities, default=None), kind, raw.offset
        )
        for raw, kind, qualities in found
    )
    return shown, max(common, default=None)
