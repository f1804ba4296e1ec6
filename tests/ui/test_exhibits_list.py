"""The list of exhibits: sorted by outcome, p-value, date or camera, found by words, and what goes by its order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.ui.canvas_samples import sample_pixels
from tests.ui.panel_samples import entry, not_assessable, sample_evidence
from tests.ui.panel_samples import sample_result as large_result
from workstation.analysis.result import AnalysisResult
from workstation.analysis.statement import CalibrationStatement
from workstation.casework.records import ExhibitRecord
from workstation.errors import RecordedWarning
from workstation.evidence import name_key
from workstation.settings import SettingsStore
from workstation.ui.exhibit_lines import file_line, state_icon
from workstation.ui.exhibit_order import Choice, Order, camera_of, taken_of
from workstation.ui.exhibits_model import EXHIBIT
from workstation.ui.main_window import MainWindow
from workstation.ui.session import AnalysisState, HashState, OpenExhibit

Adder = Callable[..., OpenExhibit]


def sample_result(**options: bool) -> AnalysisResult:
    """Of a picture as large as `sample_pixels`."""
    return large_result(rows=6, columns=10, cell=16, **options)


def with_p(result: AnalysisResult, p: float) -> AnalysisResult:
    return replace(result, calibration=CalibrationStatement("calibrated", p_consistent=p))


def taken(name: str, *, make: str = "", model: str = "", date: str = "", tag: int = 0x9003) -> object:
    entries = tuple(
        entry(group, str(number), number, text)
        for group, number, text in (
            ("IFD0", 0x010F, make),
            ("IFD0", 0x0110, model),
            ("IFD0", 0x0132, "2030:01:01 00:00:00"),
            ("ExifIFD", tag, date),
        )
        if text
    )
    return sample_evidence(name, entries=entries)


@pytest.fixture
def add(window: MainWindow) -> Adder:
    """Adds exhibits of which only what matters is known; nothing is read from disk."""

    def make(name: str, result: AnalysisResult | None = None, **values: object) -> OpenExhibit:
        exhibit = window.session.add(Path("/cases") / name)
        state = AnalysisState.NONE if result is None else AnalysisState.DONE
        known = {"pixels": sample_pixels(), "evidence": sample_evidence(name), "result": result, "analysis": state}
        window.session.update(exhibit, **(known | values))
        return exhibit

    return make


def listed(window: MainWindow) -> list[str]:
    return [exhibit.name for exhibit in window.listing.exhibits]


def choose(menu: object, text: str) -> None:
    window_menu = menu
    window_menu.aboutToShow.emit()
    next(action for action in window_menu.actions() if action.text().replace("&", "").startswith(text)).trigger()


def fill(add: Adder) -> None:
    add("10 whole.jpg", with_p(sample_result(stable=False), 0.3))
    add("9 not analysed.jpg")
    add("8 tiny.jpg", not_assessable("too small"))
    add("7 departs.jpg", sample_result())
    add("6 ambiguous.jpg", sample_result(ambiguous=True))
    add("5 departs rarely.jpg", with_p(sample_result(), 0.018))
    add("4 whole, rare.jpg", with_p(sample_result(stable=False), 0.004))


def test_by_outcome_what_departs_comes_first_and_what_has_no_result_last(window: MainWindow, add: Adder) -> None:
    fill(add)

    choose(window.exhibits.sorting.menu(), "Outcome")

    assert listed(window) == [
        "5 departs rarely.jpg",
        "7 departs.jpg",
        "6 ambiguous.jpg",
        "4 whole, rare.jpg",
        "10 whole.jpg",
        "8 tiny.jpg",
        "9 not analysed.jpg",
    ]
    assert window.exhibits.words.text() == "By outcome"


def test_by_p_value_what_has_none_stands_at_the_end_however_it_is_turned(window: MainWindow, add: Adder) -> None:
    fill(add)
    choose(window.exhibits.sorting.menu(), "p-value")
    assert listed(window)[:3] == ["4 whole, rare.jpg", "5 departs rarely.jpg", "10 whole.jpg"]
    without = listed(window)[3:]

    window.actions_table["turn-order"].trigger()

    assert listed(window)[:3] == ["10 whole.jpg", "5 departs rarely.jpg", "4 whole, rare.jpg"]
    assert listed(window)[3:] == without
    assert window.exhibits.words.text() == "By p-value, turned round"


def test_names_are_sorted_as_people_count(window: MainWindow, add: Adder) -> None:
    for name in ("IMG_10.jpg", "img_9.jpg", "IMG_2.jpg", "a.jpg"):
        add(name)
    window.listing.arrange(order=Order.NAME)
    assert listed(window) == ["a.jpg", "IMG_2.jpg", "img_9.jpg", "IMG_10.jpg"]
    assert name_key("²7.jpg") < name_key("²10.jpg")  # a superscript is no digit to count with


def test_dates_are_those_of_the_exposure_and_never_of_the_last_change(window: MainWindow, add: Adder) -> None:
    late = add("late.jpg", evidence=taken("late.jpg", date="2024:05:01 09:00:00"))
    add("none.jpg", evidence=taken("none.jpg"))
    add("zero.jpg", evidence=taken("zero.jpg", date="0000:00:00 00:00:00"))
    early = add("early.jpg", evidence=taken("early.jpg", date="2019:12:31 23:59:59", tag=0x9004))

    window.listing.arrange(order=Order.DATE)

    assert listed(window) == ["early.jpg", "late.jpg", "none.jpg", "zero.jpg"]
    assert taken_of(early) == "2019-12-31 23:59:59"
    late.hash_state = HashState.MATCHES
    assert file_line(late, Order.DATE) == "2024-05-01 09:00"
    late.hash_state = HashState.DIFFERS
    assert file_line(late, Order.DATE) == "✘ file changed · 2024-05-01 09:00"
    window.listing.arrange(turned=True)
    assert listed(window) == ["late.jpg", "early.jpg", "none.jpg", "zero.jpg"]


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("NIKON CORPORATION", "NIKON D70", "NIKON D70"),
        ("EASTMAN KODAK COMPANY", "KODAK DX6490", "KODAK DX6490"),
        ("Apple", "iPhone 12 Pro", "Apple iPhone 12 Pro"),
        ("Canon", "", "Canon"),
        ("", "", ""),
    ],
)
def test_a_camera_is_named_once(window: MainWindow, add: Adder, make: str, model: str, camera: str) -> None:
    assert camera_of(add("a.jpg", evidence=taken("a.jpg", make=make, model=model))) == camera


def test_nothing_is_sorted_or_found_by_what_a_blind_examination_hides(window: MainWindow, add: Adder) -> None:
    known = {"make": "Canon", "model": "EOS 5D", "date": "2024:05:01 09:00:00"}
    add("open.jpg", evidence=taken("open.jpg", **known))
    blind = add("blind.jpg", evidence=taken("blind.jpg", **(known | {"date": "2001:05:01 09:00:00"})))
    window.session.update(blind, hidden_until_taken_in=True)

    for order in (Order.DATE, Order.CAMERA):
        window.listing.arrange(order=order)
        assert listed(window) == ["open.jpg", "blind.jpg"]
        assert file_line(blind, order).endswith("metadata hidden")
    window.exhibits.filter.setText("canon")
    assert listed(window) == ["open.jpg"]
    assert "Canon" not in window.listing.as_tsv().partition("blind.jpg")[2]


def test_a_result_that_arrives_takes_its_place_and_the_current_exhibit_stays(window: MainWindow, add: Adder) -> None:
    fill(add)
    window.listing.arrange(order=Order.OUTCOME)
    waiting = window.session.exhibits[1]
    window.session.select(waiting)

    window.session.update(waiting, result=with_p(sample_result(), 0.001), analysis=AnalysisState.DONE)

    assert listed(window)[0] == waiting.name
    assert window.session.current is waiting
    assert window.exhibits.list.currentIndex().row() == 0


def test_words_and_a_choice_say_what_is_listed_and_show_all_brings_it_back(window: MainWindow, add: Adder) -> None:
    fill(add)
    panel = window.exhibits
    assert not panel.show_all.isVisible()

    choose(panel.sorting.menu(), "Where something departs (2)")
    assert listed(window) == ["7 departs.jpg", "5 departs rarely.jpg"]
    assert panel.words.text() == "2 of 7"
    panel.filter.setText("DEPARTS p rarely")
    assert listed(window) == ["5 departs rarely.jpg"]

    panel.show_all.click()

    assert len(listed(window)) == 7
    assert panel.filter.text() == ""
    assert not panel.words.isVisible()


def test_an_exhibit_that_is_not_listed_any_more_stays_the_current_one(window: MainWindow, add: Adder) -> None:
    fill(add)
    current = window.session.exhibits[0]
    window.session.select(current)

    window.exhibits.filter.setText("tiny")
    assert window.session.current is current
    assert not window.exhibits.list.currentIndex().isValid()

    window.exhibits.filter.clear()
    assert window.session.current is current
    assert window.exhibits.list.currentIndex().row() == 0


def test_the_next_exhibit_is_the_one_below_in_the_list(window: MainWindow, add: Adder) -> None:
    fill(add)
    window.listing.arrange(order=Order.OUTCOME)
    window.session.select(window.listing.exhibits[0])

    window.actions_table["next-exhibit"].trigger()
    assert window.session.current.name == "7 departs.jpg"
    window.actions_table["previous-exhibit"].trigger()
    window.actions_table["previous-exhibit"].trigger()
    assert window.session.current.name == "9 not analysed.jpg"

    window.listing.arrange(choice=Choice.ONE_GROUP)
    window.actions_table["next-exhibit"].trigger()
    assert window.session.current.name == "4 whole, rare.jpg"


def test_closing_goes_on_with_the_row_below(window: MainWindow, add: Adder) -> None:
    fill(add)
    window.listing.arrange(order=Order.OUTCOME)
    window.session.select(window.listing.exhibits[1])

    window.actions_table["close-exhibit"].trigger()
    assert window.session.current.name == "6 ambiguous.jpg"
    window.session.select(window.listing.exhibits[-1])
    window.actions_table["close-exhibit"].trigger()
    assert window.session.current.name == "8 tiny.jpg"


def test_side_by_side_takes_the_row_below(window: MainWindow, add: Adder) -> None:
    fill(add)
    window.listing.arrange(order=Order.OUTCOME)
    window.session.select(window.listing.exhibits[0])
    window.actions_table["compare"].trigger()
    assert window.comparing._beside.name == "7 departs.jpg"


def test_the_order_is_kept_what_is_left_out_is_not(make_window, tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    window = make_window(store=SettingsStore(file))
    window.exhibits.show_menus()
    next(action for action in window.exhibits.orders.actions() if action.data() is Order.CAMERA).trigger()
    window.actions_table["turn-order"].trigger()
    window.exhibits.filter.setText("canon")
    window.close()

    again = make_window(store=SettingsStore(file))

    assert (again.listing.order, again.listing.turned) == (Order.CAMERA, True)
    assert again.actions_table["turn-order"].isChecked()
    assert again.listing.typed == ""


def test_the_list_is_reached_and_read_by_keys_alone(window: MainWindow, add: Adder) -> None:
    fill(add)
    panel = window.exhibits
    window.activateWindow()

    window.actions_table["filter-exhibits"].trigger()
    assert panel.filter.hasFocus()
    QTest.keyClicks(panel.filter, "tiny")
    QTest.keyClick(panel.filter, Qt.Key.Key_Return)

    assert panel.list.hasFocus()
    assert window.session.current.name == "8 tiny.jpg"
    panel.focus_filter()
    QTest.keyClick(panel.filter, Qt.Key.Key_Escape)
    assert panel.filter.text() == ""


def test_the_menu_key_opens_the_menu_of_the_current_exhibit(window: MainWindow, add: Adder) -> None:
    fill(add)
    target = window.session.exhibits[6]
    window.session.select(target)
    rows = window.exhibits.list
    rows.menu_requested.disconnect()
    asked: list[QPoint] = []
    rows.menu_requested.connect(asked.append)
    elsewhere = rows.visualRect(window.listing.index(0, 0)).center()

    QGuiApplication.sendEvent(
        rows.viewport(),
        QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, elsewhere, rows.mapToGlobal(elsewhere)),
    )

    assert [rows.indexAt(position).data(EXHIBIT) for position in asked] == [target]


def test_the_list_can_be_copied_as_a_table(window: MainWindow, add: Adder) -> None:
    add("a.jpg", with_p(sample_result(), 0.018), evidence=taken("a.jpg", make="Canon", model="Canon EOS 5D"))
    warned = sample_evidence("b.jpg")
    add("b.jpg", evidence=replace(warned, warnings=(RecordedWarning("odd", "Something is odd."),)))
    window.listing.arrange(order=Order.NAME, turned=True)

    window.exhibits.show_menus()
    window.exhibits._copying.trigger()

    head, first, second = (line.split("\t") for line in QGuiApplication.clipboard().text().splitlines())
    assert dict(zip(head, second, strict=True)) | {"SHA-256": ""} == {
        "File": "a.jpg",
        "Path": str(Path("/cases/a.jpg")),
        "SHA-256": "",
        "Width": "160",
        "Height": "96",
        "Camera": "Canon EOS 5D",
        "Date taken": "",
        "Outcome": "B, C depart",
        "p-value": "0.018",
        "Regions": "0",
        "Warnings": "",
        "Note": "",
    }
    assert dict(zip(head, first, strict=True))["Warnings"] == "Something is odd."


def test_each_outcome_has_the_icon_of_its_findings(window: MainWindow, add: Adder) -> None:
    fill(add)
    assert [state_icon(one) for one in window.session.exhibits] == [
        "state-one-group",
        "state-idle",
        "state-not-applicable",
        "state-departs",
        "state-ambiguous",
        "state-departs",
        "state-one-group",
    ]


def test_a_blind_exhibit_of_a_case_hides_its_camera_too(window: MainWindow, add: Adder) -> None:
    exhibit = add("a.jpg", evidence=taken("a.jpg", make="Canon"))
    assert camera_of(exhibit) == "Canon"
    exhibit.record = _hidden_record()
    assert camera_of(exhibit) == ""


def _hidden_record() -> ExhibitRecord:
    record = object.__new__(ExhibitRecord)
    object.__setattr__(record, "blind", "hidden")
    return record


def test_no_two_entries_of_the_sort_menu_answer_the_same_letter(window: MainWindow, add: Adder) -> None:
    fill(add)
    menu = window.exhibits.sorting.menu()
    menu.aboutToShow.emit()
    letters = [action.text().partition("&")[2][:1].lower() for action in menu.actions() if action.isEnabled()]
    letters = [letter for letter in letters if letter]
    assert len(letters) == 16
    assert len(set(letters)) == 16


def test_tab_goes_from_the_filter_to_order_list_and_what_brings_all_back(window: MainWindow, add: Adder) -> None:
    fill(add)
    panel = window.exhibits
    window.listing.arrange(choice=Choice.DEPARTS)
    window.activateWindow()
    panel.focus_filter()
    for expected in (panel.sorting, panel.list, panel.show_all):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert expected.hasFocus()
        assert expected.accessibleName()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert window.regions.isAncestorOf(QApplication.focusWidget())


def test_what_concerns_the_list_stands_together_in_the_window_menu(window: MainWindow) -> None:
    bar = {action.text().replace("&", ""): action.menu() for action in window.menuBar().actions()}
    entries = ["-" if one.isSeparator() else one.text().replace("&", "") for one in bar["Window"].actions()]
    start = entries.index("Find an exhibit")
    assert entries[start - 1 : start + 5] == [
        "-",
        "Find an exhibit",
        "Sort exhibits by",
        "Turn the order round",
        "List exhibits",
        "-",
    ]


def test_what_is_looked_at_stays_in_sight_when_a_dock_takes_room(window: MainWindow, qtbot) -> None:
    for number in range(12):
        window.session.add(Path(f"/cases/IMG_{number}.jpg"))
    window.docks.docks["jobs"].hide()
    view = window.exhibits.list
    view.resize(200, 400)
    window.session.select(window.session.exhibits[6])
    view.scrollTo(view.currentIndex())
    view.resize(200, 130)
    assert view.viewport().rect().contains(view.visualRect(view.currentIndex()).center())
    view.scrollToTop()
    view.resize(200, 120)
    assert view.verticalScrollBar().value() == 0, "who looks elsewhere in the list is left there"
