"""Whatever is changed in a case's file behind Exifact's back is found, and the first bad entry is named."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workstation.casework import Anchor, CaseFile, Verification
from workstation.casework.artifacts import Artifacts
from workstation.casework.canonical import ZERO, canonical, digest
from workstation.casework.problems import ArtifactProblem, CaseDamaged

Editor = Callable[[str], None]
ENTRIES = 11


def check(folder: Path, *anchors: Anchor) -> Verification:
    with CaseFile.open(folder, operator="", read_only=True) as case:
        return case.verify(anchors)


def test_an_untouched_case_is_intact_and_says_what_that_leaves_open(filled: Path) -> None:
    verification = check(filled)

    assert verification.findings == ()
    assert verification.remarks == ()
    assert verification.head.entries == ENTRIES
    assert "cut off the end" in verification.cannot_detect[0]


@pytest.mark.parametrize(
    ("script", "first", "words"),
    [
        ("UPDATE log SET body = replace(body, 'A. Meier', 'A. Maier') WHERE sequence = 5", 5, "changed"),
        (f"UPDATE log SET hash = '{ZERO}' WHERE sequence = 5", 5, "changed"),
        ("UPDATE log SET body = CAST(x'ff' AS TEXT) WHERE sequence = 5", 5, "entry 5"),
        ("UPDATE log SET body = '[' WHERE sequence = 5", 5, "entry 5"),
        ("UPDATE log SET body = '{}' WHERE sequence = 5", 5, "no entry"),
        ("UPDATE log SET body = replace(body, '\"undoes\":null', '\"undoes\":NaN') WHERE sequence = 5", 5, "NaN"),
        ("DELETE FROM log WHERE sequence = 5", 5, "entry 5 is missing"),
        ("DELETE FROM log WHERE sequence = 1", 1, "entry 1 is missing"),
        (
            "UPDATE log SET sequence = 99 WHERE sequence = 5; UPDATE log SET sequence = 5 WHERE sequence = 6;"
            "UPDATE log SET sequence = 6 WHERE sequence = 99",
            5,
            "reordered",
        ),
        (
            "DELETE FROM log WHERE sequence = 5; UPDATE log SET sequence = sequence - 1 WHERE sequence = 6",
            5,
            "reordered",
        ),
        ("INSERT INTO log SELECT 12, hash || '0', body FROM log WHERE sequence = 11", 12, "changed"),
    ],
)
def test_edits_of_the_log_are_found(filled: Path, edit: Editor, script: str, first: int, words: str) -> None:
    edit(script)
    verification = check(filled)
    assert verification.first_bad_entry == first
    assert words in verification.findings[0].sentence


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("UPDATE notes SET text = 'edges look sharp'", "notes 5: text"),
        ("UPDATE exhibits SET received = '2026-11-19'", "exhibits 2: received"),
        ("UPDATE opinions SET support = 'extremely strong'", "opinions 10: support"),
        ("UPDATE bookmarks SET view = replace(view, '2.0', '1.0')", "bookmarks 7: view"),
        ("DELETE FROM tags", "tags 8 is missing"),
        ("INSERT INTO reviews SELECT 99, reviewer, kind, outcome, text, reviewed FROM reviews", "reviews 99 is there"),
        ("UPDATE analyses SET content = replace(content, 'statistics', 'compact')", "analyses 3: content"),
        ("CREATE TABLE more (a TEXT)", "table more"),
        ("DROP TABLE reviews", "lacks reviews"),
        ("CREATE TRIGGER t AFTER INSERT ON notes BEGIN DELETE FROM notes; END", "trigger t"),
        ("PRAGMA foreign_keys = OFF; UPDATE regions SET exhibit = 77", "belongs to an entry of exhibits"),
    ],
)
def test_edits_of_the_tables_are_found(filled: Path, edit: Editor, script: str, words: str) -> None:
    edit(script)
    try:
        said = " ".join(finding.sentence for finding in check(filled).findings)
    except CaseDamaged as problem:
        said = problem.summary
    assert words in said


def test_a_missing_fence_is_found(filled: Path) -> None:
    with closing(sqlite3.connect(filled / "case.sqlite")) as connection:
        connection.execute("DROP TRIGGER log_refuses_delete")
        connection.commit()
    (finding,) = check(filled).findings
    assert (finding.kind, finding.sentence) == ("schema", "trigger log_refuses_delete is missing")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log SET hash = '' WHERE sequence = 3",
        "DELETE FROM log WHERE sequence = 11",
        "INSERT INTO log VALUES (50, 'a', 'b')",
        "INSERT OR REPLACE INTO log VALUES (3, 'a', 'b')",
    ],
)
def test_the_fence_refuses_changes_of_the_log(filled: Path, statement: str) -> None:
    with (
        closing(sqlite3.connect(filled / "case.sqlite")) as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute(statement)


def test_an_array_that_was_changed_or_removed_is_found(filled: Path) -> None:
    files = sorted((filled / "artifacts").rglob("*.npy"))
    files[0].write_bytes(files[0].read_bytes()[:-1] + b"\x7f")
    files[1].unlink()
    kinds = [finding.kind for finding in check(filled).findings]
    assert kinds == ["artifact"] * 2


def test_names_in_a_strangers_case_lead_nowhere_else(filled: Path, edit: Editor, tmp_path: Path) -> None:
    np.save(tmp_path / "secret.npy", np.zeros(3))
    edit(
        'UPDATE analyses SET arrays = \'{"embeddings":"../../secret"}\';'
        "UPDATE exhibits SET stored = '../../secret.npy'"
    )
    with CaseFile.open(filled, operator="", read_only=True) as case:
        with pytest.raises(ArtifactProblem, match="no name of an artifact"):
            case.analyses.patches(3, "1")
        assert case.exhibits.file_of(2) == filled / "originals" / "secret.npy"


def test_a_copy_that_was_changed_is_found(filled: Path) -> None:
    (copy,) = (filled / "originals").iterdir()
    copy.write_bytes(copy.read_bytes() + b"\0")
    (finding,) = check(filled).findings
    assert finding.kind == "original"
    assert "exhibit 1 (bridge.png)" in finding.sentence


def test_an_original_that_changed_on_disk_is_found_and_a_vanished_one_said(folder: Path, tmp_path: Path) -> None:
    changed, gone = tmp_path / "a.jpg", tmp_path / "b.jpg"
    changed.write_bytes(b"one")
    gone.write_bytes(b"two")
    with CaseFile.create(folder, title="T", operator="") as case:
        case.exhibits.add(changed)
        case.exhibits.add(gone)
        changed.write_bytes(b"1")
        gone.unlink()
        verification = case.verify()
        assert case.verify(originals=False).intact
    assert [finding.sentence[:17] for finding in verification.findings] == ["exhibit 1 (a.jpg)"]
    assert "exhibit 2 (b.jpg)" in verification.remarks[0]


def rewrite(folder: Path, keep: int, forge: Callable[[dict[str, object]], None] = lambda _: None) -> None:
    """What a forger with the program's source does: a new log, every hash computed anew, cut after `keep` entries."""
    with closing(sqlite3.connect(folder / "case.sqlite")) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        previous = ZERO
        for sequence, body in connection.execute("SELECT sequence, body FROM log ORDER BY sequence").fetchall():
            values = json.loads(body)
            forge(values)
            values["previous"] = previous
            text = canonical(values)
            previous = digest(text)
            connection.execute("UPDATE log SET hash = ?, body = ? WHERE sequence = ?", (previous, text, sequence))
        connection.execute("DELETE FROM log WHERE sequence > ?", (keep,))
        connection.execute("DELETE FROM reviews")
        connection.commit()
        connection.executescript(FENCE)


