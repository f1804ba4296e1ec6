"""What the window's threads do, without the window."""

from __future__ import annotations

import numpy as np
from PIL import Image

from workstation import paths
from workstation.analysis import AnalysisRequest, PartialMap
from workstation.evidence import open_evidence
from workstation.ui.work import Analyst


def test_the_window_sees_a_large_map_grow(tmp_path) -> None:
    with Image.open(paths.resources() / "examples" / "spliced.jpg") as opened:
        once = np.asarray(opened.convert("RGB"))
    picture = tmp_path / "large.png"
    Image.fromarray(np.tile(once, (2, 2, 1))).save(picture, compress_level=1)

    steps = Analyst().analyse(open_evidence(picture), AnalysisRequest(device="cpu", threads=1))
    partial = next(step.partial for step in steps if step.partial is not None)

    assert isinstance(partial, PartialMap)
    assert np.isfinite(partial.departure).all()  # the whole picture at once, coarsely
    steps.close()
