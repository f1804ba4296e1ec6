"""A case on disk becomes a report, and the case's log says so."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

from workstation.case_analysis import open_exhibit
from workstation.casework import Case, CaseFile, Exhibit, ExhibitRecord, IssuedReport
from workstation.casework.problems import CaseReadOnly, CaseRefusal
from workstation.errors import DamagedImage, FileProblem, Reason, TooManyPixels, UnsupportedFormat
from workstation.evidence import laid_aside
from workstation.progress import Progress, drain, part
from workstation.report.atomic import replacing
from workstation.report.commission import Step
from workstation.report.document import ReportDocument, build_steps
from workstation.report.from_case import circumstances_of
from workstation.report.html import print_html
from workstation.report.pdf import print_steps
from workstation.report.publication import publish_steps
from workstation.report.template import load_template
from workstation.whole_files import flush


def report_steps(
    case: CaseFile, exhibits: Sequence[ExhibitRecord], out: Path, template: Path | None = None
) -> Generator[Progress, None, IssuedReport]:
    """Write a report on exhibits of a case.

    The head that the report prints is that of the log before the report; the entry that says that it was issued comes
    after it.

    Args:
        case: open for writing, so that the report can be logged.
        exhibits: in the order of the report.
        out: the PDF; a file whose name ends in .html becomes one HTML file.
        template: of the laboratory's reports; None = the user's own, if there is one.

    Yields:
        Progress.

    Returns:
        What the case keeps of it.

    Raises:
        CaseRefusal: if there is nothing to report on, an exhibit changed since intake, or its metadata are hidden.
        CaseReadOnly: if the case is open for reading only.
        ExportProblem: if the file cannot be written.
    """
    if case.read_only:  # said before the work, and before a report lies there that the log knows nothing of
        raise CaseReadOnly(case.folder, " ".join(("a report cannot be logged.", *case.warnings)))
    document = yield from document_steps(case, exhibits, template)
    in_html = out.suffix.lower() in (".html", ".htm")
    content = yield from part(_printed(document, in_html=in_html), 0.65, 1.0)
    audit = document.circumstances.audit
    assert audit is not None
    with replacing(out) as unfinished:
        unfinished.write_bytes(content)
        flush(unfinished)
        return case.reports.issued(  # before it gets its name: no report lies there that the log knows nothing of
            document.number,
            issued=document.created,
            name=out.name,
            sha256=hashlib.sha256(content).hexdigest(),
            head=audit.head,
            entries=audit.entries,
        )


def _printed(document: ReportDocument, *, in_html: bool) -> Generator[Progress, None, bytes]:
    """The bytes of the file."""
    publication = yield from part(publish_steps(document), 0.0, 0.5)
    if in_html:
        yield Progress("writing the report", 0.5)
        return print_html(publication).encode("utf-8")
    return (yield from part(print_steps(publication), 0.5, 1.0))


def document_steps(
    case: CaseFile, exhibits: Sequence[ExhibitRecord], template: Path | None = None
) -> Generator[Progress, None, ReportDocument]:
    """Gather what a report on these exhibits says; the arguments and errors of `report_steps`.

    A file that is the one that came in, but whose picture cannot be decoded, is no part of the report, which says so.

    Raises:
        DamagedImage, UnsupportedFormat, TooManyPixels: if no exhibit can be decoded.
    """
    if not exhibits:
        raise CaseRefusal("the case has no exhibit to report on")
    hidden = [exhibit.label for exhibit in exhibits if exhibit.metadata_hidden]
    if hidden:
        raise CaseRefusal(
            f"the metadata of exhibit {', '.join(hidden)} are hidden, and a report prints them; reveal them first"
        )
    opened: dict[int, Exhibit] = {}
    unopened: list[Step] = []
    for position, exhibit in enumerate(exhibits):
        yield Progress(f"reading {exhibit.name}", 0.6 * position / len(exhibits))
        try:
            evidence = laid_aside(drain(open_exhibit(case, exhibit)))  # pixels of many fill the memory
        except (DamagedImage, UnsupportedFormat, TooManyPixels) as problem:
            if len(unopened) + 1 == len(exhibits):
                raise
            unopened.append(_not_opened(exhibit, problem))
            continue
        opened[exhibit.id] = replace(case.as_exhibit(exhibit.id, evidence), note="")  # notes come with author and date
    yield Progress("verifying the case", 0.6)
    verified = case.verify(originals=False)
    state = "intact" if verified.intact else "; ".join(finding.sentence for finding in verified.findings)
    record = case.snapshot()
    positions = {number: position for position, number in enumerate(opened, start=1)}
    details = record.details
    whole = Case(tuple(opened.values()), title=details.title, operator=case.operator, record=record)
    look = load_template(template)
    if details.laboratory and not look.laboratory:
        look = replace(look, laboratory=details.laboratory)
    stated = replace(circumstances_of(record, positions, checked=state), steps=tuple(unopened))
    return (yield from part(build_steps(whole, circumstances=stated, template=look), 0.6, 0.65))


def _not_opened(exhibit: ExhibitRecord, problem: FileProblem) -> Step:
    """That an exhibit has no part of its own in a report, and why."""
    why = problem.why
    words = f"{exhibit.label}, {exhibit.name}, SHA-256 {exhibit.sha256}: {why}"
    values = {"label": exhibit.label, "name": exhibit.name, "sha256": exhibit.sha256, **dict(why.values)}
    told = Reason(words, "not-opened", reason=str(why), reason_code=why.code, **values)
    return Step(None, "opening", "failed", told)
