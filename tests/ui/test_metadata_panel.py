from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractItemModel, QItemSelectionModel, QModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.ui.panel_samples import entry, sample_entries, sample_evidence
from workstation.evidence.record import Evidence, Metadata, NotApplicable, NotPresent, Payload, Present
from workstation.ui.metadata_model import Column, MetadataFilter, MetadataModel, walk
from workstation.ui.metadata_panel import MetadataPanel

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")  # said by the offscreen platform for every window

STRICT = QAbstractItemModelTester.FailureReportingMode.Fatal
COMMONNESS = {"Make": 0.991, "Model": 0.98, "ISOSpeedRatings": 0.8, "WhiteBalance": 0.75, "Rarity": 0.02}


@pytest.fixture
def panel(qtbot: QtBot) -> MetadataPanel:
    panel = MetadataPanel()
    qtbot.addWidget(panel)
    panel.set_commonness(COMMONNESS)
    panel.show_evidence(sample_evidence())
    return panel


def find(model: QAbstractItemModel, *names: str) -> QModelIndex:
    """The index of the row that is reached by these names from the top."""
    index = QModelIndex()
    for name in names:
        rows = [model.index(row, 0, index) for row in range(model.rowCount(index))]
        index = next(row for row in rows if row.data() == name)
    return index


def cell(model: QAbstractItemModel, column: Column, *names: str) -> str:
    return str(find(model, *names).siblingAtColumn(column).data())


def mark(panel: MetadataPanel, *names: str, extend: bool = False) -> None:
    flags = QItemSelectionModel.SelectionFlag.Rows | (
        QItemSelectionModel.SelectionFlag.Select if extend else QItemSelectionModel.SelectionFlag.ClearAndSelect
    )
    panel.tree.selectionModel().setCurrentIndex(find(panel.tree.model(), *names), flags)


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


def with_metadata(evidence: Evidence, **changes: object) -> Evidence:
    fields = {name: getattr(evidence.metadata, name) for name in Metadata.__dataclass_fields__}
    metadata = Metadata(**{**fields, **changes})
    return Evidence(evidence.identity, evidence.format, evidence.pixels, metadata, ())


def test_model_keeps_the_rules_of_qt_while_evidence_and_filter_change(qtbot: QtBot) -> None:
    model = MetadataModel()
    filtered = MetadataFilter(model)
    testers = [QAbstractItemModelTester(model, STRICT), QAbstractItemModelTester(filtered, STRICT)]
    model.show_evidence(sample_evidence())
    model.set_commonness(COMMONNESS)
    for typed in ("canon", "0x8827", "no such thing", ""):
        filtered.set_words(typed)
    model.show_evidence(None)
    assert model.rowCount() == filtered.rowCount() == 0
    assert len(testers) == 2


def test_tree_holds_the_groups_in_reading_order(panel: MetadataPanel) -> None:
    model = panel.model
    names = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert names == [
        "IFD0",
        "ExifIFD",
        "GPS",
        "InteropIFD",
        "IFD1",
        "Common tags not here",
        "JPEG",
        "Payloads",
        "File",
    ]


def test_a_tag_shows_value_raw_unit_commonness_and_offset(panel: MetadataPanel) -> None:
    def column(which: Column, *names: str) -> str:
        return cell(panel.model, which, *names)

    assert column(Column.VALUE, "IFD0", "Make") == "Canon"
    assert column(Column.RAW, "IFD0", "Make") == "43 61 6e 6f 6e 00"
    assert column(Column.OFFSET, "IFD0", "Make") == "0x009E"
    assert column(Column.COMMON, "IFD0", "Make") == "99 %"
    assert column(Column.COMMON, "IFD0", "Artist") == ""
    assert column(Column.UNIT, "ExifIFD", "ExposureTime") == "s"


