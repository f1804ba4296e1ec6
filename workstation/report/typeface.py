"""The report's typefaces, and what is printed for characters that they lack."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from workstation.errors import ExportProblem
from workstation.paths import resources

SANS, BOLD, MONO = "ExifactSans", "ExifactSans-Bold", "ExifactMono"
_FILES = {SANS: "DejaVuSansCondensed.ttf", BOLD: "DejaVuSansCondensed-Bold.ttf", MONO: "DejaVuSansMono.ttf"}


class TypefaceMissing(ExportProblem):
    """A typeface of the report that is not there or cannot be read: nothing is written, nothing is lost."""

    likely_causes = ("an incomplete installation",)
    remedy = "Install Exifact again and write the report once more."

    def __init__(self, path: Path) -> None:
        super().__init__(f"the report's typeface {path.name} is missing or damaged ({path.parent})")
        self.path = path


@cache
def _glyphs(name: str) -> frozenset[int]:
    path = resources() / "fonts" / _FILES[name]
    try:
        font = TTFont(name, str(path))
    except TTFError as problem:
        raise TypefaceMissing(path) from problem
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
