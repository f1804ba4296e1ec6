import json
from pathlib import Path

import numpy as np
import pytest
from photo_collection import make_collection
from typer.testing import CliRunner

from workstation.analysis.claims import TagValidation, Validation
from workstation.cli import app
from workstation.errors import ExportProblem
from workstation.training.claims_validation import limits, store
from workstation.training.retrieval import LineUp


def line_ups(own: list[float], others: list[float]) -> list[LineUp]:
    """One picture per camera, with one false value each."""
    return [
        LineUp(f"camera {n}", true, np.array([false]), np.array([0.0]))
        for n, (true, false) in enumerate(zip(own, others, strict=True))
    ]


def test_nine_cameras_allow_no_error_among_them_nineteen_one() -> None:
    nine = line_ups([float(n) for n in range(9)], [-float(n) for n in range(9)])
    supports, conflicts = limits(nine)
    assert supports == pytest.approx(0.0)
    assert supports is not None
    assert supports > 0  # just above every false claim
    assert conflicts == 0.0  # nothing true lies below

    nineteen = line_ups([float(n) for n in range(19)], [-float(n) for n in range(19)])
    supports, conflicts = limits(nineteen)  # (1 + 1) / (19 + 1) = 0.1
    assert supports == pytest.approx(-1.0)
    assert conflicts == 1.0


def test_eight_cameras_allow_no_limit() -> None:
    assert limits(line_ups([1.0] * 8, [0.0] * 8)) == (None, None)
    assert limits([]) == (None, None)


def test_a_camera_with_many_pictures_counts_as_one() -> None:
    cameras = [LineUp(f"camera {n}", 1.0, np.array([0.0]), np.array([0.0])) for n in range(18)]
    crowd = [LineUp("crowd", -5.0, np.array([0.0]), np.array([0.0])) for _ in range(50)]
    assert limits([*cameras, *crowd])[1] == 1.0  # 50 of 68 pictures lie below, but one of 19 cameras


def test_a_collection_that_allows_nothing_leaves_what_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_collection(tmp_path)
    before = '{"name": "compact", "claims": {"tags": []}}'
    (tmp_path / "described.json").write_text(before, encoding="utf-8")

    options = ["--photos", str(tmp_path), "--description", str(tmp_path / "described.json"), "--threads", "1"]
    done = CliRunner().invoke(app, ["validate-claims", *options])

    assert done.exit_code == 1
    assert "carried by 8 cameras" in done.output
    assert (tmp_path / "described.json").read_text(encoding="utf-8") == before


@pytest.mark.parametrize("content", [None, "[1]", "{"])
def test_a_description_that_is_none_is_told(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "tiny.json").write_text(content, encoding="utf-8")
    with pytest.raises(ExportProblem, match="no description of weights"):
        store(Validation("ab", 20, 40, ()), tmp_path / "tiny.json")


def test_a_description_keeps_its_other_fields(tmp_path: Path) -> None:
    file = tmp_path / "tiny.json"
    file.write_text(json.dumps({"name": "tiny", "sha256": "0"}), encoding="utf-8")
    tag = TagValidation(
        "Make", ("A", "B"), "photographs", 9, 9, 5, 0.7, 0.6, 0.8, 0.5, 0.5, 0.75, 0.75, 0.1, -0.1, 0.3, 0.3, 0.1
    )

    store(Validation("ab", 20, 40, (tag,)), file)

    fields = json.loads(file.read_text(encoding="utf-8"))
    assert fields["sha256"] == "0"
    assert fields["claims"]["tags"][0]["candidates"] == ["A", "B"]
    assert not list(tmp_path.glob("*.part"))
