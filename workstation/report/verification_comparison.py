"""Two values of JSON, compared leaf by leaf: numbers within a tolerance, all else exactly."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Set
from dataclasses import dataclass

from workstation.report.printed import Json

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?![\w])")
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far two numbers may lie apart and still be the same.

    Attributes:
        relative: share of the larger one.
        absolute: in the number's own unit.
    """

    relative: float = 0.0
    absolute: float = 0.0

    def holds(self, one: float, other: float) -> bool:
        """Whether they are the same."""
        return abs(one - other) <= max(self.absolute, self.relative * max(abs(one), abs(other)))


EXACT = Tolerance()


def differences(
    stated: Json, found: Json, *, tolerance: Tolerance = EXACT, ignored: Set[str] = frozenset(), pointer: str = ""
) -> Iterator[str]:
    """Where two values differ, as sentences that name the place.

    Args:
        stated: what the report says.
        found: what there is.
        tolerance: of numbers that are no whole numbers, alone or inside sentences.
        ignored: names of fields that are not compared, wherever they stand.
        pointer: place of the two values.
    """
    if isinstance(stated, dict) and isinstance(found, dict):
        for key in dict.fromkeys((*stated, *found)):
            if key in ignored:
                continue
            place = f"{pointer}/{key}"
            if key not in found:
                yield f"{place}: {_short(stated[key])} in the report, not there now"
            elif key not in stated:
                yield f"{place}: not in the report, {_short(found[key])} now"
            else:
                yield from differences(stated[key], found[key], tolerance=tolerance, ignored=ignored, pointer=place)
    elif isinstance(stated, list) and isinstance(found, list):
        if len(stated) != len(found):
            yield f"{pointer}: {len(stated)} items in the report, {len(found)} now"
        for index, (one, other) in enumerate(zip(stated, found, strict=False)):
            place = f"{pointer}/{index}"
            yield from differences(one, other, tolerance=tolerance, ignored=ignored, pointer=place)
    elif not _same(stated, found, tolerance):
        yield f"{pointer}: {_short(stated)} in the report, {_short(found)} now"


def _same(stated: Json, found: Json, tolerance: Tolerance) -> bool:
    if isinstance(stated, bool) or isinstance(found, bool):
        return stated is found
    if isinstance(stated, (int, float)) and isinstance(found, (int, float)):
        if isinstance(stated, int) and isinstance(found, int):
            return stated == found
        return tolerance.holds(stated, found)
    if isinstance(stated, str) and isinstance(found, str) and tolerance != EXACT:
        return _same_sentence(stated, found, tolerance)
    return type(stated) is type(found) and stated == found


def _same_sentence(stated: str, found: str, tolerance: Tolerance) -> bool:
    """The same words, with numbers that are the same but for rounding: one unit of their last digit beside."""
    if _NUMBER.sub("#", stated) != _NUMBER.sub("#", found):
        return False
    pairs = zip(_NUMBER.findall(stated), _NUMBER.findall(found), strict=True)
    return all(one == other or _rounded_alike(one, other, tolerance) for one, other in pairs)


def _rounded_alike(one: str, other: str, tolerance: Tolerance) -> bool:
    if "." not in one or "." not in other:
        return False
    digits = min(len(one.partition(".")[2]), len(other.partition(".")[2]))
    step = Tolerance(tolerance.relative, max(tolerance.absolute, 1.001 * 10.0**-digits))
    return step.holds(float(one), float(other))


def _short(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
