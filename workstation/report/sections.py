"""The sections of a report on one exhibit, as flowables."""

from __future__ import annotations

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from workstation.analysis.regions import Region
from workstation.analysis.rendering import ByteArray, LayerKind
from workstation.analysis.result import AnalysisResult, Finding, Partition, Provenance
from workstation.report import wording
from workstation.report.document import ExhibitReport, ReportDocument
from workstation.report.flowables import (
    ALERT,
    BODY,
    BRIEF_HEAD,
    SMALL,
    TEXT_WIDTH,
    TITLE,
    Picture,
    bullets,
    facts,
    grid,
    heading,
    legend_block,
    listing,
    padding,
    paragraph,
    together,
)
from workstation.report.pictures import exhibit_picture, frame, map_ground, painted, painted_from
from workstation.report.texts import report_texts
from workstation.report.typeface import has_substitutes, shortened

MAPS: tuple[tuple[LayerKind, str], ...] = (
    ("departure", "Departure map"),
    ("groups", "Groups"),
    ("pca", "Principal components"),
    ("cut", "Normalised cut"),
)


BRIEF_FINDINGS, BRIEF_LENGTH = 4, 220
LEFT_OUT_OF_BRIEF = ("not-assessable", "assessable", "highest")
"""Kinds of findings that repeat the headline or only describe the picture."""

VERDICTS = {
    "match": "Hashes match on re-reading.",
    "differs": "Hashes do not match on re-reading.",
    "vanished": "The file could not be read again.",
}


def title_page(document: ReportDocument) -> list[Flowable]:
    """The head of the report: what it is, who made it, which exhibits it covers."""
    story: list[Flowable] = [paragraph(document.title or "Examination of a photograph", TITLE)]
    story.append(
        facts(
            [
                ("Report number", document.number),
                ("Date (UTC)", document.created),
                ("Made by", document.operator or "— not stated"),
                ("Program", document.program),
            ],
            columns=2,
        )
    )
    if len(document.exhibits) > 1:
        story += heading("Exhibits of this report", 1)
        rows = [
            (str(e.position), e.evidence.identity.name, e.evidence.identity.sha256, e.headline)
            for e in document.exhibits
        ]
        story.append(listing(("No.", "File", "SHA-256", "Analysis"), rows, (10, 55, 60, 55), mono=(2,)))
    story.append(Spacer(1, 9))
    return story


def analysis_sections(report: ExhibitReport) -> list[Flowable]:
    """What was found in one exhibit, where, what the analyst noted, and how the result came about."""
    return [
        *findings(report),
        *maps(report),
        *regions(report),
        *notes(report),
        *warnings(report),
        *provenance(report),
    ]


def identity(report: ExhibitReport) -> list[Flowable]:
    """File, hashes, verification and picture."""
    file, pixels = report.evidence.identity, report.evidence.pixels
    story = heading(f"Exhibit {report.position}: {file.name}", 1, room=60 * mm)
    story.append(_first_sight(report))
    story += heading("Identity of the file")
    rows = [
        ("File name", file.name),
        ("Folder", str(file.path.parent)),
        ("Size", wording.file_size(file.size)),
        ("SHA-256", file.sha256),
        ("SHA-1", file.sha1),
        ("MD5", file.md5),
        ("Modified (UTC)", wording.filled(file.modified)),
        ("Opened (UTC)", wording.filled(file.opened)),
        ("Format, by content", report.evidence.format),
    ]
    story.append(facts(rows, mono=("SHA-256", "SHA-1", "MD5")))
    story.append(Spacer(1, 4))
    story.append(_verification(report))
    if has_substitutes(file.name + str(file.path)):
        story.append(
            paragraph("⟨U+…⟩ stands for a character that is invisible or that this report's typeface lacks.", SMALL)
        )
    story += heading("Image")
    rows = [
        ("Stored size", f"{pixels.width}×{pixels.height} pixels ({pixels.width * pixels.height / 1e6:.3g} megapixels)"),
        ("Stored samples", wording.filled(pixels.stored_mode)),
        ("Orientation tag", f"{pixels.orientation} (applied for display only)"),
        ("Reductions", "; ".join(pixels.reductions) or "none: the samples were used as stored"),
        (
            "Colour profile",
            f"{len(pixels.icc_profile)} bytes, for display only" if pixels.icc_profile else "not present",
        ),
        ("Frames in the file", "1" if pixels.frames == 1 else f"{pixels.frames}; the first one was examined"),
    ]
    story.append(facts(rows))
    return story


