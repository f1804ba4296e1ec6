"""A report becomes `result.json`: the same content as the PDF, in the terms of `docs/result.schema.json`."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, fields, is_dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from workstation.analysis.claims_statement import Claims, fields_of
from workstation.analysis.claims_words import in_words
from workstation.analysis.regions import Region, RegionStatistics
from workstation.analysis.result import AnalysisResult, Finding, Partition, Provenance
from workstation.analysis.stored_scale import stored_scale_affine
from workstation.errors import Reason, Values
from workstation.evidence.record import JpegStructure, Metadata, Payload, TagEntry, TagState, TagValue, Unreadable
from workstation.report.atomic import write_text
from workstation.report.document import AMBIGUOUS_POLARITY, POLARITY, ExhibitReport, ReportDocument

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

FORMAT = "exifact-result"
FORMAT_VERSION = 1
CONSISTENCY_FILE = "consistency.npy"
COORDINATES = "pixels of the stored, unrotated image; x to the right, y down, (0, 0) = its upper left corner"


def write_json(document: ReportDocument, path: Path, *, array: bool = False) -> None:
    """Write the report as JSON: the exhibit's object, or for several exhibits an object with a list of them.

    Args:
        document: the report.
        path: of the file.
        array: whether `consistency.npy` is written beside it; without, no file is named.

    Raises:
        ExportProblem: if the file cannot be written.
    """
    write_text(path, as_text(as_json(document, array=array)))


def as_text(content: Json) -> str:
    """JSON text: keys in the order of the schema, UTF-8, no NaN."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def as_json(document: ReportDocument, *, array: bool = False) -> dict[str, Json]:
    """The report's content as JSON values; `array` as in `write_json`."""
    exhibits = [exhibit_json(document, exhibit, array=array) for exhibit in document.exhibits]
    return together(report_json(document), exhibits)


def together(report: Json, exhibits: Sequence[dict[str, Json]]) -> dict[str, Json]:
    """The object of one exhibit, or of several with a list of them; each says of which report it is a part."""
    shared: dict[str, Json] = {"format": FORMAT, "format_version": FORMAT_VERSION, "report": report}
    if len(exhibits) == 1:
        return {**shared, **exhibits[0]}
    return {**shared, "exhibits": [{**shared, **exhibit} for exhibit in exhibits]}


def exhibit_json(document: ReportDocument, report: ExhibitReport, *, array: bool) -> dict[str, Json]:
    """What the report says about one exhibit; `array` as in `write_json`."""
    result = report.result
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "report": report_json(document),
        "exhibit": _exhibit(report),
        "image": _image(report),
        "status": report.status,
        "reason": text(report.exhibit.failure if result is None else result.reason) or None,
        "reason_code": coded_or_none(report.exhibit.failure if result is None else result.reason),
        "headline": text(report.headline),
        "findings": [_finding(f) for f in result.findings] if result else [],
        "limits": [text(sentence) for sentence in report.limits],
        "score": number(result.score) if result else None,
        "conditions": _values(result.conditions) if result else None,
        "detection": _values(result.detection) if result else None,
        "calibration": _values(result.calibration) if result else None,
        "validation": _values(result.validation) if result else None,
        "claims": _claims(result.claims) if result else None,
        "grid": _grid(result),
        "suitability": _suitability(result),
        "maps": _maps(report),
        "partition": _partition(result.partition) if result and result.partition else None,
        "consistency_map": _consistency(report, array=array),
        "regions": [
            _region(region, statistics)
            for region, statistics in zip(report.exhibit.regions, report.regions, strict=True)
        ],
        "note": text(report.exhibit.note) or None,
        "warnings": [
            {
                "source": source,
                "code": w.code,
                "message": text(w.message),
                "offset": w.offset,
                "variant": w.variant or None,
                "values": _told(w.values),
            }
            for source, w in report.warnings
        ],
        "metadata": metadata_json(report.evidence.metadata),
        "request": asdict(result.request) if result else None,
        "provenance": _provenance(result.provenance) if result else None,
    }


