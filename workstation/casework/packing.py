"""A result becomes JSON and files of arrays, and the same result again: by the types that its fields declare."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.casework.canonical import Json

ARRAY, NUMBER = "array", "number"
"""Keys of the objects that stand for an array (its SHA-256) and for a number that JSON does not have."""


def pack(value: Any, put: Callable[[NDArray[Any]], str]) -> tuple[Json, dict[str, str]]:
    """A frozen dataclass of plain values, tuples, arrays and further such dataclasses, as JSON.

    Args:
        value: what is stored.
        put: stores an array and returns its name.

    Returns:
        The JSON value, and place → name of every array in it ("maps.departure").

    Raises:
        TypeError: for a value that is none of these.
    """
    arrays: dict[str, str] = {}
    return _packed(value, put, "", arrays), arrays


def _packed(value: Any, put: Callable[[NDArray[Any]], str], place: str, arrays: dict[str, str]) -> Json:
    if value is None or isinstance(value, bool | int | str):
        return value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else {NUMBER: str(float(value))}
    if isinstance(value, np.integer | np.bool_):
        return typing.cast(Json, value.item())
    if isinstance(value, np.ndarray):
        arrays[place] = put(value)
        return {ARRAY: arrays[place]}
    if isinstance(value, tuple | list):
        return [_packed(item, put, f"{place}.{i}", arrays) for i, item in enumerate(value)]
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: _packed(getattr(value, name), put, f"{place}.{name}".lstrip("."), arrays) for name in names}
    raise TypeError(f"{place}: a {type(value).__name__} cannot be stored in a case")


def unpack(declared: Any, stored: Json, get: Callable[[str], NDArray[Any]]) -> Any:
    """The value that `pack` was given.

    Args:
        declared: its type.
        stored: the JSON value; fields that the type no longer has are ignored, new ones take their default.
        get: loads an array by its name.

    Raises:
        ValueError: if the JSON value does not fit the type.
    """
    if isinstance(stored, dict) and set(stored) == {NUMBER}:
        value: Any = float(str(stored[NUMBER]))
    elif isinstance(stored, dict) and set(stored) == {ARRAY}:
        value = get(str(stored[ARRAY]))
    elif isinstance(stored, list | dict):
        kind = _without_none(declared)
        if isinstance(stored, list):
            return _sequence(kind, stored, get)
        if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
            raise ValueError(f"an object cannot become {declared}")
        return _record(kind, stored, get)
    else:
        value = stored
    if not _fits(value, declared):
        raise ValueError(f"{str(value)[:40]!r} cannot become {declared}")
    return float(value) if _without_none(declared) is float and isinstance(value, int) else value


def _fits(value: Any, declared: Any) -> bool:
    """Whether a plain value or an array is of the declared type; of types that no result has nothing is asked."""
    origin = typing.get_origin(declared)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, one) for one in typing.get_args(declared))
    if origin is typing.Literal:
        return any(value == one and type(value) is type(one) for one in typing.get_args(declared))
    if declared in (int, float):
        return isinstance(value, int | declared)  # truth values among them, as in remarks of a calibration
    plain = np.ndarray if origin is np.ndarray else declared if declared in (str, bool, types.NoneType) else None
    if plain is not None:
        return isinstance(value, plain)
    return origin is not tuple and not dataclasses.is_dataclass(declared)


def _record(kind: type, stored: Mapping[str, Json], get: Callable[[str], NDArray[Any]]) -> Any:
    hints = typing.get_type_hints(kind)
    known = [field.name for field in dataclasses.fields(kind) if field.name in stored]
    try:
        return kind(**{name: unpack(hints[name], stored[name], get) for name in known})
    except TypeError as problem:
        raise ValueError(f"what is stored makes no {kind.__name__}: {problem}") from problem


def _sequence(kind: Any, stored: list[Json], get: Callable[[str], NDArray[Any]]) -> tuple[Any, ...]:
    if typing.get_origin(kind) is not tuple:
        raise ValueError(f"a list cannot become {kind}")
    inner = typing.get_args(kind)
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(unpack(inner[0], item, get) for item in stored)
    if len(inner) != len(stored):
        raise ValueError(f"{len(stored)} values cannot become {kind}")
    return tuple(unpack(one, item, get) for one, item in zip(inner, stored, strict=True))


def _without_none(declared: Any) -> Any:
    """`X` for `X | None`."""
    if typing.get_origin(declared) in (typing.Union, types.UnionType):
        others = [one for one in typing.get_args(declared) if one is not type(None)]
        if len(others) == 1:
            return others[0]
    return declared
