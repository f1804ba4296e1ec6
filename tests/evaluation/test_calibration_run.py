"""A laboratory's folder of photographs becomes a table that judges its next picture, as `exifact calibrate` does it."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import piexif
import pytest
from PIL import Image
from statistics_encoder import StatisticsEncoder
from typer.testing import CliRunner

from workstation.analysis.calibration import CalibrationTable, read_table
from workstation.analysis.conditions import conditions_of
from workstation.analysis.statement import Detection
from workstation.cli import app
from workstation.evaluation.calibration_images import CalibrationProblem, list_photos
from workstation.evaluation.calibration_measure import measure
from workstation.evaluation.calibration_run import calibrate, in_words, laboratory_material, write_table
from workstation.evaluation.strata import treatments_by_name
from workstation.evidence import open_evidence
from workstation.progress import drain

TAKES = (
    *(("Apple", f"iPhone {number}") for number in range(10)),
    *(("Canon", f"PowerShot A{number}") for number in range(9)),
    *(("DJI", "FC300S"), ("DJI", "FC300S")),
)
"""Ten phones, nine compacts, two photographs of one drone."""


def photograph(file: Path, rng: np.random.Generator, make: str, model: str, noise: float) -> None:
    """A made-up scene with fine detail, a camera's noise and its EXIF data."""
    scene = rng.integers(40, 215, (195, 260, 3)).astype(np.uint8)
    pixels = np.asarray(Image.fromarray(scene).resize((1040, 780), Image.Resampling.NEAREST)).astype(float)
    pixels += rng.normal(0, noise, pixels.shape)
    exif = {
        "0th": {piexif.ImageIFD.Make: make, piexif.ImageIFD.Model: model},
        "Exif": {piexif.ExifIFD.FocalLength: (58, 10), piexif.ExifIFD.FocalLengthIn35mmFilm: 35},
    }
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    image.save(file, quality=92, exif=piexif.dump(exif))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photographs in folders, without a manifest."""
    root, rng = tmp_path_factory.mktemp("laboratory"), np.random.default_rng(5)
    for number, (make, model) in enumerate(TAKES):
        (root / make).mkdir(exist_ok=True)
        photograph(root / make / f"{model} {number}.jpg", rng, make, model, 2 + number)
    (root / "notes.txt").write_text("no photograph", encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def table(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> CalibrationTable:
    encoder = StatisticsEncoder(patch=64, stride=48)
    out = tmp_path_factory.mktemp("data") / "statistics.json"
    steps = calibrate(
        laboratory_material(folder), encoder, out.with_suffix(".jsonl"), treatments=[treatments_by_name()["tiny-75"]]
    )
    _, fields = drain(steps)
    write_table(fields, out)
    (only,) = fields["strata"]
    assert (only["photos"], only["cameras"]) == (21, 20)
    assert any("too few photographs of drone/action camera (2)" in line for line in in_words(fields))
    return read_table(out, "this laboratory")


def test_the_next_picture_is_judged_by_the_laboratorys_own_photographs(
    table: CalibrationTable, folder: Path, tmp_path: Path
) -> None:
    with Image.open(folder / "Apple" / "iPhone 0 0.jpg") as image:
        exif = image.info["exif"]
        image.resize((520, 390)).save(tmp_path / "next.jpg", quality=75, exif=exif)
    conditions = conditions_of(open_evidence(tmp_path / "next.jpg"))
    statement = table.state(Detection(0.9, 0.1, 0.1, 0.5, 0.05), conditions)
    assert (conditions.device_class, conditions.quality) == ("phone", 75)
    assert statement.status == "calibrated", statement.reason
    assert (statement.origin, statement.photos, statement.cameras) == ("this laboratory", 21, 20)
    assert statement.rates[0].stated
    assert not statement.rates[1].stated
    assert [(rate.device, rate.photos) for rate in statement.alike if rate.device and not rate.focus] == [("phone", 10)]


def test_a_kind_of_device_of_which_two_photographs_were_there_abstains(table: CalibrationTable, folder: Path) -> None:
    found = conditions_of(open_evidence(folder / "DJI" / "FC300S 19.jpg"))
    assert found.device_class == "drone/action camera"
    conditions = replace(found, long_side=520, quality=75, out_of_focus=0.0, interpolated=False)
    statement = table.state(Detection(0.9, 0.1, 0.1, 0.5, 0.05), conditions)
    assert statement.status == "outside"
    assert [remark.code for remark in statement.reasons] == ["device-class"]
    assert "2 untouched photographs of 1 camera were measured of the kind of device" in statement.reason


def test_photographs_of_one_file_name_in_two_folders_are_two(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    for number, make in enumerate(("Canon", "Nikon")):
        (tmp_path / make).mkdir()
        photograph(tmp_path / make / "DSC_0001.jpg", rng, make, "one", 2 + 20 * number)
    photos = list_photos(tmp_path)
    treatment, encoder = treatments_by_name()["tiny-75"], StatisticsEncoder(patch=64, stride=48)

    measures = drain(measure(photos, [treatment], encoder, tmp_path / "journal.jsonl", splices=False))

    assert [one.camera for one in measures] == ["Canon one", "Nikon one"]
    assert measures[0].detection != measures[1].detection


def test_a_manifest_that_lists_a_file_twice_has_one_photograph(tmp_path: Path) -> None:
    line = "a/DSC_0001.jpg,dev,Canon,one,1040,780,0\n"
    head = "file,split,make,model,width,height,chart_or_flat\n"
    (tmp_path / "manifest.csv").write_text(head + line + line, encoding="utf-8")

    assert [photo.name for photo in list_photos(tmp_path)] == ["DSC_0001.jpg"]


def test_a_journal_whose_last_line_was_cut_off_goes_on(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    for number in range(2):
        photograph(tmp_path / f"{number}.jpg", rng, "Canon", "one", 2 + 20 * number)
    photos, journal = list_photos(tmp_path), tmp_path / "journal.jsonl"
    treatment, encoder = treatments_by_name()["tiny-75"], StatisticsEncoder(patch=64, stride=48)
    whole = drain(measure(photos, [treatment], encoder, journal, splices=False))
    content = journal.read_bytes()

    for left in (-40, -1):  # within the last measure, and before its line ended
        journal.write_bytes(content[:left])
        assert drain(measure(photos, [treatment], encoder, journal, splices=False)) == whole
        assert journal.read_bytes() == content


def test_a_journal_of_other_photographs_with_the_same_names_is_begun_anew(tmp_path: Path) -> None:
    treatment, encoder = treatments_by_name()["tiny-75"], StatisticsEncoder(patch=64, stride=48)
    found = []
    for seed in (3, 4):
        collection = tmp_path / str(seed)
        collection.mkdir()
        photograph(collection / "DSC_0001.jpg", np.random.default_rng(seed), "Canon", "one", 2 + 9 * seed)
        photos, journal = list_photos(collection), tmp_path / "journal.jsonl"
        found.append(drain(measure(photos, [treatment], encoder, journal, splices=False)))

    assert found[0] != found[1]


def test_image_files_that_cannot_be_used_are_named(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "laboratory")
    (tmp_path / "laboratory" / "IMG_1.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    assert [file.name for file in laboratory_material(tmp_path / "laboratory").unread] == ["IMG_1.HEIC"]

    for file in (tmp_path / "laboratory").rglob("*.jpg"):
        file.unlink()
    with pytest.raises(CalibrationProblem, match=r"1 image files cannot be used, IMG_1\.HEIC first"):
        laboratory_material(tmp_path / "laboratory")


def test_a_photograph_whose_name_is_no_utf_8_counts(tmp_path: Path) -> None:
    name = "odd.jpg" if os.name == "nt" else os.fsdecode(b"latin\xe9.jpg")
    photograph(tmp_path / name, np.random.default_rng(3), "Canon", "one", 2)
    treatment, encoder = treatments_by_name()["tiny-75"], StatisticsEncoder(patch=64, stride=48)

    (one,) = drain(measure(list_photos(tmp_path), [treatment], encoder, tmp_path / "j.jsonl", splices=False))

    assert one.camera == "Canon one"


def test_a_manifest_that_makes_a_photograph_larger_than_it_is_is_told(tmp_path: Path) -> None:
    Image.new("RGB", (640, 480)).save(tmp_path / "a.png")
    head = "file,split,make,model,width,height,chart_or_flat\n"
    (tmp_path / "manifest.csv").write_text(head + "a.png,dev,Canon,one,1040,780,0\n", encoding="utf-8")
    treatment, encoder = treatments_by_name()["tiny-75"], StatisticsEncoder(patch=64, stride=48)

    with pytest.raises(CalibrationProblem, match=r"a\.png has 640×480 pixels"):
        drain(measure(list_photos(tmp_path), [treatment], encoder, tmp_path / "journal.jsonl"))


@pytest.mark.parametrize("place", [".", "{folder}"])
def test_a_folder_in_the_place_of_the_table_is_said_before_anything_is_measured(folder: Path, place: str) -> None:
    options = ["--photos", str(folder), "--out", place.format(folder=folder)]
    done = CliRunner().invoke(app, ["calibrate", *options])
    assert done.exit_code == 1
    assert "is a folder" in done.output


def test_a_photograph_that_breaks_off_is_named(tmp_path: Path) -> None:
    photograph(tmp_path / "broken.jpg", np.random.default_rng(3), "Canon", "one", 2)
    (tmp_path / "broken.jpg").write_bytes((tmp_path / "broken.jpg").read_bytes()[:20_000])
    treatment, encoder = treatments_by_name()["tiny-75"], StatisticsEncoder(patch=64, stride=48)

    with pytest.raises(CalibrationProblem, match=r"broken\.jpg cannot be decoded"):
        drain(measure(list_photos(tmp_path), [treatment], encoder, tmp_path / "journal.jsonl"))
