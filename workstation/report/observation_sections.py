"""What was observed in each exhibit: the picture, its maps, regions with their numbers, what the file says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workstation.report.blocks import Block, Bullets, Facts, Figure, Heading, Text, Together, Tone
from workstation.report.claim_sections import claims
from workstation.report.opening_sections import headline
from workstation.report.reasons import region_reason
from workstation.report.sheet import Content, Sheet
from workstation.report.wording import shown_value

MAP_HEIGHTS = {"departure": 120.0}
"""Millimetres that a map may be high; the others take `OTHER_HEIGHT`."""
OTHER_HEIGHT = 98.0

SAID = (
    ("make", "IFD0", 0x010F),
    ("model", "IFD0", 0x0110),
    ("software", "IFD0", 0x0131),
    ("taken", "ExifIFD", 0x9003),
    ("changed", "IFD0", 0x0132),
    ("exposure", "ExifIFD", 0x829A),
    ("aperture", "ExifIFD", 0x829D),
    ("iso", "ExifIFD", 0x8827),
    ("focal", "ExifIFD", 0x920A),
)
"""Entries that are told under the observations; all of them stand in the appendix."""


def observations(sheet: Sheet) -> list[Block]:
    """One part per exhibit."""
    story: list[Block] = [sheet.section("observations"), sheet.said("observations.apart")]
    story += _notes(sheet, sheet.content.get("notes", ()), "notes.on_the_case")
    for exhibit in sheet.exhibits:
        story += [sheet.subsection(sheet.named(exhibit)), *_picture(sheet, exhibit), *_image(sheet, exhibit)]
        story += [*_findings(sheet, exhibit), *_maps(sheet, exhibit), *_regions(sheet, exhibit)]
        story += [*_file(sheet, exhibit), *claims(sheet, exhibit), *_warnings(sheet, exhibit)]
        story += _notes(sheet, exhibit["notes"], "notes.title")
    return story


def _entries(exhibit: Content, kind: str) -> list[Content]:
    return [figure for figure in exhibit["figures"] if figure["kind"] == kind]


def _picture(sheet: Sheet, exhibit: Content) -> list[Block]:
    texts = sheet.texts
    story: list[Block] = []
    for entry in _entries(exhibit, "exhibit"):
        if entry["treatment"] == "lost":
            measured = any(region["statistics"]["rgb_mean"] for region in exhibit["regions"])
            lost = texts("figures.lost-since" if measured else "figures.lost")
            story.append(Text(f"{lost} {_frame(sheet, exhibit)}", "alert"))
            continue
        if entry["treatment"] == "kept":
            how = texts("figures.kept")
        else:
            how = texts("figures.rendition", width=entry["width"], height=entry["height"])
            how = f"{how} {_colour(sheet, exhibit, entry)}"
        caption = f"{texts('figures.exhibit', name=exhibit['exhibit']['name'])} {how} {_frame(sheet, exhibit)}"
        story.append(sheet.figure(entry, 180, 118, caption))
    return story


def _colour(sheet: Sheet, exhibit: Content, entry: Content) -> str:
    """What was done with the file's colour profile."""
    key = f"figures.colour.{entry['treatment']}"
    payloads = exhibit["metadata"]["payloads"]
    codes = {(one.get("description_code") or {}).get("code") for one in payloads if one["kind"] == "ICC"}
    if codes == {"icc-unnamed"} and sheet.knows(f"{key}-unnamed"):
        return sheet.texts(f"{key}-unnamed")
    return sheet.texts(key, profile=entry["profile"])


def _frame(sheet: Sheet, exhibit: Content) -> str:
    """How the picture on the page lies to the stored image that all coordinates refer to."""
    image = exhibit["image"]
    size = f"{image['width']}×{image['height']}"
    if image["orientation"] == 1:
        return sheet.texts("figures.stored", size=size)
    corner = sheet.texts(f"figures.corners.{image['orientation']}")
    return sheet.texts("figures.turned", size=size, value=image["orientation"], corner=corner)


def _image(sheet: Sheet, exhibit: Content) -> list[Block]:
    texts, image = sheet.texts, exhibit["image"]
    megapixels = texts.number(image["width"] * image["height"] / 1e6, 3)
    profile = image["icc_profile_bytes"]
    samples = image.get("stored_mode_code") or {"code": None, "values": {}}
    rows = (
        ("size", texts("image.pixels", size=f"{image['width']}×{image['height']}", megapixels=megapixels)),
        ("samples", sheet.told("stored_modes", samples["code"], image["stored_mode"], samples["values"])),
        ("orientation", texts("image.turned", value=image["orientation"])),
        ("reductions", "; ".join(_reductions(sheet, image)) or texts("image.unreduced")),
        ("profile", texts("absence.not present") if profile is None else texts("image.profile_bytes", count=profile)),
        ("frames", "1" if image["frames"] == 1 else texts("image.several", count=image["frames"])),
    )
    facts = Facts(tuple((texts(f"image.{key}"), value) for key, value in rows))
    return [Together((Heading(texts("image.title"), 3), facts))]