def test_four_kinds_of_absence_differ_in_words_and_icon(panel: MetadataPanel) -> None:
    model = panel.model
    png = MetadataModel()
    png.show_evidence(sample_evidence(entries=(), file_format="PNG"))
    cells = {
        "empty": find(model, "IFD0", "Artist"),
        "unreadable: entry runs past the end (at 0x01A4)": find(model, "ExifIFD", "LensModel"),
        "not present": find(model, "Payloads", "IPTC"),
        "not applicable": find(png, "JPEG"),
    }
    pictures = []
    for words, index in cells.items():
        value = index.siblingAtColumn(Column.VALUE)
        assert value.data() == words
        pictures.append(value.data(Qt.ItemDataRole.DecorationRole).pixmap(32, 32).toImage())
    assert all(one != other for n, one in enumerate(pictures) for other in pictures[n + 1 :])
    present = find(model, "IFD0", "Make").siblingAtColumn(Column.VALUE)
    assert present.data(Qt.ItemDataRole.DecorationRole) is None


@pytest.mark.parametrize(
    ("file_format", "state", "words"),
    [("JPEG", NotPresent(), "not present"), ("BMP", NotApplicable(), "not applicable")],
)
def test_a_file_without_exif_says_whether_it_could_carry_any(
    qtbot: QtBot, file_format: str, state: NotPresent, words: str
) -> None:
    model = MetadataModel()
    evidence = sample_evidence(entries=(), file_format=file_format)
    model.show_evidence(with_metadata(evidence, exif_state=state))
    assert cell(model, Column.VALUE, "EXIF") == words


def test_common_tags_that_are_missing_are_listed_and_rare_ones_are_not(panel: MetadataPanel) -> None:
    group = find(panel.model, "Common tags not here")
    assert [panel.model.index(row, 0, group).data() for row in range(panel.model.rowCount(group))] == ["WhiteBalance"]
    assert cell(panel.model, Column.COMMON, "Common tags not here", "WhiteBalance") == "75 %"
    assert cell(panel.model, Column.VALUE, "Common tags not here", "WhiteBalance") == "not present"


def test_jpeg_tables_say_their_quality_or_that_they_have_none(panel: MetadataPanel) -> None:
    tables = ("JPEG", "Quantisation tables")
    assert cell(panel.model, Column.VALUE, *tables, "Table 0, luminance") == "quality 92"
    assert cell(panel.model, Column.VALUE, *tables, "Table 1, chrominance") == "not a standard table"
    assert cell(panel.model, Column.VALUE, *tables, "Table 0, luminance", "row 1").split() == [
        str(value) for value in range(17, 25)
    ]
    assert cell(panel.model, Column.VALUE, "JPEG", "Subsampling") == "4:2:2"
    assert cell(panel.model, Column.OFFSET, "JPEG", "Segments", "DQT") == "0x01F2"


def test_thumbnail_is_shown_as_a_picture_and_a_broken_one_says_so(panel: MetadataPanel, qtbot: QtBot) -> None:
    picture = find(panel.model, "Payloads", "thumbnail", "Picture").siblingAtColumn(Column.VALUE)
    pixmap = picture.data(Qt.ItemDataRole.DecorationRole)
    assert isinstance(pixmap, QPixmap)
    assert (pixmap.width(), pixmap.height()) == (64, 48)

    broken = with_metadata(sample_evidence(), payloads=(Payload("thumbnail", 0x800, 4, content=b"\xff\xd8\xff\xe0"),))
    panel.show_evidence(broken)
    value = find(panel.model, "Payloads", "thumbnail", "Picture").siblingAtColumn(Column.VALUE)
    assert value.data() == "unreadable: the embedded picture cannot be decoded (at 0x0800)"


def test_a_payload_that_nothing_is_said_of_has_its_size_for_a_value(panel: MetadataPanel) -> None:
    panel.show_evidence(with_metadata(sample_evidence(), payloads=(Payload("PNG cHRM", 0x30, 32, ""),)))
    assert cell(panel.model, Column.VALUE, "Payloads", "PNG cHRM") == "32 bytes"


