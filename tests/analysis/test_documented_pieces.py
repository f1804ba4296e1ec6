"""The example in docs/analysis.md runs and finds what it planted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

DOCUMENT = Path(__file__).parents[2] / "docs" / "analysis.md"


def test_the_published_maps_work_on_any_features() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, str(DOCUMENT), "exec"), names)
    assert names["responses"].shape == (10, 13, 10, 13)
    assert 0 < names["score"] < 1
    planted = np.zeros((10, 13), np.bool_)
    planted[4:5, 5:8] = True  # cells that only patches of the planted part vote for
    consistency, sides = names["consistency"], names["sides"]
    assert consistency[planted].min() > np.quantile(consistency, 0.9)
    assert (sides[planted] == 1).all()
