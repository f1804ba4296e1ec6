"""How the results came about, what failed or gave no answer, and what nobody looked at."""

from __future__ import annotations

import re

from workstation.report.blocks import Block, Facts, Heading, Text, Together
from workstation.report.reasons import step_reason
from workstation.report.sheet import Content, Sheet
from workstation.report.texts import TextsProblem

NUMBERS = re.compile(r"\d+(?:\.\d+)?")

MOST_BOXES = 20
"""Parts not examined that are listed per exhibit."""


def method(sheet: Sheet) -> list[Block]:
    """Method, program, and per exhibit every parameter."""
    texts, program = sheet.texts, sheet.content["program"]
    story: list[Block] = [sheet.section("method")]
    story += [Text(sentence) for sentence in texts.several("method.words")]
    rows = (
        (texts("method.program"), sheet.content["report"]["program"]),
        (texts("method.program_sha256"), sheet.filled(program["sha256"])),
        (texts("method.program_covers"), texts(f"method.covers.{program['covers']}", count=program["files"])),
        (texts("method.texts"), f"{program['texts_language']}, SHA-256 {program['texts_sha256']}"),
    )
    facts = Facts(rows, mono=frozenset({texts("method.program_sha256")}))
    story.append(Together((sheet.subsection(texts("method.program_title")), facts)))
    if program["texts_lacking"]:
        story.append(Text(texts("method.lacking", count=program["texts_lacking"]), "small"))
    for exhibit in sheet.exhibits:
        story += _of_exhibit(sheet, exhibit)
    return story


def _of_exhibit(sheet: Sheet, exhibit: Content) -> list[Block]:
    texts, origin = sheet.texts, exhibit["provenance"]
    heading = sheet.subsection(texts("method.analysis_of", exhibit=sheet.named(exhibit)))
    if origin is None:
        return [Together((heading, sheet.said("method.no_analysis"))), *_texts_given(sheet, exhibit)]
    seconds = "; ".join(
        f"{sheet.code('stages', stage)} {texts.fixed(value, 2)}" for stage, value in origin["seconds"].items()
    )
    rows = (
        ("version", origin["program"]),
        ("weights", origin["weights"]),
        ("weights_sha256", origin["weights_sha256"]),
        ("architecture", origin["architecture"]),
        ("device", origin["device"]),
        ("dtype", origin["dtype"]),
        ("threads", str(origin["threads"])),
        ("seed", str(origin["seed"])),
        ("started", origin["started"]),
        ("seconds", seconds),
        ("validated", _validated(sheet, exhibit["validation"])),
        ("libraries", ", ".join(f"{name} {version}" for name, version in origin["libraries"].items())),
    )
    facts = Facts(
        tuple((texts(f"method.{key}"), sheet.filled(value)) for key, value in rows),
        mono=frozenset({texts("method.weights_sha256")}),
    )
    named = [
        (sheet.code("parameters", name), _value(sheet, name, value)) for name, value in origin["parameters"].items()
    ]
    parameters = sheet.listing("parameters", named, (76, 104))
    return [
        Together((heading, facts)),
        Heading(texts("method.parameters"), 4),
        parameters,
        *_texts_given(sheet, exhibit),
    ]


def _value(sheet: Sheet, name: str, value: str) -> str:
    """A parameter's value: its numbers, in the language's words around them."""
    texts = sheet.texts
    numbers = [texts.localised(one) for one in NUMBERS.findall(value)]
    own = f"parameter_values.{name}"
    if numbers and texts.own(own):
        try:
            return texts(own, *numbers, all=", ".join(numbers))
        except TextsProblem:  # of a version that said it with other numbers
            return sheet.unworded(value)
    if not any(character.isalpha() for character in value):
        return texts.localised(value)
    return sheet.word("parameter_words", value)


def _validated(sheet: Sheet, validation: Content | None) -> str | None:
    """The last comparison of the machine with stored results."""
    if validation is None:
        return None
    passed = sum(check["passed"] for check in validation["checks"])
    told = sheet.texts("method.checks", passed=passed, checks=len(validation["checks"]), date=validation["date"])
    failed = "; ".join(f"{c['image']} ({c['device']}): {c['reason']}" for c in validation["checks"] if not c["passed"])
    return f"{told} {failed}".strip()


