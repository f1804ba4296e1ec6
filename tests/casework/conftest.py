"""A case with one photograph that was really analysed, and files to put into others."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from statistics_encoder import StatisticsEncoder

from workstation import analysis
from workstation.analysis.regions import Region
from workstation.analysis.result import AnalysisRequest, AnalysisResult
from workstation.casework import CaseFile
from workstation.evidence import open_evidence
from workstation.evidence.record import Evidence
from workstation.progress import drain

OPERATOR = "A. Meier"
REGION = Region("1", "rectangle", ((10.0, 20.0), (120.0, 90.0)), "softer")
VIEW = {"x": 100.0, "y": 80.0, "zoom": 2.0, "layer": "departure", "opacity": 0.5, "limits": None}


@pytest.fixture(scope="session")
def photograph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """512×384 pixels whose right half has other noise."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:384, :512]
    rgb = np.stack([x / 2, y / 2, 90 + 0 * x], axis=-1) + rng.normal(0, 4 + 10 * (x > 255), (384, 512))[..., None]
    path = tmp_path_factory.mktemp("photographs") / "bridge.png"
    Image.fromarray(np.clip(rgb, 0, 255).astype(np.uint8)).save(path)
    return path


@pytest.fixture(scope="session")
def evidence(photograph: Path) -> Evidence:
    return open_evidence(photograph)


@pytest.fixture(scope="session")
def result(evidence: Evidence) -> AnalysisResult:
    """From the whole pipeline, so that new fields of a result come along."""
    return drain(analysis.run(evidence, AnalysisRequest(), encoder=StatisticsEncoder(stride=32)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "case"


@pytest.fixture
def case(folder: Path) -> Iterator[CaseFile]:
    """An empty case, open for writing."""
    with CaseFile.create(folder, title="Rex v. Doe", operator=OPERATOR) as made:
        yield made


@pytest.fixture(scope="session")
def filled_once(tmp_path_factory: pytest.TempPathFactory, evidence: Evidence, result: AnalysisResult) -> Path:
    folder = tmp_path_factory.mktemp("filled") / "case"
    with CaseFile.create(folder, title="Rex v. Doe", operator=OPERATOR, question="Was anything inserted?") as case:
        fill(case, evidence, result)
    return folder


@pytest.fixture
def filled(folder: Path, filled_once: Path) -> Path:
    """A closed case with something on every shelf."""
    shutil.copytree(filled_once, folder)
    return folder


def fill(case: CaseFile, evidence: Evidence, result: AnalysisResult) -> int:
    """Put something on every shelf; returns the exhibit's number."""
    exhibit = case.exhibits.add(evidence, received="2026-11-20", received_from="PC 4711", copy=True).id
    analysis_id = case.analyses.add(exhibit, result).id
    region = case.regions.add(exhibit, REGION)
    note = case.notes.add("edges look sott", region=region.id)
    case.notes.change(note.id, "edges look soft")
    case.bookmarks.add(exhibit, "the edge", VIEW, verdict="warning")
    case.tags.add(exhibit, "night")
    case.coverage.viewed(exhibit, (384, 512), [(0, 0, 256, 384)])
    case.opinions.add(
        "Was the right half inserted?",
        ("It was.", "It was not."),
        support="moderate",
        favoured=0,
        reasons="other noise",
        exhibits=[exhibit],
        analyses=[analysis_id],
    )
    case.reviews.add("B. Rau", kind="technical", outcome="agreed")
    return exhibit


Editor = Callable[[str], None]


@pytest.fixture
def edit(filled: Path) -> Editor:
    """Changes the closed case's file behind Exifact's back, the fence around the log taken down first."""

    def run(script: str) -> None:
        with closing(sqlite3.connect(filled / "case.sqlite")) as connection:
            fence = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in fence:
                connection.execute(f"DROP TRIGGER {name}")
            connection.executescript(script)
            for _, sql in fence:
                connection.execute(sql)
            connection.commit()

    return run
