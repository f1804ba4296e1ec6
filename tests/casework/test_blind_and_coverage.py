"""Metadata stay hidden until the pixel-only notes stand; what was not looked at is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workstation.analysis.regions import Region
from workstation.casework import CaseFile
from workstation.casework.problems import CannotUndo, CaseRefusal
from workstation.evidence.record import Evidence


@pytest.fixture
def blind(folder: Path, evidence: Evidence):  # type: ignore[no-untyped-def]
    with CaseFile.create(folder, title="Blind", operator="A. Meier", blind=True) as case:
        case.exhibits.add(evidence)
        yield case


def test_metadata_are_revealed_only_after_the_notes_are_locked(blind: CaseFile) -> None:
    (exhibit,) = blind.exhibits.all()
    assert exhibit.metadata_hidden
    note = blind.notes.add("soft edge", exhibit=exhibit.id)
    assert note.kind == "pixels"

    with pytest.raises(CaseRefusal, match="not locked yet"):
        blind.exhibits.reveal_metadata(exhibit.id)
    assert blind.exhibits.lock_notes(exhibit.id).metadata_hidden
    with pytest.raises(CaseRefusal, match="locked"):
        blind.notes.change(note.id, "sharp edge")
    with pytest.raises(CaseRefusal, match="locked"):
        blind.notes.remove(note.id)
    with pytest.raises(CaseRefusal, match="reveal"):
        blind.notes.add("one more", exhibit=exhibit.id)
    assert not blind.exhibits.reveal_metadata(exhibit.id).metadata_hidden
    assert blind.notes.add("EXIF says 2019", exhibit=exhibit.id).kind == "general"
    with pytest.raises(CaseRefusal):
        blind.notes.change(note.id, "sharp edge")


def test_lock_and_reveal_are_logged_and_must_stand(blind: CaseFile) -> None:
    (exhibit,) = blind.exhibits.all()
    note = blind.notes.add("soft edge", exhibit=exhibit.id)
    blind.exhibits.lock_notes(exhibit.id)
    blind.exhibits.reveal_metadata(exhibit.id)

    lock, reveal = blind.history(exhibit=exhibit.id)[-2:]
    assert (lock.action, reveal.action) == ("blind.lock", "blind.reveal")
    assert {(change.table, change.id) for change in lock.changes} == {("exhibits", exhibit.id), ("notes", note.id)}
    for entry in (lock.sequence, reveal.sequence, note.id):
        with pytest.raises(CannotUndo):
            blind.undo(entry)
    with pytest.raises(CaseRefusal, match="begun already"):
        blind.exhibits.hide_metadata(exhibit.id)


def test_what_is_written_on_a_region_is_locked_with_the_notes(blind: CaseFile) -> None:
    (exhibit,) = blind.exhibits.all()
    square = ((10.0, 10.0), (60.0, 60.0))
    region = blind.regions.add(exhibit.id, Region("1", "rectangle", square, "soft edge"))
    blind.regions.add(exhibit.id, Region("2", "rectangle", square))
    blind.exhibits.lock_notes(exhibit.id)
    blind.exhibits.reveal_metadata(exhibit.id)
    blind.regions.change(region.id, Region("1", "rectangle", square, "sharp edge"))
    blind.regions.remove(region.id)

    (kept,) = blind.notes.all(exhibit.id)
    assert (kept.text, kept.kind, kept.locked) == ("1: soft edge", "pixels", True)
    assert blind.verify().intact


def test_what_is_written_on_several_regions_is_locked_with_the_notes(blind: CaseFile) -> None:
    (exhibit,) = blind.exhibits.all()
    square = ((10.0, 10.0), (60.0, 60.0))
    blind.regions.add(exhibit.id, Region("1", "rectangle", square, "soft edge"))
    blind.regions.add(exhibit.id, Region("2", "rectangle", square, "a halo"))

    blind.exhibits.lock_notes(exhibit.id)

    assert [(note.text, note.locked) for note in blind.notes.all(exhibit.id)] == [
        ("1: soft edge", True),
        ("2: a halo", True),
    ]
    assert blind.verify().intact


def test_a_locked_note_is_not_changed_by_undoing_what_came_before_the_lock(blind: CaseFile) -> None:
    (exhibit,) = blind.exhibits.all()
    note = blind.notes.add("soft", exhibit=exhibit.id)
    blind.notes.change(note.id, "soft, and a halo")
    changed = blind.head().entries
    blind.exhibits.lock_notes(exhibit.id)
    blind.exhibits.reveal_metadata(exhibit.id)

    for sequence in (note.id, changed):
        with pytest.raises(CannotUndo):
            blind.undo(sequence)
    assert blind.notes.get(note.id).text == "soft, and a halo"


def test_a_note_that_was_removed_before_the_lock_does_not_come_back_after_it(blind: CaseFile) -> None:
    (exhibit,) = blind.exhibits.all()
    note = blind.notes.add("soft", exhibit=exhibit.id)
    blind.notes.remove(note.id)
    removed = blind.head().entries
    blind.exhibits.lock_notes(exhibit.id)

    with pytest.raises(CannotUndo):
        blind.undo(removed)


def test_a_case_that_is_not_blind_hides_nothing(case: CaseFile, evidence: Evidence) -> None:
    exhibit = case.exhibits.add(evidence)
    assert exhibit.blind == "off"
    with pytest.raises(CaseRefusal, match="not hidden"):
        case.exhibits.lock_notes(exhibit.id)
    assert case.exhibits.hide_metadata(exhibit.id).metadata_hidden


def test_coverage_is_the_union_of_what_was_shown_whole(case: CaseFile, evidence: Evidence) -> None:
    exhibit = case.exhibits.add(evidence).id
    assert case.coverage.of(exhibit) is None

    case.coverage.viewed(exhibit, (40, 100), [(0, 0, 32, 40), (30, 0, 10, 40)])
    seen = case.coverage.of(exhibit)
    assert seen is not None
    assert seen.seen.shape == (3, 7)
    assert np.array_equal(seen.seen, np.array([[1, 1, 0, 0, 0, 0, 0]] * 3, bool))
    assert seen.share == pytest.approx(0.32)
    assert seen.unseen() == ((32, 0, 68, 40),)

    case.coverage.viewed(exhibit, (40, 100), [(64, 16, 200, 200)])
    seen = case.coverage.of(exhibit)
    assert seen is not None
    assert seen.share == pytest.approx(0.32 + 36 * 24 / 4000)
    assert seen.unseen() == ((32, 0, 68, 16), (32, 16, 32, 24))


def test_what_was_not_seen_is_told_without_anything_that_was(case: CaseFile, evidence: Evidence) -> None:
    exhibit = case.exhibits.add(evidence).id
    seen = case.coverage.viewed(exhibit, (330, 500), [(100, 60, 150, 90), (400, 0, 100, 330), (0, 300, 64, 30)])

    told = np.zeros((330, 500), int)
    for x, y, width, height in seen.unseen():
        told[y : y + height, x : x + width] += 1
    pixels = seen.seen.repeat(16, 0).repeat(16, 1)[:330, :500]
    assert np.array_equal(told, (~pixels).astype(int))


def test_nothing_new_seen_is_no_entry(case: CaseFile, evidence: Evidence) -> None:
    exhibit = case.exhibits.add(evidence).id
    case.coverage.viewed(exhibit, (384, 512), [(0, 0, 512, 384)])
    before = case.head()
    whole = case.coverage.viewed(exhibit, (384, 512), [(10, 10, 100, 100)])
    assert (case.head(), whole.share, whole.unseen()) == (before, 1.0, ())
    with pytest.raises(CaseRefusal, match="512×384"):
        case.coverage.viewed(exhibit, (100, 100), [])
