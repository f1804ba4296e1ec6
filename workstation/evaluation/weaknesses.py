"""Where a model is weak, read off its own figures: sentences without kindness."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workstation.errors import in_percent
from workstation.evaluation.summary import GIVEN

FEWEST = 5
"""Images that a sentence needs behind it."""


def weaknesses(summary: Mapping[str, Any]) -> Iterator[str]:
    """Sentences that the figures support, each with its numbers.

    Args:
        summary: what `summarise` returns.
    """
    yield from _against_others(summary)
    yield from _small_parts(summary)
    yield from _detection(summary)
    yield from _false_alarms(summary)


def _against_others(summary: Mapping[str, Any]) -> Iterator[str]:
    for name, others in summary["differences"].items():
        for other, figures in others.items():
            found = figures["ap"]
            if found["n"] < FEWEST or found["low"] > 0:
                continue
            stated = f"pixel AP {found['value']:+.3f} [{found['low']:+.3f}, {found['high']:+.3f}], n = {found['n']}"
            if found["high"] < 0:
                yield f"{_set(name)}, {summary['methods'][other]} finds foreign parts better ({stated})."
            elif other == "control":
                yield f"{_set(name)}, it is not shown to see more than colours and texture would ({stated})."


def _small_parts(summary: Mapping[str, Any]) -> Iterator[str]:
    for part in summary["region_share"]:
        found = part["found"]
        if found["value"] < 0.5:
            count = round(found["value"] * found["n"])
            yield (
                f"Foreign parts of {in_percent(part['low'])} to {in_percent(part['high'])} of the picture: {count} of "
                f"{found['n']} are found (pixel AP {part['ap']['value']:.3f}, of a constant map "
                f"{part['constant']:.3f})."
            )


def _detection(summary: Mapping[str, Any]) -> Iterator[str]:
    for name, scores in summary["detection"].items():
        score = scores.get("score")
        if score is None or min(score["authentic"], score["tampered"]) < FEWEST:
            continue
        auc = score["auc"][GIVEN]
        stated = f"AUC {auc['value']:.3f} [{auc['low']:.3f}, {auc['high']:.3f}]"
        if auc["high"] < 0.5:
            yield f"{_set(name)}, the detection statistic ranks authentic pictures above tampered ones ({stated})."
        elif auc["low"] <= 0.5:
            yield f"{_set(name)}, the detection statistic is not shown to tell tampered pictures apart ({stated})."


def _false_alarms(summary: Mapping[str, Any]) -> Iterator[str]:
    for name, decisions in summary["pointing"].items():
        authentic, tampered = decisions["groups"]["authentic"], decisions["groups"]["tampered"]
        if authentic is None or authentic["n"] < FEWEST:
            continue
        count = round(authentic["value"] * authentic["n"])
        value, low, high = (in_percent(authentic[limit], 1) for limit in ("value", "low", "high"))
        stated = f"{count} of {authentic['n']}: {value} [{low}, {high}]"
        if count:
            yield f"{_set(name)}, it points at a part of authentic pictures: {stated}."
        if tampered is not None and tampered["n"] >= FEWEST and tampered["value"] < 0.5:
            missed = tampered["n"] - round(tampered["value"] * tampered["n"])
            yield f"{_set(name)}, it points at nothing in {missed} of {tampered['n']} tampered pictures."


def _set(name: str) -> str:
    return "Over all images" if name == "all" else f"On {name}"
