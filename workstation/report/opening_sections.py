"""The first pages: who reports to whom on what, the exhibits with their hashes, the summary."""

from __future__ import annotations

from workstation.report.blocks import Block, Bullets, Contents, Facts, Heading, Letterhead, Text, Title, Together
from workstation.report.interpretation_sections import level_in_words
from workstation.report.reasons import failure_reason, step_reason
from workstation.report.sheet import Content, Sheet
from workstation.report.typeface import has_substitutes

LONGEST_SUMMARY = 6
"""Findings per exhibit in the summary."""

DESCRIPTIVE = ("not-assessable", "assessable", "highest", "limits", "not-calibrated")
"""Kinds of findings that repeat the headline or only describe the picture."""


def title(sheet: Sheet) -> list[Block]:
    """Letterhead, title and the order."""
    texts, content = sheet.texts, sheet.content
    report, commission, laboratory = content["report"], content["commission"], content["laboratory"]
    issued = report["created"]
    rows = [
        ("number", report["number"]),
        ("case_number", commission["case_number"]),
        ("laboratory", laboratory["name"]),
        ("operator", report["operator"]),
        ("client", commission["client"]),
        ("received", commission["received"]),
        ("performed", commission["performed"]),
        ("issued", texts("title.utc", time=issued)),
    ]
    facts = tuple((texts(f"title.{key}"), texts.filled(value)) for key, value in rows)
    order = (
        (texts("title.authority"), texts.filled(commission["authority"])),
        (texts("title.question"), texts.filled(commission["question"])),
    )
    return [
        Letterhead(
            laboratory["name"] or f"{texts('title.laboratory')} {texts.missing}",
            tuple(laboratory["lines"]),
            laboratory["logo"],
        ),
        Title(texts("title.kind"), report["title"] or texts("title.untitled")),
        Facts(facts, columns=2),
        Facts(order),
        Contents(texts("page.contents")),
    ]


def exhibits(sheet: Sheet) -> list[Block]:
    """What was examined, and whether it is still what came in."""
    story: list[Block] = [sheet.section("exhibits")]
    if len(sheet.exhibits) > 1:
        rows = [
            (
                str(e["exhibit"]["position"]),
                sheet.filled((e["intake"] or {}).get("label")),
                e["exhibit"]["name"],
                sheet.texts(f"verdicts.{_agreement(e)}"),
            )
            for e in sheet.exhibits
        ]
        story.append(sheet.listing("exhibits", rows, (12, 34, 84, 50)))
    for exhibit in sheet.exhibits:
        story += _exhibit(sheet, exhibit)
    return story


def _agreement(exhibit: Content) -> str:
    """Whether all hashes that there are agree: "agree", "differ", "vanished" or "partly" (nothing from the intake)."""
    state = exhibit["exhibit"]["verification"]["state"]
    if state != "match":
        return {"differs": "differ", "vanished": "vanished"}[state]
    intake = (exhibit["intake"] or {}).get("sha256")
    if not intake:
        return "partly"
    return "agree" if intake == exhibit["exhibit"]["sha256"] else "differ"


def _exhibit(sheet: Sheet, exhibit: Content) -> list[Block]:
    texts, file, intake = sheet.texts, exhibit["exhibit"], exhibit["intake"] or {}
    rows = [
        (texts("file.name"), file["name"]),
        (texts("file.description"), sheet.filled(intake.get("description"))),
        (texts("file.received"), sheet.filled(intake.get("received"))),
        (texts("file.received_by"), sheet.filled(intake.get("received_by"))),
        (texts("file.received_from"), sheet.filled(intake.get("received_from"))),
        (texts("file.folder"), file["path"].removesuffix(file["name"])),
        (texts("file.size"), texts.size(file["size"])),
        (texts("file.format"), file["format"]),
        (texts("file.modified"), sheet.filled(file["modified"])),
    ]
    block: list[Block] = [Heading(sheet.named(exhibit), 3), Facts(tuple(rows))]
    if has_substitutes(file["path"]):
        block.append(Text(texts("exhibit.substitutes"), "small"))
    story: list[Block] = [Together(tuple(block))]
    story.append(
        Together(
            (
                Heading(texts("hashes.title", exhibit=sheet.short(file["position"])), 4),
                _hashes(sheet, exhibit),
                *_verdict(sheet, exhibit),
            )
        )
    )
    return story


