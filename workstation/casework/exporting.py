"""A case leaves the program as JSON that needs no SQLite, and as a log whose hashes any other tool can check."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from workstation.analysis.likeness import Likeness
from workstation.casework.canonical import storable
from workstation.casework.casefile import CaseFile
from workstation.casework.durable import finished
from workstation.casework.problems import CaseNotSaved
from workstation.progress import Progress
from workstation.spreadsheets import BYTE_ORDER_MARK, as_csv

CASE, LOG = "case.json", "log.jsonl"
FORMAT, FORMAT_VERSION = "exifact-case-export", 1


def export_steps(case: CaseFile, folder: Path) -> Generator[Progress, None, tuple[Path, Path]]:
    """Write a case as text.

    `case.json` holds everything but arrays and files (those lie in `artifacts/` and `originals/`, named by their
    SHA-256). Each line of `log.jsonl` is one entry exactly as it is hashed: the SHA-256 of its bytes, without the line
    feed, is the entry's hash and the next entry's `previous`.

    Args:
        case: to read.
        folder: made if it is not there.

    Yields:
        Progress.

    Returns:
        The two files.

    Raises:
        CaseNotSaved: if they cannot be written; earlier ones stay as they are.
    """
    yield Progress("reading the case", 0.0)
    content = _content(case)
    log = "".join(f"{entry.body}\n" for entry in case.history())
    yield Progress("writing", 0.5)
    files = folder / CASE, folder / LOG
    # what is no UTF-8: a path as the log has it, a damaged text as an escape, a damaged entry as its own bytes
    text = json.dumps(content, ensure_ascii=False, indent=1, default=lambda path: storable(str(path))) + "\n"
    written = text.encode("utf-8", "backslashreplace"), log.encode("utf-8", "surrogateescape")
    try:
        for file, whole in zip(files, written, strict=True):
            with finished(file) as beside:
                beside.write_bytes(whole)
    except OSError as problem:
        raise CaseNotSaved(folder, f"the export could not be written ({problem.strerror or problem})") from problem
    return files


def _content(case: CaseFile) -> dict[str, Any]:
    head = case.head()
    coverage = [
        {"exhibit": one.exhibit, "share": one.share, "unseen": [list(box) for box in one.unseen()]}
        for one in case.coverage.all()
    ]
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "details": asdict(case.details()),
        "head": {"entries": head.entries, "hash": head.hash},
        "exhibits": [asdict(one) for one in case.exhibits.all()],
        "analyses": [asdict(one) for one in case.analyses.all()],
        "regions": [asdict(one) for one in case.regions.all()],
        "notes": [asdict(one) for one in case.notes.all()],
        "bookmarks": [asdict(one) for one in case.bookmarks.all()],
        "tags": [asdict(one) for one in case.tags.all()],
        "opinions": [asdict(one) for one in case.opinions.all()],
        "reviews": [asdict(one) for one in case.reviews.all()],
        "coverage": coverage,
        "reports": [asdict(one) for one in case.reports.all()],
    }


def write_matrix(likeness: Likeness, path: Path) -> None:
    """Write a matrix of likeness as CSV: one line per pair; empty fields where nothing can be said.

    Raises:
        CaseNotSaved: if the file cannot be written; an earlier one stays as it is.
    """
    names, patches = likeness.names, likeness.patches
    rows = []
    for i, j in zip(*np.triu_indices(len(names)), strict=True):
        numbers = (likeness.distance[i, j], likeness.similarity[i, j])
        shown = (f"{value:.9g}" if np.isfinite(value) else "" for value in numbers)
        rows.append((names[i], patches[i], names[j], patches[j], *shown))
    table = as_csv(("one", "patches of one", "other", "patches of other", "distance", "similarity"), rows)
    try:
        with finished(path) as beside:
            beside.write_text(BYTE_ORDER_MARK + table, encoding="utf-8", newline="\n")
    except OSError as problem:
        raise CaseNotSaved(path, f"it could not be written ({problem.strerror or problem})") from problem
