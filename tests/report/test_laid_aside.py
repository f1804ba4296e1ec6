"""Reports on exhibits whose pixels left memory: read again from the same bytes, or said to be out of reach."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator as Validator
from referencing import Registry, Resource

from tests.report.conftest import MOMENT, write_photograph
from workstation.casework.exhibit import Case, Exhibit
from workstation.evidence import PixelsLost, Rehash, laid_aside, open_evidence, rehash
from workstation.evidence.record import FileIdentity
from workstation.report import build
from workstation.report.blocks import Block, Text, Together
from workstation.report.compose import composed
from workstation.report.exports import write_maps
from workstation.report.publication import Publication, publish, result_json
from workstation.report.serial import as_json
from workstation.report.template import load_template

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def validator() -> Validator:
    named = [json.loads((DOCS / f"{name}.schema.json").read_text("utf-8")) for name in ("report", "result")]
    registry = Registry().with_resources([(one["$id"], Resource.from_contents(one)) for one in named])
    return Validator(named[0], registry=registry)


@pytest.fixture
def aside(exhibit: Exhibit) -> Exhibit:
    """The exhibit with nobody who holds its pixels."""
    made = replace(exhibit, evidence=laid_aside(open_evidence(exhibit.evidence.identity.path)))
    gc.collect()
    assert made.evidence.pixels._held[0]() is None
    return made


def published(*exhibits: Exhibit, language: str = "en") -> Publication:
    template = replace(load_template(), language=language)
    return publish(build(Case(exhibits), created=MOMENT, template=template))


def alerts(publication: Publication) -> str:
    return " ".join(alerts_in(composed(publication)))


def alerts_in(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Together):
            yield from alerts_in(block.blocks)
        elif isinstance(block, Text) and block.tone == "alert":
            yield block.text


def test_pixels_that_are_read_again_give_the_same_pictures(exhibit: Exhibit, aside: Exhibit) -> None:
    whole, again = published(exhibit), published(aside)

    assert again.pictures == whole.pictures
    assert again.content["exhibits"][0]["regions"] == whole.content["exhibits"][0]["regions"]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("gone", [False, True])
def test_a_report_on_pixels_out_of_reach_keeps_what_was_found(aside: Exhibit, gone: bool, language: str) -> None:
    path = aside.evidence.identity.path
    if gone:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes() + b"x")

    publication = published(aside, language=language)

    entry = publication.content["exhibits"][0]
    assert entry["exhibit"]["verification"]["state"] == ("vanished" if gone else "differs")
    picture = next(figure for figure in entry["figures"] if figure["kind"] == "exhibit")
    assert (picture["treatment"], picture["sha256"], picture["width"]) == ("lost", None, None)
    maps = [figure for figure in entry["figures"] if figure["kind"] == "departure"]
    assert maps[0]["sha256"] in publication.pictures
    assert (maps[0]["width"], maps[0]["height"]) == (310, 200)
    statistics = entry["regions"][0]["statistics"]
    assert statistics["rgb_mean"] is None
    assert statistics["area"] == 120 * 90
    said = {"en": "The photograph is not shown", "de": "Die Fotografie wird nicht gezeigt"}[language]
    assert said in alerts(publication)


def test_the_data_of_such_a_report_fit_the_schema(aside: Exhibit, validator: Validator) -> None:
    aside.evidence.identity.path.unlink()

    validator.validate(json.loads(published(aside).json))


def test_a_region_on_pixels_out_of_reach_needs_no_result(aside: Exhibit) -> None:
    aside.evidence.identity.path.unlink()

    document = build(Case((replace(aside, result=None),)), created=MOMENT)

    assert document.exhibits[0].is_unseen
    assert document.exhibits[0].regions[0].area == 120 * 90


def test_pixels_that_are_in_memory_are_shown_although_the_file_changed(exhibit: Exhibit) -> None:
    aside = replace(exhibit, evidence=laid_aside(exhibit.evidence))
    exhibit.evidence.identity.path.unlink()

    entry = published(aside).content["exhibits"][0]

    assert entry["exhibit"]["verification"]["state"] == "vanished"
    assert next(one for one in entry["figures"] if one["kind"] == "exhibit")["treatment"] == "none"


def test_pixels_of_a_changed_file_that_leave_memory_meanwhile_are_shown(exhibit: Exhibit, aside: Exhibit) -> None:
    on_the_screen = aside.evidence.pixels.read()
    exhibit.evidence.identity.path.unlink()
    document = build(Case((aside,)), created=MOMENT)

    del on_the_screen  # somebody goes on to other exhibits while the report is written
    gc.collect()

    figures = publish(document).content["exhibits"][0]["figures"]
    assert next(one for one in figures if one["kind"] == "exhibit")["treatment"] == "none"


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("gone", [False, True])
def test_a_file_that_changes_after_its_hash_was_compared_ends_no_report(
    aside: Exhibit, gone: bool, language: str, validator: Validator
) -> None:
    path = aside.evidence.identity.path
    second = replace(aside, evidence=open_evidence(write_photograph(path.with_name("IMG_0043.jpg"))))
    template = replace(load_template(), language=language)
    document = build(Case((aside, second)), created=MOMENT, template=template)
    if gone:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes() + b"x")

    publication = publish(document)

    validator.validate(json.loads(publication.json))
    lost, other = publication.content["exhibits"]
    stated = lost["exhibit"]["verification"]
    assert stated["state"] == ("vanished" if gone else "differs")
    assert stated["matched"] == document.exhibits[0].verification.checked
    assert [figure["treatment"] for figure in lost["figures"] if figure["kind"] == "exhibit"] == ["lost"]
    assert lost["regions"][0]["statistics"]["rgb_mean"] is not None  # measured on the bytes that were opened
    assert ("verification", 1) in {(step["name"], step["exhibit"]) for step in publication.content["steps"]}
    assert other["exhibit"]["verification"]["state"] == "match"
    assert other["figures"][0]["treatment"] == "kept"
    said = {"en": "when this report was begun, the file had", "de": "zu Beginn dieses Berichts, hatte die Datei noch"}
    assert said[language] in alerts(publication)
    assert {"en": "colours of regions are those", "de": "Farben von Regionen sind die"}[language] in alerts(publication)
    assert result_json(publication)["exhibits"][0]["exhibit"] == lost["exhibit"]


def test_a_file_that_goes_away_before_its_regions_are_measured_ends_no_report(
    aside: Exhibit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hashed_and_gone(identity: FileIdentity) -> Rehash:
        found = rehash(identity)
        identity.path.unlink()
        return found

    monkeypatch.setattr("workstation.report.document.rehash", hashed_and_gone)

    publication = published(aside)

    entry = publication.content["exhibits"][0]
    assert entry["exhibit"]["verification"]["state"] == "vanished"
    assert entry["exhibit"]["verification"]["matched"]
    assert entry["regions"][0]["statistics"]["rgb_mean"] is None
    assert "colours of regions are not stated" in alerts(publication)


def test_a_result_says_what_its_report_says(exhibit: Exhibit, failed: Exhibit) -> None:
    for exhibits in ((exhibit,), (exhibit, failed)):
        document = build(Case(exhibits), created=MOMENT)

        assert result_json(publish(document)) == as_json(document)


def test_maps_need_the_photograph(aside: Exhibit, tmp_path: Path) -> None:
    path = aside.evidence.identity.path
    write_photograph(path, orientation=3)  # other bytes

    with pytest.raises(PixelsLost, match="has changed since it was opened"):
        write_maps(aside, tmp_path / "maps")

    assert not list((tmp_path / "maps").glob("*"))
