"""The audit of one picture: the copies are what they say, and what stays is counted by place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workstation.analysis import AnalysisRequest, AnalysisResult, run
from workstation.analysis.model import Encoder, load_encoder
from workstation.analysis.stability import CHANGES, Change, audit, changed, compare
from workstation.evidence import open_evidence
from workstation.evidence.record import Evidence
from workstation.progress import drain

REQUEST = AnalysisRequest(device="cpu", threads=1)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder("compact", device="cpu", threads=1)


@pytest.fixture(scope="module")
def evidence(examples: Path) -> Evidence:
    return open_evidence(examples / "spliced.jpg")


@pytest.fixture(scope="module")
def result(evidence: Evidence, encoder: Encoder) -> AnalysisResult:
    return drain(run(evidence, REQUEST, encoder=encoder))


def test_copies_are_what_their_names_say(evidence: Evidence) -> None:
    rgb = evidence.pixels.rgb
    saved, scaled, cut = (changed(evidence, change) for change in CHANGES)
    assert saved.metadata.jpeg is not None
    assert saved.metadata.jpeg.quality == 90
    assert saved.pixels.rgb.shape == rgb.shape
    assert 0 < np.abs(saved.pixels.rgb.astype(int) - rgb).mean() < 3
    assert scaled.pixels.rgb.shape == (round(rgb.shape[0] * 0.9), round(rgb.shape[1] * 0.9), 3)
    np.testing.assert_array_equal(cut.pixels.rgb, rgb[3:, 5:])
    assert cut.metadata.jpeg == evidence.metadata.jpeg


def test_nothing_changes_under_no_change(result: AnalysisResult) -> None:
    same = compare(result, result, Change("nothing"))
    assert (same.regions, same.kept, same.new) == (1, 1, 0)
    assert same.correlation == pytest.approx(1)
    assert same.sentence == "nothing: 1 of 1 departing regions stay; the departure maps correlate by 1.00."


def test_a_region_elsewhere_does_not_count_as_kept(result: AnalysisResult) -> None:
    assert result.maps is not None
    moved = replace(result.maps, groups=np.ascontiguousarray(result.maps.groups[:, ::-1]))
    outcome = compare(result, replace(result, maps=moved), Change("mirrored"))
    assert (outcome.kept, outcome.new) == (0, 1)
    assert outcome.overlaps[0][1] < 0.5


def test_a_copy_that_is_not_assessable_says_so(result: AnalysisResult) -> None:
    nothing = replace(result, status="not assessable", reason="too dark", maps=None)
    assert compare(result, nothing, Change("darkened")).sentence == "darkened: not assessable any more (too dark)."


def test_the_example_keeps_its_region(evidence: Evidence, result: AnalysisResult, encoder: Encoder) -> None:
    outcome = drain(audit(evidence, result, encoder, changes=[change for change in CHANGES if change.shift != (0, 0)]))
    assert outcome[0].kept == outcome[0].regions == 1
