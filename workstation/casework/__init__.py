"""Findings become a case: exhibits, analyses, regions, notes, opinions, and who did what when."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from workstation.casework.exhibit import Case, Exhibit
from workstation.casework.log import Entry, Head, RowChange
from workstation.casework.records import (
    SUPPORT,
    AnalysisRecord,
    BookmarkRecord,
    CaseDetails,
    CaseRecord,
    Coverage,
    ExhibitRecord,
    IssuedReport,
    NoteRecord,
    Opinion,
    RegionRecord,
    Review,
    TagRecord,
)

if TYPE_CHECKING:
    from workstation.casework.anchors import Anchor
    from workstation.casework.casefile import CaseFile
    from workstation.casework.verification import CaseFinding, Verification

__all__ = [
    "SUPPORT",
    "AnalysisRecord",
    "Anchor",
    "BookmarkRecord",
    "Case",
    "CaseDetails",
    "CaseFile",
    "CaseFinding",
    "CaseRecord",
    "Coverage",
    "Entry",
    "Exhibit",
    "ExhibitRecord",
    "Head",
    "IssuedReport",
    "NoteRecord",
    "Opinion",
    "RegionRecord",
    "Review",
    "RowChange",
    "TagRecord",
    "Verification",
]

_LATE = {
    "Anchor": "anchors",
    "CaseFile": "casefile",
    "CaseFinding": "verification",
    "Verification": "verification",
}
"""What brings SQLAlchemy or reads whole files along is imported when it is asked for: the window is up before."""


def __getattr__(name: str) -> Any:
    """Import what is needed late."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LATE[name]}"), name)
