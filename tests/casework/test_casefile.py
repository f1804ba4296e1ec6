"""What goes into a case comes out of it again, and every change has its entry."""

from __future__ import annotations

import dataclasses
import os
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workstation.analysis.regions import Region
from workstation.analysis.result import AnalysisRequest, AnalysisResult
from workstation.casework import CaseFile
from workstation.casework.analyses import failure_of
from workstation.casework.problems import CannotUndo, CaseRefusal, NotACase, Unknown
from workstation.errors import Reason, TooFewPatches
from workstation.evidence.record import Evidence
from workstation.progress import drain

REGION = Region("1", "rectangle", ((10.0, 20.0), (120.0, 90.0)), "softer")
VIEW: dict[str, Any] = {"x": 100.0, "y": 80.0, "zoom": 2.0, "layer": "departure", "opacity": 0.5, "limits": None}


def same(one: Any, other: Any) -> bool:
    """Whether two results hold the same values, arrays bit for bit."""
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and one.dtype == other.dtype and one.tobytes() == other.tobytes()
    if dataclasses.is_dataclass(one):
        return type(one) is type(other) and all(
            same(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one)
        )
    if isinstance(one, tuple):
        return isinstance(other, tuple) and len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and repr(one) == repr(other)  # NaN too


def test_details_are_what_was_stated_and_nothing_else(case: CaseFile) -> None:
    details = case.details()

    assert details.title == "Rex v. Doe"
    assert (details.number, details.laboratory, details.legal_authority, details.question) == (None,) * 4
    assert case.set_details(legal_authority="order 12/26").legal_authority == "order 12/26"
    with pytest.raises(CaseRefusal, match="identifier"):
        case.set_details(identifier="x")


def test_a_second_case_is_not_made_over_the_first(case: CaseFile) -> None:
    with pytest.raises(NotACase, match="holds a case already"):
        CaseFile.create(case.folder, title="another", operator="")


def test_an_exhibit_keeps_identity_and_receipt(case: CaseFile, evidence: Evidence) -> None:
    added = case.exhibits.add(evidence, received="2026-11-20", received_by="A. Meier", received_from="PC 4711")

    assert added.identity == evidence.identity
    assert (added.label, added.format, added.height, added.width) == ("1", "PNG", 384, 512)
    assert (added.received, added.received_by, added.received_from) == ("2026-11-20", "A. Meier", "PC 4711")
    assert added.description is None
    assert case.exhibits.add(evidence.identity).label == "2"
    with pytest.raises(CaseRefusal):
        case.exhibits.add(evidence, label="2")


def test_a_copy_holds_the_originals_bytes(case: CaseFile, photograph: Path) -> None:
    added = case.exhibits.add(photograph, copy=True)

    copy = case.exhibits.file_of(added.id)
    assert copy.parent == case.folder / "originals"
    assert copy.read_bytes() == photograph.read_bytes()
    assert case.exhibits.check(added.id).state == "match"
    assert case.history()[-1].arguments == {"exhibit": added.id, "state": "match", "sha256": added.sha256}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not allow all of these names")
@pytest.mark.parametrize("name", [b"a.b\\c", b"a.\xff", b"a." + b"w" * 230, b"a.b\nc", b"Shot 10.22.33 AM"])
def test_a_copy_is_found_again_whatever_the_original_is_called(
    case: CaseFile, photograph: Path, tmp_path: Path, name: bytes
) -> None:
    original = tmp_path / os.fsdecode(name)
    original.write_bytes(photograph.read_bytes())

    added = case.exhibits.add(original, copy=True)

    assert case.exhibits.file_of(added.id).read_bytes() == photograph.read_bytes()
    assert case.verify().findings == ()


def test_a_result_comes_back_bit_for_bit(filled: Path, result: AnalysisResult) -> None:
    with CaseFile.open(filled, operator="") as case:
        (record,) = case.analyses.all()
        again = case.analyses.result(record.id)

    assert same(result, again)
    assert record.weights == "statistics"
    assert set(record.arrays) >= {"embeddings", "maps.departure", "maps.edged", "suitability.assessable"}


def test_the_same_array_is_stored_once(case: CaseFile, evidence: Evidence, result: AnalysisResult) -> None:
    exhibit = case.exhibits.add(evidence).id
    case.analyses.add(exhibit, result)
    files = sorted((case.folder / "artifacts").rglob("*.npy"))
    case.analyses.add(exhibit, result)
    assert sorted((case.folder / "artifacts").rglob("*.npy")) == files


def test_a_failed_analysis_is_kept_with_its_reason(case: CaseFile, evidence: Evidence) -> None:
    exhibit = case.exhibits.add(evidence).id
    failed = case.analyses.failed(exhibit, AnalysisRequest(seed=7), "out of memory")

    assert (failed.status, failed.reason) == ("failed", "out of memory")
    assert case.analyses.result(failed.id) is None
    assert case.as_exhibit(exhibit, evidence).failure == "out of memory"


