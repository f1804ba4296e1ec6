"""What the findings are held to mean, kept apart from what was observed, and what they cannot tell."""

from __future__ import annotations

from workstation.analysis.statement import FEWEST_ALIKE, FEWEST_CAMERAS
from workstation.report.blocks import Block, Bullets, Facts, Heading, Text, Together
from workstation.report.reasons import calibration_reason, pictures, remark
from workstation.report.sheet import Content, Sheet

RATES_WIDTHS = (28, 40, 34, 40, 19, 19)


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
    numbered = enumerate(map(sheet.filled, propositions), start=1)
    return [sheet.texts("interpretation.proposition", number=i, text=p) for i, p in numbered]


def _opinion(sheet: Sheet, opinion: Content) -> list[Block]:
    texts = sheet.texts
    on = ", ".join(sheet.short(position) for position in opinion["exhibits"]) or texts("exhibit.all")
    favoured = opinion["favoured"]
    supported = texts("interpretation.neither")
    if favoured is not None:
        supported = _named(sheet, opinion["propositions"])[favoured]
    withheld = opinion["withheld"]
    rows = [
        (texts("interpretation.on"), on),
        (texts("interpretation.level"), level_of(sheet, opinion)),
        (texts("interpretation.favoured"), texts("interpretation.unstated") if withheld else supported),
        (texts("interpretation.ratio"), _ratios(sheet, opinion)),
        (texts("interpretation.reasons"), sheet.filled(opinion["reasons"])),
        (texts("interpretation.by"), sheet.filled(opinion["author"])),
        (texts("interpretation.formed"), sheet.filled(opinion["formed"])),
    ]
    block: list[Block] = [
        Heading(_issue(sheet, opinion), 3),
        Bullets(tuple(_named(sheet, opinion["propositions"]))),
        Facts(tuple(rows)),
    ]
    if withheld:
        block.append(Text(texts("interpretation.withheld"), "alert"))
    return [Together(tuple(block))]


def _issue(sheet: Sheet, opinion: Content) -> str:
    return opinion["issue"] or sheet.texts("interpretation.issue")


def _ratios(sheet: Sheet, opinion: Content) -> str:
    """What the calibrations behind an opinion say, beside it: they know a direction, which the program cannot match."""
    texts = sheet.texts
    told = []
    for exhibit in sheet.exhibits:
        position, calibration = exhibit["exhibit"]["position"], exhibit["calibration"]
        if opinion["exhibits"] and position not in opinion["exhibits"]:
            continue
        ratio = None if calibration is None else calibration.get("llr")
        value = texts("interpretation.no_ratio") if ratio is None else texts.ratio(ratio)
        told.append(texts("interpretation.ratio_of", exhibit=sheet.short(position), ratio=value))
    return "; ".join(told)


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
            sentences.append(texts("interpretation.brief_unstated", issue=_issue(sheet, opinion)))
        elif opinion["favoured"] is None or opinion["level"] == "no support":
            sentences.append(texts("interpretation.brief_neither", issue=_issue(sheet, opinion)))
        else:
            level, favoured = level_of(sheet, opinion), sheet.filled(opinion["propositions"][opinion["favoured"]])
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
    if exhibit["status"] != "complete":
        return [Together((*head, sheet.said("calibration.not_run")))]
    if calibration is None or calibration["status"] == "not calibrated":
        return [Together((*head, Text(texts("calibration.none"), "strong"))), *_conditions(sheet, exhibit)]
    if calibration["status"] == "outside":
        told: Block = Text(texts("calibration.abstained", reason=calibration_reason(sheet, calibration)), "alert")
        reasons = Together((*head, told, _tables(sheet, calibration)))
        return [reasons, *_nearest(sheet, calibration), *_conditions(sheet, exhibit)]
    facts = _figures(sheet, calibration)
    story: list[Block] = [Together((*head, facts, _tables(sheet, calibration)))]
    reservations = calibration.get("reservations") or []
    if reservations:
        story.append(Bullets(tuple(remark(sheet, "calibration.reservations", one) for one in reservations)))
    if calibration["rates"]:
        rows = [_rate(sheet, rate) for rate in calibration["rates"]]
        story.append(sheet.listing("rates", rows, RATES_WIDTHS))
    story += _alike(sheet, calibration)
    pointing = calibration.get("pointing")
    if pointing is not None:
        story.append(Text(_pointing(sheet, pointing)))
    return [*story, *_conditions(sheet, exhibit)]


def _nearest(sheet: Sheet, calibration: Content) -> list[Block]:
    """Rates of the nearest pictures that were measured, which do not hold for this one."""
    rates = [rate for rate in calibration.get("nearest_rates") or [] if rate["stated"]]
    if not rates:
        return []
    heading = Heading(sheet.texts("calibration.nearest_title"), 4)
    words = sheet.said("calibration.nearest_rates", pictures=pictures(sheet, calibration))
    table = sheet.listing("rates", [_rate(sheet, rate) for rate in rates], RATES_WIDTHS)
    return [Together((heading, words, table))]


