"""The order of a report: what was asked, examined and seen, what it may mean, and how anyone can check it."""

from __future__ import annotations

from workstation.report.appendix_sections import appendix
from workstation.report.blocks import Block
from workstation.report.closing_sections import custody, review, signature
from workstation.report.interpretation_sections import interpretation, limitations
from workstation.report.method_sections import method, steps, unexamined
from workstation.report.observation_sections import observations
from workstation.report.opening_sections import exhibits, summary, title
from workstation.report.publication import Publication
from workstation.report.sheet import Sheet


def composed(publication: Publication) -> list[Block]:
    """What stands on the report's pages."""
    sheet = Sheet(publication.content, publication.texts)
    sections = (
        title,
        exhibits,
        summary,
        observations,
        interpretation,
        limitations,
        method,
        steps,
        unexamined,
        custody,
        appendix,
        review,
        signature,
    )
    return [block for section in sections for block in section(sheet)]
