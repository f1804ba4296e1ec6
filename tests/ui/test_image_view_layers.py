"""What is laid over the photograph, and what the legend says of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from tests.ui.canvas_samples import CELL, no_mask, sample_partial, sample_pixels, sample_result
from workstation.analysis.colours import GROUP_COLOURS, blend, colour_map, dimmed_grey
from workstation.analysis.geometry import MapGeometry, PatchGrid
from workstation.analysis.regions import Region
from workstation.ui.image_view import ImageView, Layer
from workstation.ui.layers import LayerSource
from workstation.ui.legend import Shine, bar_image


@pytest.fixture
def view(view: ImageView) -> ImageView:
    view.show_result(sample_result())
    view.set_legend_visible(False)
    return view


def colour_at(view: ImageView, x: float, y: float) -> QColor:
    """The colour on the screen of a stored position."""
    return view.grab_view().pixelColor(view.canvas.to_view(x, y).toPoint())


def close(colour: QColor, expected: np.ndarray, tolerance: int = 3) -> bool:
    return bool(np.abs(np.array(colour.getRgb()[:3]) - expected.astype(int)).max() <= tolerance)


def test_departure_is_cividis_over_the_dimmed_grey_photograph_on_an_absolute_scale(view: ImageView) -> None:
    view.set_layer(Layer.DEPARTURE)
    pixels = view.pixels
    assert pixels is not None
    x, y = 72.5, 40.5  # the middle of cell (2, 4), whose departure is 0.24 of 0.5
    ground = dimmed_grey(pixels.rgb[40:41, 72:73])[0, 0]
    expected = blend(colour_map("cividis")[round(0.24 / 0.5 * 255)], ground, view.opacity)
    assert close(colour_at(view, x, y), expected)
    view.set_opacity(0.2)
    assert close(colour_at(view, x, y), blend(colour_map("cividis")[round(0.24 / 0.5 * 255)], ground, 0.2))


def test_moved_limits_recolour_the_map_and_are_told_once(view: ImageView, qtbot: QtBot) -> None:
    view.set_layer(Layer.DEPARTURE)
    told: list[tuple[float, float]] = []
    view.limits_changed.connect(lambda low, high: told.append((low, high)))
    before = colour_at(view, 72.5, 40.5)
    view.set_limits(0.0, 0.24)
    view.set_limits(0.0, 0.24)
    assert colour_at(view, 72.5, 40.5) != before
    assert view.limits_moved
    view.reset_limits()
    view.reset_limits()
    assert told == [(0.0, 0.24), (0.0, 0.5)]
    assert colour_at(view, 72.5, 40.5) == before
    with pytest.raises(ValueError, match="not above"):
        view.set_limits(0.4, 0.4)


def test_limits_stay_moved_for_this_picture_and_not_for_the_next(view: ImageView) -> None:
    view.set_limits(0.1, 0.2)
    view.show_partial(sample_partial())
    assert view.limits == (0.0, 1.0)
    view.show_result(sample_result())
    assert view.limits == (0.1, 0.2)
    view.show_pixels(sample_pixels(100, 100))
    view.show_result(sample_result(100, 100))
    assert view.limits == (0.0, 0.5)


def test_a_departure_with_the_pictures_edges_is_shown_and_cells_are_read_and_outlined(view: ImageView) -> None:
    result = sample_result()
    assert result.maps is not None
    edged = np.full((12, 20), 0.1, np.float32)  # one value per 8 × 8 pixels of 160 × 96
    edged[:, 7:] = 0.4
    view.show_result(replace(result, maps=replace(result.maps, edged=edged)))
    view.set_layer(Layer.DEPARTURE)
    pixels = view.pixels
    assert pixels is not None
    for x, value in ((44.5, 0.1), (68.5, 0.4)):  # on both sides of 56, within the middle of a cell
        ground = dimmed_grey(pixels.rgb[40:41, int(x) : int(x) + 1])[0, 0]
        expected = blend(colour_map("cividis")[round(value / 0.5 * 255)], ground, view.opacity)
        assert close(colour_at(view, x, 40.5), expected)
    source = LayerSource(replace(result, maps=replace(result.maps, edged=edged)))
    assert source.departure_at(72.5, 40.5) == pytest.approx(0.24)
    assert source.picture(Layer.DEPARTURE).area.getRect() == (0, 0, 160, 96)
    assert len(source.picture(Layer.DEPARTURE).beyond) == len(LayerSource(result).picture(Layer.DEPARTURE).beyond) > 0


def test_what_lies_above_the_limits_is_outlined_and_counted(view: ImageView) -> None:
    source = LayerSource(sample_result())
    assert len(source.picture(Layer.DEPARTURE).beyond)  # up to 0.59, the scale ends at 0.5
    legend = source.legend(Layer.DEPARTURE, 90, 0.65)
    assert legend is not None
    assert "above 0.5" in legend.overflow
    source.set_limits((0.0, 1.0))
    assert not len(source.picture(Layer.DEPARTURE).beyond)


def test_only_what_is_not_assessable_is_hatched(view: ImageView) -> None:
    source = LayerSource(sample_result())
    for layer in (Layer.DEPARTURE, Layer.PCA, Layer.GROUPS, Layer.CUT):
        assert source.picture(layer).hatched.tolist() == [[0, 0, CELL, CELL]]
    view.set_layer(Layer.DEPARTURE)
    image = view.grab_view()
    corner, inside = view.canvas.to_view(1, 1).toPoint(), view.canvas.to_view(40, 40).toPoint()
    hatched = {image.pixelColor(corner.x() + n, corner.y()).lightness() for n in range(40)}
    plain = {image.pixelColor(inside.x() + n, inside.y()).lightness() for n in range(40)}
    assert max(hatched) - min(hatched) > 120
    assert max(plain) - min(plain) < 60
    assert all(image.pixelColor(corner.x() + n, corner.y()).saturation() == 0 for n in range(40))


def test_groups_have_colour_dots_outline_letter_and_share(view: ImageView) -> None:
    source = LayerSource(sample_result())
    picture = source.picture(Layer.GROUPS)
    assert [text for _, _, text in picture.letters] == ["A", "B"]
    assert [pattern for _, pattern in picture.dotted] == [1]
    assert picture.dotted[0][0].tolist() == [[80, 0, 128, 96]]
    assert [80, 0, 80, 96] in picture.outlines.tolist()
    legend = source.legend(Layer.GROUPS, 90, 0.65)
    assert legend is not None
    assert [swatch.label for swatch in legend.swatches[:2]] == [
        "group A: 69 % of the assessable area",
        "group B: 31 % of the assessable area",
    ]
    view.set_layer(Layer.GROUPS)
    pixels = view.pixels
    assert pixels is not None
    expected = blend(np.array(GROUP_COLOURS[0], np.uint8), dimmed_grey(pixels.rgb[60:61, 20:21])[0, 0], view.opacity)
    assert close(colour_at(view, 20.5, 60.5), expected)


def test_letters_stand_inside_their_group() -> None:
    result = sample_result()
    assert result.maps is not None
    for x, y, text in LayerSource(result).picture(Layer.GROUPS).letters:
        label = result.maps.groups[result.maps.geometry.cell_at(x, y)]
        assert "AB"[label] == text


def test_a_map_that_ends_before_the_image_reaches_to_its_border(view: ImageView) -> None:
    result = sample_result()
    assert result.maps is not None
    short = replace(
        result.maps,
        geometry=MapGeometry(5, 9, CELL, 96, 160),
        departure=result.maps.departure[:5, :9],
        groups=result.maps.groups[:5, :9],
        pca=result.maps.pca[:5, :9],
        cut=result.maps.cut[:5, :9],
    )
    view.show_result(replace(result, maps=short))
    for layer in (Layer.DEPARTURE, Layer.GROUPS):
        view.set_layer(layer)
        edge, inner = colour_at(view, 158, 40.5), colour_at(view, 136.5, 40.5)
        assert close(edge, np.array(inner.getRgb()[:3]), 12)
        assert edge.saturation() > 20  # a colour of the map, not the grey ground


def test_a_growing_map_is_drawn_where_it_is_known_and_hatches_nothing(view: ImageView) -> None:
    view.set_layer(Layer.DEPARTURE)
    view.show_partial(sample_partial())
    assert colour_at(view, 100, 20).saturation() > 20
    assert colour_at(view, 100, 80).saturation() == 0
    assert not len(LayerSource(partial=sample_partial()).picture(Layer.DEPARTURE).hatched)
    assert not view.has_layer(Layer.GROUPS)
    legend = LayerSource(partial=sample_partial()).legend(Layer.DEPARTURE, 90, 0.65)
    assert legend is not None
    assert "still growing" in legend.notes[0]


def test_a_cancelled_analysis_leaves_no_map(view: ImageView) -> None:
    view.set_layer(Layer.DEPARTURE)
    original = sample_pixels().rgb[40, 72]
    view.show_partial(sample_partial())
    view.clear_map()
    assert close(colour_at(view, 72.5, 40.5), original, 1)
    assert view.legend.isHidden()
    assert view.layer is Layer.DEPARTURE
    assert not view.has_layer(Layer.DEPARTURE)
    reading = view.reading_at(view.canvas.to_view(72, 40))
    assert reading is not None
    assert reading.departure is None
    assert reading.assessable


def test_a_result_that_is_not_assessable_shows_the_photograph(view: ImageView) -> None:
    result = replace(
        sample_result(), status="not assessable", reason="too small", maps=None, grid=None, embeddings=None
    )
    view.set_layer(Layer.DEPARTURE)
    view.show_result(result)
    assert close(colour_at(view, 72.5, 40.5), sample_pixels().rgb[40, 72], 1)


def test_maps_of_another_picture_are_refused(view: ImageView) -> None:
    with pytest.raises(ValueError, match="200×100 pixels do not lie over 160×96"):
        view.show_result(sample_result(200, 100))
    with pytest.raises(ValueError, match="do not lie over"):
        view.show_partial(sample_partial(200, 100))


def test_similarity_is_viridis_from_minus_1_to_1_and_outlines_its_region(view: ImageView) -> None:
    result = sample_result()
    region = Region("1", "rectangle", ((16.0, 16.0), (48.0, 48.0)))
    assert result.maps is not None
    view.show_similarity(np.full(result.maps.departure.shape, 1.0, np.float32), "region 1", region)
    view.set_layer(Layer.SIMILARITY)
    pixels = view.pixels
    assert pixels is not None
    ground = dimmed_grey(pixels.rgb[80:81, 100:101])[0, 0]
    assert close(colour_at(view, 100.5, 80.5), blend(colour_map("viridis")[255], ground, view.opacity))
    assert view.canvas.regions.reference == region
    border = view.canvas.to_view(32, 16).toPoint()
    image = view.grab_view()
    column = [image.pixelColor(border.x(), border.y() + n).lightness() for n in range(-4, 5)]
    assert max(column) - min(column) > 60
    view.show_similarity(None)
    assert not view.has_layer(Layer.SIMILARITY)
    assert view.canvas.regions.reference is None


def test_a_similarity_over_patches_is_taken_over_cells() -> None:
    result = sample_result()
    grid = PatchGrid(rows=3, columns=5, patch=32, stride=32, spread=1)
    source = LayerSource(replace(result, grid=grid))
    source.set_similarity(np.arange(15, dtype=np.float32).reshape(3, 5) / 15)
    assert source.value_at(Layer.SIMILARITY, 33, 33) == pytest.approx(6 / 15)
    assert source.value_at(Layer.SIMILARITY, 159, 95) == pytest.approx(14 / 15)
    with pytest.raises(ValueError, match="fits neither"):
        source.set_similarity(np.zeros((2, 2), np.float32))


def test_contours_are_labelled_and_can_be_switched_off(view: ImageView) -> None:
    source = LayerSource(sample_result())
    assert source.picture(Layer.DEPARTURE).contours == ()
    source.set_contours(True)
    contours = source.picture(Layer.DEPARTURE).contours
    assert [line.label for line in contours] == ["0.125", "0.25", "0.375", "0.5"]
    assert all(line.places for line in contours)
    view.set_layer(Layer.DEPARTURE)
    plain = view.grab_view()
    view.set_contours(True)
    assert view.grab_view() != plain
    view.set_contours(False)
    assert view.grab_view() == plain


def test_the_colours_of_the_picture_are_found_in_the_bar(view: ImageView) -> None:
    view.set_layer(Layer.DEPARTURE)
    shine = view.legend._shine
    assert (shine.low, shine.high) != (0.0, 180.0)
    colour = np.array(colour_at(view, 72.5, 40.5).getRgb()[:3])
    bar = bar_image("cividis", Shine(shine.low, shine.mean, shine.high, view.opacity)).reshape(-1, 3).astype(int)
    assert np.abs(bar - colour).max(axis=1).min() <= 6


def test_the_legend_moves_limits_by_mouse_and_keys(view: ImageView, qtbot: QtBot) -> None:
    view.set_legend_visible(True)
    view.set_layer(Layer.DEPARTURE)
    view.legend.setFocus()
    qtbot.keyClick(view.legend, Qt.Key.Key_Down)
    assert view.limits == pytest.approx((0.0, 0.49))
    qtbot.keyClick(view.legend, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert view.limits == pytest.approx((0.0098, 0.49))
    qtbot.keyClick(view.legend, Qt.Key.Key_Home)
    assert not view.limits_moved
    view.set_layer(Layer.GROUPS)
    assert view.legend.focusPolicy() == Qt.FocusPolicy.NoFocus


def test_brushed_patches_light_up(view: ImageView) -> None:
    mask = no_mask(sample_result())
    mask[2:4, 3:5] = True
    plain = view.grab_view()
    view.highlight_patches(mask)
    lit = view.grab_view()
    inside, outside = view.canvas.to_view(60, 50).toPoint(), view.canvas.to_view(120, 80).toPoint()
    assert lit.pixel(inside) != plain.pixel(inside)
    assert lit.pixel(outside) == plain.pixel(outside)
    view.highlight_patches(no_mask(sample_result()))
    assert view.grab_view() == plain
    view.highlight_patches(mask)
    view.highlight_patches(None)
    assert view.grab_view() == plain
    with pytest.raises(ValueError, match="does not fit"):
        view.highlight_patches(np.ones((2, 2), bool))


def test_signals_tell_each_change_once(view: ImageView) -> None:
    layers: list[Layer] = []
    opacities: list[float] = []
    view.layer_changed.connect(layers.append)
    view.opacity_changed.connect(opacities.append)
    view.set_layer(Layer.CUT)
    view.set_layer(Layer.CUT)
    view.set_opacity(0.5)
    view.set_opacity(0.5)
    view.set_opacity(7)
    assert layers == [Layer.CUT]
    assert opacities == [0.5, 1.0]


def test_both_themes_are_neutral_grey(view: ImageView) -> None:
    for dark in (True, False):
        view.set_theme(dark)
        view.actual_size()
        view.canvas.zoom_at(QPointF(320, 240), 0.3)
        ground = view.grab_view().pixelColor(5, 5)
        assert ground.saturation() == 0
        assert (ground.lightness() < 128) is dark


def test_one_component_is_shown_alone_and_back(view: ImageView) -> None:
    view.set_layer(Layer.PCA)
    in_colours = view.grab_view()
    view.set_component(2)

    reading = view.reading_at(view.canvas.to_view(150, 90))
    assert reading is not None
    assert isinstance(reading.value, float)
    assert reading.value > 1  # the components of the sample grow to the lower right
    assert view.grab_view() != in_colours
    assert view.view_state().component == 2
    view.set_legend_visible(True)
    assert "Component 2" in view.legend.accessibleDescription()

    view.show_result(sample_result())
    assert view.component == 2, "another result is seen in the same way"
    view.set_component(0)
    view.set_legend_visible(False)
    assert view.grab_view() == in_colours


def test_a_view_of_one_component_is_come_back_to(view: ImageView) -> None:
    view.set_layer(Layer.PCA)
    view.set_component(3)
    state = view.view_state()
    view.set_component(0)

    view.restore_view_state(state)

    assert view.component == 3
