"""This machine beside the stored results of the bundled examples; a changed result must not pass."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from workstation import paths
from workstation.analysis import AnalysisRequest, AnalysisResult, run, validation
from workstation.analysis.model import load_encoder
from workstation.analysis.validation import Check, ValidationProblem, ValidationReport, compare
from workstation.cli import app
from workstation.errors import DeviceProblem
from workstation.evidence import open_evidence
from workstation.progress import drain


@pytest.fixture(scope="module")
def stored() -> dict[str, Any]:
    file = paths.resources() / "examples" / "expected" / "compact.json"
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def result(examples: Path) -> AnalysisResult:
    encoder = load_encoder("compact", device="cpu", threads=1)
    request = AnalysisRequest(device="cpu", threads=1)
    return drain(run(open_evidence(examples / "spliced.jpg"), request, encoder=encoder))


@pytest.fixture
def expected(stored: dict[str, Any]) -> dict[str, Any]:
    return {"image": "spliced.jpg", **stored["images"]["spliced.jpg"]}


def test_results_are_stored_for_the_shipped_weights(stored: dict[str, Any]) -> None:
    description = json.loads((paths.resources() / "weights" / "compact.json").read_text(encoding="utf-8"))
    assert stored["weights_sha256"] == description["sha256"]
    assert set(stored["images"]) == {"spliced.jpg", "untouched.jpg"}


def test_this_machine_passes(result: AnalysisResult, expected: dict[str, Any]) -> None:
    check = compare(result, expected)
    assert check.passed, check.sentence
    assert "pass" in check.sentence


def test_a_shifted_map_fails_and_says_why(result: AnalysisResult, expected: dict[str, Any]) -> None:
    assert result.maps is not None
    shifted = replace(result, maps=replace(result.maps, departure=result.maps.departure + np.float32(0.05)))
    check = compare(shifted, expected)
    assert not check.passed
    assert "differs by over 0.01" in check.reason
    assert check.usual == pytest.approx(0.05, abs=0.02)


def test_one_wrong_cell_fails(result: AnalysisResult, expected: dict[str, Any]) -> None:
    assert result.maps is not None
    departure = result.maps.departure.copy()
    departure[10, 10] += 0.3
    check = compare(replace(result, maps=replace(result.maps, departure=departure)), expected)
    assert check.reason == "a cell differs by more than 0.05"


def test_other_groups_fail(result: AnalysisResult, expected: dict[str, Any]) -> None:
    assert result.maps is not None
    turned = replace(result, maps=replace(result.maps, groups=(1 - result.maps.groups).astype(np.int16)))
    assert "stored group" in compare(turned, expected).reason


def test_another_score_fails(result: AnalysisResult, expected: dict[str, Any]) -> None:
    assert result.score is not None
    assert "score" in compare(replace(result, score=1.05 * result.score), expected).reason


def test_a_map_of_another_size_fails(result: AnalysisResult, expected: dict[str, Any]) -> None:
    smaller = {**expected, "departure": expected["departure"][1:], "groups": expected["groups"][1:]}
    assert "cells" in compare(result, smaller).reason


def test_weights_without_stored_results_are_refused() -> None:
    with pytest.raises(ValidationProblem, match="no results are stored"):
        drain(validation.validate(model="nothing"))


def test_the_last_outcome_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(paths, "user_data", lambda: tmp_path)
    assert validation.last() is None
    steps = validation.validate(devices=("cpu", "no such device"), threads=1)
    seen: list[Check] = []
    while True:
        try:
            progress = next(steps)
        except StopIteration as stop:
            report: ValidationReport = stop.value
            break
        if isinstance(progress.partial, Check):
            seen.append(progress.partial)
    assert report.passed
    assert tuple(seen) == report.checks
    assert [device for device, _ in report.skipped] == ["no such device"]
    assert validation.last() == report


@pytest.mark.parametrize("device", ["cuda", "mps", "abacus"])
def test_a_device_that_is_insisted_on_and_not_there_is_a_problem(
    device: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if device != "abacus" and getattr(torch, device).is_available():
        pytest.skip(f"this machine has {device}")
    monkeypatch.setattr(paths, "user_data", lambda: tmp_path)
    with pytest.raises(DeviceProblem, match=device):
        drain(validation.validate(devices=(device,), insist=True, threads=1))
    outcome = CliRunner().invoke(app, ["validate", "--device", device])
    assert outcome.exit_code == 1
    assert device in outcome.output
    assert "FAILED" not in outcome.output  # no result differs
    assert validation.last() is None


def test_only_the_devices_that_are_named_are_compared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(paths, "user_data", lambda: tmp_path)
    outcome = CliRunner().invoke(app, ["validate", "--device", "cpu", "--threads", "1"])
    assert outcome.exit_code == 0
    assert "not compared" not in outcome.output
    assert outcome.output.count("pass (") == 2
    report = validation.last()
    assert report is not None
    assert (len(report.checks), report.skipped) == (2, ())


@pytest.mark.parametrize("content", ["", "3", '"x"', "[]", "{}", '{"checks": [3]}'])
def test_an_outcome_that_cannot_be_read_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str) -> None:
    monkeypatch.setattr(paths, "user_data", lambda: tmp_path)
    (tmp_path / "validation.json").write_text(content, encoding="utf-8")
    assert validation.last() is None


def test_nothing_compared_is_no_pass() -> None:
    assert not ValidationReport("compact", "", "1", "", ()).passed
