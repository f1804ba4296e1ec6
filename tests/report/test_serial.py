"""result.json: valid against its schema, the same content as the PDF, no defaults in place of what is missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.report.conftest import HEIGHT, LIMIT, MOMENT, SENTENCE, WIDTH
from workstation.casework.exhibit import Case, Exhibit
from workstation.errors import ExportProblem
from workstation.report import build, write_json
from workstation.report.serial import as_json, as_text, value_json

SCHEMA = Path(__file__).parents[2] / "docs" / "result.schema.json"


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def content(*exhibits: Exhibit) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    written = as_json(build(Case(exhibits), created=MOMENT), array=True)
    return json.loads(as_text(written), parse_constant=refuse)


@pytest.mark.parametrize("which", ["exhibit", "not_assessable", "failed"])
def test_every_status_fits_the_schema(
    which: str, request: pytest.FixtureRequest, validator: jsonschema.Draft202012Validator
) -> None:
    validator.validate(content(request.getfixturevalue(which)))


def test_several_exhibits_fit_the_schema(
    exhibit: Exhibit, failed: Exhibit, validator: jsonschema.Draft202012Validator
) -> None:
    written = content(exhibit, failed)

    validator.validate(written)
    assert [e["status"] for e in written["exhibits"]] == ["complete", "failed"]


def test_a_field_too_many_or_too_few_does_not_fit(exhibit: Exhibit, validator: jsonschema.Draft202012Validator) -> None:
    written = content(exhibit)

    assert not validator.is_valid({**written, "probability": 0.5})
    assert not validator.is_valid({k: v for k, v in written.items() if k != "provenance"})
    assert not validator.is_valid({**written, "status": "failed"})  # a failed analysis has no map


def test_identity_and_verification(exhibit: Exhibit) -> None:
    written = content(exhibit)["exhibit"]

    identity = exhibit.evidence.identity
    assert (written["name"], written["size"]) == (identity.name, identity.size)
    assert (written["sha256"], written["sha1"], written["md5"]) == (identity.sha256, identity.sha1, identity.md5)
    assert written["verification"]["state"] == "match"


def test_the_consistency_map_is_described_with_range_polarity_and_affine(exhibit: Exhibit) -> None:
    described = content(exhibit)["consistency_map"]

    rows, columns = described["shape"]
    (a, b, c), (d, e, f) = described["affine_to_pixels"]
    assert described["file"] == "consistency.npy"
    assert described["range"] == [0.0, 0.8]
    assert described["polarity"].startswith("higher = departs more")
    assert (a * columns + b * rows + c, d * columns + e * rows + f) == (WIDTH, HEIGHT)
    assert WIDTH / columns <= 8
    assert HEIGHT / rows <= 8
    assert 0 < described["observed"][0] < described["observed"][1] <= 0.9


def test_an_array_that_is_not_written_is_not_named(
    exhibit: Exhibit, tmp_path: Path, validator: jsonschema.Draft202012Validator
) -> None:
    write_json(build(Case((exhibit,))), tmp_path / "result.json")

    written = json.loads((tmp_path / "result.json").read_text("utf-8"))
    validator.validate(written)
    assert written["consistency_map"]["file"] is None


def test_an_ambiguous_reference_changes_the_polaritys_words(exhibit: Exhibit) -> None:
    result = exhibit.result
    assert result is not None
    assert result.partition is not None
    ambiguous = replace(result, partition=replace(result.partition, ambiguous=True))

    described = content(replace(exhibit, result=ambiguous))["consistency_map"]

    assert described["polarity"] == "higher = departs more from group A; which group is the reference is ambiguous"


def test_findings_partition_regions_and_provenance(exhibit: Exhibit) -> None:
    written = content(exhibit)

    assert [f["kind"] for f in written["findings"]] == ["departs", "limits"]
    assert written["limits"][0] == LIMIT
    assert written["findings"][:1] == [
        {
            "kind": "departs",
            "variant": None,
            "sentence": SENTENCE,
            "group": "B",
            "numbers": {"share": pytest.approx(12 / 66), "departure": 0.5, "p": None},
            "codes": {},
        }
    ]
    assert [(g["name"], g["cells"]) for g in written["partition"]["groups"]] == [("A", 54), ("B", 12)]
    assert written["partition"]["expected"][0] == {"clusters": 2, "separation": 0.12}
    assert written["partition"]["distance"] == 0.37
    assert written["suitability"] == {
        "patches": 70,
        "assessable": 66,
        "left_out": {"flat": 4, "clipped": 0, "black": 0},
    }
    first, tiny = written["regions"]
    assert first["statistics"]["departure_mean"] > first["statistics"]["departure_outside"]
    assert first["note"] == "Edge of the shadow looks cut."
    assert tiny["statistics"]["departure_mean"] is None
    assert "no assessable patch" in tiny["statistics"]["reason"]
    assert written["provenance"]["seed"] == 11
    assert written["provenance"]["parameters"]["reference quantile"] == "0.25"
    assert {w["source"] for w in written["warnings"]} >= {"analysis"}


def test_metadata_keeps_raw_bytes_values_and_offsets(exhibit: Exhibit) -> None:
    entries = {(e["group"], e["id"]): e for e in content(exhibit)["metadata"]["entries"]}

    make = entries["IFD0", 0x010F]
    assert (make["value"], make["raw"], make["state"]) == ("Canon", b"Canon\0".hex(), "present")
    assert entries["ExifIFD", 0x829A]["value"] == {"numerator": 1, "denominator": 250}
    stored = exhibit.evidence.identity.path.read_bytes()
    assert stored[make["offset"] : make["offset"] + 6] == b"Canon\0"


def test_what_nobody_filled_is_null(failed: Exhibit) -> None:
    written = content(failed)

    for key in ("score", "grid", "suitability", "maps", "partition", "consistency_map", "note", "provenance"):
        assert written[key] is None, key
    assert written["report"]["operator"] is None
    assert written["reason"].startswith("the device ran out of memory")


def test_only_the_dates_change_between_two_reports(exhibit: Exhibit) -> None:
    case = Case((exhibit,))
    once, again = (as_json(build(case, created=MOMENT + timedelta(hours=h))) for h in (0, 1))

    for written in (once, again):
        report, file = written.pop("report"), written["exhibit"]
        assert isinstance(report, dict)
        assert isinstance(file, dict)
        assert str(report["created"]).startswith("2026-11-21T")
        file["verification"] = None
    assert as_text(once) == as_text(again)


def test_names_that_are_no_unicode_are_escaped(renamed: Callable[[str], Exhibit]) -> None:
    written = content(renamed("b\udcfcro 東.jpg"))

    assert written["exhibit"]["name"] == "b\\udcfcro 東.jpg"


def test_values_keep_their_kind() -> None:
    value = (Fraction(51), None, 3, 0.5)

    assert value_json(value) == [{"numerator": 51, "denominator": 1}, None, 3, 0.5]
    assert value_json(b"\x00\xff") == {"hex": "00ff"}
    assert value_json(float("inf")) is None


def test_an_existing_file_survives_a_full_disk(
    exhibit: Exhibit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "result.json"
    target.write_text("earlier")
    document = build(Case((replace(exhibit, result=None),)))

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ExportProblem, match="No space left on device"):
        write_json(document, target)

    assert target.read_text() == "earlier"
    assert [p.name for p in tmp_path.iterdir() if p.suffix != ".jpg"] == ["result.json"]


def test_the_data_hold_plain_values_only(exhibit: Exhibit) -> None:
    """A repeated analysis is compared with what was read from a file: a subclass of text would differ from text."""

    def kinds(value: object) -> set[type]:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return {type(value)}.union(*(kinds(one) for one in inner))

    document = build(Case((exhibit,)), created=MOMENT)
    assert kinds(as_json(document)) <= {dict, list, str, int, float, bool, type(None)}
