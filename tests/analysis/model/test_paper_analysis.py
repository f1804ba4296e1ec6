"""The published method end to end: added weights, a photograph, maps, a region, similarity from there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workstation.analysis import AnalysisRequest, run
from workstation.analysis.model import registry
from workstation.analysis.regions import Region, similarity_map, statistics_of
from workstation.evidence import open_evidence
from workstation.progress import drain


def test_a_photograph_goes_the_whole_way_with_added_weights(paper_added: Path, test_data: Path) -> None:
    evidence = open_evidence(test_data / "photos" / "L01.jpg")
    request = AnalysisRequest(model="paper", device="cpu", threads=1, per_dimension=6, precision="float32")

    result = drain(run(evidence, request))

    assert result.status == "complete"
    assert (evidence.pixels.height, evidence.pixels.width) == (400, 300)
    assert result.grid is not None
    assert (result.grid.patch, result.grid.stride, result.grid.spread) == (128, 45, 2)
    assert (result.grid.rows, result.grid.columns) == (7, 4)
    assert result.maps is not None
    assert result.maps.departure.shape == (8, 5)
    provenance = result.provenance
    assert (provenance.weights, provenance.weights_sha256) == ("paper", registry.find("paper").sha256)
    assert (provenance.architecture, provenance.dtype, provenance.threads) == ("paper", "float32", 1)

    region = Region("1", "ellipse", ((20, 40), (200, 300)))
    seen = similarity_map(result, region)
    statistics = statistics_of(region, result, evidence.pixels.rgb)

    assert seen.shape == (8, 5)
    assert np.nanmax(seen) <= 1
    assert statistics.reason == ""
    assert statistics.share == pytest.approx(np.pi * 90 * 130 / (400 * 300), rel=0.01)
    assert statistics.similarity_inside is not None
    assert statistics.similarity_outside is not None