FENCE = """
CREATE TRIGGER log_refuses_update BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER log_refuses_delete BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER log_refuses_gap BEFORE INSERT ON log WHEN NEW.sequence <> (SELECT coalesce(max(sequence), 0) + 1 FROM log) BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
"""  # noqa: E501 - as SQLite keeps it


def test_a_cut_end_is_found_with_an_anchor_only(filled: Path) -> None:
    with CaseFile.open(filled, operator="", read_only=True) as case:
        head = case.head()
    rewrite(filled, keep=10)

    assert check(filled).intact
    verification = check(filled, Anchor("report.pdf", head.hash, head.entries))
    assert [finding.kind for finding in verification.findings] == ["anchor"]
    assert "report.pdf names entry 11" in verification.findings[0].sentence


def test_a_log_that_was_computed_anew_is_found_with_an_anchor_only(filled: Path) -> None:
    with CaseFile.open(filled, operator="", read_only=True) as case:
        early = case.history()[3]

    def forge(values: dict[str, object]) -> None:
        values["operator"] = "C. Nemo"

    rewrite(filled, keep=10, forge=forge)
    assert check(filled).intact
    assert not check(filled, Anchor("a report", early.hash, 4)).intact


def test_an_anchor_of_an_earlier_state_leaves_the_later_entries_open(filled: Path) -> None:
    with CaseFile.open(filled, operator="", read_only=True) as case:
        early, identifier = case.history()[3], case.details().identifier

    verification = check(filled, Anchor("a report", early.hash, 4, identifier))
    assert verification.intact
    assert "Entries after the last anchor (4)" in verification.cannot_detect[0]
    by_hash = check(filled, Anchor("the hash given", early.hash))
    assert by_hash.intact
    assert by_hash.cannot_detect == verification.cannot_detect
    assert not check(filled, Anchor("a report", early.hash, 5)).intact
    assert "another case" in check(filled, Anchor("a report", early.hash, 4, "0" * 32)).findings[0].sentence


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1), replacement=st.binary(min_size=1, max_size=3), sequence=st.integers(1, ENTRIES))
def test_no_change_of_any_byte_of_an_entry_goes_unseen_or_stops_the_check(
    filled: Path, place: float, replacement: bytes, sequence: int
) -> None:
    file = filled / "case.sqlite"
    before = file.read_bytes()
    try:
        with closing(sqlite3.connect(file)) as connection:
            connection.text_factory = bytes
            (body,) = connection.execute("SELECT body FROM log WHERE sequence = ?", (sequence,)).fetchone()
            start = int(place * (len(body) - len(replacement)))
            changed = body[:start] + replacement + body[start + len(replacement) :]
            connection.execute("DROP TRIGGER log_refuses_update")
            statement = "UPDATE log SET body = CAST(? AS TEXT) WHERE sequence = ?"
            connection.execute(statement, (changed, sequence))
            connection.executescript(FENCE.splitlines()[1])
            connection.commit()
        assert check(filled).first_bad_entry == (None if changed == body else sequence)
    finally:
        file.write_bytes(before)


