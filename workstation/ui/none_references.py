"""The other half of the guard in `true_references`: PySide6 6.12.0 also loses references to `None` on Python 3.11.

Every call of a Qt function that returns nothing, and every `None` that a model gives back, frees one reference to
`None`; after some thousands the interpreter dies with "deallocating None". PySide6 6.11 does not have the mistake, and
from Python 3.12 on `None` is immortal (PEP 683).
"""

from __future__ import annotations

import ctypes
import sys

from workstation.ui import true_references


def make_none_immortal() -> None:
    """Give `None` so many references that no session can use them up."""
    references = ctypes.c_ssize_t.from_address(id(None))  # ob_refcnt is the first field of an object in CPython < 3.12
    if references.value < sys.maxsize >> 2:
        references.value += sys.maxsize >> 2


if true_references.is_needed():
    make_none_immortal()
