from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetrics, QIcon, QPalette, QPixmap, QRawFont
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

import workstation.ui
from workstation.ui.copying import copy_image, to_tsv
from workstation.ui.icons import icon, icon_names
from workstation.ui.theme import DARK, LIGHT, Theme, ThemeChoice, apply_theme, current_theme, monospaced, shortened_hash

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

FAMILY = """
open analyze cancel export fit actual-size zoom-in zoom-out hand rectangle ellipse polygon lasso layer-original
layer-departure layer-pca layer-groups layer-cut layer-similarity note undo redo search settings theme compare
curtain contours help copy warning hash-ok image delete exifact
"""


@pytest.fixture(autouse=True)
def theme_is_given_back(qapp: QApplication) -> object:
    yield
    qapp.setStyleSheet("")


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two colours."""

    def parts(name: str) -> tuple[float, float, float]:
        colour = QColor(name)
        return colour.redF(), colour.greenF(), colour.blueF()

    def luminance(name: str) -> float:
        channels = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in QColor(name).getRgbF()
        ]
        return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ink(pixmap: QPixmap) -> set[tuple[int, int, int]]:
    """The colours of all opaque pixels."""
    image = pixmap.toImage()
    colours = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return {colour.getRgb()[:3] for colour in colours if colour.alpha() == 255}


def test_the_family_is_complete() -> None:
    assert set(FAMILY.split()) <= set(icon_names())
    with pytest.raises(KeyError):
        icon("no-such-icon")


@pytest.mark.parametrize("choice", ["dark", "light"])
def test_icons_are_drawn_in_the_colour_of_the_theme(qapp: QApplication, choice: str) -> None:
    apply_theme(qapp, choice)  # type: ignore[arg-type]
    theme = DARK if choice == "dark" else LIGHT
    for name in icon_names():
        normal = ink(icon(name).pixmap(QSize(40, 40)))
        assert normal, name
        if name != "exifact":
            assert QColor(theme.text).getRgb()[:3] in normal, name
            disabled = ink(icon(name).pixmap(QSize(40, 40), QIcon.Mode.Disabled))
            assert QColor(theme.disabled).getRgb()[:3] in disabled, name


def test_an_icon_follows_a_change_of_theme_by_itself(qapp: QApplication) -> None:
    apply_theme(qapp, "dark")
    kept = icon("open")
    before = kept.pixmap(24, 24).toImage()
    apply_theme(qapp, "light")
    assert kept.pixmap(24, 24).toImage() != before


def test_icons_are_crisp_on_a_dense_screen(qapp: QApplication) -> None:
    pixmap = icon("polygon").pixmap(QSize(24, 24), 2.0)
    assert (pixmap.width(), pixmap.devicePixelRatio()) == (48, 2.0)


def test_a_copied_icon_may_be_changed(qapp: QApplication) -> None:
    copy = QIcon(icon("open"))
    copy.addPixmap(QPixmap(4, 4))
    assert not copy.isNull()


@pytest.mark.parametrize(("choice", "dark"), [("dark", True), ("light", False)])
def test_theme_is_applied_and_says_whether_it_is_dark(qapp: QApplication, choice: str, dark: bool) -> None:
    assert apply_theme(qapp, choice) is dark  # type: ignore[arg-type]
    window = qapp.palette().color(QPalette.ColorRole.Window)
    assert window.name() == ("#2b2b2b" if dark else "#f3f3f3")
    assert current_theme(qapp.palette()).dark is dark


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_greys_have_no_tint_and_text_can_be_read(theme: Theme) -> None:
    for grey in (theme.window, theme.base, theme.raised, theme.alternate, theme.border, theme.text, theme.muted):
        assert QColor(grey).hslSaturation() <= 0
    for ground in (theme.window, theme.base):
        assert contrast(theme.text, ground) > 7
        for colour in (theme.muted, theme.attention, theme.trouble, theme.good, theme.accent):
            assert contrast(colour, ground) > 4.5, colour
    assert contrast(theme.on_selection, theme.selection) > 4.5
    assert contrast(theme.text, theme.progress) > 4.5


def test_a_theme_reaches_widgets_that_are_already_open(qapp: QApplication, qtbot: QtBot) -> None:
    button = QToolButton()
    qtbot.addWidget(button)
    button.show()
    for choice, theme in (("dark", DARK), ("light", LIGHT)):
        apply_theme(qapp, choice)  # type: ignore[arg-type]
        QApplication.sendPostedEvents()
        assert current_theme(button.palette()) is theme


def test_hashes_are_set_in_a_fixed_width_and_shortened_in_the_middle(qapp: QApplication) -> None:
    metrics = QFontMetrics(monospaced(qapp.font()))
    assert metrics.horizontalAdvance("1111") == metrics.horizontalAdvance("eeee") == metrics.horizontalAdvance("0f8a")
    assert monospaced(qapp.font()).pointSizeF() == qapp.font().pointSizeF()
    assert shortened_hash("0123456789abcdef" * 4) == "01234567…89abcdef"
    assert shortened_hash("0123456789abcdef") == "0123456789abcdef"


def test_the_font_that_comes_with_the_program_has_every_sign_that_the_window_writes(qapp: QApplication) -> None:
    if "DejaVu Sans" not in QFontDatabase.families():
        pytest.skip("DejaVu Sans is not installed here")
    font = QRawFont.fromFont(QFont("DejaVu Sans"))
    assert font.familyName() == "DejaVu Sans"
    sources = Path(workstation.ui.__file__).parent.glob("*.py")
    written = {sign: file.name for file in sources for sign in file.read_text(encoding="utf-8") if ord(sign) > 127}
    assert {"✔", "⚠"} < set(written)
    assert {sign: name for sign, name in written.items() if not font.supportsCharacter(ord(sign))} == {}


def test_tsv_keeps_columns_columns() -> None:
    assert to_tsv([["a\tb", "c\r\nd"], ["", "e f"]]) == "a b\tc d\n\te f"
    assert to_tsv([["\t=SUM(1)", "-0.3 EV"]]) == "\\x3dSUM(1)\t-0.3 EV", "a pasted cell is not computed"


def test_a_view_is_copied_as_an_image(qapp: QApplication, qtbot: QtBot) -> None:
    button = QToolButton()
    qtbot.addWidget(button)
    button.resize(40, 30)
    copy_image(button)
    image = qapp.clipboard().image()
    assert (image.width(), image.height()) == (40, 30)


@pytest.mark.parametrize("choice", ["dark", "light"])
def test_the_focus_is_seen_on_a_button_that_is_down_or_the_default(
    qapp: QApplication, qtbot: QtBot, choice: ThemeChoice
) -> None:
    apply_theme(qapp, choice)
    page = QWidget()
    qtbot.addWidget(page)
    layout = QVBoxLayout(page)
    other, down, default = QLineEdit(), QToolButton(), QPushButton("Cancel")
    down.setText("Original")
    down.setCheckable(True)
    down.setChecked(True)
    down.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    default.setDefault(True)
    for widget in (other, down, default):
        layout.addWidget(widget)
    page.show()
    page.activateWindow()
    qtbot.waitActive(page)
    for button in (down, default):
        other.setFocus()
        qapp.processEvents()
        without, size = button.grab().toImage(), button.sizeHint()
        button.setFocus()
        qapp.processEvents()
        assert button.grab().toImage() != without
        assert button.sizeHint() == size, "nothing jumps"
