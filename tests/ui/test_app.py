from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workstation.errors import ExportProblem
from workstation.ui.problem_report import UnexpectedProblem

RUN = """
import os, signal, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QTimer, QUrl
from PySide6.QtGui import QFileOpenEvent
from workstation.app import Application

application = Application([])
if "--windowed" in sys.argv:
    sys.stdout, sys.stderr = sys.stderr, None

def look():
    window = next(widget for widget in application.topLevelWidgets() if widget.objectName() == "" and widget.isWindow()
                  and hasattr(widget, "session"))
    names = [exhibit.name for exhibit in window.session.exhibits]
    if window.jobs.jobs():
        QTimer.singleShot(50, look)
        return
    print(",".join(names), flush=True)
    if "--interrupt" in sys.argv:
        os.kill(os.getpid(), signal.SIGINT)
    elif "--finder" in sys.argv:
        QCoreApplication.postEvent(application, QFileOpenEvent(QUrl.fromLocalFile(sys.argv.pop())))
        sys.argv.remove("--finder")
        QTimer.singleShot(200, look)
    elif "--break" in sys.argv:
        QTimer.singleShot(0, broken)
        QTimer.singleShot(100, window.close)
        QTimer.singleShot(50, lambda: print(window.centre.message, flush=True))
    else:
        window.close()

def broken():
    raise RuntimeError("nobody foresaw this")

QTimer.singleShot(200, look)
from workstation import app
given = [Path(name) for name in sys.argv[1 : -1 if "--finder" in sys.argv else None] if not name.startswith("--")]
from workstation.ui.problem_report import UnexpectedProblem
sys.exit(app.run(given, example="--example" in sys.argv))
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN, *arguments], capture_output=True, text=True, timeout=90, check=False
    )


def test_files_and_example_are_opened_and_the_program_ends_with_0(photo) -> None:
    done = run(str(photo("a.jpg")), "--example")

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "a.jpg,spliced.jpg"


def test_an_error_that_nobody_caught_ends_in_a_sentence_and_not_the_program(photo) -> None:
    done = run(str(photo("a.jpg")), "--break")

    assert done.returncode == 0, done.stderr
    sentence = done.stdout.splitlines()[-1]
    assert "unexpected" in sentence
    assert "problem report" in sentence
    assert "nobody foresaw this" in done.stderr  # for whoever started it from a terminal


def test_an_error_is_told_where_nothing_listens_to_standard_error(photo) -> None:
    done = run(str(photo("a.jpg")), "--break", "--windowed")

    assert done.returncode == 0
    assert "unexpected" in done.stderr.splitlines()[-1]  # where the test prints now


def test_what_a_mac_opens_with_the_program_arrives(photo) -> None:
    done = run(str(photo("a.jpg")), "--finder", str(photo("b.png")))

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["a.jpg", "a.jpg,b.png"]


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send itself Ctrl-C there")
def test_ctrl_c_closes_the_window(photo) -> None:
    done = run(str(photo("a.jpg")), "--interrupt")

    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr
    settings = Path(os.environ["XDG_CONFIG_HOME"], "exifact", "settings.json").read_text(encoding="utf-8")
    assert "a.jpg" in json.loads(settings)["last_session"][0]


def test_the_problem_report_names_versions_and_places(tmp_path: Path) -> None:
    problem = UnexpectedProblem("working in the window", KeyError("x"))
    problem.save(tmp_path / "report.txt")

    text = (tmp_path / "report.txt").read_text(encoding="utf-8")
    assert "while: working in the window" in text
    assert "numpy:" in text
    assert "builtins.KeyError" in text


def test_the_problem_report_gives_nothing_of_the_evidence_away(tmp_path: Path) -> None:
    secret = tmp_path / "Müller holiday.jpg"
    try:
        try:
            secret.read_bytes()
        except FileNotFoundError as missing:
            raise ValueError(f"Artist is 'Erika Müller' <e@example.org> in {secret.parent}/DSC_1.JPG") from missing
    except ValueError as error:
        text = UnexpectedProblem(f"analysing {secret.name}", error).report

    assert "while: analysing\n" in text
    assert "ValueError: Artist is …" in text
    assert "because of" in text
    assert "pathlib.py, line" in text
    assert "tests/ui/test_app.py" in text or "test_app.py, line" in text
    for word in ("Müller", "holiday", "Erika", "example.org", "DSC_1", str(tmp_path), str(Path.home())):
        assert word not in text


def test_a_problem_report_that_finds_no_room_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", no_room)

    with pytest.raises(ExportProblem, match=r"report\.txt could not be written: No space left"):
        UnexpectedProblem("working in the window", KeyError("x")).save(tmp_path / "report.txt")

    assert list(tmp_path.iterdir()) == []
