from pathlib import Path

import pytest
from evaluation.made_sets import figures_of_ap
from photo_collection import make_collection

from workstation.evaluation.rows import Row


@pytest.fixture(scope="session")
def photo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_collection(tmp_path_factory.mktemp("photos"))


@pytest.fixture
def made_rows() -> list[Row]:
    """Twelve tampered images of 1000×1000 pixels whose parts grow and are found from 200 pixels on; four authentic."""
    sides = (20, 40, 60, 80, 100, 150, 200, 250, 300, 350, 400, 450)
    rows = [
        Row(
            "made",
            f"s{side}.png",
            "tampered",
            "splice",
            height=1000,
            width=1000,
            foreign=side * side,
            figures=figures_of_ap(0.9 if side >= 200 else 0.2),
            peers={"control": figures_of_ap(0.4), "ela": None},
            constant=figures_of_ap(side * side / 1e6),
            score=0.5 + side / 1000,
            groups=2 if side >= 200 else 1,
            seconds=2.0,
            elapsed=3.0,
        )
        for side in sides
    ]
    authentic = [
        Row(
            "made",
            f"a{score}.png",
            "authentic",
            "",
            1000,
            1000,
            0,
            score=score,
            groups=groups,
            seconds=2.0,
            elapsed=3.0,
        )
        for score, groups in ((0.3, 1), (0.4, 1), (0.5, 1), (0.6, 2))
    ]
    return rows + authentic
