"""An exhibit: one piece of evidence with what was found on it and what the analyst noted."""

from __future__ import annotations

from dataclasses import dataclass, field

from workstation.analysis.regions import Region
from workstation.analysis.result import AnalysisResult
from workstation.casework.records import CaseRecord, ExhibitRecord
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
        record: what the case on disk says of it; None outside of a case.
    """

    evidence: Evidence
    result: AnalysisResult | None = None
    failure: str = ""
    regions: tuple[Region, ...] = ()
    note: str = ""
    departure_limits: tuple[float, float] | None = None
    record: ExhibitRecord | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """What a report is made of.

    Attributes:
        exhibits: in the analyst's order.
        title, operator: "" where none was given.
        record: legal authority, question, opinions, reviews, audit log; None outside of a case on disk.
    """

    exhibits: tuple[Exhibit, ...]
    title: str = ""
    operator: str = field(default="")
    record: CaseRecord | None = None
