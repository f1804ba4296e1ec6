"""What the documentation shows in Python runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def python_blocks(document: str) -> str:
    """All Python blocks of a document, one after the other."""
    return "\n".join(re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(encoding="utf-8"), re.DOTALL))


def test_the_guide_to_the_api(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}

    exec(compile(python_blocks("docs/api.md"), "docs/api.md", "exec"), names)

    said = capsys.readouterr().out
    assert "FUJIFILM" in said
    assert "departs most around" in said
    assert Path("results/spliced/report.pdf").exists()


def test_the_readme(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(python_blocks("README.md"), "README.md", "exec"), {})
    assert capsys.readouterr().out.startswith("(")
