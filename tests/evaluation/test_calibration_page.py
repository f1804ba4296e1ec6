"""The page of error rates says what the measures hold, and the commands say what is missing."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from workstation.analysis.claims import TagValidation, Validation
from workstation.analysis.model.registry import find
from workstation.analysis.result import AnalysisRequest
from workstation.analysis.statement import Conditions, Detection
from workstation.cli import app
from workstation.evaluation.calibration_measure import Measure
from workstation.evaluation.calibration_run import table_of
from workstation.evaluation.datasets import Dataset
from workstation.evaluation.evaluate import Evaluated, Plan
from workstation.evaluation.rows import Row
from workstation.evaluation.summary import summarise
from workstation.evaluation.svg_plots import Panel, Series, figure, staircase
from workstation.evaluation.validation_report import write_page
from workstation.evaluation.validation_weak import named

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


def test_photographs_that_are_one_per_camera_say_nothing_of_how_alike_cameras_make_them(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "intraclass correlation not known; splices with hosts of one camera: not known." in text
    assert "nan" not in text.split()


def test_rates_stand_with_their_intervals_and_numbers(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "JPEG 70 to 84 | 40 | 40 | 40 of 40 cameras | 2 of 40 (5.0 %) | 0.6 % to 16.9 % |" in text
    assert "fewer than 99 photographs: not stated" in text
    assert "0 of 40 (0.0 %) | 0.0 % to 8.8 % | 40 of 40" in text  # groups
    assert "| turned | 3 | 2 of 4 | 1 | 3 of 3 | 0.87 |" in text
    assert "## Where it is weak" in text
    assert "Untouched photographs of the camera 39 were called inconsistent" in text


def test_weak_spots_are_those_of_the_figures(page: Path) -> None:
    weak = page.read_text(encoding="utf-8").partition("## Where it is weak")[2]
    assert "1 % is not stated anywhere" in weak
    assert "Pictures of more than 900 pixels along the longer side are not validated" in weak
    assert "less than 641 pixels, or saved below JPEG 70" in weak
    assert "40 of kind phone photographs" in weak
    assert "says next to nothing" not in weak  # splices lie well above untouched ones here
    assert "Pictures that a model made whole are out of scope" in " ".join(weak.split())


def test_a_table_says_how_many_photographs_of_which_device_it_holds() -> None:
    (only,) = table_of(made_up(), "made up", find("compact"))["strata"]
    assert only["devices"] == {"phone": {"photos": 40, "cameras": 40}}


def test_a_page_without_claims_and_evaluations_says_so(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "no tag is testable until `exifact validate-claims" in " ".join(text.split())
    assert "No evaluation of these weights is stored here" in text


def test_claims_and_evaluations_stand_on_the_page_with_their_chance_and_time(
    tmp_path: Path, made_rows: list[Row]
) -> None:
    measures, weights = made_up(), find("compact")
    table = table_of(measures, "made up", weights)
    plan = Plan(Dataset("splices", tmp_path, ()), AnalysisRequest(), tmp_path)
    question = {"model": "compact", "program": "0", "dataset": "splices", "degradation": "", "threshold": 0.5}
    question |= {"weights_sha256": weights.sha256, "calibration": f"shipped with the weights, {table['date']}"}
    folder = tmp_path / "validation" / "evaluations"
    folder.mkdir(parents=True)
    before = {"calibration": "shipped with the weights, 2026-11-21T10:00:00Z"}
    for name, other in (("splices", {}), ("old", {"weights_sha256": "0" * 64}), ("judged otherwise", before)):
        asked = {**question, **other}
        summary = summarise(Evaluated(plan, tuple(made_rows), asked, "cpu (made up), 1 thread, float32"))
        (folder / f"{name}.json").write_text(json.dumps(summary), encoding="utf-8")
    make = TagValidation(
        *("Make", ("Canon", "Nikon"), "photographs", 9, 20, 6, 0.7, 0.6, 0.8, 0.4, 0.3, 0.5, 0.35),
        *(None, None, None, None, 0.1),
    )
    model, last = replace(make, tag="Model", auc_low=0.49), replace(make, tag="Last JPEG Quality")
    claims = Validation("", 12, 300, (make, model, last, replace(last, tag="Sharpened", top1=0.2)))
    text = write_page(measures, table, tmp_path, stability=None, claims=claims).read_text(encoding="utf-8")
    row = "photographs | 9 (6), 20 | 0.70 [0.60, 0.80] | 40 % (chance 30 %) | 0.50 (chance 0.35) |"
    assert f"| Make | testable | {row}" in text
    assert "| Model | not testable | photographs | 9 (6), 20 | 0.70 [0.49, 0.80]" in text
    assert "**History in words** names Last JPEG Quality: there" in text
    assert "It does not name Sharpened: not testable, or what fits best" in text
    assert "| splices | 16 | 48 s | 32 s | 2.00 s | 2.00 s | cpu (made up), 1 thread, float32 |" in text
    assert "## Finding foreign parts: splices, weights compact" in text
    assert "Left out, since they belong to other weights or another table: judged otherwise, old." in text


@pytest.mark.parametrize(
    ("camera", "name"),
    [
        ("Canon Canon PowerShot G6", "Canon PowerShot G6"),
        ("NIKON CORPORATION NIKON D3200", "NIKON D3200"),
        ("EASTMAN KODAK COMPANY KODAK DX4330 DIGITAL CAMERA", "KODAK DX4330 DIGITAL CAMERA"),
        ("Jolla Jolla", "Jolla"),
        ("Sony E5823", "Sony E5823"),
        ("", ""),
    ],
)
def test_cameras_are_named_once(camera: str, name: str) -> None:
    assert named(camera) == name


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
