from __future__ import annotations

import csv
import os
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.ui.panel_samples import sample_result
from workstation.analysis.statement import CalibrationStatement
from workstation.cli import app
from workstation.errors import ExportProblem
from workstation.run_summary import COLUMNS, NAME, SummaryLine, write_summary


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8-sig") as lines:
        return list(csv.DictReader(lines))


def test_every_file_has_a_line_that_says_what_became_of_it(tmp_path: Path) -> None:
    statement = CalibrationStatement("calibrated", p_consistent=0.018, llr=0.5)
    departing = replace(sample_result(), calibration=statement)
    group = departing.partition.groups if departing.partition else ()
    lines = [
        SummaryLine(Path("a.jpg"), "ab" * 32, tmp_path / "a", departing, 2),
        SummaryLine(Path("b.jpg"), "cd" * 32, tmp_path / "b", sample_result(stable=False)),
        SummaryLine(Path("c.jpg"), reason="c.jpg: this is no regular file"),
    ]

    first, second, third = rows_of(write_summary(lines, tmp_path))

    assert tuple(first) == COLUMNS
    assert (first["status"], first["groups"], first["warnings"]) == ("complete", "3", "2")
    assert float(first["departs_by"]) == pytest.approx(group[1].departure - group[0].departure)
    assert (first["p_consistent"], first["log10_likelihood_ratio"]) == ("0.018", "0.5")
    assert (second["groups"], second["departs_by"], second["p_consistent"]) == ("1", "", "")
    assert (third["status"], third["groups"], third["reason"]) == ("failed", "", "c.jpg: this is no regular file")
    assert [line.falls_into_groups for line in lines] == [True, False, False]


def test_names_are_no_formulas_still_name_their_file_and_may_hold_any_bytes(tmp_path: Path) -> None:
    odd = Path(b"=HYPERLINK(1)\xff.jpg".decode("utf-8", "surrogateescape"))
    lines = [SummaryLine(odd, folder=Path("-out"), reason="=x.jpg: this is no image"), SummaryLine(Path("Möwe.jpg"))]

    file = write_summary(lines, tmp_path)

    row, plain = rows_of(file)
    assert row["file"] == f".{os.sep}=HYPERLINK(1)\\udcff.jpg"
    assert row["folder"] == f".{os.sep}-out"
    assert row["reason"] == "\\x3dx.jpg: this is no image"
    assert plain["file"] == "Möwe.jpg"
    assert file.read_bytes().startswith(b"\xef\xbb\xbffile,sha256,"), "spreadsheets read umlauts wrongly without it"


def test_an_earlier_table_is_replaced_and_another_programs_is_not(tmp_path: Path) -> None:
    write_summary([SummaryLine(Path("a.jpg")), SummaryLine(Path("b.jpg"))], tmp_path)
    assert len(rows_of(write_summary([SummaryLine(Path("c.jpg"))], tmp_path))) == 1

    (tmp_path / NAME).write_text("invoice,amount\n1,2\n", encoding="utf-8")
    with pytest.raises(ExportProblem, match="a file of another kind"):
        write_summary([SummaryLine(Path("a.jpg"))], tmp_path)
    assert (tmp_path / NAME).read_text(encoding="utf-8") == "invoice,amount\n1,2\n"


def test_several_photographs_get_a_table_and_one_gets_none(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        Image.effect_noise((160, 128), 60).convert("RGB").save(tmp_path / name)
    out, options = tmp_path / "out", ["--no-report", "--device", "cpu"]

    one = CliRunner().invoke(app, ["analyze", str(tmp_path / "a.png"), "--out", str(out), *options])
    assert one.exit_code == 0
    assert not (out / NAME).exists()

    both = CliRunner().invoke(app, ["analyze", str(tmp_path), str(tmp_path / "gone.png"), "--out", str(out), *options])
    assert both.exit_code == 1
    assert "photographs fall into groups" in both.output
    assert [Path(row["file"]).name for row in rows_of(out / NAME)] == ["a.png", "b.png", "gone.png"]
    assert rows_of(out / NAME)[2]["reason"]
