"""What a file says against what is seen: the tags with their numbers, the history in words, and how often that errs."""

from __future__ import annotations

from workstation.report.blocks import Block, Heading, Text, Together
from workstation.report.sheet import Content, Sheet

JUDGED = ("supports", "neutral", "conflicts")
"""Verdicts with a stated error rate."""

NOT_TESTABLE = "not testable"

SHOWN = 3
"""Values of a line-up that the table names."""


def claims(sheet: Sheet, exhibit: Content) -> list[Block]:
    """The section of one exhibit; nothing where no analysis was made, or by a version that did not test claims."""
    if "claims" not in exhibit or exhibit["status"] != "complete":
        return []
    texts, found = sheet.texts, exhibit["claims"]
    heading = Heading(texts("claims.title"), 3)
    if found is None:
        return [Together((heading, sheet.said("claims.none")))]
    story: list[Block] = [Together((heading, Text(texts("claims.said"), "small")))]
    rows = [_row(sheet, tag) for tag in found["tags"] if tag["verdict"] != NOT_TESTABLE]
    if rows:
        story.append(sheet.listing("claims", rows, (30, 24, 29, 14, 14, 29, 40)))
    rest = [tag["tag"] for tag in found["tags"] if tag["verdict"] == NOT_TESTABLE]
    if rest:
        story.append(sheet.said("claims.not_testable", tags=", ".join(rest)))
    return [*story, _history(sheet, found), Text(" ".join(_cautions(sheet, found)), "small")]


def _row(sheet: Sheet, tag: Content) -> tuple[str, ...]:
    texts, measured = sheet.texts, tag["validated"]
    rank = "–" if tag["rank"] is None else texts("claims.rank", rank=tag["rank"], of=tag["of"])
    low, high = (texts.fixed(limit, 2) for limit in measured["interval"])
    auc = texts("claims.auc", auc=texts.fixed(measured["auc"], 2), low=low, high=high, cameras=measured["cameras"])
    return (
        tag["tag"],
        tag["claimed"] or "–",
        texts(f"claims.verdicts.{tag['verdict']}"),
        rank,
        "–" if tag["margin"] is None else texts.fixed(tag["margin"], 3, sign=True),
        ", ".join(one["value"] for one in tag["ranked"][:SHOWN]),
        auc,
    )


def _history(sheet: Sheet, found: Content) -> Block:
    """What was done to the picture and to each region, in one sentence."""
    texts = sheet.texts
    parts = [(texts("claims.whole"), found["history"])]
    parts += [(texts("claims.region", name=region["name"]), region["history"]) for region in found["regions"]]
    told = [f"{name}: {', '.join(f'{tag} {value}' for tag, value in said.items())}" for name, said in parts if said]
    if not told:
        return sheet.said("claims.no_history")
    words = texts("claims.history", parts="; ".join(told))
    rest = found.get("history_not_named") or []  # a result of an earlier version does not say
    return Text(f"{words} {texts('claims.unnamed', tags=', '.join(rest))}" if rest else words)


def _cautions(sheet: Sheet, found: Content) -> list[str]:
    texts = sheet.texts
    judged = [tag for tag in found["tags"] if tag["verdict"] in JUDGED]
    lines = []
    if judged:
        error = texts.level(max(tag["validated"]["error"] for tag in judged))
        chance = texts.fixed(found["expected_by_chance"], 1)
        lines.append(texts("claims.errors", error=error, count=len(judged), chance=chance))
    if found["patches"] and not found["measured_size"]:
        lines.append(texts("claims.size", patches=found["patches"]))
    if any(tag["verdict"].startswith("tends") for tag in found["tags"]):
        lines.append(texts("claims.tends"))
    if any(tag["ranked"] for tag in found["tags"]):
        lines.append(texts("claims.related"))
    return [*lines, texts("claims.scope")]
