"""The words of a report in one language, from a file that anybody can add (`resources/texts/report.*.toml`)."""

from __future__ import annotations

import math
import os
import re
import string
import tomllib
from collections.abc import Iterator, Mapping
from copy import copy
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from workstation.analysis.evidential_words import p_in_digits, ratio_in_digits
from workstation.errors import ExportProblem, in_percent, share_in_percent
from workstation.paths import resources, user_config

ENGLISH = "en"


_WIDE = re.compile(r"\d{3,}")
"""A width or number of digits of a field that no report has, and that would fill the memory."""


class TextsProblem(ExportProblem):
    """A file of report texts, or a template, that cannot be used."""

    remedy = "See docs/report.md for the form of these files."


class Texts:
    """Words and formats of one language.

    Attributes:
        language: RFC 3066 ("en-GB").
        source: the file's text, so that a report can carry it.
        lacking: keys that the language does not have; English stands in for them.
    """

    def __init__(self, source: str, fallback: Texts | None = None) -> None:
        """From the text of a file.

        Args:
            source: TOML.
            fallback: for what this one lacks.

        Raises:
            TextsProblem: if it is no TOML or lacks what every language needs.
        """
        try:
            table = tomllib.loads(source)
            described = table.pop("language")
            self.language = str(described["code"])
            self._decimal, self._thousands = str(described["decimal"]), str(described["thousands"])
        except (tomllib.TOMLDecodeError, KeyError, TypeError) as problem:
            raise TextsProblem(f"the report texts cannot be read: {problem}") from problem
        self.source, self._fallback = source, fallback
        self._words: dict[str, str | list[str]] = dict(_flat(table))
        _refuse_unreadable(self._words)
        self._formatter = _Formatter(self)
        self.lacking: tuple[str, ...] = ()
        if fallback is not None:
            self.lacking = tuple(sorted(key for key in fallback._words if key not in self._words))

    def changed(self, changes: Mapping[str, Any]) -> Texts:
        """The same with a laboratory's own words.

        Args:
            changes: dotted key to words.

        Raises:
            TextsProblem: for a key that there is not, or words that are none.
        """
        unknown = sorted(key for key in changes if not self.own(key))
        if unknown:
            raise TextsProblem(f"the template changes texts that there are not: {', '.join(unknown)}")
        shapes = {key: isinstance(self._found(key), str) for key in changes}
        wrong = sorted(key for key, words in changes.items() if isinstance(words, str) != shapes[key])
        if wrong:
            raise TextsProblem(f"the template gives a text for a list of texts, or a list for one: {', '.join(wrong)}")
        _refuse_unreadable(changes)
        other = copy(self)
        other._words = {**self._words, **changes}
        other._formatter = _Formatter(other)
        return other

    def __call__(self, key: str, *numbered: Any, **values: Any) -> str:
        """The words of a key with the values in their places.

        Raises:
            TextsProblem: if they ask for a value that there is not, or for digits that it does not have.
        """
        words = self._found(key)
        if not isinstance(words, str):
            return " ".join(words)
        try:
            return self._formatter.vformat(words, numbered, values)
        except (LookupError, ValueError, TypeError, AttributeError) as problem:
            what = f"a field that there is not: {problem}" if isinstance(problem, LookupError) else str(problem)
            raise TextsProblem(f"the report's words “{key}” cannot be filled in ({what})") from problem

    def several(self, key: str) -> tuple[str, ...]:
        """The sentences of a key, in order."""
        words = self._found(key)
        return (words,) if isinstance(words, str) else tuple(words)

    def own(self, key: str) -> bool:
        """Whether there are words for this key, in this language or in English."""
        return key in self._words or (self._fallback is not None and key in self._fallback._words)

    def _found(self, key: str) -> str | list[str]:
        if key in self._words:
            return self._words[key]
        if self._fallback is None:
            raise KeyError(key)
        return self._fallback._found(key)

    @property
    def missing(self) -> str:
        """What is printed for a field that nobody filled."""
        return self("missing")

    def filled(self, text: str | None) -> str:
        """The text, or the word for its absence."""
        return text or self.missing

    def number(self, value: float | None, digits: int = 4) -> str:
        """A number with `digits` significant digits (whole numbers in full), or the word for its absence."""
        if value is None or not math.isfinite(value):
            return self.missing
        return self.localised(f"{value:.0f}" if abs(value) >= 10**digits else f"{value:.{digits}g}")

    def fixed(self, value: float | None, decimals: int, *, sign: bool = False) -> str:
        """A number with a fixed number of decimals, or the word for its absence."""
        if value is None or not math.isfinite(value):
            return self.missing
        return self.localised(f"{value:{'+' if sign else ''}.{decimals}f}")

    def share(self, value: float | None) -> str:
        """A share of a picture in percent, one decimal below ten, or the word for its absence."""
        if value is None or not math.isfinite(value):
            return self.missing
        return self.localised(share_in_percent(value))

    def rate(self, value: float | None) -> str:
        """A rate or a limit of its interval in percent, with a decimal, or the word for its absence."""
        if value is None or not math.isfinite(value):
            return self.missing
        return self.localised(in_percent(value, 1))

    def level(self, value: float | None) -> str:
        """A share that was chosen, not measured, with the digits that it has: "5 %", "0.1 %"."""
        if value is None or not math.isfinite(value):
            return self.missing
        return self.localised(f"{100 * value:.6g} %")

    def ratio(self, log10: float | None) -> str:
        """A likelihood ratio as people say it: 20, or 1/20; from its log10."""
        if log10 is None or not math.isfinite(log10):
            return self.missing
        return self.localised(ratio_in_digits(log10))

    def count(self, value: int) -> str:
        """A whole number in groups of three digits."""
        return f"{value:,}".replace(",", self._thousands)

    def size(self, size: int) -> str:
        """Bytes, with a rounded size beside where that is easier to read."""
        for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
            if size >= factor:
                rounded = self.localised(f"{size / factor:.1f}")
                return self("units.bytes", count=self.count(size)) + f" ({rounded} {unit})"
        return self("units.bytes", count=str(size))

    def localised(self, digits: str) -> str:
        """Digits with the language's decimal mark."""
        return digits.replace(".", self._decimal)