def _first_sight(report: ExhibitReport) -> Flowable:
    """The picture, and beside it the result in brief."""
    picture = exhibit_picture(report)
    shown = Picture(picture.jpeg, 98 * mm, 82 * mm, orientation=picture.orientation)
    left = [shown, Spacer(1, 3), paragraph(picture.caption, SMALL)]
    brief: list[Flowable] = [paragraph("In brief", BRIEF_HEAD)]
    brief.append(paragraph(report.headline, BODY if report.status == "complete" else ALERT))
    observations = [f.sentence for f in report.observations if f.kind not in LEFT_OUT_OF_BRIEF]
    brief += bullets([shortened(sentence, BRIEF_LENGTH) for sentence in observations[:BRIEF_FINDINGS]])
    if len(observations) > BRIEF_FINDINGS:
        brief.append(paragraph(f"{len(observations) - BRIEF_FINDINGS} more under Findings.", SMALL))
    matches = report.verification.state == "match"
    brief.append(
        paragraph(f"{'✔' if matches else '✘'} {VERDICTS[report.verification.state]}", BODY if matches else ALERT)
    )
    count = len(report.warnings)
    brief.append(paragraph(f"{count or 'No'} warning{'' if count == 1 else 's'}{', listed below' if count else ''}."))
    brief.append(paragraph("Read the findings together with what they cannot tell.", SMALL))
    return grid(
        [[left, brief]],
        [104 * mm, TEXT_WIDTH - 104 * mm],
        *padding(0, 0, 0, 0),
        ("RIGHTPADDING", (0, 0), (0, 0), 6 * mm),
    )


def _verification(report: ExhibitReport) -> Flowable:
    verification = report.verification
    sentence = report_texts().states[verification.state]
    if verification.state == "match":
        return paragraph(f"✔ {sentence} ({verification.checked})")
    found = f" SHA-256 now: {verification.sha256}." if verification.sha256 else ""
    return paragraph(f"✘ {sentence} Found: {verification.message.rstrip('.')}.{found} ({verification.checked})", ALERT)


def findings(report: ExhibitReport) -> list[Flowable]:
    """Observations in words with their numbers, then what they cannot tell."""
    story = heading("Findings")
    if report.observations:
        story += [flowable for finding in report.observations for flowable in _finding(finding)]
    else:
        story.append(paragraph(report.headline, BODY if report.status == "complete" else ALERT))
    story += heading("What this cannot tell", 3, room=24 * mm)
    story += bullets(report.limits)
    return story


def _finding(finding: Finding) -> list[Flowable]:
    block: list[Flowable] = [paragraph(f"• {finding.sentence}")]
    if finding.numbers:
        numbers = " · ".join(f"{name.replace('_', ' ')} {wording.number(value)}" for name, value in finding.numbers)
        block.append(paragraph(numbers, SMALL))
    return [together(block)]


def maps(report: ExhibitReport) -> list[Flowable]:
    """Each map with its legend and parameters, and the numbers of the partition."""
    result = report.result
    if result is None or result.maps is None:
        return []
    ground = map_ground(report)
    story: list[Flowable] = []
    for kind, title in MAPS:
        jpeg, legend = painted(report, kind, ground)
        shown = Picture(jpeg, TEXT_WIDTH, (136 if kind == "departure" else 94) * mm)
        block: list[Flowable] = [
            *heading(title, 3, room=0),
            shown,
            *legend_block(legend, max(shown.width, 110 * mm)),
            paragraph(report_texts().maps[kind], SMALL),
        ]
        if not story:
            words = f"{_map_parameters(result)} {frame(report.evidence.pixels)}"
            block = [*heading("Maps", room=0), paragraph(words), *block]
        story.append(together(block))
        if kind == "groups" and result.partition is not None:
            story += partition(result.partition)
    return story


def _map_parameters(result: AnalysisResult) -> str:
    assert result.maps is not None
    geometry, grid = result.maps.geometry, result.grid
    low, high = result.maps.departure_range
    sentences = [
        f"Maps of {geometry.columns}×{geometry.rows} cells of {geometry.cell} pixels over the stored image "
        f"({geometry.width}×{geometry.height} pixels)."
    ]
    if grid is not None:
        sentences.append(
            f"Patches of {grid.patch}×{grid.patch} pixels, {grid.stride} pixels apart, {grid.columns}×{grid.rows} in "
            f"all; each votes for {grid.spread}×{grid.spread} cells."
        )
    if result.suitability is not None:
        total, usable = result.suitability.assessable.size, int(result.suitability.assessable.sum())
        reasons = ", ".join(
            f"{count} {name}"
            for code, name in ((1, "flat"), (2, "clipped"), (3, "black"))
            if (count := int((result.suitability.reason == code).sum()))
        )
        sentences.append(f"{usable} of {total} patches are assessable{f' ({reasons} left out)' if reasons else ''}.")
    sentences.append(
        f"Departure scale {low:.4g} to {high:.4g}. Score (mean dissimilarity) {wording.number(result.score)}."
    )
    return " ".join(sentences)


