"""What a report says on paper: everything, selectable, numbered, in embedded type."""

from __future__ import annotations

import re
import tracemalloc
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from pikepdf import Pdf
from PIL import Image
from pypdf import PdfReader
from reportlab.pdfbase.pdfmetrics import stringWidth

from tests.report.conftest import HEIGHT, LIMIT, MOMENT, SENTENCE, WIDTH, complete_result, write_photograph
from workstation.casework.exhibit import Case, Exhibit
from workstation.evidence import open_evidence
from workstation.evidence.record import Payload, Present, TagEntry, Unreadable
from workstation.report import build, pictures, wording
from workstation.report.pdf import fitted, print_pdf, print_steps, render_pdf
from workstation.report.pictures import exhibit_picture
from workstation.report.printed import jpegs
from workstation.report.publication import publish
from workstation.report.typeface import SANS, register_fonts


def read(*exhibits: Exhibit, title: str = "", operator: str = "") -> PdfReader:
    return PdfReader(BytesIO(render_pdf(build(Case(exhibits, title, operator), created=MOMENT))))


def text_of(reader: PdfReader) -> str:
    """The text of all pages with white space between words and lines made one."""
    return " ".join(" ".join(page.extract_text().split()) for page in reader.pages)


def test_identity_hashes_and_match_are_selectable_text(exhibit: Exhibit) -> None:
    text = text_of(read(exhibit))

    identity = exhibit.evidence.identity
    for expected in (identity.name, identity.sha256, identity.sha1, identity.md5, "EX-20261121-093000-"):
        assert expected in text
    assert "has the same SHA-256" in text
    assert "Operator — missing" in text


def test_every_metadata_entry_is_listed_with_number_and_offset(exhibit: Exhibit) -> None:
    text = text_of(read(exhibit))

    entries = exhibit.evidence.metadata.entries
    assert len(entries) >= 8
    for entry in entries:
        assert f"0x{entry.id:04X}" in text
        assert entry.name.replace(" ", "") in text.replace(" ", "")
        assert entry.offset is None or f"0x{entry.offset:X}" in text
    assert "Canon EOS 5D" in text


def test_findings_limits_partition_regions_notes_and_provenance_are_in_it(exhibit: Exhibit) -> None:
    text = text_of(read(exhibit, title="Case 7", operator="J. Examiner"))

    for expected in (
        "Case 7",
        "J. Examiner",
        SENTENCE,
        "Limitations and error rates",
        LIMIT,
        "does not show that the photograph is untouched",
        "group B: 18 % of the assessable area",
        "not assessable: 5.7 % of the cells",
        "0.94 (mean adjusted Rand",
        "k = 2: stability 0.94, separation 0.41 (one group alone would show 0.12)",
        "0.37 (cosine, between the largest group",
        "Edge of the shadow looks cut.",
        "Handed in by the owner",
        "As seen from region 1",
        "holds the centre of no assessable patch",
        "The network computed in bfloat16.",
        "reference quantile",
        "c0ffee",
        "torch 2.13.0",
        "Quantisation tables",
        "SOF0",
    ):
        assert expected in text, expected


def test_pages_are_numbered_and_name_report_and_exhibit(exhibit: Exhibit) -> None:
    reader = read(exhibit)

    total = len(reader.pages)
    assert total >= 4
    for number, page in enumerate(reader.pages, start=1):
        text = page.extract_text()
        assert f"page {number} of {total}" in text
        assert "EX-20261121-093000-" in text
        assert number == 1 or "Examination of photographs: IMG_0042.jpg" in text


def test_all_fonts_are_embedded(exhibit: Exhibit) -> None:
    for page in read(exhibit).pages:
        fonts = page["/Resources"]["/Font"]
        for font in fonts.values():
            described = font.get_object()
            assert "/FontFile2" in described["/FontDescriptor"], described["/BaseFont"]


def test_sections_are_in_the_outline(exhibit: Exhibit) -> None:
    def titles(items: list[object]) -> list[str]:
        return [t for item in items for t in (titles(item) if isinstance(item, list) else [item["/Title"]])]  # type: ignore[index]

    assert {"3  Observations", "3.1  Exhibit 1: IMG_0042.jpg", "Findings", "Maps", "Warnings"} <= set(
        titles(read(exhibit).outline)
    )


