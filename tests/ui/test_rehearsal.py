"""The window's rehearsal of the self-test, in a process of its own: it must end by itself."""

import subprocess
import sys
from pathlib import Path

import pytest

REHEARSE = """
import sys
from pathlib import Path
from workstation.ui.rehearsal import rehearse
print(*rehearse(Path(sys.argv[1]), Path(sys.argv[2])), sep=": ")
"""


@pytest.mark.timeout(200)
def test_the_window_opens_analyses_reports_and_closes_by_itself(examples: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.pdf"

    ended = subprocess.run(
        [sys.executable, "-c", REHEARSE, str(examples / "spliced.jpg"), str(target)],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )

    assert ended.stdout.startswith("True: opened, analysed, wrote a report"), ended.stdout + ended.stderr
    assert target.read_bytes().startswith(b"%PDF")
