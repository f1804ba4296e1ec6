from typing import Any

import pytest

from workstation.evaluation.weaknesses import weaknesses


def estimate(value: float, low: float, high: float, n: int = 20) -> dict[str, float]:
    return {"value": value, "low": low, "high": high, "n": n}


@pytest.fixture
def summary() -> dict[str, Any]:
    """Nothing to complain about."""
    return {
        "methods": {"compact": "Exifact", "control": "colour and texture", "ela": "error level analysis"},
        "differences": {"all": {"control": {"ap": estimate(0.3, 0.2, 0.4)}, "ela": {"ap": estimate(0.1, -0.1, 0.3)}}},
        "region_share": [
            {
                "low": 0.1,
                "high": 0.2,
                "ap": estimate(0.8, 0.7, 0.9),
                "constant": 0.15,
                "found": estimate(0.9, 0.7, 1),
            }
        ],
        "detection": {"all": {"score": {"authentic": 9, "tampered": 9, "auc": {"as given": estimate(0.8, 0.7, 0.9)}}}},
        "pointing": {"all": {"groups": {"authentic": estimate(0, 0, 0.17), "tampered": estimate(0.7, 0.5, 0.9)}}},
    }


def test_good_figures_get_no_sentence(summary: dict[str, Any]) -> None:
    assert list(weaknesses(summary)) == []


def test_a_better_method_and_a_control_that_is_not_beaten_are_said(summary: dict[str, Any]) -> None:
    summary["differences"] = {
        "web": {"control": {"ap": estimate(0.02, -0.05, 0.09)}, "ela": {"ap": estimate(-0.2, -0.3, -0.1)}},
        "few": {"control": {"ap": estimate(-0.5, -0.6, -0.4, n=4)}},
    }
    assert list(weaknesses(summary)) == [
        "On web, it is not shown to see more than colours and texture would "
        "(pixel AP +0.020 [-0.050, +0.090], n = 20).",
        "On web, error level analysis finds foreign parts better (pixel AP -0.200 [-0.300, -0.100], n = 20).",
    ]


def test_small_parts_that_are_missed_are_counted(summary: dict[str, Any]) -> None:
    summary["region_share"][0] |= {"low": 0.0, "high": 0.01, "found": estimate(0.1, 0.01, 0.3)}
    (sentence,) = weaknesses(summary)
    assert sentence.startswith("Foreign parts of 0 % to 1 % of the picture: 2 of 20 are found (pixel AP 0.800")


def test_a_statistic_that_cannot_tell_and_false_alarms_are_said(summary: dict[str, Any]) -> None:
    summary["detection"]["all"]["score"]["auc"]["as given"] = estimate(0.4, 0.3, 0.49)
    summary["pointing"]["all"]["groups"] = {"authentic": estimate(0.1, 0.01, 0.3), "tampered": estimate(0.2, 0.1, 0.4)}
    assert list(weaknesses(summary)) == [
        "Over all images, the detection statistic ranks authentic pictures above tampered ones "
        "(AUC 0.400 [0.300, 0.490]).",
        "Over all images, it points at a part of authentic pictures: 2 of 20: 10.0 % [1.0 %, 30.0 %].",
        "Over all images, it points at nothing in 16 of 20 tampered pictures.",
    ]
