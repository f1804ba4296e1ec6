from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import workstation.ui
from PySide6.QtCore import QCoreApplication, QObject, Signal

class Speaker(QObject):
    said = Signal(int)

application = QCoreApplication([])
speaker = Speaker()
for number in range(20_000):
    speaker.said.emit(number)
print("alive")
"""


def test_many_signals_do_not_use_up_true() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "alive"
