"""An exhibit: one piece of evidence with what was found on it and what the analyst noted."""

from __future__ import annotations

from dataclasses import dataclass, field

from workstation.analysis.regions import Region
from workstation.analysis.result import AnalysisResult
from workstation.evidence.record import Evidence


@dataclass(frozen=True, slots=True, eq=False)
class Exhibit:
    """One exhibit of a case.

    Attributes:
        evidence: the file.
        result: of the analysis, None before there is one.
        failure: why the last analysis failed, "" if it did not.
        regions: marked by the analyst.
        note: the analyst's words on the exhibit.
    """

    evidence: Evidence
    result: AnalysisResult | None = None
    failure: str = ""
    regions: tuple[Region, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """What a report is made of: exhibits in the analyst's order and a title."""

    exhibits: tuple[Exhibit, ...]
    title: str = ""
    operator: str = field(default="")