def _texts_given(sheet: Sheet, exhibit: Content) -> list[Block]:
    """What was given to the text encoder, word for word."""
    texts, given = sheet.texts, exhibit["encoder_texts"]
    heading = Heading(texts("method.encoder_texts"), 4)
    if not given:
        return [Together((heading, sheet.said("method.no_encoder_texts")))]
    rows = [(_purpose(sheet, one), one["text"]) for one in given]
    return [heading, sheet.listing("encoder_texts", rows, (50, 130), mono=(1,))]


def _purpose(sheet: Sheet, given: Content) -> str:
    """What a text was given for; what an examiner stated stays as it is."""
    code = given.get("code")
    if not code:
        return str(given["purpose"])
    return sheet.told("encoder_purposes", code, given["purpose"], {"count": given["count"]})


def steps(sheet: Sheet) -> list[Block]:
    """What failed and what gave no answer on purpose."""
    texts, taken = sheet.texts, sheet.content["steps"]
    heading = sheet.section("steps")
    if not taken:
        return [Together((heading, sheet.said("steps.none")))]
    rows = [
        (
            sheet.short(step["exhibit"]),
            sheet.word("steps.names", step["name"]),
            texts(f"steps.{step['outcome']}"),
            step_reason(sheet, step),
        )
        for step in taken
    ]
    return [heading, sheet.said("steps.meaning"), sheet.listing("steps", rows, (26, 42, 30, 82))]


def unexamined(sheet: Sheet) -> list[Block]:
    """Which parts of the exhibits were never on a screen at their full size, and which no patch could assess."""
    texts = sheet.texts
    story: list[Block] = [sheet.section("unexamined"), sheet.said("coverage.meaning")]
    for exhibit in sheet.exhibits:
        story.append(Together((*_head(sheet, exhibit), Facts(tuple(_coverage(sheet, exhibit))))))
        viewed = exhibit["viewed"] or {}
        boxes = viewed.get("unseen", []) if viewed.get("share") else []  # none of it needs no list of where
        if boxes:
            rows = [(str(n), *(str(v) for v in box)) for n, box in enumerate(boxes[:MOST_BOXES], start=1)]
            story.append(sheet.listing("boxes", rows, (20, 40, 40, 40, 40)))
        if len(boxes) > MOST_BOXES:
            story.append(Text(texts("coverage.more", count=len(boxes) - MOST_BOXES), "small"))
    return story


def _head(sheet: Sheet, exhibit: Content) -> list[Block]:
    return [Heading(sheet.named(exhibit), 3)] if len(sheet.exhibits) > 1 else []


def _coverage(sheet: Sheet, exhibit: Content) -> list[tuple[str, str]]:
    texts, viewed, fitness = sheet.texts, exhibit["viewed"], exhibit["suitability"]
    if viewed is None:
        seen = texts("coverage.unknown")
    elif not viewed["share"]:
        seen = texts("coverage.nothing")
    elif viewed["unseen"]:
        seen = texts("coverage.partly", seen=texts.share(viewed["share"]), unseen=texts.share(1 - viewed["share"]))
    else:
        seen = texts("coverage.whole")
    assessed = texts("coverage.not_analysed")
    if fitness is not None and 0 < fitness["assessable"] == fitness["patches"]:
        assessed = texts("coverage.all_assessed", patches=fitness["patches"])
    elif fitness is not None:
        share = fitness["assessable"] / fitness["patches"] if fitness["patches"] else None
        values = {"assessable": fitness["assessable"], "patches": fitness["patches"], "share": texts.share(share)}
        assessed = texts("coverage.counted" if exhibit["maps"] is None else "coverage.assessed", **values)
    frames = exhibit["image"]["frames"]
    rows = [(texts("coverage.viewed"), seen), (texts("coverage.patches"), assessed)]
    if frames > 1:
        rows.append((texts("coverage.frames"), texts("coverage.first", count=frames - 1)))
    return rows