def _claims(claims: Claims | None) -> Json:
    """What the file says against what is seen, and the sentences that the window says of it."""
    if claims is None:
        return None
    return _plain({**fields_of(claims), "sentences": list(in_words(claims))})


def _plain(value: Any) -> Json:
    """Values of JSON with the digits and the text that JSON can hold."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, str):
        return text(value)
    return number(value) if isinstance(value, float) else value


def number(value: float | None) -> float | None:
    """A finite number with nine significant digits (more than float32 holds), or null."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{float(value):.9g}")


def text(value: str) -> str:
    """Text that UTF-8 can hold: lone surrogates (undecodable bytes of a file name) as escapes."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def report_json(document: ReportDocument) -> Json:
    """Of which report the rest is a part."""
    return {
        "number": document.number,
        "created": document.created,
        "title": text(document.title) or None,
        "operator": text(document.operator) or None,
        "program": document.program,
    }


def _exhibit(report: ExhibitReport) -> Json:
    file, verification = report.evidence.identity, report.verification
    return {
        "position": report.position,
        "name": text(file.name),
        "path": text(str(file.path)),
        "size": file.size,
        "sha256": file.sha256,
        "sha1": file.sha1,
        "md5": file.md5,
        "modified": file.modified or None,
        "opened": file.opened or None,
        "format": report.evidence.format,
        "verification": {
            "state": verification.state,
            "message": text(verification.message),
            "sha256": verification.sha256 or None,
            "checked": verification.checked,
            "matched": report.matched or None,
        },
    }


def _image(report: ExhibitReport) -> Json:
    pixels = report.evidence.pixels
    return {
        "width": pixels.width,
        "height": pixels.height,
        "orientation": pixels.orientation,
        "stored_mode": text(pixels.stored_mode),
        "stored_mode_code": coded(pixels.stored_mode),
        "reductions": [text(reduction) for reduction in pixels.reductions],
        "reduction_codes": [coded(reduction) for reduction in pixels.reductions],
        "icc_profile_bytes": None if pixels.icc_profile is None else len(pixels.icc_profile),
        "frames": pixels.frames,
        "coordinates": COORDINATES,
    }


def _finding(finding: Finding) -> Json:
    return {
        "kind": finding.kind,
        "variant": finding.variant or None,
        "sentence": text(finding.sentence),
        "group": finding.group or None,
        "numbers": {name: number(value) for name, value in finding.numbers},
        "codes": dict(finding.codes),
    }


def _values(record: Any) -> Json:
    """A frozen record of plain values as an object with the same names."""
    if is_dataclass(record):
        return {field.name: _values(getattr(record, field.name)) for field in fields(record)}
    if isinstance(record, tuple):
        return [_values(value) for value in record]
    if isinstance(record, float):
        return number(record)
    return text(record) if isinstance(record, str) else record


def _grid(result: AnalysisResult | None) -> Json:
    if result is None or result.grid is None:
        return None
    grid = result.grid
    return {
        "rows": grid.rows,
        "columns": grid.columns,
        "patch": grid.patch,
        "stride": grid.stride,
        "spread": grid.spread,
        "offset": grid.offset,
    }


def _suitability(result: AnalysisResult | None) -> Json:
    if result is None or result.suitability is None:
        return None
    suitability = result.suitability
    counted = {
        name: int((suitability.reason == code).sum()) for code, name in ((1, "flat"), (2, "clipped"), (3, "black"))
    }
    return {
        "patches": int(suitability.assessable.size),
        "assessable": int(suitability.assessable.sum()),
        "left_out": dict(counted),
    }


def _maps(report: ExhibitReport) -> Json:
    result = report.result
    if result is None or result.maps is None:
        return None
    maps = result.maps
    geometry, limits = maps.geometry, report.exhibit.departure_limits
    return {
        "rows": geometry.rows,
        "columns": geometry.columns,
        "cell": geometry.cell,
        "assessable_cells": int(np.isfinite(maps.departure).sum()),
        "departure_range": [number(limit) for limit in maps.departure_range],
        "departure_limits_of_analyst": None if limits is None else [number(limit) for limit in limits],
        "departure_edges": "cells" if maps.edged is None else "picture",
    }


def _partition(partition: Partition) -> Json:
    return {
        "groups": [
            {
                "name": g.name,
                "label": int(g.label),
                "share": number(g.share),
                "departure": number(g.departure),
                "cells": int(g.cells),
            }
            for g in partition.groups
        ],
        "stable": bool(partition.stable),
        "stability": number(partition.stability),
        "separation": number(partition.separation),
        "margin": number(partition.margin),
        "ambiguous": bool(partition.ambiguous),
        "tried": [
            {"clusters": int(k), "stability": number(stability), "separation": number(separation)}
            for k, stability, separation in partition.tried
        ],
        "expected": [{"clusters": int(k), "separation": number(expected)} for k, expected in partition.expected],
        "distance": number(partition.distance),
    }


def _consistency(report: ExhibitReport, *, array: bool) -> Json:
    """File, range, polarity and place of the departure map at the scale of the stored image."""
    values, result = report.consistency, report.result
    if values is None or result is None or result.maps is None:
        return None
    height, width = result.image_size
    a, b, c, d, e, f = stored_scale_affine((values.shape[0], values.shape[1]), result.image_size)
    known = values[np.isfinite(values)]
    return {
        "file": CONSISTENCY_FILE if array else None,
        "dtype": "float32",
        "shape": [values.shape[0], values.shape[1]],
        "range": [number(limit) for limit in result.maps.departure_range],
        "observed": [number(float(known.min())), number(float(known.max()))] if known.size else None,
        "polarity": AMBIGUOUS_POLARITY if result.partition and result.partition.ambiguous else POLARITY,
        "not_assessable": "NaN",
        "extent": [0, 0, width, height],
        "affine_to_pixels": [[a, b, c], [d, e, f]],
        "affine_note": "(x, y) = affine · (column, row, 1) is the upper left corner of a value's area in stored "
        "pixels; its centre is that of (column + 0.5, row + 0.5)",
    }


def _region(region: Region, statistics: RegionStatistics) -> Json:
    return {
        "name": text(region.name),
        "kind": region.kind,
        "points": [[number(x), number(y)] for x, y in region.points],
        "note": text(region.note) or None,
        "statistics": {
            "reason": text(statistics.reason) or None,
            "reason_code": _reason(statistics.reason).code or None,
            "area": statistics.area,
            "share": number(statistics.share),
            "bounding_box": None if statistics.bounding_box is None else list(statistics.bounding_box),
            "patches": statistics.patches,
            "assessable": statistics.assessable,
            "cells": statistics.cells,
            "departure_mean": number(statistics.departure_mean),
            "departure_median": number(statistics.departure_median),
            "departure_min": number(statistics.departure_min),
            "departure_max": number(statistics.departure_max),
            "departure_outside": number(statistics.departure_outside),
            "similarity_inside": number(statistics.similarity_inside),
            "similarity_outside": number(statistics.similarity_outside),
            "groups": {name: number(share) for name, share in statistics.groups},
            "rgb_mean": _triple(statistics.rgb_mean),
            "rgb_deviation": _triple(statistics.rgb_deviation),
        },
    }


def _triple(values: tuple[float, float, float] | None) -> Json:
    return None if values is None else [number(value) for value in values]


def _state(state: TagState) -> dict[str, Json]:
    unreadable = state if isinstance(state, Unreadable) else None
    return {
        "state": state.label,
        "reason": text(unreadable.reason) if unreadable else None,
        "reason_offset": unreadable.offset if unreadable else None,
        **_why(unreadable),
    }


def _why(unreadable: Unreadable | None) -> dict[str, Json]:
    """Code and values of the reason, so that it can be said in another language."""
    if unreadable is None:
        return {}
    reason = _reason(unreadable.reason)
    return {"reason_code": reason.code or None, "reason_values": _told(reason.values)}


def _reason(words: str) -> Reason:
    return words if isinstance(words, Reason) else Reason(words)


def coded(words: str) -> Json:
    """Code and values of what the program says, so that it can be said in another language."""
    reason = _reason(words)
    return {"code": reason.code or None, "values": _told(reason.values)}


def coded_or_none(words: str) -> Json:
    """The same of what may be the file's own words, which have no code."""
    return coded(words) if _reason(words).code else None


