"""Findings become a case: exhibits, analyses, regions, notes, opinions, and who did what when."""

from workstation.casework.anchors import Anchor
from workstation.casework.casefile import CaseFile
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