def test_why_an_analysis_failed_is_kept_with_its_code(case: CaseFile, evidence: Evidence) -> None:
    exhibit, why = case.exhibits.add(evidence).id, TooFewPatches(3, 90, 12).summary
    failed = case.analyses.failed(exhibit, AnalysisRequest(), why)

    kept = case.as_exhibit(exhibit, evidence).failure

    assert isinstance(kept, Reason)
    assert (kept, kept.code) == (why, "too-few-patches")
    assert dict(kept.values) == {"assessable": 3, "patches": 90, "needed": 12}
    for odd in ({}, {"code": 1, "values": {}}, {"code": "x"}, {"code": "x", "values": [1]}):
        assert not isinstance(
            failure_of(dataclasses.replace(failed, content={**failed.content, "reason": odd})), Reason
        )


def test_all_shelves_survive_closing(filled: Path, evidence: Evidence) -> None:
    with CaseFile.open(filled, operator="") as case:
        (exhibit,) = case.exhibits.all()
        assert case.regions.all(exhibit.id)[0].region == REGION
        assert [note.text for note in case.notes.all(exhibit.id)] == ["edges look soft"]
        (bookmark,) = case.bookmarks.all()
        assert (bookmark.verdict, bookmark.view) == ("warning", VIEW)
        assert [tag.word for tag in case.tags.all(exhibit.id)] == ["night"]
        (opinion,) = case.opinions.all()
        assert (opinion.propositions, opinion.support, opinion.favoured) == (("It was.", "It was not."), "moderate", 0)
        assert case.reviews.all()[0].reviewer == "B. Rau"
        whole = case.as_exhibit(exhibit.id, evidence)
        assert (whole.regions, whole.record) == ((REGION,), exhibit)
        record = case.snapshot()
    assert record.head.entries == len(record.entries) == 11
    assert [entry.action for entry in record.custody_of(exhibit.id)][:2] == ["exhibit.add", "analysis.add"]


def test_a_closed_case_is_one_file_and_its_folders(filled: Path) -> None:
    assert {path.name for path in filled.iterdir()} == {"case.sqlite", "case.lock", "artifacts", "originals"}
    assert (filled / "case.sqlite").read_bytes()[18:20] == b"\x01\x01"  # journal_mode is no longer WAL


def test_every_change_is_one_entry_with_what_was_before(case: CaseFile) -> None:
    note = case.notes.add("sott")
    case.notes.change(note.id, "soft")
    case.notes.change(note.id, "soft")

    added, changed = case.history()[1:]
    assert (added.action, added.operator, added.sequence) == ("note.add", "A. Meier", note.id)
    assert changed.changes[0].before == {"text": "sott"}
    assert changed.changes[0].after == {"text": "soft"}
    assert changed.previous == added.hash


def test_history_of_an_exhibit_knows_changes_of_its_parts(case: CaseFile, evidence: Evidence) -> None:
    first, second = case.exhibits.add(evidence).id, case.exhibits.add(evidence).id
    region = case.regions.add(second, REGION)
    case.regions.change(region.id, dataclasses.replace(REGION, name="2"))
    case.undo()

    assert [e.action for e in case.history(exhibit=second)] == ["exhibit.add", "region.add", "region.change", "undo"]
    assert [e.action for e in case.history(exhibit=first)] == ["exhibit.add"]


def test_undo_and_redo_are_entries(case: CaseFile) -> None:
    note = case.notes.add("one")
    case.notes.change(note.id, "two")

    undone = case.undo()
    assert (undone.undoes, case.notes.get(note.id).text) == (3, "one")
    case.undo(undone.sequence)
    assert case.notes.get(note.id).text == "two"
    case.undo(3)
    case.undo()
    assert case.notes.all() == ()
    assert case.head().entries == 7
    with pytest.raises(CannotUndo, match="nothing to undo"):
        case.undo()


def test_undo_after_a_redo_takes_the_redone_entry_back(case: CaseFile) -> None:
    case.notes.add("first")
    second = case.notes.add("second")
    undone = case.undo()
    case.undo(undone.sequence)
    assert [note.text for note in case.notes.all()] == ["first", "second"]

    undone_again = case.undo()
    assert undone_again.undoes == undone.undoes
    assert [note.text for note in case.notes.all()] == ["first"]
    case.undo()
    assert case.notes.all() == ()
    with pytest.raises(Unknown):
        case.notes.get(second.id)


def test_what_a_later_entry_built_upon_cannot_be_undone(case: CaseFile, evidence: Evidence) -> None:
    exhibit = case.exhibits.add(evidence)
    case.regions.add(exhibit.id, REGION)
    note = case.notes.add("one")
    case.notes.change(note.id, "two")
    before = case.head()

    with pytest.raises(CannotUndo, match="was changed since"):
        case.undo(note.id)
    with pytest.raises(CannotUndo, match="rules"):
        case.undo(exhibit.id)
    with pytest.raises(CannotUndo, match="must stand"):
        case.undo(1)
    with pytest.raises(CannotUndo, match="no entry 99"):
        case.undo(99)
    assert case.head() == before
    assert case.verify().intact


def test_a_number_is_never_given_twice(case: CaseFile) -> None:
    first = case.notes.add("one").id
    case.undo()
    assert case.notes.add("two").id > first