def _reductions(sheet: Sheet, image: Content) -> list[str]:
    """The rules by which the stored samples became 8-bit RGB."""
    codes = image.get("reduction_codes") or [{"code": None, "values": {}} for _ in image["reductions"]]
    pairs = zip(image["reductions"], codes, strict=True)
    return [sheet.told("reductions", coded["code"], words, coded["values"]) for words, coded in pairs]


def _findings(sheet: Sheet, exhibit: Content) -> list[Block]:
    texts = sheet.texts
    told = [f for f in exhibit["findings"] if f["kind"] != "limits"]
    if not told:
        tone: Tone = "body" if exhibit["status"] == "complete" else "alert"
        return [Together((Heading(texts("observations.findings"), 3), Text(headline(sheet, exhibit), tone)))]
    story: list[Block] = []
    for index, finding in enumerate(told):
        block: list[Block] = [Heading(texts("observations.findings"), 3)] if not index else []
        block.append(Bullets((sheet.sentence(finding),)))
        if finding["numbers"]:
            block.append(Text(_numbers(sheet, finding), "small"))
        story.append(Together(tuple(block)))
    return story


def _numbers(sheet: Sheet, finding: Content) -> str:
    """The numbers behind a finding; some names mean another thing in one kind of finding."""
    texts, told = sheet.texts, []
    for name, value in finding["numbers"].items():
        own = f"numbers.{finding['kind']}.{name}"
        word = texts(own) if texts.own(own) else sheet.word("numbers", name)
        told.append(f"{word} {texts.number(value)}")
    return " · ".join(told)


def _maps(sheet: Sheet, exhibit: Content) -> list[Block]:
    """Each map with its legend and caption, the numbers of the partition after the groups."""
    if exhibit["maps"] is None:
        return []
    texts = sheet.texts
    story: list[Block] = []
    for kind in ("departure", "groups", "pca", "cut"):
        for entry in _entries(exhibit, kind):
            height = MAP_HEIGHTS.get(kind, OTHER_HEIGHT)
            shown = _figure(sheet, entry, _caption(sheet, exhibit, kind), 180, height)
            block: list[Block] = [Heading(texts(f"maps.{kind}.title"), 4), shown]
            if not story:
                words = f"{_of_maps(sheet, exhibit)} {_frame(sheet, exhibit)}"
                block = [Heading(texts("maps.title"), 3), Text(words), *block]
            story.append(Together(tuple(block)))
            if kind == "groups" and exhibit["partition"] is not None:
                story += _partition(sheet, exhibit["partition"])
    return story


def _caption(sheet: Sheet, exhibit: Content, kind: str) -> str:
    """What a map shows, and what the edges of the departure map follow."""
    caption = sheet.texts(f"maps.{kind}.caption")
    if kind != "departure" or exhibit["maps"].get("departure_edges") != "picture":
        return caption
    return f"{caption} {sheet.texts('maps.departure.edges')}"


def _figure(sheet: Sheet, entry: Content, caption: str, width: float, height: float) -> Figure:
    legend = entry["legend"]
    return sheet.figure(
        entry,
        width,
        height,
        f"{caption} {_scale(sheet, entry)}".strip(),
        legend=legend,
        ticks=tuple(sheet.texts.number(value, 3) for value in legend["ticks"]),
        swatches=tuple(_swatch(sheet, swatch) for swatch in legend["swatches"]),
        notes=tuple(_notes_of(sheet, legend)),
    )


def _scale(sheet: Sheet, entry: Content) -> str:
    """Where the ends of the colour scale come from."""
    texts, legend = sheet.texts, entry["legend"]
    if entry["kind"] != "departure":
        return ""
    (low, high), (stored_low, stored_high) = legend["limits"], legend["stored_limits"]
    stored = {"stored_low": texts.number(stored_low, 3), "stored_high": texts.number(stored_high, 3)}
    if [low, high] == [stored_low, stored_high]:
        return texts("maps.scale.stored", **stored)
    return texts("maps.scale.moved", low=texts.number(low, 3), high=texts.number(high, 3), **stored)


def _swatch(sheet: Sheet, swatch: Content) -> str:
    return sheet.texts(f"legend.{swatch['meaning']}", group=swatch["letter"], share=sheet.texts.share(swatch["share"]))


def _notes_of(sheet: Sheet, legend: Content) -> list[str]:
    texts, notes = sheet.texts, []
    for key in ("above", "below"):
        if legend[key] is not None:
            limit = legend["limits"][key == "above"]
            share, farthest = texts.share(legend[key]["share"]), texts.number(legend[key]["farthest"], 3)
            notes.append(texts(f"legend.{key}", limit=texts.number(limit, 3), share=share, farthest=farthest))
    return notes