def partition(found: Partition) -> list[Flowable]:
    """The groups and how stable they are, as tables."""
    story = heading("Groups in numbers", 3)
    reference = found.groups[0].departure if found.groups else float("nan")
    rows = [
        (
            g.name,
            wording.share(g.share),
            wording.number(g.departure),
            "–" if g is found.groups[0] else f"{g.departure - reference:+.3f}",
            str(g.cells),
        )
        for g in found.groups
    ]
    head = ("Group", "Share of the assessable area", "Mean of the departure map", "Less that of group A", "Cells")
    story.append(listing(head, rows, (16, 48, 44, 40, 32)))
    verdict = [
        ("Stable partition", "yes" if found.stable else "no: one group is reported"),
        ("Stability", f"{wording.number(found.stability)} (mean adjusted Rand index over bootstrap samples)"),
        ("Separation", f"{wording.number(found.separation)} (mean silhouette, cosine)"),
        ("Distance", f"{wording.number(found.distance)} (cosine, between the largest group and that farthest from it)"),
        ("Margin", f"{wording.number(found.margin)} (share of A less share of the next group)"),
        ("Reference", "ambiguous: the margin is below the stated one" if found.ambiguous else "group A"),
    ]
    expected = dict(found.expected)
    tried = "; ".join(
        f"k = {k}: stability {wording.number(s)}, separation {wording.number(d)}"
        + (f" (one group alone would show {wording.number(expected[k])})" if k in expected else "")
        for k, s, d in found.tried
    )
    verdict.append(("Partitions tried", tried or "none"))
    story += [Spacer(1, 4), facts(verdict)]
    return story


def regions(report: ExhibitReport) -> list[Flowable]:
    """What the analyst marked, with statistics and notes."""
    if not report.exhibit.regions:
        return []
    story = heading("Regions marked by the analyst", room=100 * mm)
    story.append(paragraph("Positions are stored pixels; the regions are outlined in the maps above.", SMALL))
    ground = map_ground(report)
    for region, statistics in zip(report.exhibit.regions, report.regions, strict=True):
        xs, ys = [x for x, _ in region.points], [y for _, y in region.points]
        bounds = f"x {min(xs):.0f} to {max(xs):.0f}, y {min(ys):.0f} to {max(ys):.0f}" if xs else wording.MISSING
        corners = "" if region.kind in ("rectangle", "ellipse") else f"; {len(region.points)} vertices"
        rows = [("Shape", f"{region.kind}, {bounds}{corners}"), ("Note", region.note or "— no note")]
        rows += statistics.described()
        story.append(together([*heading(f"Region {region.name}", 3, room=0), facts(rows)]))
        story += _seen_from(report, region, ground)
    return story


def _seen_from(report: ExhibitReport, region: Region, ground: ByteArray) -> list[Flowable]:
    """The similarity of everything to the region, where the region carries a statement."""
    seen = painted_from(report, region, ground)
    if seen is None:
        return []
    jpeg, legend = seen
    shown = Picture(jpeg, 120 * mm, 66 * mm)
    title = heading(f"As seen from region {region.name}", 3, room=0)
    block = [*title, shown, *legend_block(legend, max(shown.width, 110 * mm))]
    return [together([*block, paragraph(report_texts().maps["similarity"], SMALL)])]


def notes(report: ExhibitReport) -> list[Flowable]:
    """The analyst's words on the exhibit."""
    if not report.exhibit.note:
        return []
    return [*heading("Notes of the analyst"), *(paragraph(line) for line in report.exhibit.note.splitlines() if line)]


def warnings(report: ExhibitReport) -> list[Flowable]:
    """Everything odd that did not stop the work."""
    story = heading("Warnings")
    if not report.warnings:
        return [*story, paragraph("None was recorded.")]
    rows = [
        (source, warning.code, warning.message, wording.hexadecimal(warning.offset))
        for source, warning in report.warnings
    ]
    story.append(listing(("Source", "Code", "Message", "Offset"), rows, (16, 36, 106, 22), mono=(3,)))
    return story


def provenance(report: ExhibitReport) -> list[Flowable]:
    """What it takes to repeat the result."""
    story = heading("Provenance of the analysis")
    if report.result is None:
        return [*story, paragraph("No analysis stands behind this report.")]
    origin: Provenance = report.result.provenance
    rows = [
        ("Program", f"Exifact {wording.filled(origin.program)}"),
        ("Weights", wording.filled(origin.weights)),
        ("Weights SHA-256", wording.filled(origin.weights_sha256)),
        ("Architecture", wording.filled(origin.architecture)),
        ("Device", wording.filled(origin.device)),
        ("Arithmetic", wording.filled(origin.dtype)),
        ("Threads", str(origin.threads)),
        ("Seed", str(origin.seed)),
        ("Started (UTC)", wording.filled(origin.started)),
        ("Seconds", "; ".join(f"{stage} {seconds:.2f}" for stage, seconds in origin.seconds) or wording.MISSING),
        ("Libraries", ", ".join(f"{name} {version}" for name, version in origin.libraries) or wording.MISSING),
    ]
    story.append(facts(rows, mono=("Weights SHA-256",)))
    story += heading("Parameters", 3)
    story.append(listing(("Parameter", "Value"), origin.parameters, (60, 120)))
    return story
