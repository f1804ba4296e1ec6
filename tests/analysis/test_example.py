"""The bundled example with the bundled weights: the pasted part departs, and the same file gives the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import roc_auc_score

from workstation.analysis import AnalysisRequest, AnalysisResult, run
from workstation.analysis.model import Encoder, load_encoder
from workstation.analysis.stored_scale import stored_scale_map
from workstation.evidence import open_evidence
from workstation.progress import drain

REQUEST = AnalysisRequest(device="cpu", threads=1)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder("compact", device="cpu", threads=1)


@pytest.fixture(scope="module")
def result(encoder: Encoder, examples: Path) -> AnalysisResult:
    return drain(run(open_evidence(examples / "spliced.jpg"), REQUEST, encoder=encoder))


def test_the_pasted_part_departs(result: AnalysisResult, examples: Path) -> None:
    values = stored_scale_map(result)
    assert values is not None
    with Image.open(examples / "spliced_mask.png") as mask:
        small = mask.convert("L").resize((values.shape[1], values.shape[0]), Image.Resampling.NEAREST)
    known = np.isfinite(values)
    assert roc_auc_score(np.asarray(small)[known] > 127, values[known]) > 0.9


def test_the_same_file_gives_the_same_bytes(result: AnalysisResult, encoder: Encoder, examples: Path) -> None:
    again = drain(run(open_evidence(examples / "spliced.jpg"), REQUEST, encoder=encoder))
    assert result.maps is not None
    assert again.maps is not None
    for name in ("departure", "pca", "groups", "cut"):
        assert getattr(again.maps, name).tobytes() == getattr(result.maps, name).tobytes(), name
    assert again.findings == result.findings
