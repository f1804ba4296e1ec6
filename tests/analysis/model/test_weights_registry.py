"""The register of weights, without torch."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from workstation import paths
from workstation.analysis.model import available_weights, registry
from workstation.errors import WeightsProblem

CONTENT = b"not really tensors"
FIELDS = {
    "format": 1,
    "name": "mine",
    "file": "mine.safetensors",
    "sha256": hashlib.sha256(CONTENT).hexdigest(),
    "architecture": "compact",
    "patch": 64,
    "dimensions": 128,
    "normalisation": {"mean": [0.5, 0.5, 0.5], "deviation": [0.5, 0.5, 0.5]},
    "licence": "Apache-2.0",
    "training_data": "photos",
    "figures": {"AP": 0.7},
    "departure_range": [0.0, 0.8],
    "text_side": False,
    "source": "exifact train",
}


@pytest.fixture(autouse=True)
def nothing_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "resources", lambda: tmp_path / "resources")


def describe(folder: Path, **changes: object) -> Path:
    fields = {**FIELDS, **changes}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mine.safetensors").write_bytes(CONTENT)
    path = folder / f"{fields['name']}.json"
    path.write_text(json.dumps({name: value for name, value in fields.items() if value is not ...}), encoding="utf-8")
    return path


def test_a_description_is_read_field_by_field() -> None:
    describe(registry.user_folder(), tag_shares={"Make": 0.98}, stride=24, notes="n", bfloat16=False)

    (weights,) = available_weights()

    assert (weights.name, weights.architecture, weights.patch, weights.dimensions) == ("mine", "compact", 64, 128)
    assert weights.normalisation.mean == (0.5, 0.5, 0.5)
    assert weights.figures == (("AP", 0.7),)
    assert weights.departure_range == (0.0, 0.8)
    assert weights.tag_shares == (("Make", 0.98),)
    assert (weights.stride, weights.notes, weights.bfloat16, weights.text_side) == (24, "n", False, False)
    assert not weights.shipped
    assert weights.path == registry.user_folder() / "mine.safetensors"


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    description = registry.read_description(describe(tmp_path / "a"), shipped=False)
    (tmp_path / "b").mkdir()
    copy = tmp_path / "b" / "mine.json"
    copy.write_text(json.dumps(registry.write_fields(description)), encoding="utf-8")

    assert registry.write_fields(registry.read_description(copy, shipped=False)) == registry.write_fields(description)


def test_shipped_weights_come_first_and_their_name_cannot_be_taken() -> None:
    describe(registry.shipped_folder())
    describe(registry.user_folder())
    describe(registry.user_folder(), name="a-first-name")

    found = registry.survey()

    assert [(w.name, w.shipped) for w in found.weights] == [("mine", True), ("a-first-name", False)]
    assert "the name 'mine' is taken" in found.problems[0].what


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sha256": ...}, "the field 'sha256' is missing"),
        ({"format": 2}, "format 2 is not 1"),
        ({"architecture": "vit"}, "unknown architecture 'vit'"),
        ({"file": "../../etc/passwd"}, "plain names"),
        ({"sha256": "ABC"}, "64 lower-case hex digits"),
        ({"departure_range": [1, 0]}, "departure_range must rise"),
        ({"patch": "large"}, "invalid literal"),
        ({"figures": [1]}, "objects of numbers"),
        ({"normalisation": {"mean": [1, 2], "deviation": [1, 1, 1]}}, "unpack"),
    ],
)
def test_a_broken_description_is_named_and_hides_no_other(change: dict[str, object], words: str) -> None:
    describe(registry.user_folder(), name="other")
    describe(registry.user_folder(), **change)

    found = registry.survey()

    assert [w.name for w in found.weights] == ["other"]
    assert words in found.problems[0].what
    with pytest.raises(WeightsProblem, match=r"mine\.json"):
        registry.find("mine")


def test_not_json_is_a_weights_problem() -> None:
    describe(registry.user_folder()).write_bytes(b"\xff{")

    assert "not a readable description" in registry.survey().problems[0].what


def test_a_description_must_be_named_like_its_file() -> None:
    describe(registry.user_folder()).rename(registry.user_folder() / "theirs.json")

    assert "file and name must agree" in registry.survey().problems[0].what


def test_unknown_weights_are_refused_with_those_that_are_there() -> None:
    describe(registry.user_folder())

    with pytest.raises(WeightsProblem, match=r"no weights named 'yours' here \(there are: mine\)"):
        registry.find("yours")


def test_missing_paper_weights_say_where_their_authors_publish_them() -> None:
    with pytest.raises(WeightsProblem, match=r"hellomuffin/exif-as-language.*exifact weights add FILE"):
        registry.find("paper")


def test_verify_tells_intact_altered_and_missing_apart() -> None:
    path = describe(registry.user_folder()).with_suffix(".safetensors")
    assert registry.verify("mine").intact

    path.write_bytes(CONTENT + b"!")
    altered = registry.verify("mine")
    assert not altered.intact
    assert altered.actual == hashlib.sha256(CONTENT + b"!").hexdigest()
    assert "was altered" in altered.reason

    path.unlink()
    missing = registry.verify("mine")
    assert (missing.intact, missing.actual) == (False, "")
    assert "cannot be read" in missing.reason


def test_remove_deletes_description_file_and_tokenizer() -> None:
    describe(registry.user_folder())
    tokenizer = registry.user_folder() / registry.tokenizer_folder_name("mine")
    tokenizer.mkdir()
    (tokenizer / "vocab.txt").write_text("x", encoding="utf-8")

    registry.remove("mine")

    assert list(registry.user_folder().iterdir()) == []


def test_weights_that_cannot_be_deleted_stay_registered_and_can_be_removed_later() -> None:
    describe(registry.user_folder())
    weights = registry.user_folder() / "mine.safetensors"
    weights.unlink()
    weights.mkdir()  # as little deleted as a file that a program on Windows has mapped

    with pytest.raises(WeightsProblem, match="cannot be removed"):
        registry.remove("mine")

    assert registry.find("mine").path == weights
    weights.rmdir()
    registry.remove("mine")
    assert list(registry.user_folder().iterdir()) == []


def test_remove_takes_a_broken_description_too() -> None:
    describe(registry.user_folder(), architecture="vit")

    registry.remove("mine")

    assert registry.survey() == registry.Survey((), ())


def test_shipped_weights_are_not_removed() -> None:
    path = describe(registry.shipped_folder())

    with pytest.raises(WeightsProblem, match="came with the program"):
        registry.remove("mine")
    assert path.is_file()


def test_remove_stays_in_its_folder() -> None:
    outside = describe(registry.user_folder().parent)

    with pytest.raises(WeightsProblem, match="no weights named"):
        registry.remove("../mine")
    assert outside.is_file()


def test_listing_weights_loads_no_torch() -> None:
    program = "import sys, workstation.analysis.model as m; m.available_weights(); sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
