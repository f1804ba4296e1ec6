"""A guard against a mistake in PySide6 6.12.0 that aborts the process on Python 3.11.

Its `Signal.emit` gives back `True` without taking a reference, so every emitted signal frees one reference to `True`
that belongs to someone else, and after some hundreds the interpreter dies with "deallocating True or False". From
Python 3.12 on `True` is immortal (PEP 683) and nothing happens; PySide6 6.11 and older do not have the mistake.
"""

from __future__ import annotations

import ctypes
import sys

import PySide6


def is_needed() -> bool:
    """Whether this Python and this PySide6 do not get along."""
    return sys.version_info < (3, 12) and PySide6.__version_info__[:3] == (6, 12, 0)


def make_true_immortal() -> None:
    """Give `True` so many references that no session can use them up."""
    references = ctypes.c_ssize_t.from_address(id(True))  # ob_refcnt is the first field of an object in CPython < 3.12
    if references.value < sys.maxsize >> 2:
        references.value += sys.maxsize >> 2
