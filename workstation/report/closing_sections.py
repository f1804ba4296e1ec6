"""The last pages: chain of custody, audit, what the files say in full, the second examiner, the end."""

from __future__ import annotations

from workstation.report.blocks import Block, EndMark, Facts, Heading, Signatures, Text, Together
from workstation.report.sheet import Content, Sheet


def custody(sheet: Sheet) -> list[Block]:
    """Who had the exhibits when, and where the case's log stood."""
    texts, links = sheet.texts, sheet.content["custody"]
    story: list[Block] = [sheet.section("custody")]
    if links:
        rows = [
            (
                sheet.filled(link["time"]),
                sheet.short(link["exhibit"]),
                sheet.word("custody.actions", link["action"]),
                sheet.filled(link["person"]),
                _in_words(sheet, link["detail"] or ""),
            )
            for link in links
        ]
        story.append(sheet.listing("custody", rows, (33, 18, 34, 25, 70)))
    else:
        story.append(Text(texts("custody.none"), "strong"))
    return [*story, *_audit(sheet, sheet.content["audit"])]


def _in_words(sheet: Sheet, detail: str) -> str:
    """A link's detail: its first word in the report's language, names, hashes and numbers as they are."""
    first, space, rest = detail.partition(" ")
    return f"{sheet.word('custody.details', first)}{space}{rest}"


def _state(sheet: Sheet, state: str | None) -> str:
    """Outcome of the chain's check."""
    if state is None or sheet.texts.own(f"audit.states.{state}"):
        return sheet.texts(f"audit.states.{state}") if state else sheet.texts.missing
    return sheet.unworded(state)


def _audit(sheet: Sheet, audit: Content | None) -> list[Block]:
    texts = sheet.texts
    heading = sheet.subsection(texts("audit.title"))
    if audit is None:
        return [Together((heading, Text(texts("audit.none"), "strong")))]
    held = audit.get("exhibits")  # reports of earlier versions do not say
    known = (
        [] if held is None else [(texts("audit.exhibits"), texts("audit.held", held=held, here=len(sheet.exhibits)))]
    )
    rows = (
        (texts("audit.case"), sheet.filled(audit["case"])),
        *known,
        (texts("audit.head"), audit["head"]),
        (texts("audit.entries"), str(audit["entries"])),
        (texts("audit.state"), _state(sheet, audit["state"])),
    )
    facts = Facts(rows, mono=frozenset({texts("audit.case"), texts("audit.head")}))
    story: list[Block] = [Together((heading, facts, Text(texts("audit.meaning"), "small")))]
    if audit["extract"] and texts("audit.verbatim"):
        story.append(Text(texts("audit.verbatim"), "small"))
    if audit["extract"]:
        listed = [
            (
                str(e["sequence"]),
                e["time"],
                sheet.filled(e["operator"]),
                e["action"],
                sheet.shortened(e["detail"] or ""),
                e["sha256"][:16],
            )
            for e in audit["extract"]
        ]
        story.append(sheet.listing("audit", listed, (10, 31, 24, 26, 61, 28), mono=(5,)))
    if audit["left_out"]:
        story.append(Text(texts("audit.left_out", count=audit["left_out"]), "small"))
    return story


def review(sheet: Sheet) -> list[Block]:
    """What a second examiner said, or the lines to say it on."""
    texts, reviews = sheet.texts, sheet.content["reviews"]
    story: list[Block] = [sheet.section("review")]
    if reviews:
        rows = [
            (
                sheet.filled(r["reviewer"]),
                sheet.word("review.kinds", r["kind"]),
                sheet.word("review.outcomes", r["outcome"]),
                sheet.filled(r["text"]),
                sheet.filled(r["reviewed"]),
            )
            for r in reviews
        ]
        story.append(sheet.listing("review", rows, (36, 26, 30, 54, 34)))
    else:
        story.append(Text(texts("review.none"), "strong"))
    lines = texts.several("review.lines")
    story.append(Together((Heading(texts("review.by_hand"), 3), Signatures(lines), Signatures(lines))))
    return story


def signature(sheet: Sheet) -> list[Block]:
    """Where the operator signs on paper, and the end mark."""
    texts, report = sheet.texts, sheet.content["report"]
    lines = texts.several("signature.lines")
    end = EndMark(texts("end", number=report["number"]))
    return [Together((Heading(texts("signature.title"), 3), Text(texts("signature.words")), Signatures(lines), end))]
