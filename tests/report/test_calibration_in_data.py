"""What a report's data hold of error rates: reasons, reservations and rates as data, in the terms of their schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from workstation.analysis.calibration import read_table
from workstation.analysis.model.registry import find
from workstation.analysis.statement import Conditions, Detection
from workstation.report.document import Case, Exhibit, build
from workstation.report.serial import as_json, as_text

SCHEMA = Path(__file__).parents[2] / "docs" / "result.schema.json"
PICTURE = Conditions(1024, 90, False, False, 0.05, "phone")


def stated(exhibit: Exhibit, conditions: Conditions) -> Mapping[str, Any]:
    """The data of an exhibit that was calibrated with the table beside the weights, valid by their schema."""
    table = read_table(find("compact").folder / "calibration" / "compact.json", "shipped with the weights")
    statement = table.state(Detection(0.3, 0.1, 0.1, 0.5, 0.05), conditions)
    assert exhibit.result is not None
    result = replace(exhibit.result, conditions=conditions, calibration=statement)
    document = build(Case((replace(exhibit, result=result),)), created=datetime(2026, 11, 26, tzinfo=UTC))
    written = json.loads(as_text(as_json(document, array=True)))
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(written)
    calibration: Mapping[str, Any] = written["calibration"]
    return calibration


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"device_class": "drone/action camera"}, "device-class"),
        ({"device_class": "scanner"}, "device-class"),
        ({"out_of_focus": 0.95}, "focus"),
        ({"long_side": 4000}, "few-photographs"),
        ({"long_side": 400}, "size-or-save"),
        ({"quality": 40}, "size-or-save"),
    ],
)
def test_the_shipped_table_abstains_and_the_data_say_why(exhibit: Exhibit, changes: dict[str, Any], code: str) -> None:
    written = stated(exhibit, replace(PICTURE, **changes))
    assert (written["status"], written["p_consistent"], written["llr"]) == ("outside", None, None)
    assert written["reasons"][0]["code"] == code
    assert written["nearest_rates"][0]["photos"] >= 19
    assert written["pictures"]["code"] == "stratum"


def test_the_data_hold_rates_of_pictures_like_it_and_reservations(exhibit: Exhibit) -> None:
    written = stated(exhibit, PICTURE)
    assert written["status"] == "calibrated"
    assert {(rate["device"], rate["focus"]) for rate in written["alike"]} >= {("", "sharp"), ("phone", "")}
    assert written["reservations"] == []
    unknown = stated(exhibit, replace(PICTURE, device_class="unknown"))
    (reservation,) = unknown["reservations"]
    assert reservation["code"] == "device-unknown"
    assert dict(reservation["values"])["phone"] >= 5
