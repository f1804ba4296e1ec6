"""The page of error rates says what the measures hold, and the commands say what is missing."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from typer.testing import CliRunner

from workstation.analysis.model.registry import find
from workstation.analysis.statement import Conditions, Detection
from workstation.cli import app
from workstation.evaluation.calibration_measure import Measure
from workstation.evaluation.calibration_run import table_of
from workstation.evaluation.svg_plots import Panel, Series, figure, staircase
from workstation.evaluation.validation_report import write_page

STABILITY = {
    "about": "Made up.",
    "rows": [
        {
            "change": "turned",
            "pictures": 3,
            "regions": 4,
            "regions_kept": 2,
            "regions_new": 1,
            "answers": 3,
            "answers_kept": 3,
            "correlation": 0.87,
        }
    ],
}


def made_up() -> tuple[Measure, ...]:
    measures = []
    for number in range(40):
        for donor in ("", f"camera {(number + 1) % 40}"):
            contrast = (number + 1) / 100 + (0.3 if donor else 0)
            detection = Detection(contrast, 0.1, 0.2, 0.5, 0.05)
            conditions = Conditions(717, 75, False, False, 0.2, "phone")
            measures.append(
                Measure(
                    f"{number:012x}",
                    f"camera {number}",
                    "phone",
                    donor,
                    0.1,
                    "web",
                    detection,
                    conditions,
                    1 + bool(donor),
                )
            )
    return tuple(measures)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    measures = made_up()
    table = table_of(measures, "made up", find("compact"))
    return write_page(measures, table, tmp_path_factory.mktemp("docs"), stability=STABILITY)


def test_rates_stand_with_their_intervals_and_numbers(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "| 641 to 900 pixels, JPEG 70 to 84 | 40 | 40 | 2 of 40 (5.0%) | 0.6% to 16.9% |" in text
    assert "fewer than 99 photographs: not stated" in text
    assert "0 of 40 (0.0%) | 0.0% to 8.8% | 40 of 40" in text  # groups
    assert "| turned | 3 | 2 of 4 | 1 | 3 of 3 | 0.87 |" in text
    assert "## Where it is weak" in text
    assert "Untouched photographs of the camera 39 were called inconsistent" in text


def test_figures_are_drawn_and_linked(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name in ("values", "tippett", "reliability"):
        assert f"(validation/{name}.svg)" in text
        root = ET.fromstring((page.parent / "validation" / f"{name}.svg").read_text(encoding="utf-8"))
        assert root.findall(".//{http://www.w3.org/2000/svg}polyline")


def test_a_staircase_falls_from_all_to_none() -> None:
    assert staircase([0.3, 0.1], (0, 1)) == ((0, 1.0), (0.1, 1), (0.1, 0.5), (0.3, 0.5), (0.3, 0), (1, 0.0))


def test_names_in_figures_are_escaped() -> None:
    panel = Panel("a < b", "x & y", "", (0, 1), (0, 1), (Series("", ((0, 0), (1, 1))),), (), ())
    assert "a &lt; b" in figure([panel])


def test_calibrate_says_what_it_needs(tmp_path: Path, photo_folder: Path) -> None:
    empty = CliRunner().invoke(app, ["calibrate", "--photos", str(tmp_path)])
    assert empty.exit_code == 1
    assert "holds no photographs" in empty.output
    few = CliRunner().invoke(app, ["calibrate", "--photos", str(photo_folder)])
    assert few.exit_code == 1
    assert "2 photographs that count, of 2 cameras; at least 19 of two are needed" in few.output


def test_validate_refuses_weights_without_stored_results() -> None:
    outcome = CliRunner().invoke(app, ["validate", "--model", "paper"])
    assert outcome.exit_code == 1
    assert "no results are stored" in outcome.output
