"""The maps agree with what the published implementations compute on the same features.

Exact to float32 rounding: grids, response maps, score, affinity. Mean shift by correlation, normalised cut by adjusted
Rand index, both for the reasons that docs/analysis.md gives.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from workstation.analysis import published
from workstation.analysis.cut import normalised_cut
from workstation.analysis.geometry import PatchGrid
from workstation.analysis.mean_shift import mean_shift
from workstation.analysis.pca import principal_components

DATA = Path(__file__).parent.parent / "data"
ROUNDING = 2e-6


@dataclass(frozen=True)
class Golden:
    """Features and what the published code makes of them."""

    grid: PatchGrid
    features: np.ndarray
    arrays: dict[str, np.ndarray]

    @property
    def patches(self) -> np.ndarray:
        return self.features.reshape(-1, self.features.shape[2])

    def responses(self) -> np.ndarray:
        return published.response_maps(self.features, self.grid)


@pytest.fixture(scope="module", params=["no_overlap", "overlap", "tall"])
def golden(request: pytest.FixtureRequest) -> Golden:
    with np.load(DATA / f"consistency_{request.param}.npz", allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    grid = PatchGrid.for_image(
        int(arrays["height"]),
        int(arrays["width"]),
        patch=int(arrays["patch_size"]),
        per_dimension=int(arrays["num_per_dim"]),
    )
    return Golden(grid, arrays["features"].reshape(grid.rows, grid.columns, -1), arrays)


@pytest.mark.parametrize(
    "case", json.loads((DATA / "grids.json").read_text()), ids=lambda c: f"{c['width']}x{c['height']}"
)
def test_grid_is_the_published_one(case: dict[str, int]) -> None:
    grid = PatchGrid.for_image(
        case["height"], case["width"], patch=case["patch_size"], per_dimension=case["num_per_dim"]
    )
    assert (grid.stride, grid.rows, grid.columns, grid.spread) == (
        case["stride"],
        case["rows"],
        case["cols"],
        case["spread"],
    )


def test_response_maps(golden: Golden) -> None:
    np.testing.assert_allclose(golden.responses(), golden.arrays["response_maps"], atol=ROUNDING, rtol=0)


def test_score(golden: Golden) -> None:
    assert published.score(golden.responses()) == pytest.approx(float(golden.arrays["score"]), abs=ROUNDING)


def test_affinity(golden: Golden) -> None:
    np.testing.assert_allclose(published.affinity(golden.patches), golden.arrays["affinity"], atol=ROUNDING, rtol=0)


def test_mean_shift(golden: Golden) -> None:
    responses = golden.responses()
    found = mean_shift(responses.reshape(responses.shape[0] * responses.shape[1], -1)).densest
    expected = golden.arrays["mean_shift"].ravel()
    assert np.corrcoef(found, expected)[0, 1] >= 0.9999
    assert np.abs(found - expected).max() < 2e-3


def test_normalised_cut(golden: Golden) -> None:
    responses = golden.responses()
    found = normalised_cut(1 - responses.reshape(responses.shape[0] * responses.shape[1], -1))
    assert adjusted_rand_score(golden.arrays["ncuts"].ravel(), found) >= 0.95


def test_first_whitened_component(golden: Golden) -> None:
    found = pca_map(golden)[:, :, 0]
    expected = golden.arrays["pca_map"][:, :, 0]
    sign = np.sign((found * expected).sum())
    np.testing.assert_allclose(sign * found, expected, atol=5e-3, rtol=0)


def test_further_components_carry_at_least_the_golden_variance(golden: Golden) -> None:
    """The published PCA is a randomised one: of the golden features' nearly equal further components it found one
    mixture of many, which no other solver finds again. Ours are the exact ones, so they explain no less."""
    whitened = pca_map(golden).reshape(-1, 3)
    exact = principal_components(golden.patches, 3).deviations ** 2
    ours = np.corrcoef(whitened.T)
    assert np.abs(ours[np.triu_indices(3, 1)]).max() < 0.5
    if golden.grid.spread > 1:
        return
    theirs = golden.arrays["pca_map"].reshape(-1, 3)
    centred = golden.patches - golden.patches.mean(axis=0)
    axes = np.linalg.lstsq(centred.astype(np.float64), theirs, rcond=None)[0]
    variance = (centred @ (axes / np.linalg.norm(axes, axis=0))).var(axis=0, ddof=1)
    assert np.all(variance <= exact * 1.001)
    assert np.all(variance >= exact * 0.9)


def pca_map(golden: Golden) -> np.ndarray:
    whitened = principal_components(golden.patches).whitened
    return published.vote_mean(whitened, golden.grid, np.ones((golden.grid.rows, golden.grid.columns), np.bool_))


def test_basis_changes_the_work_but_not_the_map(golden: Golden) -> None:
    responses = golden.responses()
    rows = responses.reshape(responses.shape[0] * responses.shape[1], -1)
    basis = np.linalg.qr(rows.T.astype(np.float64))[0].astype(np.float32)
    np.testing.assert_allclose(mean_shift(rows, basis).densest, mean_shift(rows).densest, atol=1e-4)
