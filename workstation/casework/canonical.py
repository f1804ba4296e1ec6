"""One text for one value: what is hashed in the audit log."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from pathlib import Path
from typing import Final, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

_ESCAPED: Final = re.compile(r"\\udc[89a-f][0-9a-f]")

ZERO = "0" * 64
"""Stands for the hash of the entry before the first one."""
DEEPEST: Final = 100
"""Lists and objects within each other that a text may hold: a case writes fewer than twenty, and what reads a value
again (comparing it, writing it anew) must come to its end wherever it is called from."""


def canonical(value: Json) -> str:
    """JSON text: keys sorted by code point, no blanks, nothing escaped that need not be, numbers as Python's `repr`.

    Raises:
        ValueError: for NaN or infinity, which JSON does not have.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, 64 lower-case hexadecimal digits.

    Bytes of a damaged file that are no UTF-8 come as surrogates (see `access`), and are hashed as the bytes they were.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def parsed(text: str) -> Json:
    """The value of a JSON text.

    Raises:
        ValueError: if it is none, or holds NaN, infinity, a number that would become infinite, or more nesting than a
            case writes.
    """
    try:
        value: Json = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError as problem:
        raise ValueError(_TOO_DEEP) from problem
    if _deeper_than(value, DEEPEST):
        raise ValueError(_TOO_DEEP)
    return value


_TOO_DEEP: Final = "the text is nested too deeply"


def _deeper_than(value: Json, levels: int) -> bool:
    """Whether more lists and objects than `levels` stand within each other."""
    within = [value]
    for _ in range(levels + 1):
        inside: list[Json] = []
        for one in within:
            if isinstance(one, list):
                inside += one
            elif isinstance(one, dict):
                inside += one.values()
        within = inside
    return bool(within)


def _refuse(constant: str) -> Json:
    raise ValueError(f"JSON has no {constant}")


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise ValueError(f"{number} is too large for a number")
    return value


def storable(value: Json) -> Json:
    """The same value with text that UTF-8 can hold: lone surrogates (undecodable file names) become escapes."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {str(storable(key)): storable(item) for key, item in value.items()}
    return value


def as_path(stored: str) -> Path:
    """The path that `storable` made a text of: escapes are bytes again, unless the text itself leads to a file."""
    path = Path(stored)
    if os.name == "nt" or not _ESCAPED.search(stored) or os.path.lexists(path):
        return path
    return Path(_ESCAPED.sub(lambda found: chr(int(found[0][2:], 16)), stored))
