"""Why something has no answer, in the report's language: by codes, with the program's own words where there is none."""

from __future__ import annotations

from workstation.report.sheet import Content, Sheet


def calibration_reason(sheet: Sheet, calibration: Content) -> str:
    """Why no error rate is stated for a picture."""
    texts, reasons = sheet.texts, calibration.get("reasons") or []
    if not reasons or not any(texts.own(f"calibration.reasons.{one['code']}") for one in reasons):
        return sheet.unworded(calibration["reason"])
    told = [remark(sheet, "calibration.reasons", one) for one in reasons]
    if calibration.get("pictures") and any(one["code"] == "size-or-save" for one in reasons):
        told.append(texts("calibration.nearest", pictures=pictures(sheet, calibration)))
    return "; ".join(told)


def remark(sheet: Sheet, table: str, said: Content) -> str:
    """A remark of the calibration."""
    return sheet.told(table, said["code"], said["sentence"], dict(said["values"]))


def pictures(sheet: Sheet, calibration: Content) -> str:
    """Which pictures a stratum holds."""
    texts, said = sheet.texts, calibration.get("pictures")
    if not said:
        return sheet.unworded(calibration["stratum"]) if calibration["stratum"] else texts.missing
    values = dict(said["values"])
    parts = [texts("calibration.pictures.sides", **values)]
    if values["enlarged"]:
        parts.append(texts("calibration.pictures.enlarged"))
    if values["least_quality"] is not None:
        key = "from" if values["most_quality"] >= 100 else "between"
        parts.append(texts(f"calibration.pictures.{key}", **values))
    if values["lossless"]:
        parts.append(texts("calibration.pictures.lossless"))
    return ", ".join(parts)


def region_reason(sheet: Sheet, region: Content) -> str:
    """Why a region has no figures."""
    found = region["statistics"]
    return sheet.told("region_reasons", found.get("reason_code"), found["reason"], {"region": region["name"]})


def failure_reason(sheet: Sheet, exhibit: Content) -> str:
    """Why an exhibit has no result; "" where nothing was said."""
    reason, coded = str(exhibit["reason"] or "").rstrip("."), exhibit.get("reason_code")
    if not reason:
        return ""
    if coded:
        return sheet.told("reasons", coded["code"], reason, coded["values"])
    return sheet.unworded(reason)


def step_reason(sheet: Sheet, step: Content) -> str:
    """Why a step failed or gave no answer; what an examiner stated stays in the examiner's words."""
    exhibit = next((one for one in sheet.exhibits if one["exhibit"]["position"] == step["exhibit"]), None)
    known = f"steps.reasons.{step['reason']}"
    if sheet.texts.own(known):
        return sheet.texts(known)
    if exhibit is None:
        return _case_reason(sheet, step)
    calibration = exhibit["calibration"]
    if step["name"] == "calibration" and calibration is not None and calibration["reason"] == step["reason"]:
        return calibration_reason(sheet, calibration)
    if step["name"] == "analysis" and step["reason"] == exhibit["reason"]:
        unassessable = [finding for finding in exhibit["findings"] if finding["kind"] == "not-assessable"]
        told = [sheet.sentence(finding) for finding in unassessable if sheet.translated(finding)]
        return " ".join(told) or failure_reason(sheet, exhibit)
    for region in exhibit["regions"]:
        if step["name"] == "region" and step["reason"] == f"{region['name']}: {region['statistics']['reason']}":
            return f"{region['name']}: {region_reason(sheet, region)}"
    return str(step["reason"])


def _case_reason(sheet: Sheet, step: Content) -> str:
    """Why a step of the whole case failed; that an exhibit cannot be decoded is said by the program."""
    coded = step.get("reason_code")
    if coded:
        return sheet.told("reasons", coded["code"], step["reason"], coded["values"])
    return sheet.unworded(step["reason"]) if step["name"] == "opening" else str(step["reason"])
