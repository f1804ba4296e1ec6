"""A photograph with EXIF on disk, opened for real, and a result whose every cell is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from benchmarks.report_tamperings import Specimen
from benchmarks.tampered_reports import specimen_of
from workstation.analysis.geometry import MapGeometry, PatchGrid
from workstation.analysis.regions import Region
from workstation.analysis.result import (
    AnalysisRequest,
    AnalysisResult,
    Finding,
    Group,
    Maps,
    Partition,
    Provenance,
    Suitability,
)
from workstation.casework.exhibit import Exhibit
from workstation.errors import RecordedWarning
from workstation.evidence import open_evidence

HEIGHT, WIDTH, CELL = 200, 310, 32
ROWS, COLUMNS = 7, 10
MOMENT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
SENTENCE = "Region B (17.5 % of the assessable area) departs from group A by 0.50."
LIMIT = "A part that is smaller than one patch may not show."


def write_photograph(path: Path, *, orientation: int = 1) -> Path:
    """A JPEG with an EXIF block that has text, rationals and a GPS directory."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    rgb = np.stack([x * 255 / WIDTH, y * 255 / HEIGHT, 128 + 0 * x], axis=-1) + rng.normal(0, 12, (HEIGHT, WIDTH, 1))
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "Canon", "Canon EOS 5D", orientation
    exif.get_ifd(0x8769).update({0x829A: IFDRational(1, 250), 0x8827: 400, 0x9003: "2026:05:04 12:00:00"})
    exif.get_ifd(0x8825).update({1: "N", 2: (IFDRational(51), IFDRational(30), IFDRational(0))})
    Image.fromarray(np.clip(rgb, 0, 255).astype(np.uint8)).save(path, quality=88, exif=exif)
    return path


def complete_result() -> AnalysisResult:
    """Group B fills a block of 3×4 cells in the middle; the upper left 2×2 cells are not assessable."""
    blob = np.zeros((ROWS, COLUMNS), bool)
    blob[3:6, 4:8] = True
    missing = np.zeros((ROWS, COLUMNS), bool)
    missing[:2, :2] = True
    rng = np.random.default_rng(3)
    departure = np.where(blob, 0.6, 0.1) + rng.uniform(-0.05, 0.05, blob.shape)
    departure[4, 5] = 0.9  # above the scale
    departure[missing] = np.nan
    pca = rng.uniform(0, 1, (ROWS, COLUMNS, 3)).astype(np.float32)
    pca[missing] = np.nan
    labels = np.where(missing, -1, blob).astype(np.int16)
    embeddings = rng.normal(size=(ROWS, COLUMNS, 8)) + 4 * blob[..., None]
    embeddings /= np.linalg.norm(embeddings, axis=-1, keepdims=True)
    embeddings[missing] = np.nan
    cells = ROWS * COLUMNS - 4
    return AnalysisResult(
        status="complete",
        reason="",
        request=AnalysisRequest(),
        image_size=(HEIGHT, WIDTH),
        provenance=provenance(),
        findings=(
            Finding("departs", SENTENCE, (("share", 12 / cells), ("departure", 0.5), ("p", float("nan"))), "B"),
            Finding("limits", LIMIT, (("patch_px", 64.0),)),
        ),
        warnings=(RecordedWarning("reduced-precision", "The network computed in bfloat16."),),
        grid=PatchGrid.covering(HEIGHT, WIDTH, patch=64, stride=CELL),
        suitability=Suitability(~missing, missing.astype(np.uint8), ~missing, np.full(missing.shape, 120, np.float32)),
        embeddings=embeddings.astype(np.float32),
        maps=Maps(
            geometry=MapGeometry(ROWS, COLUMNS, CELL, HEIGHT, WIDTH),
            departure=departure.astype(np.float32),
            pca=pca,
            groups=labels,
            cut=labels,
            departure_range=(0.0, 0.8),
        ),
        partition=Partition(
            groups=(Group("A", 0, 1 - 12 / cells, 0.1, cells - 12), Group("B", 1, 12 / cells, 0.6, 12)),
            stable=True,
            stability=0.94,
            separation=0.41,
            margin=1 - 24 / cells,
            ambiguous=False,
            tried=((2, 0.94, 0.41), (3, 0.5, 0.2)),
            expected=((2, 0.12), (3, 0.1)),
            distance=0.37,
        ),
        score=0.3,
    )


def provenance() -> Provenance:
    return Provenance(
        program="0.1.0",
        weights="compact",
        weights_sha256="c0ffee" + "0" * 58,
        architecture="compact",
        parameters=(("patch", "64"), ("stride", "32"), ("reference quantile", "0.25")),
        device="cpu",
        dtype="float32",
        threads=1,
        seed=11,
        libraries=(("numpy", "2.4.6"), ("torch", "2.13.0")),
        started="2026-11-21T09:00:00Z",
        seconds=(("embedding", 1.5), ("maps", 0.2)),
    )


def not_assessable_result() -> AnalysisResult:
    return AnalysisResult(
        status="not assessable",
        reason="40×40 pixels hold no patch of 64×64",
        request=AnalysisRequest(),
        image_size=(HEIGHT, WIDTH),
        provenance=provenance(),
        findings=(Finding("not-assessable", "Not assessable: 40×40 pixels hold no patch of 64×64."),),
    )


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    return write_photograph(tmp_path / "IMG_0042.jpg")


@pytest.fixture
def exhibit(photograph: Path) -> Exhibit:
    """An analysed exhibit with two regions and notes."""
    regions = (
        Region("1", "rectangle", ((130.0, 100.0), (250.0, 190.0)), "Edge of the shadow looks cut."),
        Region("tiny", "polygon", ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0))),
    )
    return Exhibit(open_evidence(photograph), complete_result(), "", regions, "Handed in by the owner on a USB stick.")


@pytest.fixture
def not_assessable(photograph: Path) -> Exhibit:
    return Exhibit(open_evidence(photograph), not_assessable_result())


@pytest.fixture
def failed(photograph: Path) -> Exhibit:
    return Exhibit(open_evidence(photograph), None, "the device ran out of memory. Choose --device cpu.")


@pytest.fixture
def renamed(exhibit: Exhibit) -> Callable[[str], Exhibit]:
    """The exhibit under another file name."""

    def rename(name: str) -> Exhibit:
        identity = exhibit.evidence.identity
        path = identity.path.rename(identity.path.with_name(name))
        return replace(exhibit, evidence=replace(exhibit.evidence, identity=replace(identity, path=path, name=name)))

    return rename


@pytest.fixture(scope="session")
def specimen(tmp_path_factory: pytest.TempPathFactory) -> Specimen:
    """A report in all its states, signed by a laboratory that was founded for the tests."""
    folder = tmp_path_factory.mktemp("laboratory")
    path = write_photograph(folder / "IMG_0042.jpg")
    regions = (Region("1", "rectangle", ((130.0, 100.0), (250.0, 190.0)), "Edge of the shadow looks cut."),)
    return specimen_of(Exhibit(open_evidence(path), complete_result(), "", regions, "Handed in by the owner."), folder)
