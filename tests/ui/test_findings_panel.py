from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QLabel, QProgressBar, QPushButton, QTableView, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.panel_samples import FINDINGS, SHA256, not_assessable, sample_evidence, sample_result
from workstation.analysis.claims_statement import Claims, TagClaim
from workstation.analysis.result import Finding
from workstation.errors import DamagedImage, RecordedWarning
from workstation.progress import Progress
from workstation.ui.findings_panel import FindingsPanel
from workstation.ui.findings_parts import Figures
from workstation.ui.jobs_panel import JobsPanel
from workstation.ui.metadata_panel import MetadataPanel
from workstation.ui.regions_panel import RegionsPanel
from workstation.ui.scatter_panel import ScatterPanel
from workstation.ui.theme import shortened_hash
from workstation.ui.wording import LIMITS, SAID_AND_SEEN, TELLINGS, Situation, duration, percent

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

FORBIDDEN = re.compile(r"\b(fakes?|faked|real|authentic|proves?|proven|AI|percent sure)\b", re.IGNORECASE)
AMBIGUOUS = sample_result(ambiguous=True)
ONE_GROUP = sample_result(stable=False)
TOO_SMALL = not_assessable("240×180 pixels hold fewer than 12 patches.")
BROKEN = DamagedImage(Path("broken.jpg"), "the scan data end after 40 %")

SHOWS: dict[Situation, Callable[[FindingsPanel], None]] = {
    Situation.EMPTY: lambda panel: panel.show_state(Situation.EMPTY),
    Situation.OPENING: lambda panel: panel.show_state(Situation.OPENING),
    Situation.CANNOT_BE_OPENED: lambda panel: panel.show_state(Situation.CANNOT_BE_OPENED, "x.jpg is text."),
    Situation.READY: lambda panel: panel.show_state(Situation.READY),
    Situation.ANALYSING: lambda panel: panel.show_progress(Progress("embedding patches", 0.62, 17.0)),
    Situation.COMPLETE: lambda panel: panel.show_result(sample_result()),
    Situation.NO_STABLE_PARTITION: lambda panel: panel.show_result(ONE_GROUP),
    Situation.AMBIGUOUS: lambda panel: panel.show_result(AMBIGUOUS),
    Situation.NOT_ASSESSABLE: lambda panel: panel.show_result(TOO_SMALL),
    Situation.FAILED: lambda panel: panel.show_failure(BROKEN),
    Situation.CANCELLED: lambda panel: panel.show_cancelled("the provisional embeddings"),
}


@pytest.fixture
def panel(qtbot: QtBot) -> FindingsPanel:
    panel = FindingsPanel()
    qtbot.addWidget(panel)
    panel.resize(360, 900)
    panel.show()
    return panel


def seen(panel: QWidget) -> list[str]:
    """The texts of all labels that can be seen."""
    return [label.text() for label in panel.findChildren(QLabel) if label.isVisibleTo(panel) and label.text()]


def buttons(panel: QWidget) -> list[str]:
    return [button.text() for button in panel.findChildren(QPushButton) if button.isVisibleTo(panel)]


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


def test_every_situation_has_its_own_headline_sentence_and_next_step(panel: FindingsPanel) -> None:
    told = []
    for situation, show in SHOWS.items():
        show(panel)
        assert panel.situation is situation
        texts = seen(panel)
        assert len(texts) >= 3, situation
        told.append(tuple(texts[:3]))
    assert set(SHOWS) == set(Situation)
    assert len(set(told)) == len(told)
    assert len({headline for headline, *_ in told}) == len(told)
    assert len({telling.icon for telling in TELLINGS.values()}) >= len(TELLINGS) - 1  # opening and analysing share one


def test_complete_names_the_regions_and_their_numbers(panel: FindingsPanel) -> None:
    panel.show_result(sample_result())
    texts = seen(panel)
    assert texts[0] == "Regions B and C depart from A"
    assert FINDINGS[0].sentence in texts
    for name, value in (
        ("Margin", "0.84"),
        ("Stability", "0.94"),
        ("Separation", "0.37"),
        ("Error rate", "not calibrated"),
    ):
        assert texts[texts.index(name) + 1] == value
    assert "compact: image side; the maps do not use the EXIF text side" in texts
    assert "cpu, 2 threads, bfloat16, 3.5 s" in texts


