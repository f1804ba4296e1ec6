"""What makes a report's PDF fit for the archive: attachments, XMP, output intent."""

from __future__ import annotations

import json
from io import BytesIO

import pikepdf
import pytest

from tests.report.conftest import MOMENT
from workstation.casework.exhibit import Case, Exhibit
from workstation.report import ReportDocument, build
from workstation.report.pdf import render_pdf
from workstation.report.publication import publish


@pytest.fixture
def document(exhibit: Exhibit) -> ReportDocument:
    return build(Case((exhibit,), "Case 7", "J. Examiner"), created=MOMENT)


def opened(document: ReportDocument) -> pikepdf.Pdf:
    return pikepdf.Pdf.open(BytesIO(render_pdf(document)))


def test_the_pdf_carries_its_content_as_data(document: ReportDocument) -> None:
    with opened(document) as pdf:
        attached = pdf.attachments["report.json"]
        content = json.loads(attached.get_file().read_bytes())

        assert content == json.loads(json.dumps(publish(document).content))
        assert attached.relationship == pikepdf.Name.Data
        assert attached.get_file().mime_type == "application/json"
        assert [str(file.F) for file in pdf.Root.AF] == ["report.json", "texts.toml", "printed.json"]
        words = pdf.attachments["texts.toml"].get_file().read_bytes().decode("utf-8")
        assert words == document.template.texts.source


def test_it_says_that_it_is_pdf_a_3_and_what_colours_it_means(document: ReportDocument) -> None:
    with opened(document) as pdf:
        assert pdf.pdf_version == "1.7"
        assert not pdf.is_encrypted
        assert pdf.Root.Lang == "en-GB"
        (intent,) = pdf.Root.OutputIntents
        assert intent.S == pikepdf.Name.GTS_PDFA1
        assert intent.DestOutputProfile.read_bytes()[12:20] == b"mntrRGB "
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as xmp:
            assert (xmp["pdfaid:part"], xmp["pdfaid:conformance"]) == ("3", "B")


def test_both_places_agree_on_what_the_file_is(document: ReportDocument) -> None:
    with opened(document) as pdf:
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as xmp:
            described = {name: xmp[name] for name in ("dc:title", "dc:creator", "xmp:CreateDate", "pdf:Producer")}

        assert described["dc:title"] == str(pdf.docinfo["/Title"]) == "Case 7: IMG_0042.jpg"
        assert described["dc:creator"] == [str(pdf.docinfo["/Author"])] == ["J. Examiner"]
        assert described["xmp:CreateDate"] == "2026-11-21T09:30:00+00:00"
        assert str(pdf.docinfo["/CreationDate"]).startswith("D:20261121093000+00'00")
        assert described["pdf:Producer"] == str(pdf.docinfo["/Producer"])


def test_no_reader_finds_fault_with_its_structure(document: ReportDocument) -> None:
    with opened(document) as pdf:
        assert pdf.check_pdf_syntax() == []
