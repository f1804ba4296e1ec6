"""Marking parts of the photograph with the mouse."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from pytestqt.qtbot import QtBot

from tests.ui.canvas_samples import Mouse, sample_pixels
from workstation.analysis.regions import Region
from workstation.ui.image_view import ImageView, Tool

BOX = Region("1", "rectangle", ((20.0, 20.0), (60.0, 50.0)), note="odd")
TRIANGLE = Region("2", "polygon", ((100.0, 20.0), (140.0, 20.0), (120.0, 60.0)))


@pytest.fixture
def drawn(view: ImageView) -> list[Region]:
    regions: list[Region] = []
    view.region_drawn.connect(regions.append)
    return regions


@pytest.fixture
def changed(view: ImageView) -> list[Region]:
    regions: list[Region] = []
    view.region_changed.connect(regions.append)
    return regions


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("tool", [Tool.RECTANGLE, Tool.ELLIPSE])
def test_a_drag_gives_the_stored_corners(
    view: ImageView, mouse: Mouse, drawn: list[Region], tool: Tool, orientation: int
) -> None:
    view.show_pixels(sample_pixels(orientation=orientation))
    view.set_tool(tool)
    mouse.drag((100, 70), (60, 60), (30, 10))
    assert drawn == [Region("", tool.value, ((30.0, 10.0), (100.0, 70.0)))]  # type: ignore[arg-type]
    assert view.tool is tool


def test_a_polygon_closes_with_a_double_click_and_the_zoom_stays(
    view: ImageView, mouse: Mouse, drawn: list[Region]
) -> None:
    view.set_tool(Tool.POLYGON)
    zoom = view.zoom
    mouse.click(10, 10)
    mouse.click(60, 10)
    mouse.double_click(60, 50)
    assert drawn == [Region("", "polygon", ((10.0, 10.0), (60.0, 10.0), (60.0, 50.0)))]
    assert view.zoom == zoom


def test_a_polygon_closes_on_its_first_vertex_or_by_return(
    view: ImageView, mouse: Mouse, drawn: list[Region], qtbot: QtBot
) -> None:
    view.set_tool(Tool.POLYGON)
    for x, y in ((10, 10), (60, 10), (60, 50), (10, 11)):
        mouse.click(x, y)
    for x, y in ((90, 10), (120, 10), (120, 50)):
        mouse.click(x, y)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Return)
    assert [region.points[0] for region in drawn] == [(10.0, 10.0), (90.0, 10.0)]
    assert all(len(region.points) == 3 for region in drawn)


def test_backspace_takes_a_vertex_back(view: ImageView, mouse: Mouse, drawn: list[Region], qtbot: QtBot) -> None:
    view.set_tool(Tool.POLYGON)
    for x, y in ((10, 10), (60, 10), (90, 90)):
        mouse.click(x, y)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Backspace)
    mouse.double_click(60, 50)
    assert drawn == [Region("", "polygon", ((10.0, 10.0), (60.0, 10.0), (60.0, 50.0)))]


def test_a_lasso_follows_the_pointer(view: ImageView, mouse: Mouse, drawn: list[Region]) -> None:
    view.set_tool(Tool.LASSO)
    mouse.drag((10, 10), (60, 10), (60, 50), (12, 48))
    assert drawn == [Region("", "lasso", ((10.0, 10.0), (60.0, 10.0), (60.0, 50.0), (12.0, 48.0)))]


def test_a_tool_leaves_panning_to_the_middle_button(view: ImageView, mouse: Mouse, drawn: list[Region]) -> None:
    view.set_tool(Tool.LASSO)
    view.actual_size()
    before = view.canvas.to_view(0, 0)
    mouse.drag((80, 50), (70, 45), button=Qt.MouseButton.MiddleButton)
    assert view.canvas.to_view(0, 0) != before
    assert drawn == []


def test_a_region_can_end_outside_the_picture(view: ImageView, mouse: Mouse, drawn: list[Region]) -> None:
    view.set_tool(Tool.RECTANGLE)
    mouse.drag((150, 90), (150, 200), (300, 300))
    assert drawn[0].points == ((150.0, 90.0), (160.0, 96.0))


def test_escape_drops_the_sketch_then_the_tool_then_the_selection(
    view: ImageView, mouse: Mouse, drawn: list[Region]
) -> None:
    view.set_regions((BOX,))
    view.select_region("1")
    selected: list[str] = []
    view.region_selected.connect(selected.append)
    view.set_tool(Tool.POLYGON)
    mouse.click(10, 10)
    assert view.escape()
    assert view.tool is Tool.POLYGON
    assert view.escape()
    assert view.tool is Tool.HAND
    assert selected == []
    assert view.escape()
    assert selected == [""]
    assert not view.escape()
    assert drawn == []


def test_a_click_selects_the_smallest_region_under_it(view: ImageView, mouse: Mouse) -> None:
    inner = Region("3", "ellipse", ((30.0, 25.0), (40.0, 35.0)))
    view.set_regions((inner, BOX))
    selected: list[str] = []
    view.region_selected.connect(selected.append)
    mouse.click(35, 30)
    mouse.click(55, 45)
    mouse.click(150, 90)
    assert selected == ["3", "1", ""]


def test_dragging_a_selected_region_moves_it_by_whole_pixels(
    view: ImageView, mouse: Mouse, changed: list[Region]
) -> None:
    view.set_regions((BOX, TRIANGLE))
    view.select_region("1")
    mouse.drag((40, 30), (45, 35), (50.3, 42.2))
    assert changed == [Region("1", "rectangle", ((30.0, 32.0), (70.0, 62.0)), note="odd")]


def test_dragging_inside_an_unselected_region_moves_the_picture(
    view: ImageView, mouse: Mouse, changed: list[Region]
) -> None:
    view.set_regions((BOX,))
    view.actual_size()
    before = view.canvas.to_view(0, 0)
    mouse.drag((40, 30), (50, 40))
    assert changed == []
    assert view.canvas.to_view(0, 0) != before


@pytest.mark.parametrize("orientation", [1, 6])
def test_handles_resize(view: ImageView, mouse: Mouse, changed: list[Region], orientation: int) -> None:
    view.show_pixels(sample_pixels(orientation=orientation))
    view.set_regions((BOX, TRIANGLE))
    view.select_region("1")
    mouse.drag((60, 50), (70, 60), (80, 90))
    assert changed[-1].points == ((20.0, 20.0), (80.0, 90.0))
    view.set_regions((changed[-1], TRIANGLE))
    view.select_region("2")
    mouse.drag((120, 60), (125, 80), (130, 90))
    assert changed[-1].points == ((100.0, 20.0), (140.0, 20.0), (130.0, 90.0))


def test_shift_and_arrows_move_the_selected_region_as_it_is_seen(
    view: ImageView, changed: list[Region], qtbot: QtBot
) -> None:
    view.show_pixels(sample_pixels(orientation=6))  # turned by a quarter: right on the screen is up in the file
    view.set_regions((BOX,))
    view.select_region("1")
    before = view.canvas.to_view(20, 20)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert changed[-1].points == ((20.0, 19.0), (60.0, 49.0))
    assert view.canvas.to_view(20, 19).x() > before.x()


def test_delete_asks_for_the_selected_region_only(view: ImageView, qtbot: QtBot) -> None:
    asked: list[str] = []
    view.region_delete_requested.connect(asked.append)
    view.set_regions((BOX,))
    qtbot.keyClick(view.canvas, Qt.Key.Key_Delete)
    view.select_region("1")
    qtbot.keyClick(view.canvas, Qt.Key.Key_Delete)
    assert asked == ["1"]
    view.set_regions(())
    qtbot.keyClick(view.canvas, Qt.Key.Key_Delete)
    assert asked == ["1"]


def test_a_cancelled_drag_puts_the_region_back(view: ImageView, mouse: Mouse, changed: list[Region]) -> None:
    view.set_regions((BOX,))
    view.select_region("1")
    canvas = view.canvas
    left = Qt.MouseButton.LeftButton
    mouse.send(QEvent.Type.MouseButtonPress, mouse.at(40, 30), left, left)
    mouse.send(QEvent.Type.MouseMove, mouse.at(60, 50), Qt.MouseButton.NoButton, left)
    assert canvas.regions.regions != (BOX,)
    assert view.escape()
    assert canvas.regions.regions == (BOX,)
    mouse.send(QEvent.Type.MouseButtonRelease, mouse.at(60, 50), left, Qt.MouseButton.NoButton)
    assert changed == []


def test_the_tool_is_told(view: ImageView) -> None:
    told: list[Tool] = []
    view.tool_changed.connect(told.append)
    view.set_tool(Tool.LASSO)
    view.set_tool(Tool.LASSO)
    view.set_tool(Tool.HAND)
    assert told == [Tool.LASSO, Tool.HAND]


@pytest.fixture
def refused(view: ImageView) -> list[str]:
    sentences: list[str] = []
    view.region_refused.connect(sentences.append)
    return sentences


@pytest.mark.parametrize("tool", [Tool.RECTANGLE, Tool.ELLIPSE])
def test_a_click_with_a_tool_is_refused_with_a_sentence(
    view: ImageView, mouse: Mouse, drawn: list[Region], refused: list[str], tool: Tool
) -> None:
    view.set_tool(tool)
    mouse.click(50, 40)
    mouse.drag((20, 40), (60, 40), (90, 40))

    assert drawn == []
    assert len(refused) == 2
    assert all("encloses nothing" in sentence and "corner to corner" in sentence for sentence in refused)


def test_a_lasso_drawn_as_a_line_is_refused(
    view: ImageView, mouse: Mouse, drawn: list[Region], refused: list[str]
) -> None:
    view.set_tool(Tool.LASSO)
    mouse.drag((10, 40), (50, 40), (90, 41), (130, 40))
    assert drawn == []
    assert "line encloses nothing" in refused[0]

    mouse.drag((10, 20), (90, 20), (90, 60), (10, 60))
    assert len(drawn) == len(refused) == 1


def test_a_polygon_of_corners_in_a_line_is_refused(
    view: ImageView, mouse: Mouse, drawn: list[Region], refused: list[str]
) -> None:
    view.set_tool(Tool.POLYGON)
    mouse.click(10, 40)
    mouse.click(70, 40)
    mouse.double_click(130, 40)
    assert drawn == []
    assert "lie in a line" in refused[0]


def test_a_corner_pulled_onto_the_opposite_side_goes_back(
    view: ImageView, mouse: Mouse, changed: list[Region], refused: list[str]
) -> None:
    view.set_regions((TRIANGLE,))
    view.select_region("2")
    mouse.drag((120, 60), (120, 40), (120, 20))

    assert changed == []
    assert "stays as it was" in refused[0]
    assert view.canvas.regions.regions == (TRIANGLE,)