def test_no_renamed_key_of_an_entry_stops_the_check(filled: Path) -> None:
    file = filled / "case.sqlite"
    before = file.read_bytes()
    with closing(sqlite3.connect(file)) as connection:
        bodies = dict(connection.execute("SELECT sequence, body FROM log").fetchall())
    for sequence, body in bodies.items():
        for key in re.finditer(r'"(\w+)":', body):
            changed = body[: key.start(1)] + "X" + body[key.start(1) + 1 :]
            with closing(sqlite3.connect(file)) as connection:
                connection.execute("DROP TRIGGER log_refuses_update")
                connection.execute("UPDATE log SET body = ? WHERE sequence = ?", (changed, sequence))
                connection.executescript(FENCE.splitlines()[1])
                connection.commit()
            assert check(filled).first_bad_entry == sequence, changed
            file.write_bytes(before)


@pytest.mark.parametrize("depth", [101, 900, 940, 985, 200_000])
def test_an_entry_that_is_nested_too_deeply_is_a_damaged_one(filled: Path, edit: Editor, depth: int) -> None:
    arguments = '{"a":' + "[" * depth + "]" * depth + "}"
    edit(f"UPDATE log SET body = replace(body, '\"arguments\":{{}}', '\"arguments\":{arguments}') WHERE sequence = 5")
    verification = check(filled)
    assert verification.first_bad_entry == 5
    assert "nested too deeply" in verification.findings[0].sentence


@pytest.mark.parametrize("text", ["[", "[" * 980 + "]" * 980, "[NaN]", "[[1,2],[3]]", '"here"', "7"])
def test_a_case_whose_tables_hold_no_values_that_it_writes_is_damaged(filled: Path, edit: Editor, text: str) -> None:
    edit(f"UPDATE regions SET points = '{text}'")
    with CaseFile.open(filled, operator="", read_only=True) as case:
        assert not case.verify().intact
        with pytest.raises(CaseDamaged):
            case.regions.all()


@pytest.mark.parametrize(
    "array",
    [np.zeros(3, np.float32), np.zeros((2, 2, 2), np.float32), np.zeros((12, 16, 0)), np.zeros((12, 16, 8), "U3")],
)
def test_embeddings_of_no_patches_are_damage(filled: Path, array: np.ndarray) -> None:
    name = Artifacts(filled / "artifacts").put(array)
    with closing(sqlite3.connect(filled / "case.sqlite")) as connection:
        for column, value in (("arrays", name), ("content", {"array": name})):
            (text,) = connection.execute(f"SELECT {column} FROM analyses WHERE id = 3").fetchone()
            changed = json.dumps({**json.loads(text), "embeddings": value})
            connection.execute(f"UPDATE analyses SET {column} = ? WHERE id = 3", (changed,))
        connection.commit()

    with CaseFile.open(filled, operator="", read_only=True) as case:
        with pytest.raises(CaseDamaged):
            case.analyses.result(3)
        with pytest.raises(CaseDamaged):
            case.analyses.patches(3, "1")


