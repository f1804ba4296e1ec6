"""The colours and patterns of painted maps, against values worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from workstation.analysis import rendering
from workstation.analysis.geometry import MapGeometry
from workstation.analysis.legends import EDGES_NOTE, drawable, legend_of, paint_legend
from workstation.analysis.regions import Region
from workstation.analysis.result import AnalysisRequest, AnalysisResult, Group, Maps, Partition, Provenance
from workstation.analysis.stored_scale import stored_scale_shape
from workstation.analysis.textures import sample_cells, smooth_cells
from workstation.evidence.display import oriented
from workstation.evidence.record import Pixels

ROWS, COLUMNS, CELL = 6, 8, 20
HEIGHT, WIDTH = ROWS * CELL - 7, COLUMNS * CELL + 5
KINDS = ("departure", "pca", "groups", "cut")


def maps() -> Maps:
    departure = np.linspace(0, 0.8, ROWS * COLUMNS, dtype=np.float32).reshape(ROWS, COLUMNS)
    departure[1, 2] = np.nan
    pca = np.zeros((ROWS, COLUMNS, 3), np.float32)
    pca[...] = 0.2, 0.4, 1.0
    pca[1, 2] = np.nan
    groups = np.zeros((ROWS, COLUMNS), np.int16)
    groups[3:, 5:] = 1
    groups[1, 2] = -1
    return Maps(MapGeometry(ROWS, COLUMNS, CELL, HEIGHT, WIDTH), departure, pca, groups, groups.copy(), (0.0, 0.8))


def result(found: Maps | None = None) -> AnalysisResult:
    origin = Provenance("0", "compact", "", "compact", (), "cpu", "float32", 1, 0, (), "", ())
    groups = (Group("A", 0, 38 / 47, 0.3, 38), Group("B", 1, 9 / 47, 0.7, 9))
    partition = Partition(groups, True, 0.9, 0.4, 29 / 47, False, ())
    size, found = (HEIGHT, WIDTH), found or maps()
    return AnalysisResult("complete", "", AnalysisRequest(), size, origin, (), maps=found, partition=partition)


def pixels(orientation: int = 1, level: int = 200) -> Pixels:
    rgb = np.full((HEIGHT, WIDTH, 3), level, np.uint8)
    return Pixels(rgb, orientation, "RGB 8 bit", (), None, 1)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [("cividis", (0, 32, 77), (255, 234, 70)), ("viridis", (68, 1, 84), (253, 231, 37))],
)
def test_colour_maps_begin_and_end_as_published(name: str, first: tuple[int, ...], last: tuple[int, ...]) -> None:
    colours = rendering.colour_map(name)  # type: ignore[arg-type]

    assert colours.shape == (256, 3)
    assert colours.dtype == np.uint8
    assert np.abs(colours[0].astype(int) - first).max() <= 1
    assert np.abs(colours[-1].astype(int) - last).max() <= 1
    luma = colours @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(luma) > -1.5).all()  # never darker for a higher value


def test_departure_takes_the_colour_of_its_value_on_the_absolute_scale() -> None:
    rgba = rendering.scalar_rgba(maps().departure, "cividis", maps().departure_range)

    colours = rendering.colour_map("cividis")
    np.testing.assert_array_equal(rgba[0, 0], [*colours[0], 255])
    np.testing.assert_array_equal(rgba[-1, -1], [*colours[255], 255])
    assert maps().departure[3, 3] == pytest.approx(27 / 47 * 0.8)
    np.testing.assert_array_equal(rgba[3, 3, :3], colours[round(27 / 47 * 255)])
    np.testing.assert_array_equal(rgba[1, 2], [0, 0, 0, 0])


def test_limits_can_be_moved_and_clip() -> None:
    rgba = rendering.scalar_rgba(maps().departure, "cividis", (0.2, 0.4))

    colours = rendering.colour_map("cividis")
    np.testing.assert_array_equal(rgba[0, 0, :3], colours[0])
    np.testing.assert_array_equal(rgba[-1, -1, :3], colours[255])
    with pytest.raises(ValueError, match="not above"):
        rendering.scalar_rgba(maps().departure, "cividis", (0.4, 0.4))


def test_groups_cut_pca_and_similarity_have_their_colours() -> None:
    found = maps()

    np.testing.assert_array_equal(rendering.groups_rgba(found)[0, 0], [*rendering.GROUP_COLOURS[0], 255])
    np.testing.assert_array_equal(rendering.groups_rgba(found)[4, 6], [*rendering.GROUP_COLOURS[1], 255])
    np.testing.assert_array_equal(rendering.cut_rgba(found)[4, 6], [*rendering.CUT_COLOURS[1], 255])
    np.testing.assert_array_equal(rendering.components_rgba(found.pca)[0, 0], [51, 102, 255, 255])
    for rgba in (rendering.groups_rgba(found), rendering.cut_rgba(found), rendering.components_rgba(found.pca)):
        np.testing.assert_array_equal(rgba[1, 2], [0, 0, 0, 0])
    similarity = rendering.similarity_rgba(np.array([[-1.0, 0.0, 1.0, np.nan]], np.float32))
    viridis = rendering.colour_map("viridis")
    np.testing.assert_array_equal(similarity[0, :3, :3], viridis[[0, 128, 255]])
    assert similarity[0, 3, 3] == 0


def test_smooth_maps_have_the_cells_values_at_the_cells_centres() -> None:
    found = maps()

    smooth = smooth_cells(found.departure, found.geometry, ROWS * CELL - 7, COLUMNS * CELL + 5)

    centres = smooth[CELL // 2 :: CELL, CELL // 2 :: CELL][:ROWS, :COLUMNS]
    slope = 0.5 / CELL * (COLUMNS + 1) * 0.8 / 47
    for row, column in np.ndindex(centres.shape):
        # the pixel's centre lies half a pixel beside the cell's, on both axes; NaN lends nothing
        np.testing.assert_allclose(centres[row, column], found.departure[row, column], atol=slope + 1e-6)


def test_a_departure_with_the_pictures_edges_is_painted_as_it_is_and_the_legend_says_so() -> None:
    found = maps()
    edged = np.zeros(stored_scale_shape(found.geometry), np.float32)
    edged[:, 10:] = 0.8  # 80 of 165 pixels, in values of 165 / 21
    shown = replace(found, edged=edged)

    picture = np.asarray(rendering.paint_layer("departure", pixels(level=0), result(shown), legend=False, opacity=1.0))
    exact = np.asarray(
        rendering.paint_layer("departure", pixels(level=0), result(shown), legend=False, opacity=1.0, smooth=False)
    )

    colours = rendering.colour_map("cividis")
    np.testing.assert_array_equal(picture[50, :70], np.broadcast_to(colours[0], (70, 3)))
    np.testing.assert_array_equal(picture[90, 95:155], np.broadcast_to(colours[255], (60, 3)))
    assert len(np.unique(exact[50, :, 2])) == COLUMNS  # cells as they were measured
    assert EDGES_NOTE in legend_of("departure", result(shown)).notes
    assert EDGES_NOTE not in legend_of("departure", result(found)).notes


def test_nan_is_exactly_the_cells_that_are_nan_and_does_not_spread() -> None:
    found = maps()

    smooth = smooth_cells(found.departure, found.geometry, HEIGHT, WIDTH)

    rows, columns = sample_cells(found.geometry, HEIGHT, WIDTH)
    np.testing.assert_array_equal(np.isnan(smooth), np.isnan(found.departure)[np.ix_(rows, columns)])
    assert np.nanmin(smooth) >= 0
    assert np.nanmax(smooth) <= 0.8 + 1e-6


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("smooth", [True, False])
def test_hatching_stands_where_nothing_is_assessable_and_nowhere_else(kind: str, smooth: bool) -> None:
    painted = np.asarray(
        rendering.paint_layer(kind, pixels(), result(), legend=False, smooth=smooth)  # type: ignore[arg-type]
    )

    missing = np.zeros((HEIGHT, WIDTH), bool)
    missing[20:40, 40:60] = True
    light = (painted == rendering.HATCH_LIGHT).all(-1)
    dark = (painted == rendering.HATCH_DARK).all(-1)
    assert light[missing].sum() >= 20
    assert not (light | dark)[~missing].any()
    inside = painted[25:35, 45:55].reshape(-1, 3)  # away from outlines
    assert set(map(tuple, inside.tolist())) <= {rendering.HATCH_LIGHT, rendering.HATCH_DARK, (140, 140, 140)}


def test_exact_cells_are_the_maps_colours_over_the_dimmed_photograph() -> None:
    painted = np.asarray(rendering.paint_layer("departure", pixels(), result(), legend=False, smooth=False))

    expected = rendering.blend(rendering.colour_map("cividis")[round(27 / 47 * 255)], 140.0)  # 200 dimmed by 0.7
    np.testing.assert_array_equal(painted[65, 65], expected)
    np.testing.assert_array_equal(painted[65, 79], expected)


def test_the_bar_is_blended_as_the_picture_is() -> None:
    legend = rendering.legend_of("departure", result(), ground=140.0)

    assert legend.bar is not None
    np.testing.assert_array_equal(legend.bar, rendering.blend(rendering.colour_map("cividis"), 140.0))
    assert legend.limits == (0.0, 0.8)
    assert [label for _, label in legend.ticks] == ["0", "0.2", "0.4", "0.6", "0.8"]
    assert legend.overflow == ""


def test_a_component_alone_has_a_scale_and_says_that_no_rate_holds() -> None:
    legend = rendering.legend_of("pca", result(), alone=2)

    assert legend.title == "Component 2 of the embeddings alone, in standard deviations"
    assert legend.limits == (-3.0, 3.0)
    assert [label for _, label in legend.ticks] == ["−3", "−2", "−1", "0", "+1", "+2", "+3"]
    assert "No error rate holds" in legend.notes[0]
    assert rendering.legend_of("pca", result()).bar is None


def test_values_above_the_scale_are_named_and_outlined() -> None:
    found = maps()
    found.departure[4, 4] = 1.25

    legend = rendering.legend_of("departure", result(found))
    painted = np.asarray(rendering.paint_layer("departure", pixels(), result(found), legend=False))

    assert legend.overflow == "above 0.8: 2.1 % of the assessable cells, up to 1.25, outlined in white"
    assert (painted[80, 85:95] == 255).all()


def test_moved_limits_are_said_in_the_legend() -> None:
    notes = rendering.legend_of("departure", result(), limits=(0.1, 0.5)).notes

    assert "Limits moved by the analyst to 0.1 to 0.5; those stored with the weights are 0 to 0.8." in notes


def test_an_ambiguous_reference_is_worded_relative_to_group_a_only() -> None:
    clear = result()
    assert clear.partition is not None
    ambiguous = replace(clear, partition=replace(clear.partition, ambiguous=True))

    title = rendering.legend_of("departure", ambiguous).title

    assert title.startswith("Departure from group A (which group is the reference is ambiguous)")
    assert "the reference group (group A)" in rendering.legend_of("departure", clear).title


def test_groups_are_named_with_share_and_told_apart_without_colour() -> None:
    legend = rendering.legend_of("groups", result())

    assert [(s.letter, s.label) for s in legend.swatches] == [
        ("A", "group A: 81 % of the assessable area"),
        ("B", "group B: 19 % of the assessable area"),
        ("", "not assessable: 2.1 % of the cells"),
    ]
    assert [s.hatch for s in legend.swatches] == [False, False, True]
    patterns = [rendering.dotted(label, 48, 48, 12) for label in range(5)]
    for i, first in enumerate(patterns):
        for second in patterns[i + 1 :]:
            assert (first != second).mean() > 0.02


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_turned_picture_shows_the_same_cells(orientation: int) -> None:
    stored = np.asarray(rendering.paint_layer("departure", pixels(), result(), legend=False))
    turned = np.asarray(
        rendering.paint_layer("departure", pixels(orientation), result(), legend=False, orientation=orientation)
    )

    expected = oriented(stored, orientation)
    assert turned.shape == expected.shape
    hatching = (turned == rendering.HATCH_LIGHT).all(-1) | (turned == rendering.HATCH_DARK).all(-1)
    hatching |= (expected == rendering.HATCH_LIGHT).all(-1) | (expected == rendering.HATCH_DARK).all(-1)
    np.testing.assert_array_equal(turned[~hatching], expected[~hatching])


def test_regions_are_outlined_where_they_lie() -> None:
    region = Region("1", "rectangle", ((100.0, 60.0), (150.0, 100.0)))

    plain = np.asarray(rendering.paint_layer("pca", pixels(), result(), legend=False))
    marked = np.asarray(rendering.paint_layer("pca", pixels(), result(), legend=False, regions=(region,)))

    changed = (plain != marked).any(-1)
    assert changed[80, 98:103].any()
    assert changed[80, 148:153].any()
    assert not changed[70:95, 106:144].any()


def test_large_photographs_are_reduced_and_small_ones_are_not_enlarged() -> None:
    rgb = np.zeros((600, 300, 3), np.uint8)

    assert rendering.reduced(rgb, 150).shape == (150, 75, 3)
    assert rendering.reduced(rgb, 1000) is rgb


def test_a_narrow_picture_gets_a_legend_that_can_be_read() -> None:
    painted = rendering.paint_layer("groups", pixels(), result(), legend=True)

    assert painted.width == rendering.MIN_LEGEND_WIDTH
    assert painted.height > HEIGHT + 60
    assert painted.getpixel((0, 0)) == (255, 255, 255)


def test_similarity_names_the_region_and_its_scale() -> None:
    similarity = np.where(np.isnan(maps().departure), np.nan, 0.5).astype(np.float32)

    legend = rendering.legend_of("similarity", result(), similarity=similarity, seen_from="region 1")
    painted = np.asarray(
        rendering.paint_layer("similarity", pixels(), result(), legend=False, similarity=similarity, smooth=False)
    )

    assert "region 1" in legend.title
    assert legend.limits == (-1.0, 1.0)
    np.testing.assert_array_equal(painted[5, 5], rendering.blend(rendering.colour_map("viridis")[191], 140.0))
    with pytest.raises(ValueError, match="similarity"):
        rendering.paint_layer("similarity", pixels(), result(), legend=False)


def test_a_result_without_maps_cannot_be_painted() -> None:
    empty = AnalysisResult("not assessable", "too small", AnalysisRequest(), (40, 40), result().provenance, ())

    with pytest.raises(ValueError, match="not assessable has no groups map"):
        rendering.paint_layer("groups", pixels(), empty, legend=True)


def test_letters_stand_inside_their_group() -> None:
    mask = np.zeros((9, 9), bool)
    mask[2:7, 1:8] = True

    assert rendering.deepest_cell(mask) == (4, 4)
    assert rendering.deepest_cell(np.zeros((3, 3), bool)) is None


def test_a_legend_wraps_and_has_the_width_asked_for() -> None:
    legend = rendering.legend_of("cut", result())

    narrow, wide = paint_legend(legend, 300), paint_legend(legend, 900)

    assert (narrow.width, wide.width) == (300, 900)
    assert narrow.height > wide.height
    assert isinstance(narrow, Image.Image)


def test_characters_without_a_glyph_are_written_as_code_points() -> None:
    assert drawable("Übersicht Снимок 1×2") == "Übersicht Снимок 1×2"
    assert drawable("東 1") == "⟨U+6771⟩ 1"
