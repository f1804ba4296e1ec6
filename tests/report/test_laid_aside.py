"""Reports on exhibits whose pixels left memory: read again from the same bytes, or said to be out of reach."""

from __future__ import annotations

import gc
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from referencing import Registry, Resource

from tests.report.conftest import MOMENT, write_photograph
from workstation.casework.exhibit import Case, Exhibit
from workstation.evidence import PixelsLost, laid_aside, open_evidence
from workstation.report import build
from workstation.report.blocks import Text
from workstation.report.compose import composed
from workstation.report.exports import write_maps
from workstation.report.publication import Publication, publish
from workstation.report.template import load_template

DOCS = Path(__file__).parents[2] / "docs"


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
    return " ".join(block.text for block in composed(publication) if isinstance(block, Text) and block.tone == "alert")


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


def test_the_data_of_such_a_report_fit_the_schema(aside: Exhibit) -> None:
    aside.evidence.identity.path.unlink()
    named = [json.loads((DOCS / f"{name}.schema.json").read_text("utf-8")) for name in ("report", "result")]
    registry = Registry().with_resources([(one["$id"], Resource.from_contents(one)) for one in named])

    content = json.loads(published(aside).json)

    jsonschema.Draft202012Validator(named[0], registry=registry).validate(content)


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


def test_maps_need_the_photograph(aside: Exhibit, tmp_path: Path) -> None:
    path = aside.evidence.identity.path
    write_photograph(path, orientation=3)  # other bytes

    with pytest.raises(PixelsLost, match="has changed since it was opened"):
        write_maps(aside, tmp_path / "maps")

    assert not list((tmp_path / "maps").glob("*"))