@pytest.mark.parametrize(
    ("column", "value"), [("height", 2**63 - 1), ("width", 10**9), ("height", 1), ("cell", 1), ("seen", 7)]
)
def test_a_coverage_of_another_size_is_damage(filled: Path, column: str, value: int) -> None:
    with closing(sqlite3.connect(filled / "case.sqlite")) as connection:
        connection.execute(f"UPDATE coverage SET {column} = ?", (value,))
        connection.commit()

    with CaseFile.open(filled, operator="", read_only=True) as case, pytest.raises(CaseDamaged):
        case.coverage.all()


@pytest.mark.parametrize("content", ["{}", '{"grid":[1]}', '{"image_size":["a","b"],"grid":{},"provenance":{}}', "[]"])
def test_an_analysis_that_makes_no_result_is_damage_of_the_case(filled: Path, edit: Editor, content: str) -> None:
    edit(f"UPDATE analyses SET content = '{content}'")
    with CaseFile.open(filled, operator="", read_only=True) as case:
        assert not case.verify().intact
        with pytest.raises(CaseDamaged):
            case.analyses.result(3)
        with pytest.raises(CaseDamaged):
            case.analyses.patches(3, "1")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("status", "splendid"),
        ("reason", []),
        ("findings", "x"),
        ("findings.0.sentence", 7),
        ("findings.0.numbers", [["share"]]),
        ("partition.margin", []),
        ("partition.groups.0.name", None),
        ("provenance.libraries", 7),
        ("maps", {"number": "nan"}),
        ("maps.departure", "gone"),
        ("maps.edged", "gone"),
        ("maps.geometry.rows", -1),
        ("maps.geometry.cell", 0),
        ("maps.geometry.height", 10**9),
        ("maps.departure_range.1", {"number": "nan"}),
        ("grid.columns", 3),
        ("grid", None),
        ("image_size.0", 0),
        ("request", []),
    ],
)
def test_a_result_that_holds_what_no_analysis_gives_is_damage(filled: Path, place: str, value: object) -> None:
    with closing(sqlite3.connect(filled / "case.sqlite")) as connection:
        content = json.loads(connection.execute("SELECT content FROM analyses WHERE id = 3").fetchone()[0])
        *way, last = [int(step) if step.isdigit() else step for step in place.split(".")]
        inside = content
        for step in way:
            inside = inside[step]
        inside[last] = value
        connection.execute("UPDATE analyses SET content = ? WHERE id = 3", (json.dumps(content),))
        connection.commit()

    with CaseFile.open(filled, operator="", read_only=True) as case, pytest.raises(CaseDamaged):
        case.analyses.result(3)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("path", r'"a\u0000b"'),
        ("path", r'"\ud800"'),
        ("path", "[]"),
        ("size", '"' + "9" * 5000 + '"'),
        ("size", "-1"),
        ("size", "1.5"),
        ("sha256", "null"),
        ("stored", r'"a\u0000b"'),
        ("stored", r'"\ud800.jpg"'),
        ("stored", "7"),
        ("label", "{}"),
    ],
)
def test_no_value_of_an_exhibits_entry_stops_the_check(filled: Path, key: str, value: str) -> None:
    with closing(sqlite3.connect(filled / "case.sqlite")) as connection:
        (body,) = connection.execute("SELECT body FROM log WHERE sequence = 2").fetchone()
        assert json.loads(body)["action"] == "exhibit.add"
        changed = re.sub(rf'"{key}":("(?:[^"\\]|\\.)*"|[0-9]+|null)', lambda _: f'"{key}":{value}', body)
        assert changed != body
        connection.execute("DROP TRIGGER log_refuses_update")
        connection.execute("UPDATE log SET body = ? WHERE sequence = 2", (changed,))
        connection.executescript(FENCE.splitlines()[1])
        connection.commit()

    assert check(filled).first_bad_entry == 2


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\1\0", b"no array", b"PK\3\4"])
def test_a_strangers_array_that_is_none_is_said(filled: Path, content: bytes) -> None:
    name = hashlib.sha256(content).hexdigest()
    file = filled / "artifacts" / name[:2] / f"{name}.npy"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)

    with pytest.raises(ArtifactProblem, match="no array"):
        Artifacts(filled / "artifacts").get(name)
