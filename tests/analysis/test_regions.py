"""Regions: which pixels, patches and cells belong to them, and what is said about them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workstation.analysis.geometry import MapGeometry, PatchGrid
from workstation.analysis.regions import (
    Region,
    RegionKind,
    RegionNotAssessable,
    bounding_box,
    cells_inside,
    mask_of,
    patches_inside,
    similarity_map,
    similarity_to_patches,
    statistics_of,
)
from workstation.analysis.result import (
    NOT_ASSESSABLE,
    AnalysisRequest,
    AnalysisResult,
    Group,
    Maps,
    Partition,
    Provenance,
)

PROVENANCE = Provenance("0", "test", "0" * 64, "compact", (), "cpu", "float32", 1, 0, (), "2026-01-01T00:00:00Z", ())


def region(kind: RegionKind, *points: tuple[float, float]) -> Region:
    return Region("1", kind, points)


def result_of(embeddings: np.ndarray, departure: np.ndarray, grid: PatchGrid, size: tuple[int, int]) -> AnalysisResult:
    """A result whose cells of departure >= 0.5 form group B."""
    groups = np.where(np.isnan(departure), NOT_ASSESSABLE, departure >= 0.5).astype(np.int16)
    geometry = MapGeometry(*departure.shape, cell=grid.stride, height=size[0], width=size[1])
    pair = (Group("A", 0, 0.5, 0.0, 2), Group("B", 1, 0.5, 0.5, 2))
    return AnalysisResult(
        status="complete",
        reason="",
        request=AnalysisRequest(),
        image_size=size,
        provenance=PROVENANCE,
        findings=(),
        grid=grid,
        embeddings=embeddings,
        maps=Maps(geometry, departure, np.zeros((*departure.shape, 3), np.float32), groups, groups, (0.0, 1.0)),
        partition=Partition(pair, True, 1.0, 1.0, 0.0, True, ()),
    )


@pytest.fixture
def two_by_two() -> AnalysisResult:
    """A 20×20 image in four cells of 10: embeddings east, east / north, unknown."""
    east, north, unknown = (1.0, 0.0), (0.0, 1.0), (np.nan, np.nan)
    embeddings = np.array([[east, east], [north, unknown]], np.float32)
    departure = np.array([[0.1, 0.3], [0.8, np.nan]], np.float32)
    return result_of(embeddings, departure, PatchGrid.covering(20, 20, patch=10, stride=10), (20, 20))


def test_a_rectangle_holds_the_pixels_whose_centres_are_inside() -> None:
    mask = mask_of(region("rectangle", (5.4, 3), (2.5, 1)), 6, 8)

    assert np.argwhere(mask).tolist() == [[1, 2], [1, 3], [1, 4], [2, 2], [2, 3], [2, 4]]
    assert bounding_box(region("rectangle", (5.4, 3), (2.5, 1)), 6, 8) == (2, 1, 3, 2)


def test_an_ellipse_has_the_area_of_one() -> None:
    mask = mask_of(region("ellipse", (100, 50), (300, 150)), 400, 400)

    assert mask.sum() == pytest.approx(np.pi * 100 * 50, rel=0.002)
    assert mask[100, 200]
    assert not mask[52, 102]


def test_a_triangle_is_filled() -> None:
    mask = mask_of(region("polygon", (0, 0), (4, 0), (0, 4)), 4, 4)

    assert mask.astype(int).tolist() == [[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]


def test_a_lasso_that_crosses_itself_holds_both_loops_of_an_eight() -> None:
    eight = region("lasso", (0, 0), (10, 10), (10, 0), (0, 10))
    mask = mask_of(eight, 10, 10)

    assert mask[5, 1]
    assert mask[5, 8]
    assert not mask[1, 5]
    assert mask.sum() == 50  # two triangles of 25


def test_what_a_lasso_encircles_twice_is_outside() -> None:
    twice = region("lasso", (0, 0), (9, 0), (9, 9), (0, 9), (0, 0), (3, 3), (6, 3), (6, 6), (3, 6), (3, 3))
    mask = mask_of(twice, 9, 9)

    assert not mask[4, 4]
    assert mask.sum() == 81 - 9


def test_regions_are_clipped_to_the_image() -> None:
    assert mask_of(region("rectangle", (-5, -5), (2, 1)), 4, 4).sum() == 2
    assert mask_of(region("polygon", (-10, -10), (90, -10), (90, 90), (-10, 90)), 4, 6).all()
    assert bounding_box(region("ellipse", (-50, -50), (60, 60)), 4, 6) == (0, 0, 6, 4)


@pytest.mark.parametrize(
    "nothing",
    [
        region("rectangle", (3, 3), (3, 9)),
        region("rectangle", (30, 30), (40, 40)),
        region("rectangle", (1, 1)),
        region("ellipse", (3, 3), (3, 3)),
        region("polygon", (1, 1), (5, 5)),
        region("polygon", (1, 1), (5, 5), (9, 9)),
        region("lasso"),
        region("lasso", (float("nan"), 0), (5, 0), (5, 5)),
        region("polygon", (float("inf"), 0), (5, 0), (5, 5)),
        region("polygon", (2.1, 2.1), (2.2, 2.1), (2.2, 2.2)),
    ],
)
def test_a_region_without_area_holds_nothing_and_says_so(nothing: Region, two_by_two: AnalysisResult) -> None:
    assert not mask_of(nothing, 20, 20).any()
    assert bounding_box(nothing, 20, 20) is None

    statistics = statistics_of(nothing, two_by_two, np.zeros((20, 20, 3), np.uint8))

    assert (statistics.area, statistics.share, statistics.bounding_box) == (0, 0.0, None)
    assert statistics.reason == "region 1 holds no pixel of the image"
    assert statistics.rgb_mean is None
    with pytest.raises(RegionNotAssessable, match="region 1 holds the centre of no assessable patch"):
        similarity_map(two_by_two, nothing)


points = st.tuples(st.floats(-5, 25), st.floats(-5, 25))


@given(st.lists(points, min_size=3, max_size=12))
@settings(max_examples=60, deadline=None)
def test_a_lasso_is_filled_as_if_each_pixel_were_asked(vertices: list[tuple[float, float]]) -> None:
    mask = mask_of(region("lasso", *vertices), 15, 20)

    asked = [[crossings_to_the_right(vertices, x + 0.5, y + 0.5) % 2 == 1 for x in range(20)] for y in range(15)]
    np.testing.assert_array_equal(mask, asked)


def crossings_to_the_right(vertices: list[tuple[float, float]], x: float, y: float) -> int:
    """How many edges a ray from a point to the right crosses."""
    edges = zip(vertices, vertices[1:] + vertices[:1], strict=True)
    return sum((y0 > y) != (y1 > y) and x < x0 + (x1 - x0) * (y - y0) / (y1 - y0) for (x0, y0), (x1, y1) in edges)


def test_patches_belong_by_their_centre() -> None:
    grid = PatchGrid.for_image(40, 60, patch=20, per_dimension=4)
    assert (grid.stride, grid.rows, grid.columns) == (10, 3, 5)

    inside = patches_inside(region("rectangle", (15, 5), (31, 15)), grid, 40, 60)

    assert np.argwhere(inside).tolist() == [[0, 1], [0, 2]]  # centres (20, 10) and (30, 10)


def test_a_cut_border_cell_of_the_compact_geometry_belongs_to_its_last_pixels() -> None:
    grid = PatchGrid.covering(64, 65, patch=64, stride=32)
    assert (grid.rows, grid.columns) == (2, 3)

    inside = patches_inside(region("rectangle", (64, 0), (65, 64)), grid, 64, 65)

    assert np.argwhere(inside).tolist() == [[0, 2], [1, 2]]


def test_the_last_cells_reach_to_the_border() -> None:
    geometry = MapGeometry(rows=2, columns=2, cell=10, height=20, width=28)

    assert cells_inside(region("rectangle", (16, 0), (28, 20)), geometry).tolist() == [[False, True], [False, True]]
    assert not cells_inside(region("rectangle", (10, 0), (18, 20)), geometry).any()  # the centre is at 19


def test_statistics_are_those_computed_by_hand(two_by_two: AnalysisResult) -> None:
    rgb = np.zeros((20, 20, 3), np.uint8)
    rgb[:10] = (10, 20, 30)
    rgb[10:] = (30, 20, 10)

    statistics = statistics_of(region("rectangle", (0, 0), (10, 20)), two_by_two, rgb)

    assert statistics.reason == ""
    assert (statistics.area, statistics.share, statistics.bounding_box) == (200, 0.5, (0, 0, 10, 20))
    assert (statistics.patches, statistics.assessable, statistics.assessable_share, statistics.cells) == (2, 2, 1.0, 2)
    assert statistics.departure_mean == pytest.approx(0.45)
    assert statistics.departure_median == pytest.approx(0.45)
    assert (statistics.departure_min, statistics.departure_max) == pytest.approx((0.1, 0.8))
    assert statistics.departure_outside == pytest.approx(0.3)
    assert statistics.departure_difference == pytest.approx(0.15)
    assert statistics.similarity_inside == pytest.approx(0.0)  # east and north
    assert statistics.similarity_outside == pytest.approx(0.5)  # east·east and north·east
    assert statistics.groups == (("A", 0.5), ("B", 0.5))
    assert statistics.rgb_mean == (20.0, 20.0, 20.0)
    assert statistics.rgb_deviation == (10.0, 0.0, 10.0)
    rows = dict(statistics.described())
    assert rows["Area"] == "200 px (50 % of the image)"
    assert rows["Departure, inside minus outside"] == "+0.150"
    assert rows["Groups"] == "A 50 %, B 50 %"


def test_one_assessable_patch_has_no_similarity_to_itself(two_by_two: AnalysisResult) -> None:
    statistics = statistics_of(region("rectangle", (0, 10), (20, 20)), two_by_two)

    assert (statistics.patches, statistics.assessable, statistics.assessable_share) == (2, 1, 0.5)
    assert statistics.similarity_inside is None
    assert statistics.similarity_outside == pytest.approx(0.0)
    assert statistics.departure_mean == pytest.approx(0.8)
    assert statistics.departure_outside == pytest.approx(0.2)
    assert dict(statistics.described())["Similarity within the region"] == "—"


def test_the_whole_image_has_no_outside(two_by_two: AnalysisResult) -> None:
    statistics = statistics_of(region("rectangle", (0, 0), (20, 20)), two_by_two)

    assert statistics.assessable == 3
    assert statistics.similarity_inside == pytest.approx(1 / 3)  # one pair of three is alike
    assert (statistics.similarity_outside, statistics.departure_outside) == (None, None)
    assert statistics.departure_difference is None


def test_a_region_without_an_assessable_patch_keeps_its_pixel_figures(two_by_two: AnalysisResult) -> None:
    statistics = statistics_of(region("rectangle", (11, 11), (19, 19)), two_by_two, np.full((20, 20, 3), 7, np.uint8))

    assert statistics.reason == "region 1 holds the centre of no assessable patch"
    assert (statistics.area, statistics.departure_mean, statistics.rgb_mean) == (64, None, (7.0, 7.0, 7.0))
    assert ("Not assessable", statistics.reason) in statistics.described()


def test_before_an_analysis_only_pixels_speak() -> None:
    statistics = statistics_of(region("rectangle", (0, 0), (2, 2)), None, np.full((4, 4, 3), 9, np.uint8))

    assert statistics.reason == "the image has not been analysed yet"
    assert (statistics.area, statistics.share, statistics.rgb_mean) == (4, 0.25, (9.0, 9.0, 9.0))
    assert statistics_of(region("rectangle", (0, 0), (2, 2)), None, size=(4, 4)) == replace(
        statistics, rgb_mean=None, rgb_deviation=None
    )
    with pytest.raises(ValueError, match="a result, the pixels or their size"):
        statistics_of(region("rectangle", (0, 0), (2, 2)), None)


def test_a_result_that_is_not_assessable_gives_its_reason() -> None:
    nothing = AnalysisResult("not assessable", "too dark", AnalysisRequest(), (4, 4), PROVENANCE, ())

    assert statistics_of(region("rectangle", (0, 0), (2, 2)), nothing).reason == "too dark"
    with pytest.raises(RegionNotAssessable, match="too dark"):
        similarity_map(nothing, region("rectangle", (0, 0), (2, 2)))


def test_similarity_is_the_cosine_to_the_regions_mean(two_by_two: AnalysisResult) -> None:
    from_east = similarity_map(two_by_two, region("rectangle", (0, 0), (20, 10)))
    from_both = similarity_map(two_by_two, region("rectangle", (0, 0), (10, 20)))

    assert from_east.dtype == np.float32
    np.testing.assert_allclose(from_east, [[1, 1], [0, np.nan]], atol=1e-6)
    np.testing.assert_allclose(from_both, [[0.70710677, 0.70710677], [0.70710677, np.nan]], atol=1e-6)


def test_overlapping_patches_share_the_cells_that_they_cover() -> None:
    grid = PatchGrid(rows=1, columns=3, patch=20, stride=10, spread=2)
    embeddings = np.array([[(1, 0), (0, 1), (np.nan, np.nan)]], np.float32)
    result = result_of(embeddings, np.zeros((2, 4), np.float32), grid, (20, 40))

    seen = similarity_map(result, region("rectangle", (8, 8), (12, 12)))

    # The first patch covers columns 0 and 1, the second 1 and 2, the third (not assessable) 2 and 3.
    np.testing.assert_allclose(seen, [[1, 0.5, 0, np.nan]] * 2, atol=1e-6)


def test_patches_that_cancel_out_give_no_reference() -> None:
    grid = PatchGrid.covering(10, 20, patch=10, stride=10)
    result = result_of(np.array([[(1, 0), (-1, 0)]], np.float32), np.zeros((1, 2), np.float32), grid, (10, 20))

    with pytest.raises(RegionNotAssessable, match="no direction in common"):
        similarity_map(result, region("rectangle", (0, 0), (20, 10)))


def test_a_group_is_a_place_to_look_from_too(two_by_two: AnalysisResult) -> None:
    patches = np.array([[False, False], [True, True]])

    np.testing.assert_allclose(similarity_to_patches(two_by_two, patches, "group B"), [[0, 0], [1, np.nan]], atol=1e-6)
    with pytest.raises(RegionNotAssessable, match="group C holds the centre of no assessable patch"):
        similarity_to_patches(two_by_two, np.array([[False, False], [False, True]]), "group C")