class _Formatter(string.Formatter):
    """Fields in the language's way: {share:percent}, {low:tenths}, {departure:.2f}, {patches:count}, {group:letter}.

    {level:level} is a share that was chosen, {llr:ratio} a likelihood ratio, {p_consistent:p} a p-value.
    {count:entry|entries} is the word that fits the number: the first for 1, the second for all others.
    """

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: PLR0911 - one per format
        if "|" in format_spec:
            one, _, several = format_spec.partition("|")
            return one if value in (1, "1") else several
        if _WIDE.search(format_spec):
            raise ValueError(f"“{format_spec}” asks for very many digits")
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            return self._texts.missing
        if format_spec == "percent":
            return self._texts.share(value)
        if format_spec == "tenths":
            return self._texts.rate(value)
        if format_spec == "level":
            return self._texts.level(value)
        if format_spec == "count":
            return self._texts.count(round(value))
        if format_spec == "letter":
            return chr(ord("A") + round(value))
        if format_spec == "p":
            return self._texts.localised(p_in_digits(value))
        if format_spec == "ratio":
            return self._texts.ratio(value)
        text: str = format(value, format_spec)
        return self._texts.localised(text) if isinstance(value, float) else text


def _refuse_unreadable(words: Mapping[str, Any]) -> None:
    """Refuse words whose braces are none.

    Raises:
        TextsProblem: with their key.
    """
    for key, one in words.items():
        try:
            _ = list(string.Formatter().parse(one)) if isinstance(one, str) else []
        except ValueError as problem:
            raise TextsProblem(f"the report's words “{key}” cannot be read: {problem}") from problem


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


@cache
def report_texts(language: str = ENGLISH) -> Texts:
    """The words of one language ("de"), with English for what they lack.

    A file in the user's folder `report-texts` goes before one of the same name that Exifact ships.

    Raises:
        TextsProblem: if there is no such language, or its file cannot be used.
    """
    file = next((path for path in _files(language) if os.path.isfile(path)), None)  # noqa: PTH113 - `Path` raises without rights
    if file is None:
        known = ", ".join(sorted(languages()))
        raise TextsProblem(f"there are no report texts in the language {language!r}; there are {known}")
    try:
        return texts_from(file.read_text("utf-8"), english=language == ENGLISH)
    except (OSError, UnicodeError) as problem:
        raise TextsProblem(f"{file} cannot be read: {problem}") from problem


@lru_cache(maxsize=8)
def texts_from(source: str, *, english: bool = False) -> Texts:
    """The words of a file's text; `english`: whether they stand alone."""
    return Texts(source, None if english else report_texts(ENGLISH))


def languages() -> tuple[str, ...]:
    """The languages that there are texts for."""
    return tuple(sorted({name for folder in _folders() for name in _languages_in(folder)}))


def _languages_in(folder: Path) -> tuple[str, ...]:
    try:
        return tuple(path.name.split(".")[1] for path in folder.glob("report.*.toml"))
    except OSError:  # the home of a service, say: nobody could have put a file there for it
        return ()


def _folders() -> tuple[Path, Path]:
    return user_config() / "report-texts", resources() / "texts"


def _files(language: str) -> tuple[Path, ...]:
    return tuple(folder / f"report.{language}.toml" for folder in _folders())