def test_file_row_shortens_hashes_in_the_middle_and_copies_them_in_full(panel: MetadataPanel) -> None:
    assert cell(panel.model, Column.VALUE, "File", "SHA-256") == "9f3c012345…23456789ab"
    mark(panel, "File", "SHA-256")
    panel.copy_value()
    assert clipboard() == sample_evidence().identity.sha256
    assert cell(panel.model, Column.VALUE, "File", "Reductions", "step 1") == "16 bit to 8: value // 257"
    assert cell(panel.model, Column.VALUE, "File", "Size") == "1234567"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("canon eos", ["IFD0/Model"]),
        ("iso", ["ExifIFD/ISOSpeedRatings"]),
        ("0x8827", ["ExifIFD/ISOSpeedRatings"]),
        ("1/250", ["ExifIFD/ExposureTime"]),
        ("unreadable", ["ExifIFD/LensModel"]),
        ("nothing like this", []),
    ],
)
def test_filter_finds_by_name_value_and_number(panel: MetadataPanel, typed: str, found: list[str]) -> None:
    panel.set_filter(typed)
    model = panel.tree.model()
    leaves = [index for index in walk(model) if not model.hasChildren(index)]
    assert [f"{index.parent().data()}/{index.data()}" for index in leaves] == found
    assert all(panel.tree.isExpanded(index.parent()) for index in leaves)


def test_filter_by_group_shows_the_whole_group_and_clearing_restores_what_was_open(panel: MetadataPanel) -> None:
    panel.tree.collapse(find(panel.tree.model(), "IFD0"))
    panel.set_filter("ifd0")
    assert panel.tree.model().rowCount(find(panel.tree.model(), "IFD0")) == 3
    panel.set_filter("")
    assert not panel.tree.isExpanded(find(panel.tree.model(), "IFD0"))
    assert panel.tree.isExpanded(find(panel.tree.model(), "ExifIFD"))


def test_open_groups_and_marked_row_survive_a_change_of_exhibit(panel: MetadataPanel) -> None:
    panel.tree.collapse(find(panel.tree.model(), "File"))
    panel.tree.expand(find(panel.tree.model(), "JPEG", "Segments"))
    mark(panel, "ExifIFD", "ISOSpeedRatings")
    panel.show_evidence(sample_evidence("other.jpg"))
    assert not panel.tree.isExpanded(find(panel.tree.model(), "File"))
    assert panel.tree.isExpanded(find(panel.tree.model(), "JPEG", "Segments"))
    assert panel.tree.currentIndex().data() == "ISOSpeedRatings"


def test_copying_a_value_a_name_a_row_and_rows(panel: MetadataPanel) -> None:
    mark(panel, "ExifIFD", "UserComment")
    panel.copy_value()
    assert clipboard() == "line one\tand\nline two"
    panel.copy_name()
    assert clipboard() == "UserComment"
    panel.copy_row()
    assert clipboard() == "UserComment\tline one and line two\t6c 69 6e 65 20 6f 6e 65\t\t\t0x0100"
    mark(panel, "IFD0", "Make", extend=True)
    panel.copy_selection()
    assert clipboard().splitlines() == [
        "Make\tCanon\t43 61 6e 6f 6e 00\t\t99 %\t0x009E",
        "UserComment\tline one and line two\t6c 69 6e 65 20 6f 6e 65\t\t\t0x0100",
    ]


