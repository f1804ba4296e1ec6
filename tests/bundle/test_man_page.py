"""The man page is the command line's own help."""

from __future__ import annotations

import shutil
import subprocess

import man_page
import pytest

from workstation import cli


def test_every_command_stands_in_it() -> None:
    page = man_page.page()

    for name in cli._command_names():
        assert f".SS {name}".replace("-", "\\-") in page
    assert "\\-\\-no\\-report" in page
    assert ".TH EXIFACT 1" in page


@pytest.mark.skipif(shutil.which("man") is None, reason="this system has no man")
def test_man_reads_it_without_a_complaint(tmp_path) -> None:
    file = tmp_path / "exifact.1"
    file.write_text(man_page.page(), encoding="utf-8")

    shown = subprocess.run(["man", "--warnings", "-l", str(file)], capture_output=True, text=True, check=True)

    assert shown.stderr == ""
    assert "self-test" in shown.stdout
