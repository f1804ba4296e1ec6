"""What a report says, without saying how it looks: the one source of the PDF and of `result.json`."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal, TypeAlias

import workstation
from workstation.analysis.regions import RegionStatistics, statistics_of
from workstation.analysis.result import AnalysisResult, Finding, FloatArray
from workstation.analysis.stored_scale import stored_scale_map
from workstation.casework.exhibit import Case, Exhibit
from workstation.errors import RecordedWarning
from workstation.evidence import PixelsLost, Rehash, in_memory, rehash
from workstation.evidence.record import Evidence
from workstation.progress import Progress, drain
from workstation.report.commission import Circumstances
from workstation.report.template import Template
from workstation.report.texts import report_texts

Status: TypeAlias = Literal["complete", "not assessable", "failed", "not run"]

LIMITS = "limits"
"""Kind of the findings that say what a result cannot tell."""

POLARITY = "higher = departs more from the reference group (group A)"
AMBIGUOUS_POLARITY = "higher = departs more from group A; which group is the reference is ambiguous"


@dataclass(frozen=True, slots=True, eq=False)
class ExhibitReport:
    """All that a report says about one exhibit.

    Attributes:
        position: 1 for the first exhibit.
        exhibit: the file, the result, regions and notes.
        verification: of the file's hashes at the time of the report.
        status: of the analysis.
        headline: that status in a sentence.
        limits: what the result cannot tell, in sentences.
        regions: statistics of the exhibit's regions, in their order.
        consistency: the departure map at the scale of the stored image (float32, 2-D, NaN = not assessable), or None.
        warnings: (source, warning) of the file's readers ("file") and of the analysis ("analysis").
        is_unseen: whether the pixels are not in memory and cannot be read again: the file changed or is gone.
        matched: when the file was last what was opened, where it changed or went away while the report was made
            (UTC, ISO 8601); else "".
    """

    position: int
    exhibit: Exhibit
    verification: Rehash
    status: Status
    headline: str
    limits: tuple[str, ...]
    regions: tuple[RegionStatistics, ...]
    consistency: FloatArray | None
    warnings: tuple[tuple[str, RecordedWarning], ...]
    is_unseen: bool = False
    matched: str = ""

    @property
    def evidence(self) -> Evidence:
        """The exhibit's file."""
        return self.exhibit.evidence

    @property
    def observations(self) -> tuple[Finding, ...]:
        """The result's findings but those that say what it cannot tell."""
        return () if self.result is None else tuple(f for f in self.result.findings if f.kind != LIMITS)

    @property
    def result(self) -> AnalysisResult | None:
        """The exhibit's result, or None."""
        return self.exhibit.result


@dataclass(frozen=True, slots=True, eq=False)
class ReportDocument:
    """A report.

    Attributes:
        number: of the report: the laboratory's own, or date, time and the first exhibit's hash.
        created: when it was issued, UTC, ISO 8601, to the second.
        title: the case's title, "" where none was given.
        operator: who made it, "" where nobody was named.
        program: name and version.
        exhibits: in the analyst's order.
        circumstances: what the program cannot know.
        template: the laboratory, its language and words.
    """

    number: str
    created: str
    title: str
    operator: str
    program: str
    exhibits: tuple[ExhibitReport, ...]
    circumstances: Circumstances = field(default_factory=Circumstances)
    template: Template = field(default_factory=Template)


def build(
    case: Case,
    *,
    created: datetime | None = None,
    circumstances: Circumstances | None = None,
    template: Template | None = None,
) -> ReportDocument:
    """`build_steps` to its end; the same arguments and errors."""
    return drain(build_steps(case, created=created, circumstances=circumstances, template=template))