def test_several_changes_are_kept_together_or_not_at_all(case: CaseFile) -> None:
    before = case.head()

    def fail_half_way() -> None:
        with case.together():
            case.notes.add("kept only with the rest")
            case.regions.remove(99)

    with pytest.raises(Unknown, match="99"):
        fail_half_way()
    assert (case.head(), case.notes.all()) == (before, ())

    with case.together():
        case.notes.add("one")
        with pytest.raises(Unknown):
            case.regions.remove(99)
        case.notes.add("two")
    assert [note.text for note in case.notes.all()] == ["one", "two"]
    assert case.verify().intact


def test_text_that_utf8_cannot_hold_is_escaped(case: CaseFile) -> None:
    assert case.notes.add("caf\udce9 Ω\0").text == "caf\\udce9 Ω\0"
    assert case.verify().intact


def test_an_opinion_weighs_at_least_two_propositions(case: CaseFile) -> None:
    with pytest.raises(CaseRefusal, match="two different"):
        case.opinions.add("?", ["It was."], support="weak", favoured=0, reasons="")
    with pytest.raises(CaseRefusal, match="level of support"):
        case.opinions.add("?", ["a", "b"], support="certain", favoured=0, reasons="")  # type: ignore[arg-type]
    with pytest.raises(CaseRefusal, match="exactly if"):
        case.opinions.add("?", ["a", "b"], support="no support", favoured=0, reasons="")
    given = case.opinions.add("?", ["a", "b"], support="no support", favoured=None, reasons="")
    assert case.opinions.withdraw(given.id, "new findings").withdrawn == "new findings"
    with pytest.raises(Unknown):
        case.opinions.add("?", ["a", "b"], support="weak", favoured=0, reasons="", exhibits=[99])


def test_a_bookmark_needs_the_exact_view(case: CaseFile, evidence: Evidence) -> None:
    exhibit = case.exhibits.add(evidence).id
    with pytest.raises(CaseRefusal, match="zoom, layer, opacity"):
        case.bookmarks.add(exhibit, "b", {"x": 1, "y": 2})
    bookmark = case.bookmarks.add(exhibit, "b", VIEW)
    assert bookmark.verdict == "to be checked"
    assert case.bookmarks.change(bookmark.id, verdict="ok").verdict == "ok"


def test_threads_wait_for_each_other(case: CaseFile) -> None:
    def write(name: str) -> None:
        for number in range(10):
            case.notes.add(f"{name} {number}")
            case.notes.all()

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({note.text for note in case.notes.all()}) == 30
    assert case.verify().intact


def test_search_finds_words_wherever_they_stand(filled: Path) -> None:
    with CaseFile.open(filled, operator="") as case:
        (exhibit,) = case.exhibits.all()
        found = {(hit.shelf, hit.exhibit) for hit in case.search("SOFT")}
        assert found == {("regions", exhibit.id), ("notes", exhibit.id)}
        assert [hit.shelf for hit in case.search(exhibit.sha256[:20])] == ["exhibits"]
        assert [hit.shelf for hit in case.search("noise")] == ["opinions"]
        assert case.search("100%") == case.search("_") == ()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not allow such names")
@pytest.mark.parametrize("name", [b"caf\xe9.png", rb"caf\udce9.png"])
def test_an_original_whose_name_is_no_utf8_is_read_again(case: CaseFile, tmp_path: Path, name: bytes) -> None:
    original = tmp_path / os.fsdecode(name)
    original.write_bytes(b"a picture")

    exhibit = case.exhibits.add(original).id

    assert case.exhibits.check(exhibit).state == "match"
    assert case.verify().remarks == ()
    moved = original.rename(tmp_path / os.fsdecode(b"\xff.png"))
    assert drain(case.exhibits.find(exhibit, tmp_path)) == moved


def test_a_moved_original_is_found_by_its_hash(case: CaseFile, photograph: Path, tmp_path: Path) -> None:
    original = tmp_path / "in" / "IMG_1.png"
    original.parent.mkdir()
    original.write_bytes(photograph.read_bytes())
    exhibit = case.exhibits.add(original).id
    elsewhere = tmp_path / "out" / "deep"
    elsewhere.mkdir(parents=True)
    altered = bytearray(photograph.read_bytes())
    altered[-20] ^= 1
    (elsewhere / "IMG_1.png").write_bytes(altered)
    original.rename(elsewhere / "renamed.png")

    assert case.exhibits.check(exhibit).state == "vanished"
    assert drain(case.exhibits.find(exhibit, tmp_path / "in")) is None
    with pytest.raises(CaseRefusal, match="SHA-256 differs"):
        case.exhibits.moved(exhibit, elsewhere / "IMG_1.png")
    assert drain(case.exhibits.find(exhibit, tmp_path / "out")) == elsewhere / "renamed.png"
    assert case.exhibits.check(exhibit).state == "match"
    assert case.history()[-2].action == "exhibit.moved"


def test_a_case_without_a_title_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(CaseRefusal, match="needs a title"):
        CaseFile.create(tmp_path / "case", title="", operator="")

    assert not (tmp_path / "case").exists()
