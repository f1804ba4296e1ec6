"""An anchor as it is given on the command line: a file or a hash."""

from __future__ import annotations

import os
from pathlib import Path

import pikepdf

from workstation.casework import Anchor, anchors
from workstation.casework.canonical import Json, parsed
from workstation.casework.problems import BadAnchor
from workstation.report.archival import CONTENT_FILE


def read(text: str) -> Anchor:
    """The anchor that an argument names: a report (PDF or JSON), a checkpoint, or a hash.

    Raises:
        BadAnchor: if it is none of these, or names no head of a log.
    """
    path = Path(text)
    if not os.path.isfile(path):  # noqa: PTH113 - `Path` raises for a text that is too long for a name
        return anchors.from_text(text)
    if path.suffix.lower() != ".pdf":
        return anchors.from_file(path)
    return anchors.from_json(_content_of(path), path.name)


def _content_of(path: Path) -> Json:
    """The data that a report carries as an attachment."""
    try:
        with path.open("rb") as file, pikepdf.open(file) as document:  # a path must be UTF-8 there
            attached = document.attachments
            if CONTENT_FILE not in attached:
                raise BadAnchor(f"{path.name} is no report of Exifact: {CONTENT_FILE} is not attached to it")
            return parsed(attached[CONTENT_FILE].get_file().read_bytes().decode("utf-8"))
    except (OSError, ValueError, pikepdf.PdfError) as problem:
        raise BadAnchor(f"{path.name} cannot be read as a report ({problem})") from problem
