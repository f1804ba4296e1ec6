"""From evidence to findings: the whole path with an encoder that needs no weights."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from statistics_encoder import StatisticsEncoder

from workstation.analysis import AnalysisRequest, AnalysisResult, PartialMap, geometry, maps, pipeline, run
from workstation.analysis.edged_map import with_edges
from workstation.analysis.result import NOT_ASSESSABLE
from workstation.analysis.stored_scale import at_stored_scale, stored_scale_map
from workstation.analysis.suitability import BLACK, FEWEST_PATCHES
from workstation.evidence.record import Evidence
from workstation.progress import Progress, drain

Maker = Callable[..., NDArray[np.uint8]]
AsEvidence = Callable[[NDArray[np.uint8]], Evidence]

REQUEST = AnalysisRequest(model="statistics")
BOX = 96, 208, 160, 288
FORBIDDEN = re.compile(r"\b(fakes?|faked|real|authentic|proves?|AI|percent sure)\b", re.IGNORECASE)


@pytest.fixture(scope="module", params=["compact", "paper"])
def encoder(request: pytest.FixtureRequest) -> StatisticsEncoder:
    return StatisticsEncoder(request.param, patch=64)


@pytest.fixture(scope="module")
def splice(make_spliced: Maker, make_evidence: AsEvidence) -> Evidence:
    return make_evidence(make_spliced(320, 448, BOX))


@pytest.fixture(scope="module")
def result(splice: Evidence, encoder: StatisticsEncoder) -> AnalysisResult:
    return drain(run(splice, REQUEST, encoder=encoder))


def inside(result: AnalysisResult) -> NDArray[np.bool_]:
    """Which map cells have their centre in the pasted part."""
    assert result.maps is not None
    cells = result.maps.geometry
    y = (np.arange(cells.rows) + 0.5) * cells.cell
    x = (np.arange(cells.columns) + 0.5) * cells.cell
    top, bottom, left, right = BOX
    return np.logical_and.outer((y >= top) & (y < bottom), (x >= left) & (x < right))


def test_a_pasted_part_is_region_b_and_departs(result: AnalysisResult) -> None:
    assert result.status == "complete"
    assert result.partition is not None
    assert result.maps is not None
    pasted = inside(result)
    assert result.partition.stable
    assert roc_auc_score(pasted.ravel(), result.maps.departure.ravel()) > 0.95
    found = result.maps.groups > 0
    assert np.count_nonzero(found & pasted) / np.count_nonzero(found | pasted) > 0.5
    sentences = [finding for finding in result.findings if finding.kind == "departs"]
    assert sentences
    assert re.match(
        r"Region B \(\d+(\.\d)? % of the assessable area\) departs from group A by \d\.\d\d", sentences[0].sentence
    )


def test_a_pasted_part_that_covers_most_of_the_picture_is_the_reference_or_said_to_be_unsure(
    make_spliced: Maker, make_evidence: AsEvidence, encoder: StatisticsEncoder
) -> None:
    image = make_spliced(320, 448, (16, 304, 16, 300))
    result = drain(run(make_evidence(image), REQUEST, encoder=encoder))
    assert result.maps is not None
    groups, departure = result.maps.groups, result.maps.departure
    assert result.partition is not None
    if result.partition.ambiguous:
        assert encoder.description.architecture == "compact"
        assert result.findings[0].kind == "ambiguous"
        assert "cannot say which is the reference" in result.findings[0].sentence
    else:
        assert departure[groups == 0].mean() < departure[groups == 1].mean()


def test_every_array_has_the_shape_of_its_geometry(result: AnalysisResult) -> None:
    drawn, grid, suitability = result.maps, result.grid, result.suitability
    assert drawn is not None
    assert grid is not None
    assert suitability is not None
    shape = drawn.geometry.rows, drawn.geometry.columns
    assert drawn.departure.shape == drawn.groups.shape == drawn.cut.shape == shape
    assert drawn.pca.shape == (*shape, 3)
    assert suitability.cells.shape == shape
    assert result.embeddings is not None
    assert result.embeddings.shape == (grid.rows, grid.columns, 12)
    np.testing.assert_allclose(np.linalg.norm(result.embeddings, axis=2), 1, atol=1e-5)
    assert result.scatter is not None
    assert result.scatter.shape == (grid.rows, grid.columns, 2)
    assert [array.dtype for array in (drawn.departure, drawn.pca, result.embeddings, result.scatter)] == [
        np.float32
    ] * 4
    assert drawn.groups.dtype == drawn.cut.dtype == np.int16
    assert 0 <= np.nanmin(drawn.pca) <= np.nanmax(drawn.pca) <= 1


def test_the_linear_map_takes_the_pictures_edges_and_the_published_one_does_not(
    splice: Evidence, result: AnalysisResult
) -> None:
    drawn = result.maps
    assert drawn is not None
    if result.provenance.architecture == "paper":
        assert drawn.edged is None
        np.testing.assert_array_equal(stored_scale_map(result), at_stored_scale(drawn.departure, drawn.geometry))
        return
    np.testing.assert_array_equal(drawn.edged, with_edges(drawn.departure, drawn.geometry, splice.pixels.rgb))
    assert stored_scale_map(result) is drawn.edged
    assert dict(result.provenance.parameters)["edges of the picture taken over"] == "4 cells (radius), ridge 0.0001"


def test_the_map_depends_on_how_bright_patches_are(make_spliced: Maker, make_evidence: AsEvidence) -> None:
    splice = make_evidence(make_spliced(560, 720, BOX))
    result = drain(run(splice, REQUEST, encoder=StatisticsEncoder("compact", patch=64)))
    assert result.embeddings is not None
    assert result.grid is not None
    assert result.maps is not None
    assert result.suitability is not None

    def departure(brightness: NDArray[np.float32]) -> NDArray[np.float32]:
        suitability = replace(result.suitability, brightness=brightness)
        return drain(maps.compare_linear(result.embeddings, result.grid, suitability, REQUEST.seed)).departure

    own = maps.to_extent(departure(result.suitability.brightness), result.grid)
    np.testing.assert_array_equal(own, result.maps.departure)
    turned = departure(np.ascontiguousarray(result.suitability.brightness[::-1, ::-1]))
    assert not np.array_equal(maps.to_extent(turned, result.grid), result.maps.departure)


def test_what_is_not_assessable_takes_part_in_nothing(
    make_spliced: Maker, make_evidence: AsEvidence, encoder: StatisticsEncoder
) -> None:
    image = make_spliced(320, 448, BOX)
    image[:, 352:] = 0
    result = drain(run(make_evidence(image), REQUEST, encoder=encoder))
    drawn, suitability = result.maps, result.suitability
    assert drawn is not None
    assert suitability is not None
    assert (suitability.reason[:, -1] == BLACK).all()
    closed = ~suitability.cells
    assert closed.any()
    for values in (drawn.departure, drawn.pca[..., 0], drawn.pca[..., 2]):
        np.testing.assert_array_equal(np.isnan(values), closed)
    for labels in (drawn.groups, drawn.cut):
        np.testing.assert_array_equal(labels == NOT_ASSESSABLE, closed)
    assert result.embeddings is not None
    assert result.scatter is not None
    np.testing.assert_array_equal(np.isnan(result.embeddings[..., 0]), ~suitability.assessable)
    np.testing.assert_array_equal(np.isnan(result.scatter[..., 1]), ~suitability.assessable)
    counted = next(finding for finding in result.findings if finding.kind == "assessable")
    black = float(np.count_nonzero(suitability.reason == BLACK))
    assert dict(counted.numbers)["black"] == black
    assert f"{black:.0f} black" in counted.sentence


def test_a_uniform_picture_is_one_group(make_noisy: Maker, make_evidence: AsEvidence) -> None:
    result = drain(run(make_evidence(make_noisy(320, 448)), REQUEST, encoder=StatisticsEncoder()))
    assert result.partition is not None
    assert [group.name for group in result.partition.groups] == ["A"]
    assert result.partition.margin == 1
    assert result.findings[0].kind == "one-group"
    assert result.findings[0].sentence.endswith("This does not show that the photograph is untouched.")


def test_findings_are_sentences_with_numbers_and_without_verdicts(result: AnalysisResult) -> None:
    assert {"departs", "highest", "assessable", "not-calibrated", "limits"} <= {f.kind for f in result.findings}
    for finding in result.findings:
        assert finding.sentence.endswith(".")
        assert finding.numbers
        assert not FORBIDDEN.search(finding.sentence)


def test_same_request_same_bytes(splice: Evidence, encoder: StatisticsEncoder, result: AnalysisResult) -> None:
    again = drain(run(splice, REQUEST, encoder=encoder))
    assert result.maps is not None
    assert again.maps is not None
    for name in ("departure", "pca", "groups", "cut"):
        assert getattr(again.maps, name).tobytes() == getattr(result.maps, name).tobytes(), name
    assert again.embeddings is not None
    assert again.scatter is not None
    assert result.embeddings is not None
    assert result.scatter is not None
    assert again.embeddings.tobytes() == result.embeddings.tobytes()
    assert again.scatter.tobytes() == result.scatter.tobytes()
    assert (again.partition, again.findings, again.score) == (result.partition, result.findings, result.score)
    unlike = {"started": "", "seconds": ()}
    assert replace(again.provenance, **unlike) == replace(result.provenance, **unlike)


def test_provenance_says_what_it_takes_to_repeat_it(result: AnalysisResult) -> None:
    provenance = result.provenance
    assert (provenance.weights, provenance.weights_sha256) == ("statistics", "0" * 64)
    assert (provenance.device, provenance.dtype, provenance.threads, provenance.seed) == (
        "cpu (statistics)",
        "float32",
        1,
        0,
    )
    parameters = dict(provenance.parameters)
    assert parameters["patch"] == "64 px"
    assert parameters["method"] == ("published" if provenance.architecture == "paper" else "linear")
    assert parameters["flat below a grey deviation of"] == "0.7"
    assert parameters["fewest assessable patches"] == str(FEWEST_PATCHES)
    assert parameters["device asked for"] == "auto"
    # Only of the method that was used: a parameter that had no part in the result would mislead.
    assert ("mean shift" in parameters) == (provenance.architecture == "paper")
    linear = {
        "reference found by (components: share of patches)",
        "members of the reference",
        "reference moves with brightness",
    }
    assert linear & set(parameters) == (set() if provenance.architecture == "paper" else linear)
    assert datetime.strptime(provenance.started, "%Y-%m-%dT%H:%M:%S%z").tzinfo == UTC
    versions = dict(provenance.libraries)
    assert versions["numpy"] == np.__version__
    assert list(dict(provenance.seconds)) == [
        "looking for assessable patches",
        "embedding patches",
        "sorting patches into groups",
        "comparing patches",
        "drawing maps",
        "writing findings",
    ]


def test_progress_rises_and_partial_maps_grow(
    splice: Evidence, encoder: StatisticsEncoder, monkeypatch: pytest.MonkeyPatch, result: AnalysisResult
) -> None:
    monkeypatch.setattr(pipeline, "PARTIAL_INTERVAL", 0.0)
    reports = list(run(splice, REQUEST, encoder=encoder, watched=True))
    fractions = [report.fraction for report in reports]
    assert all(isinstance(report, Progress) for report in reports)
    assert all(fraction is not None for fraction in fractions)
    assert fractions == sorted(fractions)  # type: ignore[type-var]
    partial = [report.partial for report in reports if report.partial is not None]
    assert len(partial) > 3
    assert all(isinstance(one, PartialMap) for one in partial)
    known = [np.count_nonzero(np.isfinite(one.departure)) for one in partial]
    assert known == sorted(known)
    assert result.maps is not None
    assert partial[-1].geometry == result.maps.geometry
    assert partial[-1].departure.shape == result.maps.departure.shape


def test_partial_maps_come_at_most_four_times_a_second(splice: Evidence, encoder: StatisticsEncoder) -> None:
    reports = list(run(splice, REQUEST, encoder=encoder, watched=True))
    partial = [report for report in reports if report.partial is not None]
    assert pipeline.PARTIAL_INTERVAL >= 0.25
    assert len(partial) < len([report for report in reports if report.stage == "embedding patches"])


def test_closing_stops_the_encoder(splice: Evidence) -> None:
    encoder = StatisticsEncoder()
    steps = run(splice, REQUEST, encoder=encoder)
    while encoder.embedded < 1:
        next(steps)
    steps.close()
    assert encoder.embedded == 1
    assert list(steps) == []


@pytest.mark.parametrize(("height", "width"), [(40, 40), (1, 20000), (63, 400)])
def test_a_picture_without_a_patch_is_not_assessable(
    make_noisy: Maker, make_evidence: AsEvidence, encoder: StatisticsEncoder, height: int, width: int
) -> None:
    result = drain(run(make_evidence(make_noisy(height, width)), REQUEST, encoder=encoder))
    assert result.status == "not assessable"
    assert result.reason == f"{width}×{height} pixels hold no patch of 64×64"
    assert result.image_size == (height, width)
    assert (result.grid, result.maps, result.embeddings, result.partition, result.score) == (None,) * 5
    assert [finding.kind for finding in result.findings] == ["not-assessable"]
    assert result.findings[0].sentence == f"Not assessable: {result.reason}. Ask for the original file."
    assert dict(result.findings[0].numbers) == {"height": height, "width": width, "patch": 64}
    assert result.provenance.weights == "statistics"


def test_too_few_assessable_patches_are_counted(
    make_noisy: Maker, make_evidence: AsEvidence, encoder: StatisticsEncoder
) -> None:
    image = make_noisy(256, 256)
    image[:, :] = 255
    image[:52, :52] = make_noisy(52, 52)
    result = drain(run(make_evidence(image), REQUEST, encoder=encoder))
    assert result.status == "not assessable"
    numbers = dict(result.findings[0].numbers)
    assert 0 < numbers["assessable"] < numbers["needed"] == FEWEST_PATCHES
    assert result.reason == (
        f"{numbers['assessable']:.0f} of {numbers['patches']:.0f} patches are assessable, {FEWEST_PATCHES} are needed"
    )
    assert result.suitability is not None
    assert result.maps is None


def test_a_picture_that_needs_stride_one_says_so(
    make_spliced: Maker, make_evidence: AsEvidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geometry, "RESPONSE_LIMIT", 4 * 900**2)
    evidence = make_evidence(make_spliced(60, 62, (24, 60, 24, 62)))
    result = drain(run(evidence, AnalysisRequest(per_dimension=30), encoder=StatisticsEncoder("paper", patch=48)))
    assert result.status == "complete"
    assert result.grid is not None
    assert (result.grid.stride, result.grid.spread, result.grid.full_spread) == (1, 17, 48)
    assert {warning.code for warning in result.warnings} == {
        "stride-raised",
        "spread-capped",
        "few-independent-patches",
    }
    assert result.maps is not None
    assert result.maps.departure.shape == (60, 62)
    assert np.isfinite(result.maps.departure).all()


@pytest.mark.slow
def test_150_pixels_with_the_published_patch(make_spliced: Maker, make_evidence: AsEvidence) -> None:
    evidence = make_evidence(make_spliced(150, 150, (60, 150, 60, 150)))
    result = drain(run(evidence, REQUEST, encoder=StatisticsEncoder("paper", patch=128)))
    assert result.maps is not None
    assert result.maps.departure.shape == (150, 150)
    assert {warning.code for warning in result.warnings} >= {"stride-raised", "spread-capped"}


def test_response_maps_that_would_be_too_large_go_the_linear_way(
    splice: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maps, "RESPONSE_LIMIT", 100_000)
    result = drain(run(splice, REQUEST, encoder=StatisticsEncoder("paper", patch=64)))
    assert [warning.code for warning in result.warnings if "large" in warning.code] == ["response-maps-too-large"]
    assert dict(result.provenance.parameters)["method"] == "linear"
    assert result.status == "complete"


def test_importing_the_room_loads_no_torch_no_qt_and_no_scipy() -> None:
    code = "import sys, workstation.analysis; print({'torch', 'PySide6', 'scipy', 'sklearn'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
