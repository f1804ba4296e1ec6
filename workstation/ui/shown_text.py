r"""Texts that come from outside, such as names of files: shown so that nothing in them hides or takes the room; no Qt.

A name may hold a line break, a mark that turns the reading direction round (`photo\u202egpj.exe` reads as
`photoexe.jpg`), or 250 letters without a blank.
"""

from __future__ import annotations

import re

from workstation.spreadsheets import visible

__all__ = ["in_short", "visible"]

_ENDS = 0.6
"""Of a word that is shortened, so much is its beginning; names of files differ at both ends."""


def in_short(text: str, longest: int = 60) -> str:
    """The text with words of more than `longest` letters shortened in the middle.

    Labels break lines at blanks and after slashes, so a path is left whole as long as its parts are short.
    """
    return "".join(_short(part, longest) for part in re.split("([ /])", text))


def _short(word: str, longest: int) -> str:
    if len(word) <= longest:
        return word
    head = round((longest - 1) * _ENDS)
    return f"{word[:head]}…{word[len(word) - (longest - 1 - head) :]}"