def test_control_c_copies_the_marked_value(panel: MetadataPanel, qtbot: QtBot) -> None:
    panel.show()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    mark(panel, "IFD0", "Model")
    panel.tree.setFocus()
    qtbot.keyClick(panel.tree, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard() == "Canon EOS 5D"


def test_copied_table_holds_what_the_filter_leaves(panel: MetadataPanel) -> None:
    panel.set_filter("canon eos")
    panel.copy_table()
    assert clipboard() == (
        "Group\tName\tValue\tRaw\tUnit\tCommon\tOffset\n"
        "IFD0\tModel\tCanon EOS 5D\t43 61 6e 6f 6e 20 45 4f 53 20 35 44 00\t\t98 %\t0x00A4"
    )


def test_activating_a_row_tells_its_tag_and_a_heading_is_silent(panel: MetadataPanel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(panel.tag_activated) as told:
        panel.tree.activated.emit(find(panel.tree.model(), "IFD0", "Make"))
    assert told.args == [sample_entries()[0]]
    with qtbot.assertNotEmitted(panel.tag_activated):
        panel.tree.activated.emit(find(panel.tree.model(), "IFD0"))


def test_tooltip_holds_the_full_value_and_escapes_what_the_file_says(qtbot: QtBot) -> None:
    model = MetadataModel()
    long = "<b>not bold</b> " + "x" * 1000
    model.show_evidence(sample_evidence(entries=(entry("IFD0", "ImageDescription", 0x010E, long),)))
    value = find(model, "IFD0", "ImageDescription").siblingAtColumn(Column.VALUE)
    assert len(value.data()) < 300
    tip = value.data(Qt.ItemDataRole.ToolTipRole)
    assert "x" * 1000 in tip
    assert "&lt;b&gt;not bold&lt;/b&gt;" in tip
    assert "0x010E" in tip


def test_thousands_of_tags_ask_only_for_what_is_seen(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    many = tuple(entry("ExifIFD", f"Unknown 0x{n:04X}", n, f"value {n}", raw=bytes(200)) for n in range(4000))
    panel = MetadataPanel()
    qtbot.addWidget(panel)
    panel.resize(400, 600)
    panel.show()
    made: list[int] = []
    text_of = MetadataModel._text

    def counted(model: MetadataModel, row: object, column: int, role: int) -> str | None:
        if role == Qt.ItemDataRole.DisplayRole:
            made.append(column)
        return text_of(model, row, column, role)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(MetadataModel, "_text", counted)
    panel.show_evidence(sample_evidence(entries=many))
    panel.grab()
    assert 0 < len(made) < 2000  # the texts of 4000 rows and six columns are not made
    panel.set_filter("value 3999")
    assert panel.tree.model().rowCount(find(panel.tree.model(), "ExifIFD")) == 1


def test_without_evidence_the_panel_says_what_to_do(qtbot: QtBot) -> None:
    panel = MetadataPanel()
    qtbot.addWidget(panel)
    assert panel.model.rowCount() == 0
    texts = [label.text() for label in panel.findChildren(QLabel)]
    assert texts == ["Open a photograph to see what its file says about itself."]


def test_folder_and_name_are_those_of_the_file(panel: MetadataPanel) -> None:
    assert cell(panel.model, Column.VALUE, "File", "Folder") == str(Path("/cases/7"))
    assert isinstance(sample_entries()[0].state, Present)


@pytest.mark.parametrize("width", [240, 300, 420, 900])
def test_values_end_inside_of_the_panel(qtbot: QtBot, width: int) -> None:
    panel = MetadataPanel()
    qtbot.addWidget(panel)
    panel.resize(width, 500)
    panel.show()
    panel.show_evidence(sample_evidence())

    header = panel.tree.header()
    end = header.sectionViewportPosition(Column.VALUE) + header.sectionSize(Column.VALUE)
    assert 0.45 * width < end <= panel.tree.viewport().width()  # what is too long ends with a sign that it is


def test_a_mark_that_turns_the_reading_direction_is_seen_and_copied_exactly(qtbot: QtBot) -> None:
    value = "lines\nof \u202egpj.exe"
    panel = MetadataPanel()
    qtbot.addWidget(panel)
    panel.show_evidence(sample_evidence(entries=(entry("IFD0", "Make", 0x010F, value),)))
    make = find(panel.model, "IFD0", "Make").siblingAtColumn(Column.VALUE)
    assert make.data() == r"lines of \u202egpj.exe"
    assert "\u202e" not in make.data(Qt.ItemDataRole.ToolTipRole)
    mark(panel, "IFD0", "Make")
    panel.copy_value()
    assert clipboard() == value
