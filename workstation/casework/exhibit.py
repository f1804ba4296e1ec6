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
        departure_limits: (low, high) of the departure map's colours where the analyst moved them, in units of the map;
            None = the absolute limits stored with the weights. A moved limit is printed in every export.
    """

    evidence: Evidence
    result: AnalysisResult | None = None
    failure: str = ""
    regions: tuple[Region, ...] = ()
    note: str = ""
    departure_limits: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """What a report is made of: exhibits in the analyst's order and a title."""

    exhibits: tuple[Exhibit, ...]
    title: str = ""
    operator: str = field(default="")
