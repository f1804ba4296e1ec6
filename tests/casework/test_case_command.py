"""`exifact case …` says what it did, ends with the right code, and writes what the room writes."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from pypdf import PdfReader
from statistics_encoder import StatisticsEncoder
from typer.testing import CliRunner, Result

from workstation import case_analysis, case_report, cli
from workstation.analysis.likeness import likeness, permutation_test
from workstation.analysis.regions import Region
from workstation.analysis.result import AnalysisResult
from workstation.casework import CaseFile
from workstation.casework.problems import CaseNotSaved, CaseRefusal
from workstation.casework.shelves import Reports
from workstation.evidence.aside import PixelsAside
from workstation.evidence.record import Evidence
from workstation.progress import drain
from workstation.report.archival import CONTENT_FILE

Command = Callable[..., Result]


@pytest.fixture
def exifact(monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setattr(case_analysis, "load_encoder", lambda *_, **__: StatisticsEncoder(stride=32))

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(cli.app, ["case", *map(str, arguments)])

    return run


def actions(folder: Path) -> Sequence[str]:
    with CaseFile.open(folder, operator="", read_only=True) as case:
        return [entry.action for entry in case.history()]


def test_a_case_is_made_filled_analysed_and_verified(exifact: Command, folder: Path, photograph: Path) -> None:
    stated = ("--number", "12/26", "--client", "Court", "--authority", "order 5", "--question", "Altered?")
    assert exifact("new", folder, "--title", "Rex v. Doe", "--operator", "A. Meier", *stated).exit_code == 0
    added = exifact("add", folder, photograph, folder / "missing.jpg", "--received-from", "PC 4711", "--copy")
    assert added.exit_code == 1
    assert f"exhibit 1: bridge.png, SHA-256 {hashlib.sha256(photograph.read_bytes()).hexdigest()}" in added.stdout
    assert "missing.jpg: there is no such file" in added.stderr
    assert exifact("analyze", folder, "--threads", "1").stdout.startswith("exhibit 1: bridge.png: complete")
    assert exifact("analyze", folder).stdout.startswith("0 exhibits analysed, 0 failed")
    verified = exifact("verify", folder)
    assert verified.exit_code == 0
    assert "not shown: Without an anchor" in verified.stdout
    assert verified.stdout.splitlines()[-1].startswith("intact; 4 entries, head ")
    shown = exifact("show", folder).stdout
    assert "legal authority: order 5" in shown
    assert "laboratory: not stated" in shown
    assert "exhibit 1: bridge.png, complete, nothing viewed at 100 %" in shown
    assert "A. Meier  case.new" in exifact("history", folder).stdout
    assert "operator not stated  exhibit.add (exhibit 1)" in exifact("history", folder, "--exhibit", "1").stdout


def test_a_failed_analysis_is_kept_and_ends_with_1(exifact: Command, folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "cut.jpg"
    file.write_bytes(b"\xff\xd8\xff\xe0 nothing more")
    exifact("new", folder, "--title", "T")
    exifact("add", folder, file)
    assert exifact("analyze", folder).exit_code == 1
    file.write_bytes(b"another file")
    changed = exifact("analyze", folder, "--again")
    assert changed.exit_code == 1
    with CaseFile.open(folder, operator="") as case:
        first, second = case.analyses.all()
        assert (first.status, second.status) == ("failed", "failed")
        assert "the JPEG data end before the picture does" in first.reason
        assert "cut.jpg has changed since intake" in second.reason
        assert [entry.arguments.get("state") for entry in case.history()] == [
            None,
            None,
            "match",
            None,
            "differs",
            None,
        ]
        assert case.verify().findings[0].kind == "original"


def test_a_report_says_which_exhibit_cannot_be_decoded(
    exifact: Command, folder: Path, photograph: Path, tmp_path: Path
) -> None:
    cut, out = tmp_path / "cut.png", folder.with_name("out") / "report.pdf"
    out.parent.mkdir()
    cut.write_bytes(photograph.read_bytes()[:200])
    exifact("new", folder, "--title", "T")
    exifact("add", folder, cut, photograph)
    alone = exifact("report", folder, "--out", out, "--exhibit", "1")
    assert (alone.exit_code, out.exists()) == (1, False)
    assert exifact("report", folder, "--out", out).exit_code == 0

    with pikepdf.open(out) as pdf:
        content = json.loads(pdf.attachments[CONTENT_FILE].get_file().read_bytes())
    assert [one["exhibit"]["name"] for one in content["exhibits"]] == ["bridge.png"]
    (step,) = [step for step in content["steps"] if step["name"] == "opening"]
    digest = hashlib.sha256(cut.read_bytes()).hexdigest()
    assert (step["exhibit"], step["outcome"]) == (None, "failed")
    assert step["reason"].startswith(f"1, cut.png, SHA-256 {digest}: the PNG data end")
    text = " ".join(PdfReader(out).pages[1].extract_text().split())
    assert "Not examined, since its picture cannot be decoded: exhibit 1, cut.png" in text

    german, template = out.with_name("de.pdf"), tmp_path / "de.toml"
    template.write_text('language = "de"\n', encoding="utf-8")
    assert exifact("report", folder, "--out", german, "--template", template).exit_code == 0
    text = " ".join(PdfReader(german).pages[1].extract_text().split())
    assert "Nicht untersucht, weil das Bild nicht dekodiert werden kann: Asservat 1, cut.png, SHA-256" in text
    assert "die PNG-Daten enden vor dem Bild (der Dekoder: " in text
    assert "[englisch]" not in text


def test_a_report_on_a_case_keeps_no_pixels_in_memory(filled: Path) -> None:
    with CaseFile.open(filled, operator="A. Meier") as case:
        document = drain(case_report.document_steps(case, case.exhibits.all()))

        gc.collect()
        pixels = [exhibit.evidence.pixels for exhibit in document.exhibits]
        assert [one._held[0]() for one in pixels if isinstance(one, PixelsAside)] == [None] * len(pixels)


def test_a_case_that_another_program_writes_gets_no_arrays_and_no_report_without_an_entry(
    exifact: Command, filled: Path, tmp_path: Path
) -> None:
    out, arrays = tmp_path / "report.pdf", set(filled.rglob("*.npy"))
    out.write_bytes(b"an earlier one")
    with CaseFile.open(filled, operator="B. Rau"):
        analysed = exifact("analyze", filled, "--again", "--seed", "7")
        reported = exifact("report", filled, "--out", out)

    assert (analysed.exit_code, reported.exit_code) == (1, 1)
    assert "open for reading only" in analysed.stderr
    assert "open for reading only" in reported.stderr
    assert "bridge.png" not in analysed.stderr  # nothing was computed in vain
    assert set(filled.rglob("*.npy")) == arrays
    assert out.read_bytes() == b"an earlier one"


def test_tampering_ends_with_1_and_names_the_entry(exifact: Command, filled: Path) -> None:
    with closing(sqlite3.connect(filled / "case.sqlite")) as connection:
        connection.execute("DROP TRIGGER log_refuses_update")
        connection.execute("UPDATE log SET body = replace(body, 'PC 4711', 'PC 4712') WHERE sequence = 2")
        connection.commit()
    verified = exifact("verify", filled)
    assert verified.exit_code == 1
    assert verified.stdout.splitlines()[0].startswith("FINDING (log): entry 2: its text or its hash was changed")
    assert "NOT INTACT" in verified.stdout
    assert "first bad entry 2" in verified.stdout


def test_a_damaged_case_ends_with_1_and_words(exifact: Command, filled: Path) -> None:
    os.truncate(filled / "case.sqlite", 5000)
    verified = exifact("verify", filled)
    assert verified.exit_code == 1
    assert "bytes of case.sqlite are missing" in verified.stderr


def test_anchors_come_as_hash_checkpoint_or_report(exifact: Command, filled: Path, tmp_path: Path) -> None:
    out = tmp_path / "checkpoint.json"
    assert exifact("checkpoint", filled, "--out", out).exit_code == 0
    head = json.loads(out.read_text())["head"]
    report = tmp_path / "report.pdf"
    with pikepdf.new() as document:
        content = {"audit": {"case": json.loads(out.read_text())["case"], "head": head, "entries": 11}}
        document.attachments[CONTENT_FILE] = json.dumps(content).encode()
        document.save(report)
    assert exifact("verify", filled, "--anchor", head, "--anchor", out, "--anchor", report).exit_code == 0
    wrong = exifact("verify", filled, "--anchor", "0" * 64)
    assert wrong.exit_code == 1
    assert "FINDING (anchor): the hash given names an entry with hash 0000" in wrong.stdout
    for nonsense in ("nonsense", "5f" * 150):
        assert "neither a file nor a hash" in exifact("verify", filled, "--anchor", nonsense).stderr


def test_a_moved_original_is_found(exifact: Command, folder: Path, photograph: Path, tmp_path: Path) -> None:
    original, elsewhere = tmp_path / "a.png", tmp_path / "elsewhere"
    elsewhere.mkdir()
    original.write_bytes(photograph.read_bytes())
    exifact("new", folder, "--title", "T")
    exifact("add", folder, original)
    original.rename(elsewhere / "b.png")
    assert exifact("find", folder, "1", tmp_path / "case").exit_code == 1
    assert exifact("find", folder, "1", elsewhere).stdout == f"exhibit 1: {elsewhere / 'b.png'}\n"
    assert actions(folder)[-1] == "exhibit.moved"
    assert exifact("find", folder, "7", elsewhere).exit_code == 2


def test_search_prints_where_the_words_stand(exifact: Command, filled: Path) -> None:
    assert exifact("search", filled, "soft").stdout.splitlines() == [
        "exhibit 1, regions: softer",
        "exhibit 1, notes: edges look soft",
    ]
    missed = exifact("search", filled, "absent")
    assert (missed.exit_code, missed.stdout) == (1, "")
    assert "nothing in the case says “absent”" in missed.stderr


def test_a_file_that_is_there_already_is_taken_in_and_said_so(
    exifact: Command, folder: Path, photograph: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.png"
    copy.write_bytes(photograph.read_bytes())
    exifact("new", folder, "--title", "T", "--blind")

    first = exifact("add", folder, photograph, "--received", "2026-11-20", "--received-from", "PC 4711").stdout
    second = exifact("add", folder, copy).stdout
    shown = exifact("show", folder).stdout

    assert "the same bytes" not in first
    assert "exhibit 2: copy.png" in second
    assert second.splitlines()[0].endswith(", the same bytes as exhibit 1")
    assert f"SHA-256 {hashlib.sha256(copy.read_bytes()).hexdigest()}" in shown
    assert f"received 2026-11-20, from PC 4711; {photograph}" in shown
    assert f"when and from whom it came is not stated; {copy}" in shown
    assert "examined blind: metadata hidden" in shown


def test_words_are_put_on_an_exhibit_and_found(exifact: Command, filled: Path) -> None:
    assert exifact("tag", filled, "1", "harbour", "night").stdout.splitlines()[0] == "exhibit 1: night, harbour"
    assert "exhibit 1, tags: harbour" in exifact("search", filled, "harbour").stdout
    assert "#night, #harbour" in exifact("show", filled).stdout
    assert "exhibit 1: night" in exifact("tag", filled, "1", "harbour", "--remove").stdout
    assert exifact("search", filled, "harbour").exit_code == 1
    assert exifact("verify", filled).exit_code == 0


def test_a_report_that_cannot_be_logged_does_not_stay(
    exifact: Command, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()

    def full(*_: object, **__: object) -> None:
        raise CaseNotSaved(filled, "the disk is full")

    monkeypatch.setattr(Reports, "issued", full)
    refused = exifact("report", filled, "--out", out / "report.pdf")
    assert refused.exit_code == 1
    assert "the disk is full" in refused.stderr
    assert list(out.iterdir()) == []


def test_a_report_whose_place_is_taken_is_not_logged(exifact: Command, filled: Path, tmp_path: Path) -> None:
    place = tmp_path / "out" / "report.pdf"
    place.mkdir(parents=True)
    issued = actions(filled).count("report.issue")

    refused = exifact("report", filled, "--out", place)

    assert refused.exit_code == 1
    assert "could not be written: Is a directory" in refused.stderr
    assert actions(filled).count("report.issue") == issued
    assert list(place.parent.iterdir()) == [place]


@pytest.mark.parametrize("command", ["report", "checkpoint", "compare"])
@pytest.mark.parametrize(
    "place", ["beside the original", "over the original", "over the case", "in capitals", "linked", "copy"]
)
def test_nothing_is_written_beside_an_original_or_over_the_case(
    exifact: Command, filled: Path, photograph: Path, command: str, place: str
) -> None:
    link = filled.with_name("link")
    link.symlink_to(photograph.parent, target_is_directory=True)
    (copy,) = (filled / "originals").iterdir()
    out = {
        "beside the original": photograph.with_name("new.pdf"),
        "over the original": photograph,
        "over the case": filled / "case.sqlite",
        "in capitals": filled / "CASE.SQLITE",  # the same file on Windows and on most Macs
        "linked": link / "new.pdf",
        "copy": copy,
    }[place]
    before, kept = actions(filled), {file: file.read_bytes() for file in (photograph, copy)}
    refused = exifact(command, filled, "--out", out)
    assert refused.exit_code == 1
    assert "Choose another" in refused.stderr
    assert {file: file.read_bytes() for file in kept} == kept
    assert actions(filled) == before
    assert not photograph.with_name("new.pdf").exists()


@pytest.fixture
def seen_twice(filled: Path, photograph: Path, tmp_path: Path) -> Iterator[dict[Path, Path]]:
    """Other names of the case's folder and of the original's that no link explains: Macs do not tell cases apart."""
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if sys.platform != "linux" or os.geteuid() != 0 or mount is None or unmount is None:
        pytest.skip("only root on Linux can give a folder a second name")
    names = {filled: tmp_path / "seen" / "case", photograph.parent: tmp_path / "seen" / "originals"}
    with ExitStack() as mounted:
        for folder, other in names.items():
            other.mkdir(parents=True)
            done = subprocess.run([mount, "--bind", folder, other], capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"a folder cannot be mounted twice here: {done.stderr.strip()}")
            mounted.callback(subprocess.run, [unmount, other], check=True)
        yield names


def test_another_name_of_a_folder_is_no_way_around_it(
    exifact: Command, filled: Path, photograph: Path, seen_twice: dict[Path, Path]
) -> None:
    case, originals = seen_twice[filled], seen_twice[photograph.parent]
    (copy,) = (filled / "originals").iterdir()
    for out in (originals / "new.csv", case / "case.sqlite", case / "originals" / copy.name):
        refused = exifact("compare", filled, "--out", out)
        assert (refused.exit_code, out.name) == (1, out.name), refused.output
        assert "Choose another" in refused.stderr
    assert not (originals / "new.csv").exists()


@pytest.mark.parametrize("word", ["", " \t"])
def test_an_empty_word_is_none(exifact: Command, filled: Path, word: str) -> None:
    before = actions(filled)
    refused = exifact("tag", filled, "1", "harbour", word)
    assert refused.exit_code == 2
    assert "a word cannot be empty" in refused.stderr
    assert actions(filled) == before
    with CaseFile.open(filled, operator="") as case, pytest.raises(CaseRefusal):
        case.tags.add(2, word)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("note", " "), "a note cannot be empty"),
        (("review", "--reviewer", " ", "--outcome", "agreed"), "needs the reviewer's name"),
        (
            (
                "opinion",
                "--issue",
                "",
                "--proposition=a",
                "--proposition=b",
                "--support",
                "no support",
                "--reasons",
                "",
            ),
            "an opinion answers a question",
        ),
        (("undo", "99"), "Look at the history"),
    ],
)
def test_what_says_nothing_is_not_entered(exifact: Command, filled: Path, arguments: Sequence[str], words: str) -> None:
    before = actions(filled)
    refused = exifact(arguments[0], filled, *arguments[1:])
    assert refused.exit_code in (1, 2)
    assert words in refused.stderr
    assert actions(filled) == before


def test_a_title_of_blanks_is_none(exifact: Command, folder: Path) -> None:
    refused = exifact("new", folder, "--title", "  ")
    assert refused.exit_code == 1
    assert "a case needs a title" in refused.stderr
    assert not (folder / "case.sqlite").exists()
    assert "1 entry, head" in exifact("new", folder, "--title", "T").stdout


def test_a_comma_ends_a_word_as_in_the_window(exifact: Command, filled: Path) -> None:
    assert "exhibit 1: night, harbour, ship" in exifact("tag", filled, "1", "harbour, ship").stdout


def test_blanks_around_a_word_do_not_count(exifact: Command, filled: Path) -> None:
    assert "exhibit 1: night, harbour" in exifact("tag", filled, "1", " harbour ", "harbour").stdout


def test_an_export_can_be_checked_without_exifact(exifact: Command, filled: Path, tmp_path: Path) -> None:
    assert exifact("export", filled, "--out", tmp_path / "out").exit_code == 0
    case = json.loads((tmp_path / "out" / "case.json").read_text(encoding="utf-8"))
    lines = (tmp_path / "out" / "log.jsonl").read_bytes().splitlines()
    hashes = [hashlib.sha256(line).hexdigest() for line in lines]
    assert case["head"] == {"entries": 11, "hash": hashes[-1]}
    assert [json.loads(line)["previous"] for line in lines] == ["0" * 64, *hashes[:-1]]
    assert case["notes"][0]["text"] == "edges look soft"
    assert set(case["analyses"][0]["arrays"].values()) == {p.stem for p in (filled / "artifacts").rglob("*.npy")}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not allow such names")
def test_a_folder_whose_name_is_no_utf8_holds_a_case(exifact: Command, photograph: Path, tmp_path: Path) -> None:
    place = tmp_path / os.fsdecode(b"gar\xe7on")
    originals, case, out = place / "photographs", place / "case", place / "out"
    for folder in (originals, out):
        folder.mkdir(parents=True)
    original = originals / os.fsdecode(b"caf\xe9.jpg")
    original.write_bytes(photograph.read_bytes())

    for arguments in (
        ("new", case, "--title", "T"),
        ("add", case, original),
        ("report", case, "--out", out / "report.pdf"),
        ("verify", case, "--anchor", out / "report.pdf"),
        ("export", case, "--out", out),
    ):
        done = exifact(*arguments)
        assert done.exit_code == 0, (arguments, done.output, done.exception)

    exported = json.loads((out / "case.json").read_text(encoding="utf-8"))["exhibits"][0]
    logged = json.loads((out / "log.jsonl").read_text(encoding="utf-8").splitlines()[1])["changes"][0]["after"]
    assert exported["path"] == logged["path"]
    assert exported["path"].endswith(r"gar\udce7on/photographs/caf\udce9.jpg")


def test_exhibits_and_regions_of_a_case_are_compared(
    exifact: Command, folder: Path, evidence: Evidence, result: AnalysisResult, tmp_path: Path
) -> None:
    with CaseFile.create(folder, title="T", operator="") as case:
        for _ in range(2):
            exhibit = case.exhibits.add(evidence).id
            case.analyses.add(exhibit, result)
        case.regions.add(exhibit, Region("left", "rectangle", ((0, 0), (256, 384))))
        case.regions.add(exhibit, Region("right", "rectangle", ((256, 0), (512, 384))))
        case.regions.add(exhibit, Region("nothing", "rectangle", ((0, 0), (2, 2))))
        sets = drain(case.patch_sets())
        assert [one.name for one in sets] == ["1", "2", "2, region left", "2, region right"]
        found = likeness(sets)
        assert found.distance[2, 3] > found.distance[0, 1] + 0.1
        assert permutation_test(sets[2], sets[3]).p < 0.01
    assert exifact("compare", folder).stdout.startswith("1 – 2: distance")
    assert exifact("compare", folder, "--out", tmp_path / "m.csv").exit_code == 0
    rows = (tmp_path / "m.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 11
    assert rows[0].startswith("\ufeffone,patches of one,other"), "spreadsheets read umlauts wrongly without it"
    assert rows[2].split(",")[:4] == ["1", str(found.patches[0]), "2", str(found.patches[1])]
    assert np.isclose(float(rows[2].split(",")[4]), found.distance[0, 1], rtol=1e-6)


def test_a_blind_examination_can_be_made_without_a_window(exifact: Command, folder: Path, photograph: Path) -> None:
    exifact("new", folder, "--title", "T", "--blind", "--operator", "A. Meier")
    exifact("add", folder, photograph)
    assert "a pixel-only note" in exifact("note", folder, "soft edge", "--exhibit", "1").stdout
    assert "hidden" in exifact("report", folder, "--out", folder / "report.pdf").stderr
    assert "not locked yet" in exifact("reveal", folder, "1").stderr
    assert exifact("lock", folder, "1").exit_code == 0
    stays = exifact("undo", folder)
    assert stays.exit_code == 1
    assert "entry 4 (blind.lock) must stand" in stays.stderr
    assert exifact("reveal", folder, "1").exit_code == 0
    assert "written as a note" in exifact("note", folder, "it says 2019", "--exhibit", "1").stdout
    assert exifact("undo", folder).stdout.startswith("entry 7 takes back entry 6")
    assert actions(folder)[-4:] == ["blind.lock", "blind.reveal", "note.add", "undo"]


def test_opinion_and_review_are_recorded(exifact: Command, filled: Path) -> None:
    stated = ("--issue", "?", "--proposition", "It was.", "--proposition", "It was not.", "--reasons", "r")
    assert exifact("opinion", filled, *stated, "--support", "certain").exit_code == 2
    assert exifact("opinion", filled, *stated, "--support", "weak", "--favoured", "3").exit_code == 1
    assert exifact("opinion", filled, *stated, "--support", "weak", "--favoured", "2").exit_code == 0
    assert exifact("review", filled, "--reviewer", "B. Rau", "--outcome", "not agreed").exit_code == 0
    assert "agreed with remarks" in exifact("review", filled, "--reviewer", "B. Rau", "--outcome", "fine").stderr
    with CaseFile.open(filled, operator="") as case:
        assert (case.opinions.all()[-1].favoured, case.opinions.all()[-1].exhibits) == (1, (2,))
        assert case.reviews.all()[-1].outcome == "not agreed"
