"""What a case holds, in words: one row per exhibit, note, bookmark and entry of the audit log; no Qt here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workstation.casework import Entry, ExhibitRecord
from workstation.ui.case_keeper import CaseView
from workstation.ui.rows_model import TextRow
from workstation.ui.shown_text import visible
from workstation.ui.theme import shortened_hash
from workstation.ui.wording import percent

NOT_STATED: Final = "not stated"

EXHIBITS: Final = (
    ("No.", "The exhibit's label in the case"),
    ("File", "Name of the file at intake"),
    ("Received", "When it came, as the analyst stated it"),
    ("From", "Who gave it, as the analyst stated it"),
    ("Examination", "Whether its metadata are still hidden"),
    ("Viewed", "Share of the picture that was on the screen at 100 % or more, as the original"),
    ("SHA-256", "Of the file at intake"),
)
NOTES: Final = (
    ("Exhibit", "What the note speaks of"),
    ("Note", "The words"),
    ("Kind", "Pixels = written while the metadata were hidden"),
    ("Author", "Who wrote it"),
    ("Written", "When, UTC"),
    ("Locked", "Whether it can no longer be changed"),
)
BOOKMARKS: Final = (
    ("Exhibit", "Whose view it is"),
    ("Name", "Of the bookmark"),
    ("Verdict", "OK, to be checked, or warning"),
    ("Note", "The analyst's words"),
    ("View", "Layer and zoom"),
)
HISTORY: Final = (
    ("No.", "Number of the entry in the audit log"),
    ("Time", "UTC"),
    ("Who", "The operator's name as it was set then"),
    ("What", "What was done"),
    ("Exhibit", "What it speaks of"),
    ("SHA-256", "Of the entry; each entry holds that of the one before"),
)

VERDICT_ICONS: Final = {"ok": "state-done", "to be checked": "state-ambiguous", "warning": "warning"}
_BLIND: Final = {
    "off": "open",
    "hidden": "blind: metadata hidden",
    "locked": "blind: notes locked",
    "revealed": "metadata revealed",
}
_ACTIONS: Final[Mapping[str, str]] = {
    "case.new": "case made",
    "case.describe": "case described",
    "case.migrate": "case converted to a newer version",
    "exhibit.add": "exhibit taken in",
    "exhibit.describe": "exhibit described",
    "exhibit.withdraw": "exhibit withdrawn",
    "exhibit.check": "hash checked",
    "exhibit.moved": "original found elsewhere",
    "analysis.add": "analysed",
    "analysis.failed": "analysis failed",
    "region.add": "region marked",
    "region.change": "region changed",
    "region.remove": "region removed",
    "note.add": "note written",
    "note.change": "note changed",
    "note.remove": "note removed",
    "bookmark.add": "view bookmarked",
    "bookmark.change": "bookmark changed",
    "bookmark.remove": "bookmark removed",
    "tag.add": "tagged",
    "tag.remove": "tag taken off",
    "opinion.add": "opinion stated",
    "opinion.withdraw": "opinion withdrawn",
    "review.add": "reviewed",
    "blind.hide": "metadata hidden",
    "blind.lock": "pixel-only notes locked",
    "blind.reveal": "metadata revealed",
    "coverage.view": "viewed at 100 % or more",
    "report.issue": "report issued",
    "undo": "undone",
}


def exhibit_rows(view: CaseView) -> list[TextRow]:
    """One row per exhibit."""
    return [_exhibit_row(view, record) for record in view.exhibits]


def _exhibit_row(view: CaseView, record: ExhibitRecord) -> TextRow:
    coverage = view.coverage.get(record.id)
    state = f"withdrawn: {record.withdrawn}" if record.withdrawn is not None else _BLIND[record.blind]
    cells = (
        record.label,
        visible(record.name),
        record.received or NOT_STATED,
        record.received_from or NOT_STATED,
        state,
        "–" if coverage is None else percent(coverage.share),
        shortened_hash(record.sha256),
    )
    tip = (
        f"{visible(str(record.path))}\nSHA-256 {record.sha256}\nreceived by: {record.received_by or NOT_STATED}\n"
        f"description: {record.description or NOT_STATED}\ntags: {', '.join(view.tags.get(record.id, ())) or 'none'}"
    )
    icon = "state-not-applicable" if record.withdrawn is not None else "image"
    ranks: dict[int, float | None] = {5: None if coverage is None else coverage.share}
    ranks |= {n: None for n, stated in ((2, record.received), (3, record.received_from)) if not stated}
    return TextRow(cells, record, icon, tip, record.id, ranks)


def note_rows(view: CaseView) -> list[TextRow]:
    """One row per note, newest first, then what is written on regions."""
    rows = []
    for note in reversed(view.notes):
        where = "case" if note.exhibit is None else _label(view, note.exhibit)
        locked = "locked" if note.locked else ""
        cells = (where, note.text, note.kind, note.author or NOT_STATED, _time(note.written), locked)
        ranks = _ranks(3, note.author, 4, note.written)
        rows.append(TextRow(cells, note, "note", key=note.id, ranks=ranks))
    for record in view.noted_regions:
        where = f"{_label(view, record.exhibit)}, region {record.region.name}"
        rows.append(TextRow((where, record.region.note, "region", "", "", ""), record, "rectangle", key=record.id))
    return rows


def bookmark_rows(view: CaseView) -> list[TextRow]:
    """One row per bookmark."""
    rows = []
    for mark in view.bookmarks:
        zoom = mark.view.get("zoom")
        shown = (
            f"{100 * zoom:.0f} %" if isinstance(zoom, int | float) and not mark.view.get("fitted") else "whole picture"
        )
        cells = (_label(view, mark.exhibit), mark.name, mark.verdict, mark.note, f"{mark.view.get('layer')}, {shown}")
        rows.append(TextRow(cells, mark, VERDICT_ICONS.get(mark.verdict, ""), key=mark.id))
    return rows


def history_rows(view: CaseView) -> list[TextRow]:
    """One row per entry of the audit log, newest first."""
    return [_entry_row(view, entry) for entry in reversed(view.history)]


def _entry_row(view: CaseView, entry: Entry) -> TextRow:
    what = _ACTIONS.get(entry.action, entry.action)
    if entry.undoes is not None:
        what = f"entry {entry.undoes} undone"
    about = ", ".join(_label(view, number) for number in entry.exhibits)
    cells = (
        str(entry.sequence),
        _time(entry.time),
        entry.operator or NOT_STATED,
        what,
        about,
        shortened_hash(entry.hash),
    )
    tip = f"{entry.action}\n{entry.program}\nSHA-256 {entry.hash}"
    return TextRow(cells, entry, tip=tip, key=entry.sequence, ranks=_ranks(2, entry.operator, 1, entry.time))


def _ranks(who: int, name: str, when: int, moment: str) -> dict[int, str | None]:
    """Where who did it is not known, and when to the millisecond, of which the cell shows the second."""
    return {when: moment} if name else {when: moment, who: None}


def _label(view: CaseView, number: int) -> str:
    record = view.exhibit(number)
    return str(number) if record is None else f"{record.label} · {visible(record.name)}"


def _time(moment: str) -> str:
    return moment[:19].replace("T", " ")
