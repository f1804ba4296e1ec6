"""What a case knows stands in a report's circumstances, and nothing that it does not know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workstation.analysis.regions import Region
from workstation.casework import CaseFile
from workstation.report.commission import Audit, Handover, Viewed
from workstation.report.from_case import circumstances_of


@pytest.fixture
def case(tmp_path: Path) -> Iterator[CaseFile]:
    with CaseFile.create(tmp_path / "case", title="Rex v. Doe", operator="A. Meier", client="Court") as made:
        for name in ("a.jpg", "b.jpg"):
            (tmp_path / name).write_bytes(name.encode())
            made.exhibits.add(tmp_path / name, received="2026-11-20" if name == "a.jpg" else None)
        yield made


def test_two_exhibits_with_the_same_bytes_keep_their_own_intakes(tmp_path: Path) -> None:
    with CaseFile.create(tmp_path / "case", title="Twins", operator="") as case:
        for name, giver in (("a.jpg", "Alice"), ("b.jpg", "Bob")):
            (tmp_path / name).write_bytes(b"the same")
            case.exhibits.add(tmp_path / name, received_from=giver)
        one, other = case.exhibits.all()
        stated = circumstances_of(case.snapshot(), {one.id: 1, other.id: 2})

    assert [(at, intake.received_from) for at, intake in stated.intakes.items()] == [(1, "Alice"), (2, "Bob")]


def test_only_what_was_stated_is_stated(case: CaseFile) -> None:
    first, second = case.exhibits.all()
    stated = circumstances_of(case.snapshot(), {first.id: 1, second.id: 2})

    assert (stated.commission.client, stated.commission.authority, stated.commission.performed) == ("Court", "", "")
    assert stated.intakes[1].received == "2026-11-20"
    assert (stated.intakes[2].received, stated.intakes[2].received_from) == ("", "")
    assert stated.viewed == {}
    assert (stated.opinions, stated.reviews, stated.notes) == ((), (), ())


def test_custody_begins_with_the_receipt_and_follows_the_log(case: CaseFile) -> None:
    first, second = case.exhibits.all()
    case.exhibits.check(second.id)
    stated = circumstances_of(case.snapshot(), {second.id: 1, first.id: 2})

    links = [(link.exhibit, link.action, link.person) for link in stated.custody]
    assert links == [
        (2, "received", ""),
        (2, "exhibit.add", "A. Meier"),
        (1, "exhibit.add", "A. Meier"),
        (1, "exhibit.check", "A. Meier"),
    ]
    assert stated.custody[0] == Handover("2026-11-20", 2, "received", "", "")
    assert stated.custody[3].detail == f"match {second.sha256}"


def test_notes_opinions_and_what_was_viewed_follow_the_exhibits_places(case: CaseFile) -> None:
    first, second = case.exhibits.all()
    case.notes.add("on the case")
    case.notes.add("on the second", exhibit=second.id)
    region = case.regions.add(second.id, Region("Sign", "rectangle", ((0, 0), (16, 16))))
    written = case.notes.add("on the sign", region=region.id)
    case.coverage.viewed(second.id, (32, 64), [(0, 0, 32, 32)])
    for exhibit in (first, second):
        case.opinions.add("?", ["a", "b"], support="weak", favoured=0, reasons="r", exhibits=[exhibit.id])
    stands = case.opinions.add("?", ["a", "b"], support="no support", favoured=None, reasons="r")
    case.opinions.withdraw(stands.id, "new findings")
    stated = circumstances_of(case.snapshot(), {second.id: 1})

    assert [(note.text, note.exhibit, note.region) for note in stated.notes] == [
        ("on the case", None, ""),
        ("on the second", 1, ""),
        ("on the sign", 1, "Sign"),
    ]
    assert stated.notes[2].written == f"{written.written[:19]}Z"
    assert [opinion.exhibits for opinion in stated.opinions] == [(1,)]
    assert stated.viewed == {1: Viewed(0.5, ((32, 0, 32, 32),))}


def test_the_audit_extract_leaves_out_what_was_only_looked_at(case: CaseFile) -> None:
    first, _ = case.exhibits.all()
    case.coverage.viewed(first.id, (32, 64), [(0, 0, 32, 32)])
    head = case.head()
    audit = circumstances_of(case.snapshot(), {first.id: 1}, checked="intact").audit

    assert isinstance(audit, Audit)
    assert (audit.case, audit.head, audit.entries) == (case.details().identifier, head.hash, 4)
    assert [entry.action for entry in audit.extract] == ["case.new", "exhibit.add", "exhibit.add"]
    assert (audit.left_out, audit.state, audit.exhibits) == (1, "intact", 2)
