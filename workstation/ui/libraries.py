"""The libraries that the program stands on, as its own package states them."""

from __future__ import annotations

import importlib.metadata
import re

_NAME = re.compile(r"[\w.-]+")


def library_names() -> tuple[str, ...]:
    """Names of the packages that Exifact requires, without those of its extras; () where it was not installed."""
    try:
        requirements = importlib.metadata.requires("exifact") or ()
    except importlib.metadata.PackageNotFoundError:
        return ()
    return tuple(found[0] for stated in requirements if "extra ==" not in stated and (found := _NAME.match(stated)))
