"""Where Exifact's resources and the user's folders are; the only module that knows about freezing."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import platformdirs

NO_HOME = Path("/nonexistent")
"""Debian's home of those that have none: nothing is found there, and nobody can write there."""

HEIF_DECODER = "--decode-heif"
"""First argument by which the bundle's program becomes the decoder of HEIF: there is no Python beside it to start."""


def is_frozen() -> bool:
    """Whether this is the PyInstaller bundle."""
    return bool(getattr(sys, "frozen", False))


def resources() -> Path:
    """The folder of weights, icons, examples and texts.

    In a checkout it is `resources/` beside the package, in an installed wheel
    `workstation/_resources`, in the bundle `resources/` in PyInstaller's folder.
    """
    if is_frozen():
        return Path(getattr(sys, "_MEIPASS", Path(sys.executable).parent)) / "resources"
    package = Path(__file__).resolve().parent
    installed = package / "_resources"
    return installed if installed.is_dir() else package.parent / "resources"


def program_folder() -> Path | None:
    """The bundle's folder with everything that was shipped; None outside of the bundle."""
    if not is_frozen():
        return None
    folder = Path(sys.executable).resolve().parent
    return folder.parent if sys.platform == "darwin" and folder.name == "MacOS" else folder


def user_data() -> Path:
    """The user's folder for weights that they added (created when something is stored)."""
    return _of_user("data")


def user_config() -> Path:
    """The user's folder for settings (created when something is stored)."""
    return _of_user("config")


def spacious_temporary() -> Path:
    """Where temporary files of gigabytes lie: on a disk, for many systems keep /tmp in memory."""
    on_disk = Path("/var/tmp")  # noqa: S108 - the file hierarchy's place for them; files there are made without a name
    if "TMPDIR" not in os.environ and os.access(on_disk, os.W_OK):
        return on_disk
    return Path(tempfile.gettempdir())


def _of_user(kind: str) -> Path:
    """One of the user's folders; who has no home (a service, a container's number without a name) has none of them."""
    try:
        return Path(getattr(platformdirs, f"user_{kind}_dir")("exifact", appauthor=False))
    except RuntimeError:
        return NO_HOME / "exifact"
