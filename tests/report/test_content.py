"""The report's data, its words in two languages, its templates, and what may be said with which certainty."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader
from referencing import Registry, Resource
from reportlab.pdfbase import ttfonts

from tests.report.conftest import MOMENT, complete_result
from workstation import report
from workstation.analysis.claims_statement import Claims, RegionClaims, TagClaim, TagValidation
from workstation.analysis.statement import CalibrationStatement, ErrorRate
from workstation.analysis.stored_scale import stored_scale_shape
from workstation.casework.exhibit import Case, Exhibit
from workstation.errors import ExportProblem
from workstation.report import build, typeface, write_html, write_pdf
from workstation.report.commission import (
    Audit,
    AuditEntry,
    Circumstances,
    Commission,
    EncoderText,
    Handover,
    Intake,
    Note,
    Opinion,
    Review,
    Step,
    Viewed,
)
from workstation.report.compose import composed
from workstation.report.html import print_html
from workstation.report.pdf import print_pdf
from workstation.report.publication import Publication, publish
from workstation.report.template import Template, load_template
from workstation.report.texts import TextsProblem, languages, report_texts

DOCS = Path(__file__).parents[2] / "docs"
MISSING = "— missing"


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    named = [json.loads((DOCS / f"{name}.schema.json").read_text("utf-8")) for name in ("report", "result")]
    registry = Registry().with_resources([(one["$id"], Resource.from_contents(one)) for one in named])
    return jsonschema.Draft202012Validator(named[0], registry=registry)


def stated(exhibit: Exhibit, **more: Any) -> Circumstances:
    identity = exhibit.evidence.identity
    return Circumstances(
        commission=Commission(
            "LAB-7", "12 Js 3/26", "Court of Northport", "Order of 1 May", "Altered?", "1 May", "2 May"
        ),
        intakes={1: Intake("KT-1", "USB stick", "1 May", "A. Clerk", "Owner", "T0", identity.sha256, "", "")},
        viewed={1: Viewed(0.75, ((0, 0, 64, 32),))},
        encoder_texts={identity.sha256: (EncoderText("claim", "Make: Canon, Model: EOS"),)},
        notes=(Note("Soft edge.", "J. Examiner", "T1", 1),),
        custody=(Handover("T2", 1, "received", "A. Clerk", "seal 7"),),
        audit=Audit(
            "c" * 32, "ab" * 32, 12, (AuditEntry(12, "T3", "J. E.", "0.1", "note.add", "x", "cd" * 32),), 11, "ok", 3
        ),
        reviews=(Review("K. Second", "technical", "agreed with remarks", "Larger figures.", "T4"),),
        steps=(Step(1, "claims", "failed", "no memory"),),
        **more,
    )


def published(exhibit: Exhibit, **more: Any) -> Publication:
    return publish(build(Case((exhibit,), "Case 7", "J. Examiner"), created=MOMENT, **more))


def text_of(publication: Publication) -> str:
    reader = PdfReader(BytesIO(print_pdf(publication)))
    return " ".join(" ".join(page.extract_text().split()) for page in reader.pages)


def calibrated(exhibit: Exhibit, llr: float) -> Exhibit:
    rates = (ErrorRate(0.05, True, 3, 90, 12, 0.01, 0.09, 19, 40, 60), ErrorRate(0.01, False, 0, 90, 12, 0, 0, 99))
    statement = CalibrationStatement(
        "calibrated",
        "",
        "JPEG, small",
        "contrast",
        0.4,
        0.011,
        0.011,
        llr,
        (-1.5, 2.5),
        "",
        rates,
        None,
        90,
        12,
        "2026-11-01",
    )
    assert exhibit.result is not None
    return replace(exhibit, result=replace(exhibit.result, calibration=statement))


def with_claims(exhibit: Exhibit) -> Exhibit:
    """The exhibit with a tag that conflicts, one that is not testable, and a history that differs between regions."""
    measured = TagValidation(
        *("Make", ("Canon", "Nikon"), "photographs", 29, 79, 21, 0.7, 0.588, 0.811, 0.6, 0.3, 0.7, 0.5),
        *(0.2, -0.1, 0.3, 0.3, 0.1),
    )
    last = replace(measured, tag="Last JPEG Quality", candidates=("70", "90"), material="made histories")
    make = TagClaim("Make", "Canon", "conflicts", (("Nikon", 0.2), ("Canon", -0.15)), measured)
    quality = TagClaim("Last JPEG Quality", None, "lead", (("90", 0.3), ("70", 0.1)), last)
    other = replace(quality, ranked=(("70", 0.3), ("90", 0.1)))
    found = Claims(
        *("compact", 40, True, (make, quality, TagClaim("Flash", "fired", "not testable"))),
        regions=(RegionClaims("A", 30, (quality,)), RegionClaims("B", 10, ()), RegionClaims("C", 14, (other,))),
        unnamed=("Blurred", "Noise Added"),
    )
    assert exhibit.result is not None
    return replace(exhibit, result=replace(exhibit.result, claims=found))


def opinion(level: Any) -> Opinion:
    return Opinion("Spliced?", ("One history.", "Two histories."), 1, level, "It departs.", (1,), "J. Examiner", "T5")


@pytest.mark.parametrize("which", ["exhibit", "not_assessable", "failed"])
def test_the_data_fit_their_schema(
    which: str, request: pytest.FixtureRequest, validator: jsonschema.Draft202012Validator
) -> None:
    exhibit = request.getfixturevalue(which)

    for circumstances in (None, stated(exhibit, opinions=(opinion("strong"),))):
        content = json.loads(published(exhibit, circumstances=circumstances).json)
        validator.validate(content)
    assert not validator.is_valid({**content, "probability": 0.9})


def test_claims_are_told_with_their_numbers_in_either_language(
    exhibit: Exhibit, validator: jsonschema.Draft202012Validator
) -> None:
    claimed = with_claims(exhibit)
    publication = published(claimed)
    validator.validate(json.loads(publication.json))
    english = text_of(publication)
    german = text_of(published(claimed, template=Template(language="de")))

    assert "Make Canon conflicts 2 of 2 -0.350 Nikon, Canon 0.70 [0.59, 0.81], 29 cameras" in english
    assert "Not testable with this model: Flash." in english
    history = "the whole picture: Last JPEG Quality 90; region A: Last JPEG Quality 90; region C: Last JPEG Quality 70."
    assert f"(a tendency without a stated error rate): {history}" in english
    assert "right no more often than the commonest value: Blurred, Noise Added." in english
    assert "nicht öfter stimmt als der häufigste Wert: Blurred, Noise Added." in german
    assert "err at most 10 % of the time each" in english
    assert "Of 1 tag judged here, up to 0.1 would conflict in an honest file." in english
    assert "Images that a program generated as a whole are out of scope." in english
    assert "Make Canon widerspricht 2 von 2 -0,350 Nikon, Canon 0,70 [0,59; 0,81], 29 Kameras" in german
    assert "Mit diesem Modell nicht prüfbar: Flash." in german
    assert "Bereich C: Last JPEG Quality 70." in german
    assert "line-up, 2 texts Make: Canon; Make: Nikon" in english


def test_without_a_text_side_claims_are_not_tested(exhibit: Exhibit) -> None:
    assert "Not tested: these weights have no text side that can be used." in text_of(published(exhibit))


def test_the_caption_says_what_edges_of_the_departure_map_follow(exhibit: Exhibit) -> None:
    result = exhibit.result
    assert result is not None
    assert result.maps is not None
    edged = np.full(stored_scale_shape(result.maps.geometry), 0.2, np.float32)
    shown = published(replace(exhibit, result=replace(result, maps=replace(result.maps, edged=edged))))

    assert "Its edges follow those of the picture" in text_of(shown)
    assert json.loads(shown.json)["exhibits"][0]["maps"]["departure_edges"] == "picture"
    assert "edges follow" not in text_of(published(exhibit))
    assert json.loads(published(exhibit).json)["exhibits"][0]["maps"]["departure_edges"] == "cells"


def test_sections_stand_in_the_order_that_is_asked_for(exhibit: Exhibit) -> None:
    titles = [block.text.split("  ")[1] for block in composed(published(exhibit)) if getattr(block, "level", 0) == 1]

    assert titles == [
        "Exhibits",
        "Summary",
        "Observations",
        "Interpretation",
        "Limitations and error rates",
        "Method, parameters and program",
        "Steps that failed or gave no answer",
        "Areas not examined",
        "Chain of custody and audit",
        "Appendix: what the files say in full",
        "Peer review",
    ]


def test_what_was_stated_is_printed(exhibit: Exhibit) -> None:
    text = text_of(published(exhibit, circumstances=stated(exhibit)))

    for expected in (
        "Report number LAB-7 Case number 12 Js 3/26",
        "Requested by Court of Northport",
        "Legal authority Order of 1 May",
        "Question asked Altered?",
        "Exhibit 1 (KT-1): IMG_0042.jpg",
        "Received by A. Clerk",
        "all agree",
        "75 % of the image; 25 % were not",
        "Make: Canon, Model: EOS",
        "claims failed no memory",
        "T2 Exhibit 1 received A. Clerk seal 7",
        "Number of entries 12",
        "Exhibits of the case 3, in this report 1",
        "ab" * 32,
        "K. Second technical agreed with remarks",
        "— End of report LAB-7 —",
    ):
        assert expected in text, expected


def test_what_nobody_stated_is_printed_as_missing(exhibit: Exhibit) -> None:
    text = text_of(published(exhibit))

    for field in ("Case number", "Laboratory", "Requested by", "Received", "Legal authority", "Question asked"):
        assert f"{field} {MISSING}" in text, field
    assert text.startswith(f"Laboratory {MISSING}")  # not "missing" alone, as if it were a name
    for sentence in ("no chain of custody", "without a case", "not recorded which parts", "no review was recorded"):
        assert f"{MISSING}" in text[max(0, text.index(sentence) - 60) : text.index(sentence)], sentence


def test_an_exhibit_that_is_not_what_came_in_is_told(exhibit: Exhibit) -> None:
    circumstances = stated(exhibit)
    other = {key: replace(intake, sha256="0" * 64) for key, intake in circumstances.intakes.items()}

    text = text_of(published(exhibit, circumstances=replace(circumstances, intakes=other)))

    assert "What was analysed is not the file that was taken in." in text
    assert "all agree" not in text


def test_without_a_calibration_no_level_is_stated(exhibit: Exhibit) -> None:
    publication = published(exhibit, circumstances=Circumstances(opinions=(opinion("weak"),)))

    text = text_of(publication)
    assert publication.content["opinions"][0]["level"] is None
    assert publication.content["opinions"][0]["withheld"] is True
    assert "Level of support none stated" in text
    assert "goes beyond what the calibration carries" in text


@pytest.mark.parametrize(
    ("llr", "recorded", "allowed", "level"),
    [(1.4, "moderate", "moderate", "moderate"), (1.4, "strong", "moderate", None), (0.1, "weak", "no support", None)],
)
def test_a_level_goes_no_further_than_the_calibration(
    exhibit: Exhibit, llr: float, recorded: str, allowed: str, level: str | None
) -> None:
    publication = published(calibrated(exhibit, llr), circumstances=Circumstances(opinions=(opinion(recorded),)))

    (told,) = publication.content["opinions"]
    assert (told["allowed"], told["level"], told["withheld"]) == (allowed, level, level is None)
    if level:
        assert "moderate support for “Two histories”." in text_of(publication)


@pytest.mark.parametrize(("llr", "ratio"), [(1.4, "25"), (-1.4, "1/25")])
def test_the_calibrated_ratio_stands_beside_an_opinion_with_its_direction(
    exhibit: Exhibit, llr: float, ratio: str
) -> None:
    circumstances = Circumstances(opinions=(opinion("moderate"),))

    text = text_of(published(calibrated(exhibit, llr), circumstances=circumstances))
    assert f"Calibrated likelihood ratio Exhibit 1: {ratio} Reasons" in text
    without = text_of(published(exhibit, circumstances=circumstances))
    assert "Calibrated likelihood ratio Exhibit 1: none Reasons" in without


def test_notes_say_what_they_speak_of(exhibit: Exhibit, validator: jsonschema.Draft202012Validator) -> None:
    notes = (Note("Came sealed.", "J. Examiner", "T1"), Note("Soft edge.", "J. Examiner", "T2", 1, "Sign"))

    publication = published(exhibit, circumstances=Circumstances(notes=notes))

    text = text_of(publication)
    validator.validate(publication.content)
    assert "Notes on the case Came sealed. J. Examiner, T1 3.1 Exhibit 1" in text
    assert "Soft edge. Region Sign, J. Examiner, T2" in text


@pytest.mark.parametrize("level", ["strong", "no support"])
def test_what_was_left_empty_in_a_case_is_not_stated_and_stops_no_report(exhibit: Exhibit, level: Any) -> None:
    favoured = None if level == "no support" else 1
    told = Circumstances(
        notes=(Note("", "J. Examiner", "T1"), Note(" \n", "J. Examiner", "T2", 1)),
        reviews=(Review("", "technical", "agreed", "", ""),),
        opinions=(Opinion("", ("One history.", ""), favoured, level, "", (1,), "", "T5"),),
    )

    text = text_of(published(exhibit, circumstances=told))

    assert "Notes on the case — missing J. Examiner, T1" in text
    assert "— missing technical agreed" in text
    assert "None" not in text


def test_the_chain_of_custody_is_told_in_the_reports_language(exhibit: Exhibit) -> None:
    links = (
        Handover("T1", 1, "received", "A. Clerk", "from PC 4711"),
        Handover("T2", 1, "exhibit.check", "A. Meier", "match c0ffee"),
        Handover("T3", 1, "of another version", "A. Meier", "match"),
    )
    told = Circumstances(custody=links)

    english = text_of(published(exhibit, circumstances=told))
    german = text_of(published(exhibit, circumstances=told, template=Template(language="de")))
    assert "received A. Clerk from PC 4711" in english
    assert "file hashed again A. Meier same SHA-256: c0ffee" in english
    assert "T3 Exhibit 1 of another version A. Meier" in english
    assert "Eingang A. Clerk von PC 4711" in german
    assert "Datei erneut gehasht A. Meier gleicher SHA-256: c0ffee" in german


def test_an_exhibit_that_nobody_looked_at_is_told_in_words(exhibit: Exhibit) -> None:
    unseen = Viewed(0.0, ((0, 0, 64, 48),))

    text = text_of(published(exhibit, circumstances=Circumstances(viewed={1: unseen})))

    assert "Looked at no part of the image" in text
    assert "No. x y Width Height" not in text


def test_error_rates_are_printed_with_what_is_behind_them(exhibit: Exhibit) -> None:
    text = text_of(published(calibrated(exhibit, 1.4)))

    assert "p ≤ 5 % 3 of 90 (3.3 %) 1.0 % – 9.0 % 40 of 60 (66.7 %) 90 12" in text
    assert "fewer than 99 photographs: not stated" in text
    assert "25 of a part from another camera to none" in text


def test_the_same_data_print_the_same_bytes_without_the_document(exhibit: Exhibit) -> None:
    publication = published(exhibit, template=Template(language="de"))

    again = Publication(json.loads(publication.json), publication.words, publication.pictures)

    assert print_pdf(again) == print_pdf(publication)
    assert print_html(again) == print_html(publication)


def test_every_language_has_every_word_with_the_same_fields() -> None:
    english, german = report_texts("en"), report_texts("de")

    assert {"de", "en"} <= set(languages())
    assert german.lacking == ()
    for key, words in english._words.items():
        fields = [set(re.findall(r"{(\w+)", str(one._words[key]))) for one in (english, german)]
        assert fields[0] == fields[1], key
        assert isinstance(words, str) == isinstance(german._words[key], str), key


def test_every_word_that_a_section_asks_for_is_there() -> None:
    sources = [file.read_text("utf-8") for file in Path(report.__path__[0]).glob("*.py")]
    asked = {key for source in sources for key in re.findall(r'(?:texts|said|several)\("([a-z_.-]+)"', source)}

    assert len(asked) > 100
    assert [key for key in sorted(asked) if not report_texts().own(key)] == []


def test_german_says_findings_from_their_values(exhibit: Exhibit) -> None:
    result = complete_result()
    finding = replace(result.findings[0], variant="above", numbers=(("share", 0.175), ("departure", 0.5)))
    missing_numbers = replace(exhibit, result=replace(result, findings=(finding,)))
    whole = replace(finding, numbers=(*finding.numbers, ("stability", 0.9), ("margin", 0.6)))

    said = text_of(
        published(replace(exhibit, result=replace(result, findings=(whole,))), template=Template(language="de"))
    )
    unsaid = text_of(published(missing_numbers, template=Template(language="de")))

    assert "Bereich B (18 % der auswertbaren Fläche) weicht um 0,50 von Gruppe A ab" in said
    assert "Seite 1 von" in said
    assert finding.sentence in unsaid  # its own words, where the values for a sentence are not there


def test_a_template_gives_laboratory_logo_language_and_words(exhibit: Exhibit, tmp_path: Path) -> None:
    Image.new("RGBA", (1200, 300), (10, 90, 160, 120)).save(tmp_path / "logo.png")
    file = tmp_path / "template.toml"
    file.write_text(
        'language = "de"\n[laboratory]\nname = "Labor Nord"\nlines = ["Hafen 1"]\nlogo = "logo.png"\n'
        '[texts.title]\nkind = "Gutachten"\n',
        "utf-8",
    )

    publication = published(exhibit, template=load_template(file))

    text = text_of(publication)
    assert "Labor Nord Hafen 1 Gutachten" in text
    logo = publication.pictures[publication.content["laboratory"]["logo"]]
    assert max(Image.open(BytesIO(logo)).size) == 900


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("language = [", "is no TOML"),
        ('langauge = "de"', "mean nothing: langauge"),
        ('language = "xx"', "no report texts in the language 'xx'; there are de, en"),
        ('[texts.title]\nkinds = "x"', "texts that there are not: title.kinds"),
        ('[texts]\nlimits.always = "x"', "a text for a list of texts"),
        ('[laboratory]\nlogo = "nowhere.png"', "the logo .*nowhere.png cannot be read"),
    ],
)
def test_a_template_that_cannot_be_used_says_why(tmp_path: Path, written: str, said: str) -> None:
    file = tmp_path / "template.toml"
    file.write_text(written, "utf-8")

    with pytest.raises(TextsProblem, match=said):
        load_template(file)


def test_a_huge_logo_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    Image.new("1", (9000, 9000)).save(tmp_path / "logo.png")
    (tmp_path / "template.toml").write_text('[laboratory]\nlogo = "logo.png"', "utf-8")

    with pytest.raises(TextsProblem, match="9000×9000 pixels; use one of at most 40 megapixels"):
        load_template(tmp_path / "template.toml")


def test_a_missing_typeface_is_named_and_nothing_is_lost(
    exhibit: Exhibit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "report.pdf"
    target.write_text("earlier")
    document = build(Case((exhibit,)))

    def missing(*_: Any, **__: Any) -> None:
        raise ttfonts.TTFError("cannot open")

    typeface._glyphs.cache_clear()
    monkeypatch.setattr(typeface, "TTFont", missing)
    with pytest.raises(ExportProblem, match=r"typeface .* is missing or damaged"):
        write_pdf(document, target)

    assert target.read_text() == "earlier"


def test_the_html_needs_no_other_file(exhibit: Exhibit, renamed: Callable[[str], Exhibit], tmp_path: Path) -> None:
    odd = replace(renamed("a <b> & \u202egpj.jpg"), note="</script><script>alert(1)</script>")

    write_html(build(Case((odd,)), created=MOMENT), tmp_path / "report.html")

    html = (tmp_path / "report.html").read_text("utf-8")
    assert "a &lt;b&gt; &amp; ⟨U+202E⟩gpj.jpg" in html
    assert html.count("<script") == 1
    assert not re.search(r'(src|href)="(?!data:|#)', html)
    data = re.search(r'<script type="application/json" id="report">\n(.*)</script>', html, re.DOTALL)
    assert data is not None
    assert json.loads(data[1])["format"] == "exifact-report"