def test_claims_fold_out_and_wait_while_an_exhibit_is_examined_blind(panel: FindingsPanel) -> None:
    claims = Claims("compact", 40, True, (TagClaim("Make", "Canon", "not testable"),))
    result = dataclasses.replace(sample_result(), claims=claims)
    panel.show_result(result)
    (button,) = (b for b in panel.findChildren(QToolButton) if b.text() == SAID_AND_SEEN)
    button.click()
    (told,) = (text for text in seen(panel) if "Not testable with this model: Make." in text)
    assert "History in words: not testable with this model" in told
    assert "images that a program generated as a whole are out of scope" in told
    assert "Not testable with this model: Make." in panel.text

    panel.show_result(result, hides_metadata=True)
    assert not [text for text in seen(panel) if "Make" in text]
    assert "Make" not in panel.text
    assert any("examined blind" in text for text in seen(panel))


def test_a_result_without_claims_says_why(panel: FindingsPanel) -> None:
    warned = RecordedWarning("claims-not-tested", "The text side belongs to other weights.")
    panel.show_result(dataclasses.replace(sample_result(), warnings=(warned,)))
    assert "- The text side belongs to other weights." in panel.text
    panel.show_result(sample_result())
    assert "- Not tested by this analysis." in panel.text


def test_groups_are_listed_by_letter_with_swatch_share_and_departure(panel: FindingsPanel) -> None:
    panel.show_result(sample_result())
    table = panel.findChild(QTableView)
    assert isinstance(table, QTableView)
    model = table.model()
    cells = [[model.index(row, column).data() for column in range(3)] for row in range(model.rowCount())]
    assert cells == [["A", "90 %", "0.04"], ["B", "6.2 %", "0.31"], ["C", "3.8 %", "0.22"]]
    swatches = [model.index(row, 0).data(Qt.ItemDataRole.DecorationRole).pixmap(16).toImage() for row in range(3)]
    assert swatches[0].pixelColor(2, 8).getRgb()[:3] == (86, 180, 233)
    assert swatches[0] != swatches[1] != swatches[2]


def test_words_in_place_of_a_number_take_a_row_of_their_own(qtbot: QtBot) -> None:
    figures = Figures()
    qtbot.addWidget(figures)
    figures.resize(60 * figures.fontMetrics().averageCharWidth(), 200)
    figures.show()
    numbers = (("Margin", "0.86", ""), ("Stability", "0.96", ""), ("Separation", "0.77", ""))
    figures.show_figures((*numbers, ("Error rate", "outside what was validated", "")))
    margin, stability, separation, rate = (
        next(label for label in figures.findChildren(QLabel) if label.text() == text)
        for text in ("0.86", "0.96", "0.77", "outside what was validated")
    )
    qtbot.waitUntil(lambda: rate.y() > separation.y() > margin.y() == stability.y(), timeout=2000)

    assert rate.width() > 2 * margin.width()
    assert rate.heightForWidth(rate.width()) == rate.fontMetrics().lineSpacing()


def test_choosing_a_group_tells_its_letter(panel: FindingsPanel, qtbot: QtBot) -> None:
    panel.show_result(sample_result())
    table = panel.findChild(QTableView)
    assert isinstance(table, QTableView)
    with qtbot.waitSignal(panel.group_activated) as told:
        table.clicked.emit(table.model().index(1, 1))
    assert told.args == ["B"]


def test_one_group_says_that_this_shows_nothing_about_the_past(panel: FindingsPanel) -> None:
    panel.show_result(ONE_GROUP)
    texts = seen(panel)
    assert texts[0] == "One group"
    assert "This does not show that the photograph is untouched." in texts[1]
    assert texts[texts.index("Margin") + 1] == "–"


def test_not_assessable_gives_the_reason_and_no_numbers(panel: FindingsPanel) -> None:
    panel.show_result(TOO_SMALL)
    texts = seen(panel)
    assert texts[:3] == ["Not assessable", "240×180 pixels hold fewer than 12 patches.", "Ask for the original file."]
    assert "Margin" not in texts
    assert not any(table.isVisibleTo(panel) for table in panel.findChildren(QTableView))


def test_an_unknown_error_rate_is_said_once_and_a_measured_one_by_its_finding(panel: FindingsPanel) -> None:
    unknown = Finding("not-calibrated", "Error rate: not calibrated. No error rates were measured.")
    measured = Finding("error-rate", "Among 59 untouched photographs like this one, 3 show as much.")
    panel.show_result(dataclasses.replace(sample_result(), findings=(*FINDINGS, unknown)))
    assert unknown.sentence not in seen(panel)
    assert seen(panel)[seen(panel).index("Error rate") + 1] == "not calibrated"
    panel.show_result(dataclasses.replace(sample_result(), findings=(*FINDINGS, measured)))
    assert measured.sentence in seen(panel)
    assert "Error rate" not in seen(panel)


