"""The code in docs/report.md runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.report.conftest import write_photograph
from workstation.casework.exhibit import Exhibit
from workstation.report.exports import write_exhibit

DOCUMENT = Path(__file__).parents[2] / "docs" / "report.md"


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)


def test_the_array_is_found_and_placed_as_documented(
    exhibit: Exhibit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_exhibit(exhibit, tmp_path / "results" / "IMG_0042", report=False)
    monkeypatch.chdir(tmp_path)

    exec(compile(examples()[0], str(DOCUMENT), "exec"), {})

    # the highest cell is (4, 5): its centre is at x 176, y 144
    value, x, y = re.fullmatch(r"highest departure (\S+) at x (\d+), y (\d+)\n", capsys.readouterr().out).groups()  # type: ignore[union-attr]
    assert float(value) > 0.7
    assert abs(int(x) - 176) <= 8
    assert abs(int(y) - 144) <= 8


def test_a_report_is_written_as_documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_photograph(tmp_path / "IMG_0042.jpg")
    monkeypatch.chdir(tmp_path)

    exec(compile(examples()[1], str(DOCUMENT), "exec"), {})

    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert '"title": "Case 7"' in (tmp_path / "result.json").read_text("utf-8")