def build_steps(
    case: Case,
    *,
    created: datetime | None = None,
    circumstances: Circumstances | None = None,
    template: Template | None = None,
) -> Generator[Progress, None, ReportDocument]:
    """Gather what there is to say about a case; reads every file again to compare its hashes.

    Args:
        case: at least one exhibit.
        created: time of the report; None = now.
        circumstances: what the program cannot know; None = nothing was stated.
        template: the laboratory's; None = English, no laboratory.

    Yields:
        Progress before each exhibit, its fraction that of the exhibits that are done.

    Raises:
        ValueError: if the case holds no exhibit.
    """
    if not case.exhibits:
        raise ValueError("a report needs at least one exhibit")
    stated = circumstances or Circumstances()
    moment = (created or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    first = case.exhibits[0].evidence.identity.sha256
    reports: list[ExhibitReport] = []
    for position, exhibit in enumerate(case.exhibits, start=1):
        yield Progress("reading the exhibits again", len(reports) / len(case.exhibits))
        reports.append(_report_on(position, exhibit))
    return ReportDocument(
        number=stated.commission.number or f"EX-{moment:%Y%m%d-%H%M%S}-{first[:8]}",
        created=moment.isoformat().replace("+00:00", "Z"),
        title=case.title,
        operator=case.operator,
        program=f"Exifact {workstation.__version__}",
        exhibits=tuple(reports),
        circumstances=stated,
        template=template or Template(),
    )


def _report_on(position: int, exhibit: Exhibit) -> ExhibitReport:
    verification = rehash(exhibit.evidence.identity)
    held = exhibit.evidence if verification else _within_reach(exhibit.evidence)
    if held is None:
        return _told(position, exhibit, verification, unseen=True)
    exhibit = replace(exhibit, evidence=held)
    try:
        return _told(position, exhibit, verification)
    except PixelsLost as problem:  # it changed between two looks at it
        return _lost_since(_told(position, exhibit, verification, unseen=True), problem.found)


def with_pixels(report: ExhibitReport) -> ExhibitReport:
    """The report on an exhibit with its pixels in memory; without them, it says what became of the file.

    A file can change or go away after its hash was compared. One such file must not end a report on many: the later
    look at it is what the report states, and the time of the earlier one.

    Raises:
        DamagedImage: if the pixels do not fit into memory.
    """
    if report.is_unseen:
        return report
    try:
        return replace(report, exhibit=replace(report.exhibit, evidence=in_memory(report.evidence)))
    except PixelsLost as problem:
        return _lost_since(report, problem.found)


def _lost_since(report: ExhibitReport, found: Rehash) -> ExhibitReport:
    """The report on an exhibit whose pixels went out of reach while it was made; what was measured on them stays."""
    matched = "" if found else report.verification.checked
    return replace(report, verification=found, matched=matched, is_unseen=True)


def _told(position: int, exhibit: Exhibit, verification: Rehash, *, unseen: bool = False) -> ExhibitReport:
    """What there is to say about an exhibit.

    Raises:
        PixelsLost: if colours of regions are asked for, and the file changed after its hash was compared.
    """
    evidence, result = exhibit.evidence, exhibit.result
    status = _status(exhibit)
    warnings = [("file", warning) for warning in evidence.warnings]
    if result is not None:
        warnings += [("analysis", w) for w in result.warnings if w not in evidence.warnings]
    words = report_texts()
    return ExhibitReport(
        position=position,
        exhibit=exhibit,
        verification=verification,
        status=status,
        headline=words(f"headlines.{status}", reason=_reason(exhibit).rstrip(".")).strip(),
        limits=(*_limits_found(result), *words.several(f"limits.{status}"), *words.several("limits.always")),
        regions=_statistics(exhibit, unseen=unseen),
        consistency=None if result is None else stored_scale_map(result),
        warnings=tuple(warnings),
        is_unseen=unseen,
    )


def _within_reach(evidence: Evidence) -> Evidence | None:
    """A file that is no longer what was opened, with its pixels if anybody still has them.

    They are held until the report is written: whoever has them now may let go of them meanwhile.
    """
    try:
        return in_memory(evidence)
    except PixelsLost:
        return None


def _statistics(exhibit: Exhibit, *, unseen: bool) -> tuple[RegionStatistics, ...]:
    if not exhibit.regions:
        return ()  # no pixels are read for nothing
    pixels = exhibit.evidence.pixels
    rgb = None if unseen else pixels.rgb
    size = (pixels.height, pixels.width)
    return tuple(statistics_of(region, exhibit.result, rgb, size=size) for region in exhibit.regions)


def _limits_found(result: AnalysisResult | None) -> tuple[str, ...]:
    return () if result is None else tuple(f.sentence for f in result.findings if f.kind == LIMITS)


def _status(exhibit: Exhibit) -> Status:
    if exhibit.result is not None:
        return exhibit.result.status
    return "failed" if exhibit.failure else "not run"


def _reason(exhibit: Exhibit) -> str:
    return exhibit.failure if exhibit.result is None else exhibit.result.reason