def _of_maps(sheet: Sheet, exhibit: Content) -> str:
    texts, maps, grid = sheet.texts, exhibit["maps"], exhibit["grid"]
    sentences = [texts("maps.cells", columns=maps["columns"], rows=maps["rows"], cell=maps["cell"])]
    if grid is not None:
        sentences.append(
            texts("maps.patches", **{k: grid[k] for k in ("patch", "stride", "columns", "rows", "spread")})
        )
    fitness = exhibit["suitability"]
    if fitness is not None:
        out = ", ".join(f"{n} {texts(f'maps.out.{name}')}" for name, n in fitness["left_out"].items() if n)
        key = "maps.some" if out else "maps.all"
        sentences.append(texts(key, assessable=fitness["assessable"], patches=fitness["patches"], out=out))
    sentences.append(texts("maps.score", score=texts.number(exhibit["score"])))
    return " ".join(sentences)


def _partition(sheet: Sheet, found: Content) -> list[Block]:
    texts, groups = sheet.texts, found["groups"]
    reference = groups[0]["departure"] if groups else None
    rows = [
        (
            g["name"],
            texts.share(g["share"]),
            texts.number(g["departure"]),
            "–" if g is groups[0] else _difference(sheet, g["departure"], reference),
            texts.count(g["cells"]),
        )
        for g in groups
    ]
    expected = {e["clusters"]: e["separation"] for e in found["expected"]}
    tried = "; ".join(_tried(sheet, one, expected) for one in found["tried"])
    facts = (
        ("stable", texts("partition.yes" if found["stable"] else "partition.no")),
        ("stability", texts("partition.stability_of", value=texts.number(found["stability"]))),
        ("separation", texts("partition.separation_of", value=texts.number(found["separation"]))),
        ("distance", texts("partition.distance_of", value=texts.number(found["distance"]))),
        ("margin", texts("partition.margin_of", value=texts.number(found["margin"]))),
        ("reference", texts("partition.ambiguous" if found["ambiguous"] else "partition.group_a")),
        ("tried", tried or texts("partition.none")),
    )
    table = sheet.listing("groups", rows, (16, 48, 44, 40, 32))
    told = Facts(tuple((texts(f"partition.{key}"), value) for key, value in facts))
    return [Together((Heading(texts("partition.title"), 4), table)), told]


def _difference(sheet: Sheet, value: float | None, reference: float | None) -> str:
    return sheet.texts.fixed(None if value is None or reference is None else value - reference, 3, sign=True)


def _tried(sheet: Sheet, one: Content, expected: dict[int, float]) -> str:
    texts = sheet.texts
    stability, separation = texts.number(one["stability"]), texts.number(one["separation"])
    told = texts("partition.one_tried", k=one["clusters"], stability=stability, separation=separation)
    if one["clusters"] in expected:
        told += texts("partition.one_expected", value=texts.number(expected[one["clusters"]]))
    return told


def _regions(sheet: Sheet, exhibit: Content) -> list[Block]:
    """What the analyst marked, with its numbers and what looks like it."""
    texts = sheet.texts
    story: list[Block] = []
    similar = {entry["region"]: entry for entry in _entries(exhibit, "similarity")}
    for region in exhibit["regions"]:
        block: list[Block] = [Heading(texts("regions.title"), 3), Text(texts("regions.where"), "small")]
        block = [] if story else block
        heading = Heading(texts("regions.one", name=region["name"]), 4)
        told, numbers = Facts(tuple(_region_rows(sheet, region))), _region_numbers(sheet, region["statistics"])
        story.append(Together((*block, heading, told, *numbers)))
        if region["name"] in similar:
            caption = texts("maps.similarity.caption", region=region["name"])
            story.append(Together((_figure(sheet, similar[region["name"]], caption, 150, 84),)))
    return story


def _region_rows(sheet: Sheet, region: Content) -> list[tuple[str, str]]:
    texts, found = sheet.texts, region["statistics"]
    xs, ys = [x for x, _ in region["points"]], [y for _, y in region["points"]]
    bounds = texts.missing
    if xs:
        bounds = f"x {min(xs):.0f} – {max(xs):.0f}, y {min(ys):.0f} – {max(ys):.0f}"
    shape = f"{texts('regions.kinds.' + region['kind'])}, {bounds}"
    if region["kind"] in ("polygon", "lasso"):
        shape += f"; {texts('regions.vertices', count=len(xs))}"
    area = texts("regions.area_of", count=texts.count(found["area"]), share=texts.share(found["share"]))
    rows: list[tuple[str, Any]] = [("shape", shape), ("note", sheet.filled(region["note"])), ("area", area)]
    if found["reason"]:
        rows.append(("reason", region_reason(sheet, region)))
    return [(texts(f"regions.{key}"), value) for key, value in rows]


