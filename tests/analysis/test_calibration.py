"""Calibration tables: which stratum a picture belongs to, what the numbers are, and when the program abstains."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from workstation import paths
from workstation.analysis import AnalysisRequest, calibration, run
from workstation.analysis.calibration import CalibrationTable, CalibrationTableProblem, read_table, table_for, verbal
from workstation.analysis.detection import method
from workstation.analysis.model import load_encoder
from workstation.analysis.model.registry import find
from workstation.analysis.statement import Conditions, Detection, ErrorRate
from workstation.evidence import open_evidence
from workstation.progress import drain

PICTURE = Conditions(
    long_side=1024, quality=90, quality_estimated=False, interpolated=False, out_of_focus=0.05, device_class="phone"
)


def detection(contrast: float) -> Detection:
    return Detection(contrast, 0.1, 0.1, 0.5, 0.05)


def stratum(name: str = "middle", photos: int = 39, **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "long_side": [901, 1280],
        "quality": [85, 100],
        "lossless": True,
        "interpolated": False,
        "photos": photos,
        "cameras": 20,
        "authentic": [(i + 1) / 100 for i in range(photos)],
        "intercept": -2.0,
        "slope": 10.0,
        "llr_limits": [-1.0, 1.2],
        "rates": [
            {
                "level": 0.05,
                "stated": True,
                "false_alarms": 2,
                "photos": photos,
                "cameras": 20,
                "low": 0.006,
                "high": 0.17,
                "needed": 19,
                "found": 30,
                "spliced": 39,
            }
        ],
        "pointing": {
            "false_alarms": 3,
            "photos": photos,
            "cameras": 20,
            "low": 0.01,
            "high": 0.2,
            "found": 20,
            "spliced": 39,
        },
        "devices": {
            "compact": {"photos": 20, "cameras": 12},
            "phone": {"photos": 12, "cameras": 6},
            "unknown": {"photos": 7, "cameras": 2},
        },
        "focus": {"softest": 0.3, "without_detail": {"photos": 5, "cameras": 1}},
        "enlarged": {"photos": 2, "cameras": 2},
        "alike": [
            alike("", "sharp", 20, 12, 1),
            alike("phone", "", 12, 6, 1),
            alike("phone", "sharp", 4, 3, 0),
            alike("phone", "mixed", 8, 5, 1),
            alike("compact", "", 20, 12, 1),
        ],
        **changes,
    }


def alike(device: str, focus: str, photos: int, cameras: int, alarms: int) -> dict[str, Any]:
    counted = {"photos": photos, "cameras": cameras, "false_alarms": alarms}
    return {"device": device, "focus": focus, "level": 0.05, **counted, "low": 0.01, "high": 0.4}


def format_1(**changes: Any) -> dict[str, Any]:
    """A stratum as tables of format 1 hold it."""
    new = {"devices", "focus", "enlarged", "alike"}
    return {**{name: value for name, value in stratum().items() if name not in new}, **changes}


def table_fields(*strata: dict[str, Any], sha256: str = "0" * 64) -> dict[str, Any]:
    return {
        "format": 2,
        "weights": "compact",
        "weights_sha256": sha256,
        "statistic": "contrast",
        "method": method("compact"),
        "date": "2026-11-21T10:00:00Z",
        "material": "made up",
        "strata": list(strata),
    }


def read(tmp_path: Path, *strata: dict[str, Any]) -> CalibrationTable:
    file = tmp_path / "table.json"
    file.write_text(json.dumps(table_fields(*strata)), encoding="utf-8")
    return read_table(file, "this laboratory")


def test_p_value_counts_photographs_as_high_or_higher(tmp_path: Path) -> None:
    statement = read(tmp_path, stratum()).state(detection(0.355), PICTURE)
    assert statement.status == "calibrated"
    assert statement.p_consistent == pytest.approx((1 + 4) / 40)  # 0.36, 0.37, 0.38, 0.39
    assert statement.p_smallest == pytest.approx(1 / 40)
    assert (statement.photos, statement.cameras, statement.origin) == (39, 20, "this laboratory")


def test_an_equal_value_counts_against_the_picture_not_for_it(tmp_path: Path) -> None:
    table = read(tmp_path, stratum())
    assert table.strata[0].p_value(0.39) == pytest.approx(2 / 40)


def test_likelihood_ratio_is_the_line_within_its_limits(tmp_path: Path) -> None:
    table = read(tmp_path, stratum())
    assert table.state(detection(0.2), PICTURE).llr == pytest.approx(0.0)
    assert table.state(detection(0.3), PICTURE).llr == pytest.approx(1 / math.log(10))
    assert table.state(detection(1.9), PICTURE).llr == 1.2
    assert table.state(detection(-0.9), PICTURE).llr == -1.0


@pytest.mark.parametrize(
    ("llr", "words"),
    [
        (0.0, "no support for either"),
        (-0.29, "no support for either"),
        (0.5, "weak support for a part from another camera"),
        (-0.5, "weak support for one processing throughout"),
        (1.2, "moderate support for a part from another camera"),
        (2.5, "moderately strong support for a part from another camera"),
        (9.0, "extremely strong support for a part from another camera"),
    ],
)
def test_verbal_scale(llr: float, words: str) -> None:
    assert verbal(llr) == words


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"long_side": 400}, "400 pixels"),
        ({"long_side": 4032}, "4032 pixels"),
        ({"quality": 60}, "last JPEG quality 60"),
        ({"quality": 60}, "the nearest that were: middle"),
    ],
)
def test_abstains_outside_the_validated_strata(tmp_path: Path, changes: dict[str, Any], part: str) -> None:
    statement = read(tmp_path, stratum()).state(detection(0.9), replace(PICTURE, **changes))
    assert statement.status == "outside"
    assert part in statement.reason
    assert statement.p_consistent is None
    assert statement.llr is None
    assert statement.rates == ()


def test_a_stratum_with_few_photographs_is_not_validated(tmp_path: Path) -> None:
    statement = read(tmp_path, stratum(photos=18)).state(detection(0.9), PICTURE)
    assert statement.status == "outside"
    assert "only 18 photographs like it, of 20 cameras, were measured; 19 are needed beside" in statement.reason
    assert [remark.code for remark in statement.reasons] == ["few-photographs"]


def test_a_stratum_without_a_stated_error_rate_is_not_validated(tmp_path: Path) -> None:
    unstated = {**stratum()["rates"][0], "stated": False}
    statement = read(tmp_path, stratum(photos=19, rates=[unstated])).state(detection(0.9), PICTURE)
    assert statement.status == "outside"
    assert statement.llr is None


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"device_class": "drone/action camera"}, "device-class", "no untouched photographs were measured of the kind"),
        ({"device_class": "slr/mirrorless"}, "device-class", "(measured: 20 compact, 12 phone, 7 unknown)"),
        (
            {"out_of_focus": 0.31},
            "focus",
            "31.0 % of its detail is out of focus; too few untouched photographs were measured with more than 30.0 %",
        ),
        (
            {"out_of_focus": 0.30002},
            "focus",
            "30.002 % of its detail is out of focus; too few untouched photographs were measured with more than "
            "30.000 %",
        ),
        ({"out_of_focus": None}, "no-detail", "5 untouched photographs of 1 camera were measured that have none"),
        ({"interpolated": True}, "enlarged", "2 untouched photographs of 2 cameras were measured that show them"),
    ],
)
def test_a_picture_unlike_what_was_measured_is_outside_and_the_reason_is_said(
    tmp_path: Path, changes: dict[str, Any], code: str, words: str
) -> None:
    statement = read(tmp_path, stratum()).state(detection(0.9), replace(PICTURE, **changes))
    assert (statement.status, statement.stratum, statement.p_consistent) == ("outside", "middle", None)
    assert statement.rates == ()
    assert [remark.code for remark in statement.reasons] == [code]
    assert words in statement.reason
    assert "5 photographs of at least 2 cameras are needed" in statement.reason
    assert dict(statement.reasons[0].values)["needed"] == 5
    assert statement.nearest_rates[0].photos == 39


def test_all_reasons_are_said_at_once(tmp_path: Path) -> None:
    statement = read(tmp_path, stratum()).state(
        detection(0.9), replace(PICTURE, device_class="scanner", interpolated=True, out_of_focus=0.9)
    )
    assert [remark.code for remark in statement.reasons] == ["device-class", "enlarged", "focus"]


@pytest.mark.parametrize(
    "changes", [{}, {"device_class": "compact"}, {"out_of_focus": 0.3}, {"out_of_focus": 0.0}, {"quality": None}]
)
def test_a_picture_like_five_photographs_of_two_cameras_gets_figures(tmp_path: Path, changes: dict[str, Any]) -> None:
    statement = read(tmp_path, stratum()).state(detection(0.9), replace(PICTURE, **changes))
    assert (statement.status, statement.reasons, statement.reservations) == ("calibrated", (), ())


@pytest.mark.parametrize(("photos", "cameras"), [(4, 4), (6, 1)])
def test_few_photographs_or_one_camera_do_not_validate_a_kind_of_device(
    tmp_path: Path, photos: int, cameras: int
) -> None:
    few = {"compact": {"photos": 30, "cameras": 20}, "phone": {"photos": photos, "cameras": cameras}}
    statement = read(tmp_path, stratum(devices=few)).state(detection(0.9), PICTURE)
    assert statement.status == "outside"
    assert dict(statement.reasons[0].values) == {
        "device": "phone",
        "photos": photos,
        "cameras": cameras,
        "needed": 5,
        "needed_cameras": 2,
        "measured": f"30 compact, {photos} phone",
    }


def test_the_kind_of_device_is_not_named_where_an_examination_is_blind(tmp_path: Path) -> None:
    statement = read(tmp_path, stratum()).state(detection(0.9), replace(PICTURE, device_class="drone/action camera"))
    assert "drone" not in statement.reason


def test_of_an_unknown_device_the_reservation_says_whose_rates_they_are(tmp_path: Path) -> None:
    statement = read(tmp_path, stratum()).state(detection(0.9), replace(PICTURE, device_class="unknown"))
    (reservation,) = statement.reservations
    assert statement.status == "calibrated"
    assert reservation.code == "device-unknown"
    assert "the error rates are those of 20 compact, 12 phone, 7 unknown photographs" in reservation.sentence
    assert dict(reservation.values)["phone"] == 12


def test_rates_of_photographs_like_the_picture_are_stated_or_said_to_be_too_few(tmp_path: Path) -> None:
    statement = read(tmp_path, stratum()).state(detection(0.9), PICTURE)
    assert [(rate.device, rate.focus) for rate in statement.alike] == [("", "sharp"), ("phone", ""), ("phone", "sharp")]
    assert statement.alike[1].words == (
        "at 5 %, of the kind phone: 1 of 12 untouched photographs of 6 cameras were called inconsistent "
        "(95 % interval 1.0 % to 40.0 %)"
    )
    assert statement.alike[2].words == (
        "at 5 %, of the kind phone, under 10 % out of focus: fewer than 5 photographs: not stated"
    )
    of_one_camera = replace(statement.alike[1], cameras=1)
    assert of_one_camera.words == "at 5 %, of the kind phone: fewer than 2 cameras: not stated"


@pytest.mark.parametrize(
    ("share", "band"),
    [(0.0, "sharp"), (0.0999, "sharp"), (0.1, "mixed"), (0.3, "soft"), (1.0, "soft"), (None, "no detail")],
)
def test_bands_of_focus(share: float | None, band: str) -> None:
    assert replace(PICTURE, out_of_focus=share).focus == band


def test_tables_of_format_1_are_read_and_what_they_did_not_record_is_said(tmp_path: Path) -> None:
    file = tmp_path / "table.json"
    for devices, status in (({}, "calibrated"), ({"phone": 9}, "calibrated"), ({"compact": 39}, "outside")):
        fields = {**table_fields(format_1(devices=devices)), "format": 1}
        file.write_text(json.dumps(fields), encoding="utf-8")
        statement = read_table(file, "").state(detection(0.9), replace(PICTURE, out_of_focus=0.9))
        assert statement.status == status
        if status == "calibrated":
            assert [remark.code for remark in statement.reservations] == ["range-not-recorded"]


def test_the_nearest_stratum_is_near_in_size_and_save(tmp_path: Path) -> None:
    table = read(
        tmp_path,
        stratum("middle"),
        stratum("coarse", quality=[70, 84], lossless=False),
        stratum("small", long_side=[641, 900]),
    )
    nearest = [
        table.state(detection(0.1), replace(PICTURE, long_side=side, quality=quality)).stratum
        for side, quality in ((600, 90), (1400, 95), (1400, 60))
    ]
    assert nearest == ["small", "middle", "coarse"]


def test_pictures_that_are_no_jpeg_need_a_stratum_that_takes_them(tmp_path: Path) -> None:
    png = replace(PICTURE, quality=None)
    assert read(tmp_path, stratum()).state(detection(0.1), png).status == "calibrated"
    assert read(tmp_path, stratum(lossless=False)).state(detection(0.1), png).status == "outside"


def test_enlarged_pictures_take_their_own_stratum_where_there_is_one(tmp_path: Path) -> None:
    enlarged = replace(PICTURE, interpolated=True)
    both = read(tmp_path, stratum("plain"), stratum("enlarged", interpolated=True))
    assert both.state(detection(0.1), enlarged).stratum == "enlarged"
    assert both.state(detection(0.1), PICTURE).stratum == "plain"


def test_a_level_that_few_photographs_cannot_carry_is_not_stated() -> None:
    rate = ErrorRate(0.01, False, 0, 40, 21, 0.0, 1.0, 99)
    assert rate.words == "at 1 %: fewer than 99 photographs: not stated"
    assert replace(rate, photos=110).words == "at 1 %: fewer than 99 photographs of other cameras: not stated"


def test_without_a_table_nothing_is_calibrated() -> None:
    statement = calibration.state(None, detection(0.4), PICTURE)
    assert statement.status == "not calibrated"
    assert statement.value == 0.4
    assert statement.p_consistent is None


def test_an_own_table_of_other_weights_is_passed_over_with_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "user_data", lambda: tmp_path)
    description = replace(find("compact"), folder=tmp_path)
    own = calibration.own_file("compact")
    own.parent.mkdir(parents=True)
    own.write_text(json.dumps(table_fields(stratum(), sha256="f" * 64)), encoding="utf-8")
    table, warning = table_for(description)
    assert table is None
    assert warning is not None
    assert warning.code == "calibration-outdated"
    own.write_text(json.dumps(table_fields(stratum(), sha256=description.sha256)), encoding="utf-8")
    table, warning = table_for(description)
    assert table is not None
    assert (table.origin, warning) == ("this laboratory", None)


def test_a_damaged_table_is_a_warning_and_no_calibration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "user_data", lambda: tmp_path)
    own = calibration.own_file("compact")
    own.parent.mkdir(parents=True)
    own.write_text('{"format": 1}', encoding="utf-8")
    table, warning = table_for(find("compact"))
    assert table is None
    assert warning is not None
    assert warning.code == "calibration-unreadable"


@pytest.mark.parametrize("change", [{"devices": [3]}, {"devices": 3}, {"long_side": [640]}, {"quality": [90]}])
def test_a_table_with_another_kind_of_value_is_none(tmp_path: Path, change: dict[str, object]) -> None:
    fields = table_fields(stratum())
    fields["strata"] = [{**one, **change} for one in fields["strata"]]
    (tmp_path / "table.json").write_text(json.dumps(fields), encoding="utf-8")
    with pytest.raises(CalibrationTableProblem, match="is no calibration table"):
        calibration.read_table(tmp_path / "table.json", "here")


def test_an_own_table_of_another_version_gives_way_to_the_shipped_one_with_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "user_data", lambda: tmp_path)
    description = find("compact")
    own = calibration.own_file("compact")
    own.parent.mkdir(parents=True)
    fields = table_fields(stratum(), sha256=description.sha256)
    own.write_text(json.dumps({**fields, "method": "another"}), encoding="utf-8")
    table, warning = table_for(description)
    assert table is not None
    assert table.origin == "shipped with the weights"
    assert warning is not None
    assert warning.code == "calibration-outdated"
    assert str(fields["date"]) in warning.message


@pytest.mark.parametrize("change", [{"format": 3}, {"statistic": "luck"}, {"strata": [{}]}, {"strata": [format_1()]}])
def test_impossible_tables_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    file = tmp_path / "table.json"
    file.write_text(json.dumps({**table_fields(), **change}), encoding="utf-8")
    with pytest.raises(CalibrationTableProblem):
        read_table(file, "")


def test_values_are_kept_sorted_for_counting(tmp_path: Path) -> None:
    table = read(tmp_path, stratum(authentic=[0.3, 0.1, 0.2], photos=3))
    np.testing.assert_allclose(table.strata[0].authentic, [0.1, 0.2, 0.3])


def test_a_window_that_is_cut_and_saved_losslessly_gets_what_the_whole_photograph_does_not(
    examples: Path, tmp_path: Path
) -> None:
    encoder = load_encoder("compact", device="cpu", threads=1)
    table, _ = table_for(encoder.description)
    assert table is not None
    with Image.open(examples / "untouched.jpg") as photograph:
        photograph.crop((256, 128, 1280, 896)).save(tmp_path / "window.png")
    request = AnalysisRequest(device="cpu", threads=1)
    whole, window = (
        drain(run(open_evidence(file), request, encoder=encoder)).calibration
        for file in (examples / "untouched.jpg", tmp_path / "window.png")
    )
    assert whole is not None
    assert window is not None
    assert whole.status == "outside"
    assert window.status == "calibrated"
    assert [remark.code for remark in window.reservations] == ["device-unknown"]
    assert [rate.focus for rate in window.alike] == ["sharp"]


def test_rates_of_lossless_pictures_are_not_those_of_lossy_ones_that_are_no_jpeg(tmp_path: Path) -> None:
    table = read(tmp_path, stratum())
    seen = replace(PICTURE, quality=None)

    lossless = calibration.state(table, detection(0.2), seen)
    lossy = calibration.state(table, detection(0.2), replace(seen, lossless=False))

    assert lossless.status == "calibrated"
    assert lossy.status == "outside"
    assert "neither a JPEG nor of a kind that surely loses nothing" in lossy.reason
