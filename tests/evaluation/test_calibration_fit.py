"""Measures become tables: photographs judged by other cameras, rates with exact intervals, likelihood ratios."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workstation.analysis.calibration import read_table
from workstation.analysis.model.registry import find
from workstation.analysis.statement import Conditions, Detection
from workstation.evaluation.calibration_fit import error_rate, fit_stratum, judge_strictly, likeness_of_cameras
from workstation.evaluation.calibration_images import CalibrationProblem
from workstation.evaluation.calibration_measure import Measure
from workstation.evaluation.calibration_run import in_words, read_measures, table_of, write_measures, write_table
from workstation.evaluation.intervals import clopper_pearson
from workstation.evaluation.strata import StratumPlan

PLAN = StratumPlan("web", (641, 900), (70, 84), False, False, ("web",))
CONDITIONS = Conditions(717, 75, False, False, 0.125, "phone")


def measure(number: int, camera: int, contrast: float, *, donor: str = "", groups: int = 1) -> Measure:
    return Measure(
        photo=f"{number:012x}",
        camera=f"camera {camera}",
        kind="phone",
        donor=donor,
        share=0.1 if donor else 0.0,
        treatment="web",
        detection=Detection(contrast, 0.1, 0.2, 0.5, 0.05),
        conditions=CONDITIONS,
        groups=groups,
    )


@pytest.fixture(scope="module")
def measures() -> tuple[Measure, ...]:
    """40 photographs of 20 cameras: untouched ones 0.01 … 0.40, spliced ones 0.21 … 0.60 with the next camera."""
    untouched = [measure(i, i // 2, (i + 1) / 100, groups=2 if i >= 36 else 1) for i in range(40)]
    foreign = [
        measure(i, i // 2, (i + 21) / 100, donor=f"camera {(i // 2 + 1) % 20}", groups=2 if i % 2 else 1)
        for i in range(40)
    ]
    return (*untouched, *foreign)


def test_a_photograph_is_not_judged_by_its_own_camera(measures: tuple[Measure, ...]) -> None:
    fit = fit_stratum(measures, PLAN)
    assert fit is not None
    by_value = {round(one.measure.detection.contrast, 2): one for one in fit.authentic if one.measure.detection}
    assert {one.behind for one in fit.authentic} == {38}
    assert by_value[0.40].p == pytest.approx(1 / 39)
    assert by_value[0.39].p == pytest.approx(1 / 39)  # only its own camera's other photograph is higher
    assert by_value[0.38].p == pytest.approx(3 / 39)
    assert {one.behind for one in fit.spliced} == {36}


def test_error_rate_counts_and_its_interval_is_that_of_one_photograph_per_camera(measures: tuple[Measure, ...]) -> None:
    fit = fit_stratum(measures, PLAN)
    assert fit is not None
    five, one = fit.rates
    assert (five.stated, five.false_alarms, five.photos, five.cameras) == (True, 2, 40, 20)
    cameras = clopper_pearson(1, 20)
    assert (five.low, five.high) == (pytest.approx(cameras.low, abs=1e-4), pytest.approx(cameras.high, abs=1e-4))
    assert (five.low, five.high) == (pytest.approx(0.0013, abs=1e-4), pytest.approx(0.2487, abs=1e-4))
    assert five.spliced == 40
    assert five.found == sum(judged.p <= 0.05 for judged in fit.spliced) > 15
    assert not one.stated
    assert one.words == "at 1 %: fewer than 99 photographs: not stated"


def test_a_level_needs_photographs_of_other_cameras(measures: tuple[Measure, ...]) -> None:
    fit = fit_stratum([m for m in measures if int(m.photo, 16) < 20], PLAN)
    assert fit is not None
    assert len(fit.authentic) == 20
    assert {one.behind for one in fit.authentic} == {18}
    assert not error_rate(0.05, fit.authentic, fit.spliced).stated
    assert error_rate(0.06, fit.authentic, fit.spliced).stated


def test_cameras_that_only_judge_stand_behind_p_values_and_in_no_rate(measures: tuple[Measure, ...]) -> None:
    judges = [measure(100 + i, 50 + i, (i + 1) / 10, groups=3) for i in range(10)]  # 0.1 … 1.0
    alone, fit = (
        fit_stratum(kept, PLAN, judges={judge.camera for judge in judges}) for kept in (measures, (*measures, *judges))
    )
    assert alone is not None
    assert fit is not None
    assert (len(fit.values), fit.cameras) == (50, 30)
    assert {one.behind for one in fit.authentic} == {48}
    assert not {one.measure.camera for one in (*fit.authentic, *fit.spliced)} & {judge.camera for judge in judges}
    assert (fit.rates[0].photos, fit.rates[0].cameras) == (40, 20)
    assert fit.pointing == alone.pointing
    by_value = {round(one.measure.detection.contrast, 2): one for one in fit.authentic if one.measure.detection}
    assert by_value[0.40].p == pytest.approx(8 / 49)  # 0.4, 0.5 … 1.0 of the judges
    stored = fit.fields()
    assert (stored["photos"], stored["cameras"]) == (50, 30)
    assert stored["devices"] == {"phone": {"photos": 40, "cameras": 20}}  # of those whose rates are stated


def test_cameras_that_only_judge_let_a_level_be_stated(measures: tuple[Measure, ...]) -> None:
    few = [m for m in measures if int(m.photo, 16) < 20]
    judges = [measure(100 + i, 50 + i, (i + 1) / 10) for i in range(2)]
    fit = fit_stratum([*few, *judges], PLAN, judges={judge.camera for judge in judges})
    assert fit is not None
    assert {one.behind for one in fit.authentic} == {20}
    assert (fit.rates[0].stated, fit.rates[0].photos) == (True, 20)


def test_groups_are_counted_by_photograph(measures: tuple[Measure, ...]) -> None:
    fit = fit_stratum(measures, PLAN)
    assert fit is not None
    assert (fit.pointing.false_alarms, fit.pointing.photos, fit.pointing.found) == (4, 40, 20)
    cameras = clopper_pearson(2, 20)
    assert (fit.pointing.low, fit.pointing.high) == (
        pytest.approx(cameras.low, abs=1e-4),
        pytest.approx(cameras.high, abs=1e-4),
    )


def test_photographs_of_one_camera_are_alike_or_not(measures: tuple[Measure, ...]) -> None:
    fit = fit_stratum(measures, PLAN)
    assert fit is not None
    alike, chance = likeness_of_cameras([fit])
    assert alike > 0.95  # the two photographs of a camera have neighbouring values
    assert 0.2 < chance < 0.5
    shuffled = [replace(one, camera=f"camera {i % 20}") for i, one in enumerate(m for m in measures if not m.donor)]
    other = fit_stratum([*shuffled, *(m for m in measures if m.donor)], PLAN)
    assert other is not None
    assert likeness_of_cameras([other])[0] < chance  # 0.01 and 0.21, 0.02 and 0.22, …
    assert likeness_of_cameras([other], spliced=True)[0] > 0.95


def test_likelihood_ratios_rise_and_keep_their_limits(measures: tuple[Measure, ...]) -> None:
    fit = fit_stratum(measures, PLAN)
    assert fit is not None
    assert fit.slope > 0
    low, high = fit.llr_limits
    assert low < 0 < high < np.log10(41)
    authentic, spliced = fit.llrs()
    assert authentic.mean() < 0 < spliced.mean()
    assert max(authentic.max(), spliced.max()) <= high
    assert 0 < fit.least_cost <= fit.cost < 1
    assert dict(fit.auc)["contrast"] > 0.8
    assert dict(fit.auc)["mean distance"] == 0.5


def test_strict_roles_never_mix(measures: tuple[Measure, ...]) -> None:
    reference = {f"camera {number}" for number in range(10)}
    judged = judge_strictly(measures, PLAN, reference)
    assert judged is not None
    untouched, spliced = judged
    assert {one.measure.camera for one in untouched} == {f"camera {number}" for number in range(10, 20)}
    assert all(one.measure.camera not in reference and one.measure.donor not in reference for one in spliced)
    assert {one.behind for one in untouched} == {20}


def test_images_that_are_not_assessable_are_counted_and_not_judged(measures: tuple[Measure, ...]) -> None:
    dark = Measure("f" * 12, "camera 3", "phone", "", 0.0, "web", None, None, reason="too dark")
    fit = fit_stratum((*measures, dark), PLAN)
    assert fit is not None
    assert (fit.not_assessable, len(fit.authentic)) == (1, 40)


def test_one_camera_is_no_stratum(measures: tuple[Measure, ...]) -> None:
    assert fit_stratum([m for m in measures if m.camera == "camera 1"], PLAN) is None
    with pytest.raises(CalibrationProblem, match="two cameras"):
        table_of([m for m in measures if m.camera == "camera 1"], "", find("compact"))


def test_a_full_disk_leaves_earlier_measures_and_tables_whole(
    measures: tuple[Measure, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    files = tmp_path / "measures.csv", tmp_path / "table.json"
    table = table_of(measures, os.fsdecode(b"photographs of caf\xe9"), find("compact"))
    write_measures(measures, files[0])
    write_table(table, files[1])
    before = [file.read_bytes() for file in files]
    monkeypatch.setattr(os, "fsync", no_room)

    with pytest.raises(CalibrationProblem, match="No space left"):
        write_measures(measures[:3], files[0])
    with pytest.raises(CalibrationProblem, match="No space left"):
        write_table({}, files[1])

    assert [file.read_bytes() for file in files] == before
    assert sorted(tmp_path.iterdir()) == sorted(files)


def test_measures_and_tables_come_back_as_they_were_written(measures: tuple[Measure, ...], tmp_path: Path) -> None:
    dark = Measure("f" * 12, "camera 3", "phone", "", 0.0, "web", None, None, reason="too dark, flat")
    write_measures((*measures, dark), tmp_path / "measures.csv")
    assert read_measures(tmp_path / "measures.csv") == (*measures, dark)
    table = table_of(measures, "made up", find("compact"))
    write_table(table, tmp_path / "table.json")
    stratum = read_table(tmp_path / "table.json", "this laboratory").strata[0]
    assert stratum.name == "641 to 900 pixels, JPEG 70 to 84"
    assert (stratum.photos, stratum.cameras, stratum.validated) == (40, 20, True)
    assert stratum.p_value(0.385) == pytest.approx(3 / 41)
    assert stratum.rates[0].false_alarms == 2
    assert any("2 of 40 untouched photographs" in line for line in in_words(table))
