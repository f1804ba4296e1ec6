from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from workstation.spreadsheets import as_csv, inert, inert_path


@pytest.mark.parametrize(
    "text", ["-0.33 EV", "+02:00", "-", "- soft edges", "a=b", "'=1", "100 %", "", "2026-03-01", "-1e-05", "-1/3 EV"]
)
def test_what_no_spreadsheet_computes_stays_as_it_is(text: str) -> None:
    assert inert(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('=HYPERLINK("//x")', '\\x3dHYPERLINK("//x")'),
        ("@SUM(1)", "\\x40SUM(1)"),
        ("-1+cmd|' /C calc'!A0", "\\x2d1+cmd|' /C calc'!A0"),
        ("+SUM(1)", "\\x2bSUM(1)"),
        ("-A1", "\\x2dA1"),
        ("+ $b$2 * 3", "\\x2b $b$2 * 3"),
        ("-2+3", "\\x2d2+3"),
        ("a;=SUM(1);-x", "a;\\x3dSUM(1);\\x2dx"),
        ("＝SUM(1)", "\\uff1dSUM(1)"),
    ],
)
def test_formulas_are_shown_as_text(text: str, shown: str) -> None:
    assert inert(text) == shown


def test_a_path_with_a_formulas_name_still_leads_to_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("=1+1.jpg").write_bytes(b"seen")

    shown = inert_path(Path("=1+1.jpg"))

    assert shown == f".{os.sep}=1+1.jpg"
    assert Path(shown).read_bytes() == b"seen"
    assert inert_path(Path("a.jpg")) == "a.jpg"
    assert inert_path(tmp_path / "=1.jpg") == str(tmp_path / "=1.jpg")


def test_every_row_is_one_line_and_numbers_stay_numbers() -> None:
    table = as_csv(("name", "value"), [("two\r\nlines\t\u202e", -0.5), (Path("\t=1.jpg"), None), ("a,b", "-0.25")])

    assert table.split("\n") == ["name,value", r"two\x0d\x0alines\x09\u202e,-0.5", r"\x09=1.jpg,", '"a,b",-0.25', ""]
    assert list(csv.reader(table.splitlines()))[3] == ["a,b", "-0.25"]