def _told(values: Values) -> dict[str, Json]:
    """What a sentence was filled with."""
    return {name: _plain(value) for name, value in values}


def metadata_json(metadata: Metadata) -> Json:
    """Everything that the file says about itself."""
    return {
        "exif": {**_state(metadata.exif_state), "byte_order": metadata.byte_order or None},
        "entries": [_entry(entry) for entry in metadata.entries],
        "payloads": [_payload(payload) for payload in metadata.payloads],
        "jpeg": None if metadata.jpeg is None else _jpeg(metadata.jpeg),
    }


def _entry(entry: TagEntry) -> Json:
    return {
        "group": entry.group,
        "name": text(entry.name),
        "id": entry.id,
        "type": entry.type,
        "count": entry.count,
        "raw": entry.raw.hex(),
        "raw_size": entry.raw_size or len(entry.raw),
        "value": value_json(entry.value),
        "unit": entry.unit or None,
        "text": text(entry.text) or None,
        "offset": entry.offset,
        "entry_offset": entry.entry_offset,
        **_state(entry.state),
        "duplicate": entry.duplicate,
    }


def value_json(value: TagValue) -> Json:
    """A decoded value: rationals as [numerator, denominator] objects, bytes as hexadecimal, nothing rounded."""
    if isinstance(value, Fraction):
        return {"numerator": value.numerator, "denominator": value.denominator}
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, tuple):
        return [value_json(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return text(value) if isinstance(value, str) else value


def _payload(payload: Payload) -> Json:
    return {
        "kind": payload.kind,
        "offset": payload.offset,
        "size": payload.size,
        "description": text(payload.description) or None,
        "description_code": coded_or_none(payload.description),
        "details": [
            {"name": text(name), "value": text(value), "value_code": coded_or_none(value)}
            for name, value in payload.details
        ],
    }


def _jpeg(structure: JpegStructure) -> Json:
    height, width = structure.size
    return {
        "process": structure.process,
        "width": width,
        "height": height,
        "components": structure.components,
        "precision": structure.precision,
        "subsampling": structure.subsampling or None,
        "quality": structure.quality,
        "restart_interval": structure.restart_interval,
        "restart_markers": structure.restart_markers,
        "end": structure.end,
        "tables": [
            {
                "identifier": table.identifier,
                "kind": table.kind,
                "precision": table.precision,
                "quality": table.quality,
                "offset": table.offset,
                "values": [[int(v) for v in row] for row in table.values],
            }
            for table in structure.tables
        ],
        "segments": [
            {
                "name": s.name,
                "marker": s.marker,
                "offset": s.offset,
                "length": s.length,
                "note": text(s.note) or None,
                "note_code": coded_or_none(s.note),
            }
            for s in structure.segments
        ],
    }


def _provenance(provenance: Provenance) -> Json:
    return {
        "program": provenance.program,
        "weights": provenance.weights or None,
        "weights_sha256": provenance.weights_sha256 or None,
        "architecture": provenance.architecture or None,
        "parameters": dict(provenance.parameters),
        "device": provenance.device or None,
        "dtype": provenance.dtype or None,
        "threads": provenance.threads,
        "seed": provenance.seed,
        "libraries": dict(provenance.libraries),
        "started": provenance.started or None,
        "seconds": {stage: number(seconds) for stage, seconds in provenance.seconds},
    }