def test_the_same_document_gives_the_same_bytes(exhibit: Exhibit) -> None:
    document = build(Case((exhibit,)), created=MOMENT)

    assert render_pdf(document) == render_pdf(document)


def test_composing_can_be_given_up_at_every_page(exhibit: Exhibit) -> None:
    publication = publish(build(Case((exhibit, exhibit)), created=MOMENT))
    whole = print_pdf(publication)
    pages = len(PdfReader(BytesIO(whole)).pages)

    said = list(print_steps(publication))

    stages = Counter(progress.stage for progress in said)
    assert stages["composing the PDF"] > 2 * pages  # when it is set, and when it is numbered
    assert stages["recording what is printed"] > pages
    fractions = [progress.fraction or 0.0 for progress in said]
    assert fractions == sorted(fractions)
    assert fractions[-1] <= 1.0
    given_up = print_steps(publication)
    for _ in range(len(said) // 3):
        next(given_up)
    given_up.close()
    assert print_pdf(publication) == whole


def test_pictures_are_printed_without_their_samples_in_memory(tmp_path: Path) -> None:
    Image.new("RGB", (4000, 3000), "grey").save(tmp_path / "IMG_0042.jpg")
    publication = publish(build(Case((Exhibit(open_evidence(tmp_path / "IMG_0042.jpg")),)), created=MOMENT))
    print_pdf(publication)  # what is read once for all, such as typefaces

    tracemalloc.start()
    try:
        content = print_pdf(publication)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(jpegs_in(content)) == 1
    assert most < 4000 * 3000  # a third of the samples


def jpegs_in(content: bytes) -> dict[str, bytes]:
    with Pdf.open(BytesIO(content)) as document:
        return jpegs(document)


def test_the_file_carries_the_date_of_the_report(exhibit: Exhibit) -> None:
    described = read(exhibit, title="Case 7", operator="J. Examiner").metadata

    assert described is not None
    assert described.creation_date == MOMENT
    assert (described.title, described.author) == ("Case 7: IMG_0042.jpg", "J. Examiner")


def test_a_changed_file_is_printed_as_mismatch_with_its_new_hash(exhibit: Exhibit) -> None:
    path = exhibit.evidence.identity.path
    path.write_bytes(path.read_bytes() + b"x")

    document = build(Case((exhibit,)), created=MOMENT)
    text = text_of(read(exhibit))

    assert document.exhibits[0].verification.state == "differs"
    assert "no longer has the hashes" in text
    assert "before the analysis and now: do not agree" in text
    assert document.exhibits[0].verification.sha256 in text
    assert "has the same SHA-256" not in text


def test_a_vanished_file_still_gives_a_report_that_says_so(exhibit: Exhibit) -> None:
    exhibit.evidence.identity.path.unlink()

    assert "The file could not be read again" in text_of(read(exhibit))


def test_not_assessable_says_why_and_has_no_maps(not_assessable: Exhibit) -> None:
    text = text_of(read(not_assessable))

    assert "Not assessable: 40×40 pixels hold no patch of 64×64" in text
    assert "Departure map" not in text
    assert "Canon EOS 5D" in text


def test_a_failed_analysis_says_so_and_keeps_the_metadata(failed: Exhibit) -> None:
    text = text_of(read(failed))

    assert "The analysis failed: the device ran out of memory" in text
    assert "Departure map" not in text
    assert "0x829A" in text


def test_no_words_of_judgement(exhibit: Exhibit, failed: Exhibit, not_assessable: Exhibit) -> None:
    for one in (exhibit, failed, not_assessable):
        words = set(re.findall(r"[a-z]+", text_of(read(one)).lower()))
        assert not words & {"fake", "real", "authentic", "proves", "proof", "ai"}


def test_small_jpegs_keep_their_bytes(exhibit: Exhibit, photograph: Path) -> None:
    page = next(page for page in read(exhibit).pages if "/XObject" in page["/Resources"])

    images = [o.get_object() for o in page["/Resources"]["/XObject"].values()]
    assert photograph.read_bytes() in [image._data for image in images]
    assert "own JPEG data, not recompressed" in page.extract_text()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_and_say_where_the_origin_lies(tmp_path: Path, orientation: int) -> None:
    evidence = open_evidence(write_photograph(tmp_path / "turned.jpg", orientation=orientation))

    text = text_of(read(Exhibit(evidence)))

    if orientation == 1:
        assert "Shown as stored" in text
    else:
        assert f"asks (value {orientation})" in text
        assert "unrotated image" in text


def test_unicode_names_are_printed_and_what_has_no_glyph_is_named(renamed: Callable[[str], Exhibit]) -> None:
    text = text_of(read(renamed("Überführung Ωμέγα Снимок 東 \u202egpj.jpg")))

    assert "Überführung Ωμέγα Снимок ⟨U+6771⟩ ⟨U+202E⟩gpj.jpg" in text
    assert "is invisible or that the report's typeface lacks" in text


def test_markup_in_names_and_notes_is_text(exhibit: Exhibit) -> None:
    marked = replace(exhibit, note="<b>5 < 6</b> & more", result=None)

    assert "<b>5 < 6</b> & more" in text_of(read(marked))


def test_very_long_values_and_unreadable_entries_fit(exhibit: Exhibit) -> None:
    long = entry("UserComment", "x" * 60_000)
    broken = replace(entry("MakerNote", ""), value=None, state=Unreadable("entry runs past the end", 0x1A4))
    metadata = replace(exhibit.evidence.metadata, entries=(long, broken) * 40)
    evidence = replace(exhibit.evidence, metadata=metadata)

    reader = read(replace(exhibit, evidence=evidence))

    text = text_of(reader)
    assert "(60 000 characters, whole in the attached report.json)" in text
    assert "present but unreadable: entry runs past the end @ 0x1A4" in text
    assert "80 entries in all" in text


def entry(name: str, text: str) -> TagEntry:
    return TagEntry(
        "ExifIFD", name, 0x9286, "UNDEFINED", len(text), text.encode()[:64], text, "", text, 512, 90, Present()
    )


def test_nothing_found_and_nothing_marked(exhibit: Exhibit) -> None:
    bare = replace(exhibit, result=replace(complete_result(), findings=()), regions=(), note="")

    text = text_of(read(bare))

    assert "The analysis is complete." in text
    assert "Regions marked" not in text
    assert "Notes of the analyst" not in text


def test_an_embedded_thumbnail_is_shown_and_a_broken_one_is_named(exhibit: Exhibit) -> None:
    stream = BytesIO()
    Image.new("RGB", (160, 120), (200, 30, 30)).save(stream, "JPEG")
    good = Payload("thumbnail", 1000, len(stream.getvalue()), "JPEG 160×120", content=stream.getvalue())
    broken = Payload("thumbnail", 9000, 3, "JPEG", content=b"\xff\xd8\xff")
    metadata = replace(exhibit.evidence.metadata, payloads=(good, broken))

    text = text_of(read(Exhibit(replace(exhibit.evidence, metadata=metadata))))

    assert "Thumbnail at 0x3E8, JPEG 160×120, as stored." in text
    assert "Thumbnail at 0x2328, JPEG; its bytes cannot be decoded." in text


def test_a_thumbnail_that_claims_a_decompression_bomb_is_not_decoded(exhibit: Exhibit) -> None:
    stream = BytesIO()
    Image.new("RGB", (16, 16)).save(stream, "JPEG")
    content = bytearray(stream.getvalue())
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = b"\xff\xff\xff\xff"  # height and width
    bomb = Payload("thumbnail", 1000, len(content), "JPEG 65535×65535", content=bytes(content))
    metadata = replace(exhibit.evidence.metadata, payloads=(bomb,))

    text = text_of(read(Exhibit(replace(exhibit.evidence, metadata=metadata))))

    assert "JPEG 65535×65535; its bytes cannot be decoded." in text


@pytest.mark.parametrize("count", [3, 4, 5])
def test_metadata_begin_on_the_page_of_their_headings(exhibit: Exhibit, count: int) -> None:
    exhibits = tuple(exhibit for _ in range(count))

    pages = [page.extract_text() for page in read(*exhibits).pages]

    begun = [page.split("\nMetadata\n")[1:] for page in pages]
    assert sum(map(len, begun)) == count
    assert all("0x" in rest for page in begun for rest in page)


@pytest.mark.parametrize("count", [3, 4, 5])
def test_the_numbers_of_a_region_stay_on_one_page(exhibit: Exhibit, count: int) -> None:
    regions = tuple(replace(exhibit.regions[0], name=f"R{number}") for number in range(count))

    pages = [page.extract_text() for page in read(replace(exhibit, regions=regions)).pages]

    for region in regions:
        (page,) = (page for page in pages if f"Region {region.name}\n" in page)
        assert page.count("Departure, median") == page.count("Red, green, blue, deviation")


def test_bytes_that_change_between_verification_and_picture_are_not_shown(exhibit: Exhibit) -> None:
    document = build(Case((exhibit,)), created=MOMENT)
    path = exhibit.evidence.identity.path
    Image.new("RGB", (WIDTH, HEIGHT)).save(path)

    picture = exhibit_picture(document.exhibits[0])

    assert document.exhibits[0].verification.state == "match"
    assert picture.jpeg != path.read_bytes()
    assert picture.entry["treatment"] == "none"


def test_broken_exif_over_good_pixels_is_said_in_the_report_alone(tmp_path: Path) -> None:
    path = tmp_path / "broken.jpg"
    Image.new("RGB", (64, 64)).save(path, exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff")

    text = text_of(read(Exhibit(open_evidence(path))))  # a Python warning would be an error here

    assert "IFD0 says that it holds 65535 entries" in text
    assert "own JPEG data, not recompressed" in text


def test_a_stereo_photograph_is_shown_as_a_rendition(test_data: Path) -> None:
    """Its second image makes reportlab decode it; the caption must not say that the data were kept."""
    evidence = open_evidence(test_data / "photos" / "sugarshack.mpo")

    assert "A rendition for this report" in text_of(read(Exhibit(evidence)))


def test_moved_limits_are_printed(exhibit: Exhibit) -> None:
    text = text_of(read(replace(exhibit, departure_limits=(0.1, 0.5))))

    assert "Limits moved by the analyst to 0.1 to 0.5; those stored with the weights are 0 to 0.8" in text


def test_several_exhibits_are_listed_and_have_their_own_parts(exhibit: Exhibit, failed: Exhibit) -> None:
    reader = read(exhibit, failed, title="Two")

    assert "1 — missing IMG_0042.jpg agree" in " ".join(reader.pages[0].extract_text().split())
    assert "Two: 2 exhibits" in reader.pages[1].extract_text()
    for part in ("3.2 Exhibit 2: IMG_0042.jpg", "6.3 Analysis of Exhibit 2", "10.2 Exhibit 2: IMG_0042.jpg"):
        assert part in text_of(reader), part


def test_a_large_photograph_is_shown_as_a_rendition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "LARGEST_JPEG_KEPT", 20_000)
    monkeypatch.setattr(pictures, "RENDITION_SIDE", 600)
    path = tmp_path / "noise.jpg"
    pixels = np.random.default_rng(0).integers(0, 256, (400, 800, 3), np.uint8)
    Image.fromarray(pixels).save(path, quality=95)

    text = text_of(read(Exhibit(open_evidence(path))))

    assert "A rendition for this report, 600×300 pixels, recompressed as JPEG" in text


def test_a_running_head_that_is_too_long_is_shortened_in_the_middle() -> None:
    register_fonts()

    shorter = fitted("a" * 200 + ".jpg", 7.2, 100.0)

    assert shorter.startswith("aaa")
    assert "…" in shorter
    assert shorter.endswith(".jpg")


def test_as_much_of_a_running_head_is_kept_as_fits_however_long_it_is() -> None:
    register_fonts()

    shorter = fitted("9" * 100_000, 7.2, 100.0)

    kept = len(shorter) - 1
    assert shorter == "9" * ((kept + 1) // 2) + "…" + "9" * (kept // 2)
    assert stringWidth(shorter, SANS, 7.2) <= 100.0 < stringWidth("9" + shorter, SANS, 7.2)
    assert fitted("999", 7.2, 0.0) == "…"


@pytest.mark.parametrize("size", [(40, 40), (1, 2000), (2000, 1)])
def test_pictures_of_any_shape_fit_their_page(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "thin.png"
    Image.new("RGB", size, (90, 120, 60)).save(path)

    text = text_of(read(Exhibit(open_evidence(path))))

    assert f"{size[0]}×{size[1]} pixels" in text
    assert "No analysis was run" in text


def test_large_numbers_are_written_in_full() -> None:
    assert wording.number(12288.0) == "12288"
    assert wording.number(0.123456) == "0.1235"
    assert wording.number(float("nan")) == "— missing"
