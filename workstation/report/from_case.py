"""What a case on disk knows, in the terms of a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workstation.casework.log import Entry
from workstation.casework.records import CaseRecord, ExhibitRecord, NoteRecord
from workstation.report.commission import (
    Audit,
    AuditEntry,
    Circumstances,
    Commission,
    Handover,
    Intake,
    Note,
    Opinion,
    Review,
    Viewed,
)

CUSTODY: Final = (
    "exhibit.add",
    "exhibit.check",
    "exhibit.moved",
    "exhibit.withdraw",
    "analysis.add",
    "analysis.failed",
    "blind.hide",
    "blind.lock",
    "blind.reveal",
)
"""Actions that belong into an exhibit's chain of custody."""
MINOR: Final = ("coverage.view", "bookmark.add", "bookmark.change", "bookmark.remove")
"""Actions that the audit extract leaves out; their number is printed."""
LONGEST: Final = 200
"""Entries of the audit extract at most: the last ones."""


def circumstances_of(record: CaseRecord, positions: Mapping[int, int], *, checked: str = "") -> Circumstances:
    """All that a report asks for and the case knows.

    Args:
        record: the case at one moment.
        positions: number of an exhibit in the case → its position in the report, from 1.
        checked: outcome of the chain's check, in words; "" = it was not checked.
    """
    present = [exhibit for exhibit in record.exhibits if exhibit.id in positions]
    return Circumstances(
        commission=_commission(record),
        intakes={positions[exhibit.id]: _intake(exhibit) for exhibit in present},
        viewed={
            positions[exhibit.id]: viewed for exhibit in present if (viewed := _viewed(record, exhibit)) is not None
        },
        notes=tuple(
            _note(note, record, positions) for note in record.notes if note.exhibit is None or note.exhibit in positions
        ),
        opinions=_opinions(record, positions),
        custody=tuple(link for entry in record.entries for link in _links(entry, present, positions)),
        audit=_audit(record, checked),
        reviews=tuple(
            Review(r.reviewer, r.kind, r.outcome, r.text, _to_the_second(r.reviewed)) for r in record.reviews
        ),
    )


def _commission(record: CaseRecord) -> Commission:
    details = record.details
    days = sorted(entry.time[:10] for entry in record.entries if entry.action.startswith("analysis."))
    performed = "" if not days else days[0] if days[0] == days[-1] else f"{days[0]} – {days[-1]}"
    return Commission(
        case_number=details.number or "",
        client=details.client or "",
        authority=details.legal_authority or "",
        question=details.question or "",
        received=details.received or "",
        performed=performed,
    )


def _intake(exhibit: ExhibitRecord) -> Intake:
    return Intake(
        label=exhibit.label,
        description=exhibit.description or "",
        received=exhibit.received or "",
        received_by=exhibit.received_by or "",
        received_from=exhibit.received_from or "",
        taken=exhibit.opened or "",
        sha256=exhibit.sha256,
        sha1=exhibit.sha1,
        md5=exhibit.md5,
    )


def _viewed(record: CaseRecord, exhibit: ExhibitRecord) -> Viewed | None:
    """None where the exhibit's size is not known, so that nothing can be said."""
    found = next((one for one in record.coverage if one.exhibit == exhibit.id), None)
    if found is not None:
        return Viewed(found.share, found.unseen())
    if exhibit.width is None or exhibit.height is None:
        return None
    return Viewed(0.0, ((0, 0, exhibit.width, exhibit.height),))


def _note(note: NoteRecord, record: CaseRecord, positions: Mapping[int, int]) -> Note:
    return Note(
        text=note.text,
        author=note.author,
        written=_to_the_second(note.written),
        exhibit=None if note.exhibit is None else positions[note.exhibit],
        region=next((one.region.name for one in record.regions if one.id == note.region), ""),
    )


def _opinions(record: CaseRecord, positions: Mapping[int, int]) -> tuple[Opinion, ...]:
    """Those that stand, and rest on no exhibit that the report leaves out."""
    return tuple(
        Opinion(
            issue=opinion.issue,
            propositions=opinion.propositions,
            favoured=opinion.favoured,
            level=opinion.support,
            reasons=opinion.reasons,
            exhibits=tuple(positions[number] for number in opinion.exhibits),
            author=opinion.author,
            formed=_to_the_second(opinion.formed),
        )
        for opinion in record.opinions
        if opinion.withdrawn is None and all(number in positions for number in opinion.exhibits)
    )


def _links(entry: Entry, present: list[ExhibitRecord], positions: Mapping[int, int]) -> list[Handover]:
    """An entry as links of the chain of custody; intake has one for the handing over, where that was stated."""
    if entry.action not in CUSTODY:
        return []
    links = []
    for exhibit in (one for one in present if one.id in entry.exhibits):
        position = positions[exhibit.id]
        stated = exhibit.received or exhibit.received_from or exhibit.received_by
        if entry.action == "exhibit.add" and stated:
            source = f"from {exhibit.received_from}" if exhibit.received_from else ""
            person = exhibit.received_by or ""
            links.append(Handover(exhibit.received or "", position, "received", person, source))
        links.append(
            Handover(_to_the_second(entry.time), position, entry.action, entry.operator, _detail(entry, exhibit))
        )
    return links


def _detail(entry: Entry, exhibit: ExhibitRecord) -> str:
    if entry.action == "exhibit.add":
        return f"SHA-256 {exhibit.sha256}"
    if entry.action == "exhibit.check":
        return f"{entry.arguments.get('state', '')} {entry.arguments.get('sha256', '')}".strip()
    return f"entry {entry.sequence}"


def _to_the_second(time: str) -> str:
    return f"{time[:19]}Z"


def _audit(record: CaseRecord, checked: str) -> Audit:
    weighty = [entry for entry in record.entries if entry.action not in MINOR]
    shown = weighty[-LONGEST:]
    extract = tuple(
        AuditEntry(
            sequence=entry.sequence,
            time=_to_the_second(entry.time),
            operator=entry.operator,
            program=entry.program,
            action=entry.action,
            detail=entry.described,
            sha256=entry.hash,
        )
        for entry in shown
    )
    return Audit(
        case=record.details.identifier,
        head=record.head.hash,
        entries=record.head.entries,
        extract=extract,
        left_out=len(record.entries) - len(shown),
        state=checked,
        exhibits=sum(exhibit.withdrawn is None for exhibit in record.exhibits),
    )
