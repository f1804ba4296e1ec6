from __future__ import annotations

import sys

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from workstation.ui import none_references, true_references


@pytest.mark.skipif(not true_references.is_needed(), reason="this Python or this PySide6 does not lose references")
def test_calls_into_qt_cannot_use_up_none(qtbot: QtBot) -> None:
    label = QLabel()
    qtbot.addWidget(label)
    for number in range(50_000):
        label.setToolTip(str(number % 2))
    assert sys.getrefcount(None) > sys.maxsize >> 3


@pytest.mark.skipif(not true_references.is_needed(), reason="this Python or this PySide6 does not lose references")
def test_giving_references_again_does_not_overflow() -> None:
    for _ in range(10):
        none_references.make_none_immortal()
    assert sys.maxsize >> 3 < sys.getrefcount(None) < sys.maxsize