def _alike(sheet: Sheet, calibration: Content) -> list[Block]:
    """Rates of the photographs that are like the picture in device and focus."""
    texts, rates = sheet.texts, calibration.get("alike") or []
    if not rates:
        return []
    rows = []
    for rate in rates:
        level = texts("calibration.level", level=texts.level(rate["level"]))
        told = [sheet.word(f"kinds.{name}", rate[name]) for name in ("device", "focus") if rate[name]]
        stated = rate["photos"] >= FEWEST_ALIKE and rate["cameras"] >= FEWEST_CAMERAS
        below = _of(sheet, rate, "false_alarms", "photos") if stated else texts("calibration.too_few")
        interval = f"{texts.rate(rate['low'])} – {texts.rate(rate['high'])}" if stated else "–"
        behind = (texts.count(rate["photos"]), texts.count(rate["cameras"]))
        rows.append((", ".join(told), level, below, interval, *behind))
    return [Heading(texts("calibration.alike_title"), 4), sheet.listing("alike", rows, (48, 22, 38, 34, 19, 19))]


def _figures(sheet: Sheet, calibration: Content) -> Block:
    texts = sheet.texts
    low, high = calibration["llr_limits"] or (None, None)
    limits = {"low": texts.ratio(low), "high": texts.ratio(high)}
    statistic = sheet.word("calibration.statistics", calibration["statistic"])
    rows = (
        ("stratum", pictures(sheet, calibration)),
        ("value", f"{texts.number(calibration['value'])} ({statistic})"),
        ("p", texts("calibration.p_of", p=texts.number(calibration["p_consistent"], 3), **_behind(calibration))),
        ("ratio", texts("calibration.ratio_of", ratio=texts.ratio(calibration["llr"]), **limits)),
    )
    return Facts(tuple((texts(f"calibration.{key}"), value) for key, value in rows))


def _behind(counted: Content) -> dict[str, int]:
    return {"photos": counted["photos"], "cameras": counted["cameras"]}


def _tables(sheet: Sheet, calibration: Content) -> Block:
    """Where the figures come from."""
    texts = sheet.texts
    rows = (
        ("material", sheet.unworded(calibration["material"])),
        ("origin", sheet.word("calibration.origins", calibration["origin"])),
        ("made", sheet.filled(calibration["date"])),
        ("weights", sheet.filled(calibration["weights_sha256"])),
    )
    facts = tuple((texts(f"calibration.{key}"), value) for key, value in rows)
    return Facts(facts, mono=frozenset({texts("calibration.weights")}))


def _rate(sheet: Sheet, rate: Content) -> tuple[str, ...]:
    """One operating point: how often untouched photographs met it, and splices."""
    texts = sheet.texts
    level = texts("calibration.level", level=texts.level(rate["level"]))
    behind = (texts.count(rate["photos"]), texts.count(rate["cameras"]))
    if not rate["stated"]:
        return (level, texts("calibration.few", needed=rate["needed"]), "–", "–", *behind)
    interval = f"{texts.rate(rate['low'])} – {texts.rate(rate['high'])}"
    return (level, _of(sheet, rate, "false_alarms", "photos"), interval, _of(sheet, rate, "found", "spliced"), *behind)


def _of(sheet: Sheet, rate: Content, part: str, whole: str) -> str:
    texts = sheet.texts
    share = texts.rate(rate[part] / rate[whole]) if rate[whole] else texts.missing
    return texts("calibration.of", part=rate[part], whole=rate[whole], share=share)


def _pointing(sheet: Sheet, rate: Content) -> str:
    texts = sheet.texts
    interval = f"{texts.rate(rate['low'])} – {texts.rate(rate['high'])}"
    values = {"false_alarms": _of(sheet, rate, "false_alarms", "photos"), "found": _of(sheet, rate, "found", "spliced")}
    return texts("calibration.pointing", interval=interval, cameras=rate["cameras"], **values)


def _conditions(sheet: Sheet, exhibit: Content) -> list[Block]:
    """What the error rates of this picture depend on."""
    texts, seen = sheet.texts, exhibit["conditions"]
    if seen is None:
        return []
    quality = texts("conditions.no_jpeg" if seen.get("lossless", True) else "conditions.lossy")
    if seen["quality"] is not None:
        quality = texts(
            "conditions.estimated" if seen["quality_estimated"] else "conditions.ijg", value=seen["quality"]
        )
    rows = (
        ("long_side", texts("conditions.pixels", count=seen["long_side"])),
        ("quality", quality),
        ("interpolated", texts("conditions.yes" if seen["interpolated"] else "conditions.no")),
        ("out_of_focus", texts.rate(seen["out_of_focus"])),
        ("device_class", sheet.word("kinds.device", seen["device_class"])),
    )
    facts = Facts(tuple((texts(f"conditions.{key}"), value) for key, value in rows))
    return [Together((Heading(texts("conditions.title"), 4), facts))]
