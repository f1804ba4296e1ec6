"""docs/models.md says what is true."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from workstation.analysis.model import registry

PAGE = Path(__file__).parents[3] / "docs" / "models.md"


def test_every_field_of_a_description_is_explained() -> None:
    explained = set(re.findall(r"`(\w+)`", PAGE.read_text(encoding="utf-8")))
    (compact,) = [weights for weights in registry.available_weights() if weights.name == "compact"]

    assert set(registry.write_fields(compact)) <= explained


def test_the_example_runs(test_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copyfile(test_data / "photos" / "L01.jpg", tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}

    exec(compile(code, str(PAGE), "exec"), names)

    assert names["embeddings"].shape[2] == 128
