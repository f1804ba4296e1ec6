"""What photographs were like: counted by device, focus and enlarging, with the cameras behind each count."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workstation.analysis.calibration import read_table
from workstation.analysis.model.registry import find
from workstation.analysis.statement import Conditions, Detection
from workstation.analysis.validated_range import read_range
from workstation.evaluation.calibration_fit import fit_stratum
from workstation.evaluation.calibration_measure import Measure
from workstation.evaluation.calibration_range import alike_rates, range_fields
from workstation.evaluation.calibration_run import in_words, table_of, write_table
from workstation.evaluation.strata import PLANS, StratumPlan
from workstation.evaluation.validation_range import by_device_and_focus, ranges

WEB = next(plan for plan in PLANS if plan.treatments == ("web",))


def untouched(
    number: int, camera: str, kind: str, share: float | None, *, enlarged: bool = False, donor: str = ""
) -> Measure:
    conditions = Conditions(717, 75, False, enlarged, share, "unknown")
    detection = Detection((number + 1) / 100 + (0.3 if donor else 0), 0.1, 0.2, 0.5, 0.05)
    return Measure(f"{number:012x}", camera, kind, donor, 0.0, "web", detection, conditions, 1)


def test_photographs_are_counted_with_their_cameras() -> None:
    measures = [untouched(i, f"phone {i % 3}", "phone", i / 20, enlarged=i < 2) for i in range(8)]
    measures += [untouched(8 + i, "one compact", "compact", None) for i in range(6)]
    fields = range_fields(measures)
    assert fields == {
        "devices": {"compact": {"photos": 6, "cameras": 1}, "phone": {"photos": 8, "cameras": 3}},
        "focus": {"softest": 0.15, "without_detail": {"photos": 6, "cameras": 1}},  # 0.35, 0.3, 0.25, 0.2, 0.15
        "enlarged": {"photos": 2, "cameras": 2},
    }


def test_the_softest_photographs_must_be_of_two_cameras() -> None:
    soft = [untouched(i, "macro", "compact", 0.9 - i / 100) for i in range(6)]
    sharp = [untouched(10 + i, f"camera {i}", "compact", 0.1) for i in range(3)]
    assert range_fields([*soft, *sharp])["focus"] == {"softest": 0.1, "without_detail": {"photos": 0, "cameras": 0}}
    assert range_fields(soft)["focus"] == {"softest": None, "without_detail": {"photos": 0, "cameras": 0}}


def test_a_limit_is_rounded_so_that_the_photograph_that_sets_it_stays_within() -> None:
    measures = [untouched(i, f"camera {i}", "phone", 0.123456) for i in range(5)]
    like = read_range(range_fields(measures), recorded=True)
    assert like.softest == 0.1235
    assert all(not like.objections(measure.conditions) for measure in measures if measure.conditions)


def test_alarms_are_counted_by_device_by_focus_and_by_both() -> None:
    alarms = [(untouched(i, f"camera {i}", "phone" if i < 6 else "compact", i / 20), i in {0, 1, 7}) for i in range(8)]
    rates = {(rate.device, rate.focus): rate for rate in alike_rates(0.05, alarms)}
    assert (rates["phone", ""].false_alarms, rates["phone", ""].photos) == (2, 6)
    assert (rates["", "sharp"].false_alarms, rates["", "sharp"].photos) == (2, 2)
    assert (rates["compact", "soft"].false_alarms, rates["compact", "soft"].photos) == (1, 2)
    assert ("compact", "sharp") not in rates
    assert ("", "") not in rates
    assert rates["phone", ""].low == pytest.approx(0.0433, abs=1e-4)  # Clopper-Pearson of 2 of 6
    assert rates["phone", ""].high == pytest.approx(0.7772, abs=1e-4)


@pytest.fixture(scope="module")
def measures() -> tuple[Measure, ...]:
    """40 photographs of 40 cameras; 3 of the phones are a drone's, 6 are soft."""
    made = []
    for number in range(40):
        kind = "drone/action camera" if number < 3 else "phone"
        share = 0.5 if number % 7 == 0 else 0.05
        made += [untouched(number, f"camera {number}", kind, share)]
        made += [untouched(number, f"camera {number}", kind, share, donor=f"camera {(number + 1) % 40}")]
    return tuple(made)


def test_a_table_keeps_what_its_photographs_were_like(measures: tuple[Measure, ...], tmp_path: Path) -> None:
    write_table(table_of(measures, "made up", find("compact")), tmp_path / "table.json")
    table = read_table(tmp_path / "table.json", "this laboratory")
    conditions = Conditions(700, 75, False, False, 0.05, "phone")
    statement = table.state(Detection(0.1, 0.1, 0.1, 0.1, 0.1), conditions)
    assert (statement.status, statement.reservations) == ("calibrated", ())
    assert [(rate.device, rate.focus, rate.photos) for rate in statement.alike] == [
        ("", "sharp", 34),
        ("phone", "", 37),
        ("phone", "sharp", 32),
    ]
    assert in_words(json.loads((tmp_path / "table.json").read_text(encoding="utf-8")))[-1] == (
        "    for pictures like these: devices: phone (37); too few photographs of drone/action camera (3); "
        "up to 50.0 % out of focus; not with traces of enlarging; not without detail"
    )
    drone = table.state(
        Detection(0.1, 0.1, 0.1, 0.1, 0.1), Conditions(700, 75, False, False, 0.05, "drone/action camera")
    )
    assert [remark.code for remark in drone.reasons] == ["device-class"]


def test_the_page_says_which_pictures_get_a_rate_and_where_photographs_are_too_few(
    measures: tuple[Measure, ...],
) -> None:
    fit = fit_stratum(measures, WEB)
    assert fit is not None
    row = "drone/action camera 3 (3), phone 37 (37) | 50.0 % | no: 0 (0) | no: 0 (0) | 37 of 40 | 2 of 37 |"
    assert list(ranges([fit]))[-1].endswith(row)
    rows = [line for line in by_device_and_focus([fit]) if line.startswith("| 641")]
    assert "| any | 2 of 40 | 2 of 34 (1 % to 20 %) | fewer than 5 photographs | 0 of 6 (0 % to 46 %) |" in rows[0]
    assert "| drone/action camera | fewer than 5 photographs |" in rows[1]


def test_photographs_that_are_taken_whole_count_for_their_own_size() -> None:
    plans = [plan for plan in PLANS if "whole" in plan.treatments]
    assert [plan.long_side for plan in plans] == [(2401, 6000), (6001, 12000)]

    def whole(number: int, side: int, donor: str) -> Measure:
        conditions = Conditions(side, None, False, False, 0.1, "unknown")
        detection = Detection(0.1, 0.1, 0.2, 0.5, 0.05)
        treatment = plans[0].treatment_of(f"{number:012x}")
        return Measure(f"{number:012x}", f"camera {number}", "phone", donor, 0.1, treatment, detection, conditions)

    measured = [whole(n, 8000 if n % 2 else 4000, donor) for n in range(12) for donor in ("", "another")]
    for plan, odd in zip(plans, (0, 1), strict=True):
        fit = fit_stratum(measured, plan)
        assert fit is not None
        assert {int(one.measure.photo, 16) % 2 for one in fit.authentic} == {odd}


def test_a_plan_holds_its_sizes() -> None:
    plan = StratumPlan("web", (641, 900), (70, 84), False, False, ("web",))
    assert [plan.holds_size(side) for side in (640, 641, 900, 901)] == [False, True, True, False]
