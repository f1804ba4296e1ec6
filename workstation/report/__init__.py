"""A case becomes a report: PDF, HTML, JSON, maps as files."""

from workstation.report.document import ExhibitReport, ReportDocument, build
from workstation.report.html import write_html
from workstation.report.pdf import write_pdf
from workstation.report.serial import write_json

__all__ = ["ExhibitReport", "ReportDocument", "build", "write_html", "write_json", "write_pdf"]
