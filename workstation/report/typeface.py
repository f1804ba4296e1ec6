"""The report's typefaces, and what is printed for characters that they lack."""

from __future__ import annotations

import unicodedata
from functools import cache
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from workstation.paths import resources

SANS, BOLD, MONO = "ExifactSans", "ExifactSans-Bold", "ExifactMono"
_FILES = {SANS: "DejaVuSansCondensed.ttf", BOLD: "DejaVuSansCondensed-Bold.ttf", MONO: "DejaVuSansMono.ttf"}


@cache
def _glyphs(name: str) -> frozenset[int]:
    font = TTFont(name, str(resources() / "fonts" / _FILES[name]))
    pdfmetrics.registerFont(font)
    return frozenset(font.face.charToGlyph)


def register_fonts() -> None:
    """Make the typefaces known to reportlab; they are embedded in every report."""
    for name in _FILES:
        _glyphs(name)
    pdfmetrics.registerFontFamily(SANS, normal=SANS, bold=BOLD, italic=SANS, boldItalic=BOLD)
    pdfmetrics.registerFontFamily(MONO, normal=MONO, bold=MONO, italic=MONO, boldItalic=MONO)


def printable(text: str, font: str = SANS) -> str:
    """Text as the typeface can show it: nothing becomes a box, nothing hides or turns the line around.

    Characters without a glyph, control and format characters (a right-to-left override in a file name, say) and lone
    surrogates are printed as their code point, ⟨U+202E⟩. Line breaks and tabs become spaces.
    """
    glyphs = _glyphs(font)
    return "".join(_shown(character, glyphs) for character in text)


def _shown(character: str, glyphs: frozenset[int]) -> str:
    if character in "\n\r\t":
        return " "
    if ord(character) in glyphs and unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn"):
        return character
    return f"⟨U+{ord(character):04X}⟩"


def markup(text: str, font: str = SANS) -> str:
    """`printable` text, escaped for reportlab's paragraphs."""
    return escape(printable(text, font))


def has_substitutes(text: str) -> bool:
    """Whether `printable` prints code points for some of the characters."""
    return printable(text) != "".join(" " if c in "\n\r\t" else c for c in text)


def shortened(text: str, limit: int) -> str:
    """At most about `limit` characters: the beginning and the end, with the full length between them."""
    if len(text) <= limit:
        return text
    ends = limit * 3 // 4, limit // 4
    return f"{text[: ends[0]]} … {text[-ends[1] :]} ({len(text)} characters, whole in result.json)"
