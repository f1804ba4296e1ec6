"""TOML files become the values of a typed configuration, and a resumed run keeps the one that it began with."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from workstation.errors import WorkstationError


class ConfigurationProblem(WorkstationError):
    """A training configuration with unknown names or impossible values."""

    remedy = "Compare it with resources/training/compact.toml."


def read_table(file: Path) -> dict[str, Any]:
    """The table of a TOML file.

    Raises:
        ConfigurationProblem: if it cannot be read.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:  # no UTF-8, no TOML
        raise ConfigurationProblem(f"{file.name}: {problem}") from problem


def checked_values(table: dict[str, Any], target: type, *, prefix: str = "") -> dict[str, Any]:
    """The values of a table for a dataclass; lists become tuples.

    Args:
        table: of names and values.
        target: whose fields they become: numbers, words and tuples of them. No whole number may be negative.
        prefix: of the names in messages.

    Raises:
        ConfigurationProblem: for an unknown name, or a value of another type.
    """
    hints, known = get_type_hints(target), {field.name for field in dataclasses.fields(target)}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}
    for name, value in values.items():
        if name not in known:
            raise ConfigurationProblem(f"unknown name {prefix}{name} in the training configuration")
        if not _fits(value, hints[name]):
            raise ConfigurationProblem(f"{prefix}{name} cannot be {table[name]!r}")
    return values


def _fits(value: Any, hint: Any) -> bool:
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) is tuple:
        hints = get_args(hint)
        if not isinstance(value, tuple) or (hints[-1] is not Ellipsis and len(value) != len(hints)):
            return False
        return all(_fits(one, hints[0] if hints[-1] is Ellipsis else hints[place]) for place, one in enumerate(value))
    if hint in (int, float) and isinstance(value, bool):
        return False
    if hint is int:
        return isinstance(value, int) and value >= 0
    return isinstance(value, (int, float)) if hint is float else isinstance(value, hint)


def refuse_another(stored: Mapping[str, Any], now: Mapping[str, Any], folder: Path, *, changeable: Set[str]) -> None:
    """A run goes on with the configuration that it began with.

    Args:
        stored: table of the run in the folder; a name that it lacks came later, and had no effect then.
        now: table that it is to go on with.
        folder: of the run.
        changeable: names that may differ.

    Raises:
        ConfigurationProblem: if another one differs.
    """
    before, asked = _flat(stored), _flat(now)
    for name in asked:
        if name not in changeable and before.get(name, asked[name]) != asked[name]:
            raise ConfigurationProblem(
                f"{folder} holds a run with {name} = {before[name]!r}, not {asked[name]!r}; choose another folder"
            )


def _flat(table: Mapping[str, Any]) -> dict[str, Any]:
    """The table with "batch.tiles" and so on instead of the table "batch"; tuples as lists."""
    flat: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{inner}": own for inner, own in _flat(value).items()}
        else:
            flat[name] = list(value) if isinstance(value, tuple) else value
    return flat
