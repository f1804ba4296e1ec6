"""The audit of one picture: the copies are what they say, and what stays is counted by place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from statistics_encoder import StatisticsEncoder

from workstation.analysis import AnalysisRequest, AnalysisResult, run
from workstation.analysis.geometry import MapGeometry
from workstation.analysis.result import Group, Maps, Partition, Provenance
from workstation.analysis.stability import CHANGES, Change, Stability, audit, changed, compare
from workstation.evidence import open_evidence
from workstation.evidence.record import Evidence
from workstation.progress import drain

CELL = 16


@pytest.fixture(scope="module")
def evidence(examples: Path) -> Evidence:
    return open_evidence(examples / "spliced.jpg")


def result(height: int, width: int, region: tuple[slice, slice], *, scale: float = 1.0) -> AnalysisResult:
    """A picture whose group B covers these pixels (before scaling)."""
    rows, columns = -(-height // CELL), -(-width // CELL)
    covered = np.zeros((round(height / scale), round(width / scale)), bool)
    covered[region] = True
    y = np.minimum(((np.arange(rows) + 0.5) * CELL / scale).astype(int), covered.shape[0] - 1)
    x = np.minimum(((np.arange(columns) + 0.5) * CELL / scale).astype(int), covered.shape[1] - 1)
    groups = covered[np.ix_(y, x)].astype(np.int16)
    departure = (0.2 + 0.5 * groups).astype(np.float32)
    maps = Maps(
        MapGeometry(rows, columns, CELL, height, width), departure, np.zeros((rows, columns, 3)), groups, groups, (0, 1)
    )
    partition = Partition((Group("A", 0, 0.9, 0.2, 9), Group("B", 1, 0.1, 0.7, 1)), True, 0.9, 0.4, 0.8, False, ())
    origin = Provenance("0", "compact", "", "compact", (), "cpu", "float32", 1, 0, (), "", ())
    return AnalysisResult(
        "complete", "", AnalysisRequest(), (height, width), origin, (), maps=maps, partition=partition
    )


REGION = slice(160, 320), slice(240, 480)


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


def test_nothing_changes_under_no_change() -> None:
    picture = result(480, 640, REGION)
    same = compare(picture, picture, Change("nothing"))
    assert (same.regions, same.kept, same.new) == (1, 1, 0)
    assert same.correlation == pytest.approx(1)
    assert same.sentence == "nothing: 1 of 1 departing region stays; the departure maps correlate by 1.00."


def test_a_region_is_looked_for_where_scaling_puts_it() -> None:
    picture, copy = result(480, 640, REGION), result(240, 320, REGION, scale=0.5)
    assert compare(picture, copy, Change("halved", scale=0.5)).kept == 1
    assert compare(picture, copy, Change("not halved")).kept == 0


def test_a_region_is_looked_for_where_cutting_puts_it() -> None:
    picture = result(480, 640, REGION)
    cut = result(400, 560, (slice(80, 240), slice(160, 400)))
    assert compare(picture, cut, Change("cut", shift=(80, 80))).kept == 1
    assert compare(picture, cut, Change("not cut")).kept == 0


def test_a_region_elsewhere_is_lost_and_a_new_one() -> None:
    outcome = compare(result(480, 640, REGION), result(480, 640, (slice(0, 100), slice(0, 100))), Change("moved"))
    assert (outcome.kept, outcome.new) == (0, 1)
    assert outcome.overlaps == (("B", 0.0),)
    assert "0 of 1 departing region stays, 1 appears that was not there" in outcome.sentence


def test_a_region_that_falls_into_two_stays() -> None:
    picture = result(480, 640, REGION)
    assert picture.maps is not None
    assert picture.partition is not None
    halves = picture.maps.groups.copy()
    halves[10:15][halves[10:15] == 1] = 2
    groups = (*picture.partition.groups, Group("C", 2, 0.05, 0.7, 1))
    copy = replace(
        picture, maps=replace(picture.maps, groups=halves), partition=replace(picture.partition, groups=groups)
    )
    outcome = compare(picture, copy, Change("saved"))
    assert (outcome.regions, outcome.kept, outcome.new) == (1, 1, 0)


def test_a_region_that_shrinks_to_a_third_does_not_stay_and_is_not_new() -> None:
    outcome = compare(result(480, 640, REGION), result(480, 640, (slice(160, 208), slice(240, 480))), Change("saved"))
    assert (outcome.regions, outcome.kept, outcome.new) == (1, 0, 0)


def test_a_copy_that_is_not_assessable_says_so() -> None:
    picture = result(480, 640, REGION)
    nothing = replace(picture, status="not assessable", reason="too dark", maps=None)
    assert compare(picture, nothing, Change("darkened")).sentence == "darkened: not assessable any more (too dark)."


def test_every_change_is_analysed_and_told(examples: Path) -> None:
    encoder = StatisticsEncoder()
    whole = open_evidence(examples / "untouched.jpg")
    picture = replace(whole, pixels=replace(whole.pixels, rgb=whole.pixels.rgb[:384, :512]))
    request = AnalysisRequest(model="statistics")
    before = drain(run(picture, request, encoder=encoder))
    steps = audit(picture, before, encoder, changes=CHANGES[1:])
    told = []
    while True:
        try:
            progress = next(steps)
        except StopIteration as stop:
            outcome = stop.value
            break
        if isinstance(progress.partial, Stability):
            told.append(progress.partial)
    assert tuple(told) == outcome
    assert [one.change for one in outcome] == ["scaled to 90%", "cut by 5 and 3 pixels"]
    assert all(one.correlation is not None and one.correlation > 0.5 for one in outcome)


def test_a_picture_that_no_jpeg_holds_is_not_saved_as_one(evidence: Evidence) -> None:
    wide = np.zeros((64, 65_600, 3), np.uint8)
    wide[:] = np.random.default_rng(0).integers(0, 255, (64, 1, 3))
    picture = replace(evidence, pixels=replace(evidence.pixels, rgb=wide))
    before = result(64, 65_600, (slice(0, 32), slice(0, 320)))

    (found,) = drain(audit(picture, before, StatisticsEncoder(stride=32), changes=CHANGES[:1]))

    assert found.sentence == (
        "saved again at JPEG 90: not assessable any more (a JPEG holds at most 65500 pixels along a side)."
    )
