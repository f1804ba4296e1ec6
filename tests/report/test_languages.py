"""Whatever the program says by a code, a report says in its own language; what it cannot say is marked as English."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.TiffImagePlugin import IFDRational
from pypdf import PdfReader

import workstation
from tests.report.conftest import MOMENT, complete_result, provenance, write_photograph
from tests.rights import ordinary_rights
from workstation.analysis.calibration import read_table
from workstation.analysis.model.registry import find
from workstation.analysis.provenance import STAGES
from workstation.analysis.result import Finding
from workstation.analysis.statement import Conditions, Detection
from workstation.casework.exhibit import Case, Exhibit
from workstation.errors import (
    DeviceProblem,
    Reason,
    RecordedWarning,
    TooFewPatches,
    Unopenable,
    WeightsProblem,
    WorkstationError,
)
from workstation.evidence import exif_text, exif_words, open_evidence
from workstation.evidence.decoding import _MODE_CODES
from workstation.paths import resources, user_config
from workstation.report import build
from workstation.report.pdf import print_pdf
from workstation.report.publication import publish
from workstation.report.template import Template, load_template
from workstation.report.texts import Texts, TextsProblem, languages, report_texts

ROOMS = ("evidence", "analysis")
ENGLISH = "[englisch]"


def words_of(key: str) -> str:
    """The German words of a key; a failure that names it where there are none."""
    found = report_texts("de")._words.get(key)
    assert isinstance(found, str), f"report.de.toml has no {key}"
    return found


def keys_under(prefix: str) -> list[str]:
    return [key for key in report_texts("de")._words if key.startswith(prefix)]


def fields(words: str) -> set[str]:
    return set(re.findall(r"{(\w+)", words))


def calls(*names: str) -> Iterator[tuple[ast.Call, str, str]]:
    """(call, name, where) of every call of these names in the rooms that say something by a code."""
    for room in ROOMS:
        for file in sorted((Path(workstation.__path__[0]) / room).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and (name := _called(node.func)) in names:
                    yield node, name, f"{file.name}:{node.lineno}"


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        owner = function.value.id if isinstance(function.value, ast.Name) else ""
        return "RecordedWarning" if (owner, function.attr) == ("RecordedWarning", "of") else function.attr
    return function.id if isinstance(function, ast.Name) else ""


def given(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def constants(expression: ast.expr | None) -> list[str]:
    """The texts that an expression can be, as far as they stand there."""
    if isinstance(expression, ast.IfExp):
        return constants(expression.body) + constants(expression.orelse)
    return [expression.value] if isinstance(expression, ast.Constant) and isinstance(expression.value, str) else []


def filled_with(call: ast.Call) -> set[str]:
    return {keyword.arg for keyword in call.keywords if keyword.arg}


def test_every_warning_has_german_words_that_its_values_fill() -> None:
    seen = 0
    for call, _, where in calls("warn", "lose", "RecordedWarning"):
        codes = constants(call.args[0])
        if not codes:  # a method that hands on what it was given
            continue
        variant, seen = given(call, "variant"), seen + 1
        told = constants(variant)
        key = f"oddities.{codes[0]}"
        keys = [f"{key}.{one}" for one in told] if variant is not None else [key]
        if variant is not None and not told:  # chosen before: all of them are there
            keys = keys_under(f"{key}.")
            assert len(keys) > 1, f"{where}: {key}"
        for one in keys:
            assert fields(words_of(one)) <= filled_with(call), f"{where}: {one}"
    assert seen > 50


def test_every_reason_has_german_words_that_its_values_fill() -> None:
    seen = 0
    for call, _, where in calls("Reason"):
        code = call.args[1] if len(call.args) > 1 else None
        if code is None:  # nothing to be said
            continue
        seen += 1
        tables = ("reasons", "region_reasons", "reductions", "file_notes")
        if not isinstance(code, ast.Constant | ast.JoinedStr):  # of a table: `_MODE_CODES`
            continue
        if isinstance(code, ast.JoinedStr):
            begins = constants(code.values[0])[0]
            assert keys_under(f"reductions.{begins}"), f"{where}: {begins}"
            continue
        (word,) = constants(code)
        found = [words_of(f"{table}.{word}") for table in tables if report_texts("de").own(f"{table}.{word}")]
        assert found, f"{where}: {word} is in none of {', '.join(tables)}"
        assert fields(found[0]) <= filled_with(call), f"{where}: {word}"
    for mode_code in _MODE_CODES.values():
        assert fields(words_of(f"stored_modes.{mode_code}")) <= {"bits"}
    assert seen > 40


def test_every_remark_and_every_finding_has_german_words() -> None:
    german = report_texts("de")
    for call, _, where in calls("Remark"):
        for code in constants(call.args[0]):
            known = [f"calibration.{table}.{code}" for table in ("reasons", "reservations")]
            assert code == "stratum" or any(german.own(key) for key in known), f"{where}: {code}"
    reservations = {key.rsplit(".", 1)[1] for key in keys_under("calibration.reservations.")}
    assert reservations == {key.rsplit(".", 1)[1] for key in keys_under("findings.reservation.")}
    for call, _, where in calls("Finding"):
        for kind in constants(call.args[0]):
            found = keys_under(f"findings.{kind}")
            assert found, f"{where}: {kind}"
            for variant in constants(given(call, "variant")):
                assert german.own(f"findings.{kind}.{variant}"), f"{where}: {kind}.{variant}"


def test_every_parameter_and_every_stage_has_a_german_name() -> None:
    for stage in STAGES:
        words_of(f"stages.{stage}")
    source = Path(workstation.__path__[0], "analysis", "provenance.py").read_text("utf-8")
    named = [
        node
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.FunctionDef) and function.name in ("_parameters", *_parts(source))
        for node in ast.walk(function)
        if isinstance(node, ast.Tuple) and len(node.elts) == 2 and constants(node.elts[0])
    ]
    assert len(named) > 25
    for pair in named:
        words_of(f"parameters.{constants(pair.elts[0])[0]}")


def _parts(source: str) -> list[str]:
    return re.findall(r"^def (_of_\w+)", source, re.MULTILINE)


def stated(exhibit: Exhibit, conditions: Conditions) -> Exhibit:
    """The exhibit as the shipped table judges a picture under these conditions."""
    table = read_table(find("compact").folder / "calibration" / "compact.json", "shipped with the weights")
    statement = table.state(Detection(0.3, 0.1, 0.1, 0.5, 0.05), conditions)
    assert exhibit.result is not None
    return replace(exhibit, result=replace(exhibit.result, conditions=conditions, calibration=statement))


def publish_and_print(exhibit: Exhibit, template: Template) -> bytes:
    return print_pdf(publish(build(Case((exhibit,)), created=MOMENT, template=template)))


def printed(exhibit: Exhibit, language: str = "de") -> str:
    reader = PdfReader(BytesIO(publish_and_print(exhibit, Template(language=language))))
    return " ".join(" ".join(page.extract_text().split()) for page in reader.pages)


@pytest.mark.parametrize(
    ("changes", "german", "english"),
    [
        ({"device_class": "scanner"}, "0 unveränderte Fotos (0 Kameras) gemessen", "kind of device that its EXIF"),
        ({"out_of_focus": 0.95}, "95,0 % seiner Einzelheiten sind unscharf", "detail is out of focus"),
        ({"long_side": 400}, "Bilder von 400 Pixeln Länge", "no error rates were measured"),
        ({"long_side": 4000}, "gemessen wurden nur", "photographs like it"),
    ],
)
def test_why_no_error_rate_is_stated_is_told_in_german(
    exhibit: Exhibit, changes: dict[str, float | str], german: str, english: str
) -> None:
    picture = replace(Conditions(1024, 90, False, False, 0.05, "phone"), **changes)  # type: ignore[arg-type]
    outside = stated(exhibit, picture)

    text = printed(outside)
    assert german in text
    assert english not in text
    assert "Fehlerraten der am nächsten kommenden gemessenen Bilder" in text
    assert english in printed(outside, "en")


def test_rates_of_alike_pictures_are_printed_in_either_language(exhibit: Exhibit) -> None:
    calibrated = stated(exhibit, Conditions(1024, 90, False, False, 0.05, "phone"))

    german, english = printed(calibrated), printed(calibrated, "en")
    assert "901 bis 1280 Pixel lang, JPEG ab Qualität 85, auch ohne JPEG" in german
    assert "Telefon" in german
    assert "Photos of this kind Operating point Untouched ones at or below it" in english
    assert "901 to 1280 pixels, JPEG 85 or above, or no JPEG" in english


def test_a_files_oddities_are_told_in_german(tmp_path: Path) -> None:
    path = write_photograph(tmp_path / "IMG_0042.jpg").rename(tmp_path / "IMG_0042.png")
    content = bytearray(path.read_bytes())
    metadata = open_evidence(path).metadata
    make = metadata.find("IFD0", 0x010F)
    assert make is not None
    assert make.entry_offset is not None
    order: Literal["little", "big"] = "little" if metadata.byte_order == "little-endian" else "big"
    content[make.entry_offset + 4 : make.entry_offset + 8] = (1 << 20).to_bytes(4, order)
    path.write_bytes(content + b"behind")
    exhibit = Exhibit(open_evidence(path), replace(complete_result(), warnings=()))
    codes = {warning.code for warning in exhibit.evidence.warnings}

    german = printed(exhibit)
    assert {"suffix-mismatch", "exif-unreadable"} <= codes
    assert "Der Name sagt PNG (.png), der Inhalt ist JPEG." in german
    assert "IFD0 Make: der Wert reicht über das Ende der Daten hinaus" in german
    assert "vorhanden, aber unlesbar: der Wert reicht über das Ende der Daten hinaus" in german
    assert "Daten hinter dem Ende" in german
    assert "the name says PNG (.png), the content is JPEG" in printed(exhibit, "en")


def test_reduced_samples_are_told_in_german(tmp_path: Path) -> None:
    path = tmp_path / "scan.png"
    grey = np.linspace(0, 65535, 96 * 128).astype(np.uint16).reshape(96, 128)
    Image.fromarray(grey).save(path)

    german = printed(Exhibit(open_evidence(path)))
    assert "Graustufen, 16 Bit" in german
    assert "16 Bit auf 8: das höhere Byte, Wert // 256; Grauwert dreimal wiederholt" in german
    assert "Die Datei enthält 16 Bit je Wert; untersucht werden 8." in german
    assert ENGLISH not in german


def test_a_colour_profile_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "scan.png"
    Image.new("RGB", (128, 96), "grey").save(path, icc_profile=b"no profile")
    exhibit = Exhibit(open_evidence(path))

    assert "Das Farbprofil ist nicht lesbar; dargestellt als sRGB." in printed(exhibit)
    assert "The colour profile cannot be read; shown as sRGB." in printed(exhibit, "en")


def test_a_colour_profile_without_a_name_is_told(tmp_path: Path) -> None:
    path, named = tmp_path / "scan.png", ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGB", (128, 96), "grey").save(path, icc_profile=named.replace(b"desc", b"xxxx", 1))
    exhibit = Exhibit(open_evidence(path))

    german, english = printed(exhibit), printed(exhibit, "en")

    assert "Ein Farbprofil ohne Namen, für die Darstellung nach sRGB gewandelt." in german
    assert "Profil ohne Namen" in german
    assert "A colour profile without a name, converted to sRGB for display." in english
    assert "a profile without a name" in english
    assert "no name" not in german + english


def test_words_of_an_earlier_version_print_a_profile_without_a_name_as_before(tmp_path: Path) -> None:
    path, named = tmp_path / "scan.png", ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGB", (128, 96), "grey").save(path, icc_profile=named.replace(b"desc", b"xxxx", 1))
    publication = publish(build(Case((Exhibit(open_evidence(path)),)), created=MOMENT))
    earlier = re.sub(r"^(unfit-unnamed|converted-unnamed|unnamed) = .*\n", "", publication.words, flags=re.MULTILINE)

    reader = PdfReader(BytesIO(print_pdf(replace(publication, words=earlier))))

    text = " ".join(" ".join(page.extract_text().split()) for page in reader.pages)
    assert "Colour profile “no name” converted to sRGB for display." in text


def test_parameters_and_stages_are_told_in_german(exhibit: Exhibit) -> None:
    assert exhibit.result is not None
    origin = replace(
        provenance(),
        parameters=(("patch", "64 px"), ("spread", "1 of 2 strides"), ("stable from", "0.8")),
        seconds=(("embedding patches", 1.5),),
    )
    told = replace(exhibit, result=replace(exhibit.result, provenance=origin, findings=(), warnings=()))

    german = printed(told)
    assert "Ausschnitt 64 px Reichweite 1 von 2 Schritten stabil ab 0,8" in german
    assert "Ausschnitte einbetten 1,50" in german
    assert ENGLISH not in german


@pytest.mark.parametrize(
    ("key", "one", "two"),
    [
        (
            "calibration.reasons.few-photographs",
            "gemessen wurde nur 1 Foto wie dieses von 1 Kamera",
            "gemessen wurden nur 2 Fotos wie dieses von 2 Kameras",
        ),
        ("coverage.first", "1 weiteres Einzelbild der Datei wurde", "2 weitere Einzelbilder der Datei wurden"),
        ("audit.left_out", "1 Eintrag ist in", "2 Einträge sind in"),
        ("oddities.jpeg-garbage.between", "1 Byte zwischen Segmenten gehört", "2 Bytes zwischen Segmenten gehören"),
        ("reasons.behind-text", "folgt 1 Byte", "folgen 2 Bytes"),
    ],
)
def test_one_is_said_in_the_singular(key: str, one: str, two: str) -> None:
    german = report_texts("de")

    for number, words in ((1, one), (2, two)):
        assert words in german(key, count=number, photos=number, cameras=number, needed=19)
    assert report_texts("en").size(1) == "1 byte"


def test_a_share_is_neither_nothing_nor_all_by_rounding() -> None:
    german = report_texts("de")

    assert [german.share(value) for value in (0.0, 1e-6, 0.9999, 1.0)] == ["0,0 %", "< 0,1 %", "> 99 %", "100 %"]
    assert [german.rate(value) for value in (0.9999, 0.26)] == ["> 99,9 %", "26,0 %"]
    assert [german.level(value) for value in (0.05, 0.001)] == ["5 %", "0,1 %"]
    highest = german("findings.ambiguous.sizes", share_a=0.9961, share_b=0.0001)
    assert "(> 99 % und < 0,1 %)" in highest


@pytest.mark.parametrize("words", ["{", "{time", "}"])
def test_words_whose_braces_are_none_are_refused_before_anything_is_analysed(words: str) -> None:
    with pytest.raises(TextsProblem, match=r"title\.utc"):
        _ = Template(changes={"title.utc": words}).texts
    with pytest.raises(TextsProblem, match="words “title”"):
        Texts(f'title = "{words}"\n[language]\ncode = "x"\ndecimal = ","\nthousands = " "')


@pytest.mark.parametrize(
    "words", ["{nope}", "{0}", "{}", "{time:zz}", "{time!x}", "{time.year}", "{time:>2000000000}", "{time:%H:%M}"]
)
def test_words_that_cannot_be_filled_in_are_named(exhibit: Exhibit, words: str) -> None:
    with pytest.raises(TextsProblem, match=r"title\.utc"):
        publish_and_print(exhibit, Template(changes={"title.utc": words}))


def test_a_number_that_is_none_is_missing_and_not_nan() -> None:
    german = report_texts("de")
    values = {"share_a": 0.6, "lowest_group": math.nan, "lowest_departure": math.nan, "departure_a": 0.3}

    told = german("findings.ambiguous.reference", **values)

    assert "nan" not in told
    assert german.missing in told
    assert german("findings.error-rate.not-stated", level=math.nan, needed=None).count(german.missing) == 2


def test_words_and_decimals_of_parameters_are_german(exhibit: Exhibit) -> None:
    assert exhibit.result is not None
    given = (
        ("distances from the references", "geometric mean"),
        ("reference found by (components: share of patches)", "1: 0.5, 2: 0.7"),
    )
    told = replace(exhibit.result, provenance=replace(provenance(), parameters=given))

    german = printed(replace(exhibit, result=told))

    assert "Abstände von den Bezügen geometrisches Mittel" in german
    assert "1: 0,5, 2: 0,7" in german


@pytest.mark.parametrize(
    ("problem", "german"),
    [
        (
            DeviceProblem(Reason("the memory of cpu …", "device-memory", device="cpu")),
            "der Speicher von cpu reicht für",
        ),
        (Unopenable(Path("a.jpg"), Reason("there is no such file", "no-such-file")), "a.jpg: es gibt die Datei nicht"),
        (TooFewPatches(3, 90, 12), "3 von 90 Ausschnitten sind auswertbar, 12 sind nötig"),
    ],
)
def test_why_an_analysis_failed_is_told_in_german(exhibit: Exhibit, problem: WorkstationError, german: str) -> None:
    failed = replace(exhibit, result=None, failure=problem.summary)

    told, english = printed(failed), printed(failed, "en")

    assert told.count(german) == 3  # the summary, the findings and the failed steps
    assert ENGLISH not in told
    assert problem.summary.rstrip(".") in english


def test_why_claims_were_not_tested_is_told_in_german(exhibit: Exhibit) -> None:
    why = Reason("the text side of weights 'x' has no usable header", "text-side-header", name="x")
    later, problem = complete_result(), WeightsProblem(why)
    untested = RecordedWarning.of("claims-not-tested", problem.summary, reason=problem.what)
    earlier = RecordedWarning("claims-not-tested", problem.summary)
    german = [printed(replace(exhibit, result=replace(later, warnings=(one,)))) for one in (untested, earlier)]

    begins = "Was die Datei sagt, konnte nicht mit den Pixeln verglichen werden"
    assert f"{begins}: die Textseite der Gewichte „x“ hat keinen brauchbaren Kopf." in german[0]
    assert f"{problem.summary} {ENGLISH}" in german[1]


def test_percentages_of_parameters_are_spelled_as_all_others(exhibit: Exhibit) -> None:
    assert exhibit.result is not None
    given = (
        ("members of the reference", "up to the 97.5% quantile of a Gaussian"),
        ("departing group begins with", "2% of the patches, 12 steps"),
    )
    told = replace(exhibit.result, provenance=replace(provenance(), parameters=given))
    german, english = (printed(replace(exhibit, result=told), language) for language in ("de", "en"))

    assert "up to the 97.5 % quantile of a Gaussian" in english
    assert "2 % of the patches, 12 steps" in english
    assert "bis zum 97,5-%-Quantil einer Gauß-Verteilung" in german
    assert "2 % der Ausschnitte, 12 Schritte" in german


def test_what_has_no_german_words_is_printed_in_english_and_marked(exhibit: Exhibit) -> None:
    assert exhibit.result is not None
    odd = RecordedWarning.of("from-the-future", "the file smiles", count=3)
    finding = Finding("foreseen", "The picture will change.")
    later = replace(exhibit.result, warnings=(odd,), findings=(finding,))

    german, english = (printed(replace(exhibit, result=later), language) for language in ("de", "en"))
    assert f"the file smiles {ENGLISH}" in german
    assert f"The picture will change. {ENGLISH}" in german
    assert f"reference quantile {ENGLISH} 0,25" in german
    assert "the file smiles" in english
    assert "[" + "englisch" not in english


def test_a_warning_of_a_version_without_values_is_printed_in_its_own_words(exhibit: Exhibit) -> None:
    assert exhibit.result is not None
    old = replace(exhibit.result, warnings=(RecordedWarning("spread-capped", "each patch votes for 3×3 cells"),))

    assert f"each patch votes for 3×3 cells {ENGLISH}" in printed(replace(exhibit, result=old))


def test_the_data_of_an_earlier_version_are_printed_in_their_own_words(exhibit: Exhibit, tmp_path: Path) -> None:
    path = tmp_path / "scan.png"
    Image.fromarray(np.linspace(0, 65535, 96 * 128).astype(np.uint16).reshape(96, 128)).save(path)
    scan = replace(exhibit, evidence=open_evidence(path), regions=())
    publication = publish(build(Case((scan,)), created=MOMENT, template=Template(language="de")))
    content = json.loads(publication.json)
    (old,) = content["exhibits"]
    for key in ("reduction_codes", "stored_mode_code"):
        del old["image"][key]
    for record, keys in ((old["warnings"], ("variant", "values")), (old["findings"], ("codes",))):
        for one in record:
            for key in keys:
                del one[key]

    reader = PdfReader(BytesIO(print_pdf(replace(publication, content=content))))
    text = " ".join(" ".join(page.extract_text().split()) for page in reader.pages)
    assert f"grey 16 bit {ENGLISH}" in text
    assert f"16 bit to 8: the high byte, value // 256 {ENGLISH}; grey repeated three times {ENGLISH}" in text
    assert f"the file holds 16 bits per sample; 8 are examined {ENGLISH}" in text


def test_what_the_program_says_of_parts_of_a_file_is_said_in_german(tmp_path: Path) -> None:
    file, parts = tmp_path / "p.jpg", BytesIO()
    Image.effect_noise((160, 128), 60).save(
        parts, "JPEG", restart_marker_blocks=40, comment=b"unknown data", dpi=(72, 72)
    )
    file.write_bytes(parts.getvalue() + b"PK\x03\x04" + bytes(20))

    exhibit = Exhibit(open_evidence(file))
    german, english = printed(exhibit), printed(exhibit, "en")

    assert "ein ZIP-Archiv beginnt mit: 50 4b 03 04" in german
    assert "a ZIP archive begins: 50 4b 03 04" in english
    assert "Dichte: 72×72 pro Zoll" in german
    assert "density: 72×72 per inch" in english
    assert "Tabellen DC 0" in german
    assert "160×128, 1 Komponente, 8 Bit" in german
    assert "160×128, 1 component, 8 bit" in english
    assert "Restart-Intervall: 40 MCUs" in german
    assert "7 Restart-Marken" in german
    assert "Kommentar 0x14 16 unknown data" in german, "the file's own words"
    for words in ("tables", "component", "restart marker", "ZIP archive", "begins", "per inch"):
        assert words not in german


def test_all_that_iptc_says_stands_in_a_table_of_its_own(tmp_path: Path) -> None:
    file, parts = tmp_path / "p.jpg", BytesIO()
    Image.effect_noise((160, 128), 60).save(parts, "JPEG")
    words = [f"word{number:02d} of a caption that is not short at all" for number in range(40)]
    record = b"".join(b"\x1c\2\x19" + len(word).to_bytes(2, "big") + word.encode() for word in words)
    block = b"Photoshop 3.0\0" + b"8BIM\4\4\0\0" + len(record).to_bytes(4, "big") + record
    block += b"8BIM\4\x25\0\0\0\0\0\x10" + b"digest of others"
    file.write_bytes(b"\xff\xd8\xff\xed" + (len(block) + 2).to_bytes(2, "big") + block + parts.getvalue()[2:])

    exhibit = Exhibit(open_evidence(file))
    german, english = printed(exhibit), printed(exhibit, "en")

    assert all(word in german and word in english for word in words)
    assert "in der Tabelle darunter" in german
    assert "IPTC bei 0x" in german
    assert "in the table below" in english
    assert "40 Datensätze" in german
    assert "Der IPTC-Datensatz ist nicht der, dessen Prüfsumme Photoshop daneben hinterlegt hat" in german


def test_every_enumerated_value_of_metadata_has_german_words() -> None:
    tables = (exif_words.IMAGE, exif_words.GPS, exif_words.INTEROP, exif_text._NO_NUMBERS)
    said = {word for table in tables for words in table.values() for word in words.values()}
    said |= {word for bits in range(128) for word in exif_words.flash_words(bits)}
    said |= set(exif_text._FILTERS.values())

    german = {key.removeprefix("metadata_values.") for key in keys_under("metadata_values.")}

    assert sorted(said - german) == [
        *("Adobe Deflate", "CCITT 1D", "CIELab", "D50", "D55", "D65", "D75", "Deflate", "ICCLab", "ITULab", "JPEG"),
        *("JPEG 2000", "LZMA", "LZW", "PackBits", "RGB", "WebP", "YCbCr", "Zstandard"),
        *("km/h", "mph", "normal", "sRGB", "standard"),
    ]
    assert german <= said


def test_values_of_metadata_are_told_in_german_and_a_files_own_words_as_they_are(tmp_path: Path) -> None:
    path, exif = tmp_path / "p.jpg", Image.Exif()
    exif[0x010E], exif[0x0112], exif[0x0128], exif[0x011A] = "average", 6, 2, IFDRational(300)
    more = {0x9209: 0x18, 0x9207: 5, 0xA402: 0, 0xA403: 9, 0x8822: 3}
    more |= {0x9206: IFDRational(0), 0x829D: IFDRational(28, 10)}
    exif.get_ifd(0x8769).update(more)
    exif.get_ifd(0x8825).update({1: "N", 2: (IFDRational(51), IFDRational(30), IFDRational(0))})
    Image.new("RGB", (128, 96), "grey").save(path, exif=exif)
    exhibit = Exhibit(open_evidence(path))
    entries = {entry.id: entry.text for entry in exhibit.evidence.metadata.entries}

    german, english = printed(exhibit), printed(exhibit, "en")

    assert entries[0x9209] == "Flash did not fire, auto mode"
    told = {
        "Flash did not fire, auto mode": "Blitz nicht ausgelöst, Automatik",
        "to be rotated 90° clockwise": "um 90° im Uhrzeigersinn zu drehen",
        "300 px per inch": "300 px pro Zoll",
        "pattern": "Mehrfeld",
        "auto exposure": "automatische Belichtung",
        "9 (not in the standard)": "9 (nicht in der Norm)",
        "unknown": "unbekannt",
        "aperture priority": "Zeitautomatik (Blendenvorwahl)",
        "north": "Nord",
        "average": "average",
        "f/2.8": "f/2.8",
    }
    for own, words in told.items():
        assert own in english
        assert words in german
        assert own == words or own not in german


def test_a_configuration_folder_that_may_not_be_entered_stops_no_report() -> None:
    folder = user_config()
    folder.mkdir(parents=True)
    report_texts.cache_clear()
    with ordinary_rights():
        folder.chmod(0)
        try:
            assert report_texts("de").language == "de-DE"
            assert languages() == ("de", "en")
            assert load_template() == Template()
        finally:
            folder.chmod(0o700)
            report_texts.cache_clear()


def test_another_language_is_one_more_file(exhibit: Exhibit) -> None:
    folder = user_config() / "report-texts"
    folder.mkdir(parents=True)
    german = (resources() / "texts" / "report.de.toml").read_text("utf-8")
    danish = german.replace('code = "de-DE"', 'code = "da"').replace("[englisch]", "[engelsk]")
    danish = danish.replace('"strukturlos unter einer Graustreuung von"', '"flad under"')
    (folder / "report.da.toml").write_text(danish, "utf-8")
    assert exhibit.result is not None
    origin = replace(provenance(), parameters=(("flat below a grey deviation of", "0.7"),))

    text = printed(replace(exhibit, result=replace(exhibit.result, provenance=origin)), "da")
    assert "flad under 0,7" in text
    assert "The network computed in bfloat16. [engelsk]" in text