def _region_numbers(sheet: Sheet, found: Content) -> list[Block]:
    """What was measured in a region, two numbers to a line."""
    texts = sheet.texts
    rows = [] if found["reason"] else _region_figures(sheet, found)
    for key in ("rgb_mean", "rgb_deviation"):
        if found[key] is not None:
            rows.append((key, " · ".join(texts.fixed(value, 1) for value in found[key])))
    return [Facts(tuple((texts(f"regions.{key}"), value) for key, value in rows), columns=2)] if rows else []


def _region_figures(sheet: Sheet, found: Content) -> list[tuple[str, str]]:
    texts = sheet.texts
    groups = ", ".join(f"{name} {texts.share(share)}" for name, share in found["groups"].items())
    low, high = texts.fixed(found["departure_min"], 3), texts.fixed(found["departure_max"], 3)
    inside, outside = found["departure_mean"], found["departure_outside"]
    return [
        ("patches", texts("regions.patches_of", assessable=found["assessable"], patches=found["patches"])),
        ("departure_mean", texts.fixed(inside, 3)),
        ("departure_median", texts.fixed(found["departure_median"], 3)),
        ("departure_range", f"{low} – {high}"),
        ("departure_outside", texts.fixed(outside, 3)),
        ("departure_difference", _difference(sheet, inside, outside)),
        ("similarity_inside", texts.fixed(found["similarity_inside"], 3, sign=True)),
        ("similarity_outside", texts.fixed(found["similarity_outside"], 3, sign=True)),
        ("groups", groups or "–"),
    ]


def _file(sheet: Sheet, exhibit: Content) -> list[Block]:
    """What the file says about itself, in brief."""
    texts, metadata = sheet.texts, exhibit["metadata"]
    exif = metadata["exif"]
    state = texts(f"absence.{exif['state']}")
    count = texts("file.entries", count=len(metadata["entries"])) if metadata["entries"] else ""
    rows = [(texts("file.exif"), ", ".join(part for part in (state, exif["byte_order"], count) if part))]
    for key, group, number in SAID:
        found = next((e for e in metadata["entries"] if (e["group"], e["id"]) == (group, number)), None)
        value = texts("absence.not present") if found is None else _told(sheet, found)
        rows.append((texts(f"file.{key}"), value))
    carried = [sheet.word("payloads.kinds", payload["kind"]) for payload in metadata["payloads"]]
    rows.append((texts("file.carried"), _counted(carried) or texts("file.nothing")))
    if metadata["jpeg"] is not None:
        jpeg = metadata["jpeg"]
        quality, process = jpeg["quality"], sheet.code("jpeg.processes", jpeg["process"])
        estimated = texts("jpeg.other_table") if quality is None else texts("jpeg.ijg", quality=quality)
        rows.append((texts("file.jpeg"), f"{process}, {jpeg['subsampling'] or '–'}, {estimated}"))
    words = Text(texts("file.said"), "small")
    return [Heading(texts("file.title"), 3), words, Facts(tuple(rows))]


def _told(sheet: Sheet, entry: Content) -> str:
    if entry["state"] != "present":
        return sheet.texts(f"absence.{entry['state']}")
    return sheet.shortened(shown_value(entry, sheet), 120)


def _counted(kinds: Sequence[str]) -> str:
    counted = {kind: kinds.count(kind) for kind in kinds}
    return ", ".join(kind if count == 1 else f"{count} × {kind}" for kind, count in counted.items())


def _warnings(sheet: Sheet, exhibit: Content) -> list[Block]:
    texts = sheet.texts
    heading = Heading(texts("warnings.title"), 3)
    if not exhibit["warnings"]:
        return [Together((heading, sheet.said("warnings.none")))]
    rows = [
        (
            texts(f"warnings.sources.{w['source']}"),
            w["code"],
            sheet.warning(w),
            "–" if w["offset"] is None else f"0x{w['offset']:X}",
        )
        for w in exhibit["warnings"]
    ]
    return [heading, sheet.listing("warnings", rows, (18, 38, 102, 22), mono=(3,))]


def _notes(sheet: Sheet, notes: Sequence[Content], title: str) -> list[Block]:
    """What the analyst wrote, each note with what it speaks of, its author and its date."""
    texts = sheet.texts
    story: list[Block] = []
    for note in notes:
        block: list[Block] = [] if story else [Heading(texts(title), 3)]
        block += [Text(line) for line in sheet.filled(note["text"]).splitlines() if line.strip()]
        region = note.get("region")
        about = texts("regions.one", name=region) if region else ""
        signed = ", ".join(part for part in (about, note["author"], note["written"]) if part)
        if signed:
            block.append(Text(signed, "small"))
        story.append(Together(tuple(block)))
    return story
