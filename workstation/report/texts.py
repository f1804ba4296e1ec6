"""The report's sentences, from `resources/texts`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from workstation.paths import resources


@dataclass(frozen=True, slots=True)
class ReportTexts:
    """Sentences by purpose.

    Attributes:
        headlines: by status of the analysis, with the field ``{reason}``.
        limits: what a result of that status cannot tell, in order.
        maps: what each map shows, by layer.
        states: by state of the file's hash at the time of the report.
        absence: the states of a metadata entry in words.
    """

    headlines: dict[str, str]
    limits: dict[str, tuple[str, ...]]
    maps: dict[str, str]
    states: dict[str, str]
    absence: dict[str, str]


@cache
def report_texts(language: str = "en") -> ReportTexts:
    """The sentences of one language."""
    path = resources() / "texts" / f"report.{language}.toml"
    table: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    return ReportTexts(
        headlines=table["headlines"],
        limits={status: tuple(sentences) for status, sentences in table["limits"].items()},
        maps=table["maps"],
        states=table["states"],
        absence=table["absence"],
    )
