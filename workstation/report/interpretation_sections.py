"""What the findings are held to mean, kept apart from what was observed, and what they cannot tell."""

from __future__ import annotations

from workstation.report.blocks import Block, Bullets, Facts, Heading, Text, Together
from workstation.report.sheet import Content, Sheet


def interpretation(sheet: Sheet) -> list[Block]:
    """Propositions and the support that the findings lend to one of them."""
    texts, opinions = sheet.texts, sheet.content["opinions"]
    story: list[Block] = [sheet.section("interpretation"), sheet.said("interpretation.apart")]
    if not opinions:
        block: list[Block] = [
            Text(texts("interpretation.none"), "strong"),
            sheet.said("interpretation.standard"),
            Bullets(tuple(_named(sheet, texts.several("interpretation.propositions")))),
            Facts(((texts("interpretation.level"), texts("interpretation.unstated")),)),
        ]
        story.append(Together(tuple(block)))
    for opinion in opinions:
        story += _opinion(sheet, opinion)
    story += [Heading(texts("interpretation.scale"), 3), Text(texts("interpretation.scale_explained"), "small")]
    rows = [(texts(f"levels.{key}.name"), texts(f"levels.{key}.ratio")) for key in _keys(sheet)]
    story[-2:] = [Together((*story[-2:], sheet.listing("levels", rows, (90, 90))))]
    return story


def _keys(sheet: Sheet) -> list[str]:
    return [key.replace(" ", "-") for key in sheet.content["levels"]]


def _named(sheet: Sheet, propositions: list[str] | tuple[str, ...]) -> list[str]:
    return [sheet.texts("interpretation.proposition", number=i, text=p) for i, p in enumerate(propositions, start=1)]


def _opinion(sheet: Sheet, opinion: Content) -> list[Block]:
    texts = sheet.texts
    on = ", ".join(sheet.short(position) for position in opinion["exhibits"]) or texts("exhibit.all")
    favoured = opinion["favoured"]
    supported = texts("interpretation.neither")
    if favoured is not None:
        supported = texts("interpretation.proposition", number=favoured + 1, text=opinion["propositions"][favoured])
    withheld = opinion["withheld"]
    rows = [
        (texts("interpretation.on"), on),
        (texts("interpretation.level"), level_of(sheet, opinion)),
        (texts("interpretation.favoured"), texts("interpretation.unstated") if withheld else supported),
        (texts("interpretation.reasons"), sheet.filled(opinion["reasons"])),
        (texts("interpretation.by"), sheet.filled(opinion["author"])),
        (texts("interpretation.formed"), sheet.filled(opinion["formed"])),
    ]
    block: list[Block] = [
        Heading(opinion["issue"] or texts("interpretation.issue"), 3),
        Bullets(tuple(_named(sheet, opinion["propositions"]))),
        Facts(tuple(rows)),
    ]
    if withheld:
        block.append(Text(texts("interpretation.withheld"), "alert"))
    return [Together(tuple(block))]


def level_of(sheet: Sheet, opinion: Content) -> str:
    """The level of support that the report states: never above what the calibration carries."""
    texts = sheet.texts
    if opinion["level"] is None:
        return texts("interpretation.unstated")
    return texts(f"levels.{opinion['level'].replace(' ', '-')}.name")


def level_in_words(sheet: Sheet) -> str:
    """All opinions in one sentence each, for the summary."""
    texts, opinions = sheet.texts, sheet.content["opinions"]
    if not opinions:
        return texts("interpretation.none")
    sentences = []
    for opinion in opinions:
        if opinion["level"] is None:
            sentences.append(texts("interpretation.brief_unstated", issue=opinion["issue"]))
        elif opinion["favoured"] is None or opinion["level"] == "no support":
            sentences.append(texts("interpretation.brief_neither", issue=opinion["issue"]))
        else:
            level, favoured = level_of(sheet, opinion), opinion["propositions"][opinion["favoured"]]
            sentences.append(texts("interpretation.brief", level=level, proposition=favoured.rstrip(".")))
    return " ".join(sentences)


def limitations(sheet: Sheet) -> list[Block]:
    """What the results cannot tell, and how often the method errs."""
    texts = sheet.texts
    story: list[Block] = [sheet.section("limitations")]
    said: list[str] = []
    for status in dict.fromkeys(exhibit["status"] for exhibit in sheet.exhibits):
        said += texts.several(f"limits.{status}")
    for exhibit in sheet.exhibits:
        said += [sheet.sentence(f) for f in exhibit["findings"] if f["kind"] == "limits"]
    said += texts.several("limits.always")
    story.append(Bullets(tuple(dict.fromkeys(said))))
    story.append(sheet.subsection(texts("calibration.title")))
    for exhibit in sheet.exhibits:
        story += _rates(sheet, exhibit)
    return story


def _rates(sheet: Sheet, exhibit: Content) -> list[Block]:
    texts, calibration = sheet.texts, exhibit["calibration"]
    head: list[Block] = [Heading(sheet.named(exhibit), 3)] if len(sheet.exhibits) > 1 else []
    if calibration is None:
        key = "none" if exhibit["status"] == "complete" else "not_run"
        return [Together((*head, Text(texts(f"calibration.{key}"), "strong" if key == "none" else "body")))]
    rows = (
        (texts("calibration.source"), sheet.filled(calibration["source"])),
        (texts("calibration.made"), sheet.filled(calibration["made"])),
        (texts("calibration.stratum"), sheet.filled(calibration["stratum"])),
        (texts("calibration.ratio"), texts.number(calibration["ratio"])),
        (texts("calibration.highest"), _highest(sheet, calibration)),
    )
    story: list[Block] = [Together((*head, Facts(rows)))]
    if calibration["abstained"]:
        story.append(Text(texts("calibration.abstained", reason=calibration["abstained"]), "alert"))
    if calibration["rates"]:
        told = [
            (
                r["name"],
                texts("calibration.few") if r["rate"] is None else texts.share(r["rate"]),
                "–" if r["low"] is None else f"{texts.share(r['low'])} – {texts.share(r['high'])}",
                texts.count(r["photos"]),
                texts.count(r["cameras"]),
            )
            for r in calibration["rates"]
        ]
        story.append(sheet.listing("rates", told, (40, 50, 46, 22, 22)))
    return story


def _highest(sheet: Sheet, calibration: Content) -> str:
    highest = calibration["highest"]
    if highest is None:
        return sheet.texts("interpretation.unstated")
    return sheet.texts(f"levels.{highest.replace(' ', '-')}.name")
