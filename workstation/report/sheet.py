"""What every section of a report is composed with: the content, the words, and the numbers of sections and figures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, TypeAlias

from workstation.report.blocks import Bullets, Figure, Heading, Listing, Text
from workstation.report.texts import Texts, TextsProblem

Content: TypeAlias = Mapping[str, Any]
"""A part of the report's data (`report.json`): whatever is printed comes from here, so that it can be printed again."""

LONGEST_VALUE = 360
"""Characters of one value in a table; the whole of it stands in the report's data."""


class Sheet:
    """A report while it is composed.

    Attributes:
        content: of `report.json`.
        texts: the words.
        exhibits: of the content, in order.
    """

    def __init__(self, content: Content, texts: Texts) -> None:
        self.content, self.texts = content, texts
        self.exhibits: Sequence[Content] = content["exhibits"]
        self._sections, self._figures = count(1), count(1)
        self._section, self._subsections = 0, count(1)

    def section(self, key: str) -> Heading:
        """The heading of the next section."""
        self._section, self._subsections = next(self._sections), count(1)
        return Heading(f"{self._section}  {self.texts(f'sections.{key}')}", 1)

    def subsection(self, title: str) -> Heading:
        """The heading of the section's next part."""
        return Heading(f"{self._section}.{next(self._subsections)}  {title}", 2)

    def figure(self, entry: Content, width: float, height: float, caption: str, **legend: Any) -> Figure:
        """A numbered figure; `entry` is the picture's part of the content."""
        numbered = self.texts("figures.numbered", number=next(self._figures), caption=caption)
        return Figure(entry["sha256"], entry["orientation"], width, height, numbered, **legend)

    def named(self, exhibit: Content) -> str:
        """An exhibit as headings and tables call it: its number, its label where it has one, the file's name."""
        label = (exhibit["intake"] or {}).get("label")
        key = "exhibit.labelled" if label and label != str(exhibit["exhibit"]["position"]) else "exhibit.plain"
        return self.texts(key, position=exhibit["exhibit"]["position"], label=label, name=exhibit["exhibit"]["name"])

    def short(self, position: int | None) -> str:
        """An exhibit in a table's cell; None = the whole case."""
        if position is None:
            return self.texts("exhibit.all")
        return self.texts("exhibit.short", position=position)

    def filled(self, text: str | None) -> str:
        """The text, or the word for its absence."""
        return self.texts.filled(text)

    def translated(self, finding: Content) -> bool:
        """Whether the language has words of its own for a finding."""
        return self.texts.own(_key(finding))

    def sentence(self, finding: Content) -> str:
        """A finding in the report's language; in its own words where the language has none for it."""
        if not self.translated(finding):
            return self.unworded(finding["sentence"])
        values = {name: math.nan if value is None else value for name, value in finding["numbers"].items()}
        codes = finding.get("codes") or {}
        if codes:
            values["kind"] = ", ".join(self.word(f"kinds.{name}", code) for name, code in codes.items())
        try:
            return self.texts(_key(finding), group=finding["group"], **values)
        except TextsProblem:  # a result of a version that counted other things
            return self.unworded(finding["sentence"])

    def told(
        self, table: str, code: str | None, words: str | None, values: Mapping[str, Any], variant: str | None = ""
    ) -> str:
        """What a code of the program says, in the report's language; the program's own words where it has none.

        Args:
            table: of the language, by code and variant.
            code: stable; None = a result of a version that gave none.
            words: the program's own, English.
            values: what the sentence is filled with; a reason among them has its own code in `reason_code`.
            variant: which of the code's sentences it is.
        """
        key = ".".join(part for part in (table, code, variant) if part)
        if not code or not self.texts.own(key):
            return self.unworded(words)
        filled = dict(values)
        if "reason" in filled:
            filled["reason"] = self.told("reasons", filled.get("reason_code"), filled["reason"], values_of(filled))
        try:
            return self.texts(key, **filled)
        except TextsProblem:  # of a version that said it with other values
            return self.unworded(words)

    def noted(self, words: str | None, coded: Content | None) -> str:
        """What the program says of a part of a file; the file's own words, and those without others, as they are.

        Args:
            words: English, or the file's.
            coded: code and values; None = a result of a version that gave none.
        """
        code = (coded or {}).get("code")
        if not words or not code or not self.texts.own(f"file_notes.{code}"):
            return words or "–"
        return self.told("file_notes", code, words, (coded or {})["values"])

    def unworded(self, words: str | None) -> str:
        """The program's own words, marked as such where the report is in another language."""
        return self.texts("unworded", words=words) if words else self.texts.missing

    def warning(self, warning: Content) -> str:
        """A warning in the report's language."""
        values = warning.get("values") or {}
        return self.told("oddities", warning["code"], warning["message"], values, warning.get("variant"))

    def word(self, table: str, name: str) -> str:
        """The word that a table of the language has for a name; the name itself where it has none."""
        key = f"{table}.{name}"
        return self.texts(key) if self.texts.own(key) else str(name)

    def knows(self, key: str) -> bool:
        """Whether the report's own words have this key: those of a report of an earlier version may not."""
        return self.texts.own(key) and key not in self.texts.lacking

    def shortened(self, text: str, limit: int = LONGEST_VALUE) -> str:
        """At most about `limit` characters: the beginning and the end, with the full length between them."""
        if len(text) <= limit:
            return text
        begin, end = limit * 3 // 4, limit // 4
        length = self.texts("units.whole", count=self.texts.count(len(text)))
        return f"{text[:begin]} … {text[-end:]} ({length})"

    def code(self, table: str, name: str) -> str:
        """The word that a table of the language has for a name of the program's own, which is marked without one."""
        key = f"{table}.{name}"
        return self.texts(key) if self.texts.own(key) else self.unworded(name)

    def listing(
        self, key: str, rows: Sequence[Sequence[str]], widths: Sequence[float], mono: Sequence[int] = ()
    ) -> Listing:
        """A table with the column titles `columns.<key>`."""
        head = self.texts.several(f"columns.{key}")
        return Listing(head, tuple(tuple(row) for row in rows), tuple(widths), tuple(mono))

    def said(self, key: str, **values: Any) -> Text:
        """A paragraph of words."""
        return Text(self.texts(key, **values))

    def bullets(self, key: str) -> Bullets:
        """The sentences of a key."""
        return Bullets(self.texts.several(key))


def values_of(filled: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a reason that stands among those of a warning."""
    return {name: value for name, value in filled.items() if name not in ("reason", "reason_code")}


def _key(finding: Content) -> str:
    """Where a language keeps a finding's sentence."""
    return ".".join(str(part) for part in ("findings", finding["kind"], finding.get("variant")) if part)
