"""What the window says of error rates: those of the picture's own stratum, those of pictures like it, or why none."""

from __future__ import annotations

from dataclasses import replace

from tests.ui.panel_samples import sample_result
from workstation.analysis.result import Finding
from workstation.analysis.statement import AlikeRate, CalibrationStatement, ErrorRate
from workstation.analysis.validated_range import ValidatedRange
from workstation.errors import in_percent
from workstation.ui.wording import error_rate_of, named, outcome_of, percent, without_device


def test_outside_what_was_measured_the_reason_and_the_nearest_rates_stand_there() -> None:
    statement = CalibrationStatement(
        "outside",
        reason="a picture of 4032 pixels: no error rates were measured for pictures like it",
        stratum="901 to 1280 pixels",
        date="2026-11-26T13:36:56Z",
        material="40 photographs.",
        nearest_rates=(ErrorRate(0.05, True, 1, 40, 21, 0.0006, 0.1316, 19, 20, 40),),
    )
    rows = error_rate_of(replace(sample_result(), calibration=statement))
    assert [row[:2] for row in rows] == [
        ("Error rate", "outside what was validated"),
        ("Nearest measured", "901 to 1280 pixels"),
    ]
    assert rows[0][2].startswith("A picture of 4032 pixels")
    assert "do not hold for this picture: at 5 %: 1 of 40 untouched" in rows[1][2]
    assert "2026-11-26" in rows[1][2]


def test_the_rate_of_the_pictures_most_like_it_stands_beside_that_of_the_stratum() -> None:
    rates = (ErrorRate(0.05, True, 1, 40, 21, 0.0006, 0.1316, 19, 20, 40),)
    alike = (
        AlikeRate("phone", "", 0.05, 1, 12, 6, 0.002, 0.3848),
        AlikeRate("phone", "sharp", 0.05, 0, 4, 3, 0.0, 0.602),
    )
    statement = CalibrationStatement("calibrated", stratum="middle", rates=rates, alike=alike, photos=40, cameras=21)
    name, value, meaning = error_rate_of(replace(sample_result(), calibration=statement))[-1]
    assert (name, value) == ("Of pictures most like it", "1 of 12 (0.2 % to 38.5 %)")
    assert "under 10 % out of focus: fewer than 5 photographs: not stated" in meaning


def test_a_blind_examination_is_not_told_the_kind_of_device() -> None:
    alike = (
        AlikeRate("", "sharp", 0.05, 0, 15, 10, 0.0, 0.218),
        AlikeRate("phone", "", 0.05, 1, 12, 6, 0.002, 0.3848),
        AlikeRate("phone", "sharp", 0.05, 0, 4, 3, 0.0, 0.602),
    )
    statement = CalibrationStatement("calibrated", stratum="middle", alike=alike, photos=40, cameras=21)
    findings = tuple(Finding("error-rate", f"Error rate {rate.words}.", variant="alike") for rate in alike)
    blind = without_device(replace(sample_result(), findings=findings, calibration=statement))
    assert [finding.sentence for finding in blind.findings] == [findings[0].sentence]
    assert "phone" not in str(error_rate_of(blind))
    assert "0 of 15" in str(error_rate_of(blind))
    plain = sample_result()
    assert without_device(plain) is plain


def test_an_outcome_in_a_few_words_says_what_departs_and_how_rare_that_is() -> None:
    assert outcome_of(sample_result()) == "B, C depart"
    assert outcome_of(sample_result(stable=False)) == "one group"
    assert outcome_of(sample_result(ambiguous=True)) == "reference ambiguous"
    assert outcome_of(replace(sample_result(), status="not assessable", partition=None)) == "not assessable"
    calibrated = CalibrationStatement("calibrated", p_consistent=0.0179)
    assert outcome_of(replace(sample_result(), calibration=calibrated)) == "B, C depart · p 0.018"


def test_a_share_is_spelled_alike_in_every_sentence() -> None:
    """With a space before the sign, as in the findings, wherever a sentence of the program gives a share."""
    rate = ErrorRate(0.05, True, 1, 40, 21, 0.0006, 0.132, 20, 17, 40)
    like = ValidatedRange(softest=0.367, recorded=True)
    assert "at 5 %" in rate.words
    assert "(95 % interval 0.1 % to 13.2 %)" in rate.words
    assert "up to 36.7 % out of focus" in like.words
    assert percent(0.05) == in_percent(0.05, 1) == "5.0 %"


def test_the_list_and_the_findings_round_a_p_value_alike_and_never_onto_a_level() -> None:
    statement = CalibrationStatement("calibrated", p_consistent=0.0504, p_smallest=0.0244, llr=0.294, stratum="small")
    result = replace(sample_result(), calibration=statement)
    assert outcome_of(result) == "B, C depart · p 0.0504"
    rows = {name: value for name, value, _ in error_rate_of(result)}
    assert rows["p (consistent)"] == "0.0504"
    assert rows["Likelihood ratio"].startswith("1.9 ")  # 2.0 would be the next step of the verbal scale


def test_a_sentence_names_a_few_exhibits_and_counts_the_others() -> None:
    assert named(["a.jpg"]) == "“a.jpg”"
    assert named(["a.jpg", "b.jpg", "c.jpg"]) == "“a.jpg”, “b.jpg”, “c.jpg”"
    assert named([f"{number}.jpg" for number in range(60)]) == "“0.jpg”, “1.jpg”, “2.jpg” and 57 others"