def _hashes(sheet: Sheet, exhibit: Content) -> Block:
    """SHA-256 at intake, before the analysis and now; the older hashes, where they are known."""
    texts, file, intake = sheet.texts, exhibit["exhibit"], exhibit["intake"] or {}
    now = file["verification"]
    moments = [("intake", intake.get("taken"), intake), ("before", file["opened"], file)]
    if now.get("matched"):  # it changed or went away while the report was made
        moments.append(("began", now["matched"], {"sha256": file["sha256"]}))
    moments.append(("now", now["checked"], now))
    rows = []
    for key, time, known in moments:
        rows.append((texts(f"hashes.{key}"), sheet.filled(time), "SHA-256", sheet.filled(known.get("sha256"))))
        older = (("SHA-1", known.get("sha1")), ("MD5", known.get("md5")))
        rows += [("", "", name, value) for name, value in older if value]
    return sheet.listing("hashes", rows, (36, 36, 16, 92), mono=(3,))


def _verdict(sheet: Sheet, exhibit: Content) -> list[Block]:
    verification = exhibit["exhibit"]["verification"]
    matched = verification.get("matched")
    key = f"states.{verification['state']}"
    sentence = sheet.texts(f"{key}-since", time=matched) if matched else sheet.texts(key)
    story: list[Block] = []
    agreement = _agreement(exhibit)
    if verification["state"] == "match" and agreement != "differ":
        story.append(Text(f"✔ {sentence}"))
    elif verification["state"] == "match":
        story.append(Text(f"✘ {sheet.texts('states.intake')}", "alert"))
    else:
        story.append(Text(f"✘ {sentence}", "alert"))
    if agreement == "partly":
        story.append(Text(sheet.texts("hashes.partly"), "small"))
    return story


def summary(sheet: Sheet) -> list[Block]:
    """The result in brief; nothing stands here that does not stand again, with its numbers, further on."""
    texts = sheet.texts
    story: list[Block] = [sheet.section("summary")]
    for exhibit in sheet.exhibits:
        complete = exhibit["status"] == "complete"
        block: list[Block] = [Heading(sheet.named(exhibit), 3)] if len(sheet.exhibits) > 1 else []
        block.append(Text(headline(sheet, exhibit), "strong" if complete else "alert"))
        findings = [sheet.sentence(f) for f in exhibit["findings"] if f["kind"] not in DESCRIPTIVE]
        if findings:
            block.append(Bullets(tuple(findings[:LONGEST_SUMMARY])))
        if len(findings) > LONGEST_SUMMARY:
            block.append(Text(texts("summary.more", count=len(findings) - LONGEST_SUMMARY), "small"))
        warned = len(exhibit["warnings"])
        hashes = texts(f"verdicts.{_agreement(exhibit)}")
        warnings = texts("summary.warnings", count=warned) if warned else texts("summary.no_warnings")
        block.append(Text(f"{texts('summary.hashes')}: {hashes}. {warnings}"))
        story.append(Together(tuple(block)))
    story += [
        Text(texts("summary.unopened", what=step_reason(sheet, step)), "alert")
        for step in sheet.content["steps"]
        if step["name"] == "opening"
    ]
    story.append(Text(f"{texts('summary.interpretation')}: {level_in_words(sheet)}", "strong"))
    story.append(Text(texts("summary.read"), "small"))
    return story


def headline(sheet: Sheet, exhibit: Content) -> str:
    """The status of an exhibit's analysis in a sentence."""
    for finding in exhibit["findings"]:
        if finding["kind"] == "not-assessable" and sheet.translated(finding):
            return sheet.sentence(finding)
    return sheet.texts(f"headlines.{exhibit['status']}", reason=failure_reason(sheet, exhibit)).strip()