def test_a_next_step_that_the_finding_gives_is_not_said_twice(panel: FindingsPanel) -> None:
    finding = Finding(
        "not-assessable", "Not assessable: 40×40 pixels hold no patch of 64×64. Ask for the original file."
    )
    panel.show_result(dataclasses.replace(TOO_SMALL, findings=(finding,)))
    assert " ".join(seen(panel)).count("Ask for the original file.") == 1


def test_failure_says_what_happened_why_and_what_to_do(panel: FindingsPanel) -> None:
    panel.show_failure(BROKEN)
    assert seen(panel)[:3] == [
        "Failed",
        "broken.jpg: the scan data end after 40 %. Often the cause is a truncated copy, bytes changed in transfer or a "
        "damaged medium.",
        "Ask for the file again, or compare its hash with the sender's.",
    ]
    assert buttons(panel) == ["Analyze again"]


def test_progress_shows_stage_share_and_remaining_time(panel: FindingsPanel) -> None:
    panel.show_progress(Progress("embedding patches", 0.62, 17.0))
    bar = panel.findChild(QProgressBar)
    assert isinstance(bar, QProgressBar)
    assert (bar.value(), bar.maximum(), bar.format()) == (620, 1000, "62 %")
    assert "embedding patches · about 17 s left" in seen(panel)
    assert buttons(panel) == ["Cancel"]


def test_cancel_is_acknowledged_and_told(panel: FindingsPanel, qtbot: QtBot) -> None:
    panel.show_progress(Progress("embedding patches", 0.1))
    cancel = next(button for button in panel.findChildren(QPushButton) if button.text() == "Cancel")
    with qtbot.waitSignal(panel.cancel_requested):
        qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    assert cancel.text() == "Cancelling …"
    assert not cancel.isEnabled()
    assert "stops after the current batch" in seen(panel)
    panel.show_cancelled("nothing")
    assert "Kept: nothing." in seen(panel)[1]
    panel.show_progress(Progress("embedding patches", 0.1))
    assert cancel.isEnabled()


def test_nothing_of_one_result_is_left_when_another_state_is_shown(panel: FindingsPanel) -> None:
    panel.show_result(sample_result())
    panel.show_state(Situation.READY)
    assert seen(panel) == ["Not analysed yet", *seen(panel)[1:3]]
    assert buttons(panel) == ["Analyze"]
    assert "0.94" not in panel.text


def test_analyze_button_asks_for_the_analysis(panel: FindingsPanel, qtbot: QtBot) -> None:
    panel.show_state(Situation.READY)
    analyze = next(button for button in panel.findChildren(QPushButton) if button.text() == "Analyze")
    with qtbot.waitSignal(panel.analyze_requested):
        qtbot.mouseClick(analyze, Qt.MouseButton.LeftButton)


def test_limits_fold_out_and_stay_open_for_the_next_exhibit(panel: FindingsPanel, qtbot: QtBot) -> None:
    panel.show_result(sample_result())
    assert not any(LIMITS[0] in text for text in seen(panel))
    title = next(button for button in panel.findChildren(QToolButton) if button.text() == "What this cannot tell")
    qtbot.mouseClick(title, Qt.MouseButton.LeftButton)
    assert all(any(limit in text for text in seen(panel)) for limit in LIMITS)
    panel.show_result(AMBIGUOUS)
    assert any(LIMITS[0] in text for text in seen(panel))


def test_one_finding_and_all_findings_are_copied_as_text(panel: FindingsPanel, qtbot: QtBot) -> None:
    panel.show_result(sample_result())
    copies = [b for b in panel.findChildren(QToolButton) if b.accessibleName() == "Copy this finding" and b.isVisible()]
    qtbot.mouseClick(copies[0], Qt.MouseButton.LeftButton)
    assert clipboard() == f"{FINDINGS[0].sentence}\nshare: 0.062; departure: 0.31"
    panel.copy_all()
    lines = clipboard().splitlines()
    assert lines[:7] == [
        "Regions B and C depart from A",
        FINDINGS[0].sentence,
        FINDINGS[1].sentence,
        "Group A: 90 % of the assessable area, mean of the departure map 0.04",
        "Group B: 6.2 % of the assessable area, mean of the departure map 0.31",
        "Group C: 3.8 % of the assessable area, mean of the departure map 0.22",
        "margin: 0.84; stability: 0.94; separation: 0.37; error rate: not calibrated",
    ]
    assert lines[-1] == "Device cpu, 2 threads, bfloat16, 3.5 s; seed 0"


