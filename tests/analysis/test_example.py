"""The bundled example with the bundled weights: the pasted part departs, and the same file gives the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import roc_auc_score

from workstation.analysis import AnalysisRequest, AnalysisResult, claims, run
from workstation.analysis.model import Encoder, load_encoder
from workstation.analysis.stored_scale import stored_scale_map
from workstation.errors import WeightsProblem
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


def test_claims_are_tested_when_asked_and_leave_the_rest_alone(
    result: AnalysisResult, encoder: Encoder, examples: Path
) -> None:
    assert result.claims is None
    again = drain(run(open_evidence(examples / "spliced.jpg"), REQUEST, encoder=encoder, claims=True))
    assert again.findings == result.findings
    assert again.claims is not None
    said = {claim.tag: claim.claimed for claim in again.claims.whole}
    assert said["Make"] == "FUJIFILM"
    assert again.partition is not None
    names = [group.name for group in again.partition.groups]
    assert [region.name for region in again.claims.regions] == (names if len(names) > 1 else [])
    assert "holding what the file says against the pixels" in dict(again.provenance.seconds)


def test_a_text_side_that_cannot_be_used_is_a_warning_and_costs_no_result(
    encoder: Encoder, examples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def altered(*_: object, **__: object) -> None:
        raise WeightsProblem("the text side belongs to other weights")

    monkeypatch.setattr(claims, "load_text_side", altered)
    claims._loaded.cache_clear()
    found = drain(run(open_evidence(examples / "untouched.jpg"), REQUEST, encoder=encoder, claims=True))
    assert (found.status, found.claims) == ("complete", None)
    assert [w.code for w in found.warnings if "text side belongs" in w.message] == ["claims-not-tested"]