def test_texts_are_never_cut_in_a_narrow_panel_or_with_large_type(panel: FindingsPanel, qtbot: QtBot) -> None:
    font = panel.font()
    font.setPointSizeF(font.pointSizeF() * 2)
    panel.setFont(font)
    panel.resize(280, 400)
    panel.show_result(sample_result())
    QGuiApplication.sendPostedEvents()
    for label in panel.findChildren(QLabel):
        if label.isVisibleTo(panel) and label.wordWrap() and label.text():
            assert label.height() >= label.heightForWidth(label.width()), label.text()
            assert label.width() <= panel.width()


def all_texts(widget: QWidget) -> Iterator[str]:
    for child in [widget, *widget.findChildren(QWidget)]:
        yield from (child.toolTip(), child.accessibleName(), child.accessibleDescription(), child.whatsThis())
        if isinstance(child, QLabel | QAbstractButton):
            yield child.text()
        for action in child.actions():
            yield from (action.text(), action.toolTip())


def test_forbidden_words_never_appear(qtbot: QtBot, panel: FindingsPanel) -> None:
    said: list[str] = [*LIMITS]
    for show in SHOWS.values():
        show(panel)
        said += [*all_texts(panel), panel.text]
    others = [MetadataPanel(), ScatterPanel(), RegionsPanel(), JobsPanel()]
    for other in others:
        qtbot.addWidget(other)
        said += all_texts(other)
    others[0].show_evidence(sample_evidence())  # type: ignore[union-attr]
    said += all_texts(others[0])
    assert [text for text in said if FORBIDDEN.search(text)] == []


def test_every_control_has_a_name_and_a_tooltip(qtbot: QtBot, panel: FindingsPanel) -> None:
    panel.show_result(sample_result())
    for widget in (panel, MetadataPanel(), ScatterPanel(), RegionsPanel(), JobsPanel()):
        qtbot.addWidget(widget)
        for button in widget.findChildren(QToolButton):
            if button.parent().inherits("QTabBar") or button.parent().inherits("QLineEdit"):
                continue  # Qt's own: scroll buttons of a tab bar, clear button of a line
            assert button.accessibleName(), button
            assert button.toolTip(), button.accessibleName()


def test_the_tab_key_follows_the_reading_order(qtbot: QtBot, panel: FindingsPanel) -> None:
    panel.show_result(sample_result())
    metadata, scatter, regions = MetadataPanel(), ScatterPanel(), RegionsPanel()
    metadata.show_evidence(sample_evidence())
    scatter.show_result(sample_result())
    regions.show_groups(sample_result().partition)
    for widget in (panel, metadata, scatter, regions):
        qtbot.addWidget(widget)
        widget.resize(500, 900)
        widget.show()
        QGuiApplication.sendPostedEvents()
        stops, stop = [], widget.nextInFocusChain()
        while stop is not widget:
            if stop.focusPolicy() & Qt.FocusPolicy.TabFocus and stop.isVisible() and stop.focusProxy() is None:
                stops.append(stop)
            stop = stop.nextInFocusChain()
        start = min(range(len(stops)), key=lambda at: _place(stops[at], widget))
        rotated = stops[start:] + stops[:start]
        controls = [stop for stop in rotated if isinstance(stop, QAbstractButton | QTableView)]
        places = [_place(stop, widget) for stop in controls]
        assert len(places) >= 2
        assert places == sorted(places), [stop.accessibleName() for stop in controls]


def _place(widget: QWidget, inside: QWidget) -> tuple[int, int]:
    """Row of 12 pixels and column at which a widget stands."""
    corner = widget.mapTo(inside, QPoint(0, 0))
    return corner.y() // 12, corner.x()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0.4, "a moment left"),
        (17.2, "about 17 s left"),
        (600, "about 10 min left"),
        (7200, "about 2.0 h left"),
    ],
)
def test_remaining_time_in_words(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words


def test_shares_and_hashes_are_short_and_keep_their_meaning() -> None:
    assert [percent(share) for share in (0.0, 0.062, 0.0999, 0.44, 1.0)] == [
        "0.0 %",
        "6.2 %",
        "10 %",
        "44 %",
        "100 %",
    ]
    assert shortened_hash(SHA256) == "9f3c0123…456789ab"
