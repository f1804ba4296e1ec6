"""Analyses and what was looked at: results with all their arrays, and coverage."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.geometry import PatchGrid
from workstation.analysis.likeness import NotComparable, PatchSet, patch_set
from workstation.analysis.regions import Region
from workstation.analysis.result import AnalysisRequest, AnalysisResult, Maps, Provenance
from workstation.analysis.stored_scale import stored_scale_shape
from workstation.casework import schema
from workstation.casework.canonical import Json
from workstation.casework.packing import pack, unpack
from workstation.casework.problems import CaseDamaged, CaseRefusal
from workstation.casework.records import AnalysisRecord, Coverage
from workstation.casework.shelves import Shelf
from workstation.errors import Reason

CELL: Final = 16
"""Side of a cell of coverage, in stored pixels."""
Box = tuple[float, float, float, float]


def _coded(reason: str) -> dict[str, Json]:
    """Code and values of a reason that can be said in another language, beside its words."""
    if not isinstance(reason, Reason) or not reason.code:
        return {}
    return {"reason": {"code": reason.code, "values": dict(reason.values)}}


def failure_of(record: AnalysisRecord) -> str:
    """Why an analysis failed, "" if it did not; a `Reason` where the case holds one.

    Earlier versions kept the words alone, and a case may come from anybody: what is no reason is left out.
    """
    if record.status != "failed":
        return ""
    kept = record.content.get("reason")
    code, values = (kept.get("code"), kept.get("values")) if isinstance(kept, dict) else (None, None)
    if not isinstance(code, str) or not isinstance(values, dict):
        return record.reason
    plain = {name: value for name, value in values.items() if value is None or isinstance(value, str | int | float)}
    return Reason(record.reason, code, **{name: plain[name] for name in plain if name not in ("words", "code")})


class Analyses(Shelf[AnalysisRecord]):
    """Analyses of exhibits, the failed ones too."""

    table = schema.analyses

    def add(self, exhibit: int, result: AnalysisResult) -> AnalysisRecord:
        """Keep a result with every parameter, its provenance and its arrays ("analysis.add").

        An exhibit that was taken in without its pixels has its size from now on.

        Raises:
            CaseNotSaved: if there is no room; arrays that were written already do no harm.
        """
        content, arrays = pack(result, self._store.artifacts.put)
        values = {
            "exhibit": exhibit,
            "status": result.status,
            "reason": result.reason,
            "weights": result.provenance.weights,
            "started": result.provenance.started,
            "content": content,
            "arrays": arrays,
        }
        height, width = result.image_size
        with self._store.change("analysis.add") as draft:
            number = draft.insert(self.table, values)
            draft.update(schema.exhibits, exhibit, {"height": height, "width": width})
        return self.get(number)

    def failed(self, exhibit: int, request: AnalysisRequest, reason: str) -> AnalysisRecord:
        """Keep that an analysis failed, and why ("analysis.failed")."""
        content, _ = pack(request, self._store.artifacts.put)
        values = {
            "exhibit": exhibit,
            "status": "failed",
            "reason": reason,
            "content": {"request": content, **_coded(reason)},
            "arrays": {},
        }
        with self._store.change("analysis.failed") as draft:
            number = draft.insert(self.table, values)
        return self.get(number)

    def result(self, number: int) -> AnalysisResult | None:
        """The whole result with its arrays, each compared with its hash; None for a failed analysis.

        Raises:
            ArtifactProblem: if an array is missing or altered.
            CaseDamaged: if what is stored makes no result.
        """
        record = self.get(number)
        if record.status == "failed":
            return None
        result = self._unpacked(AnalysisResult, record, record.content)
        assert isinstance(result, AnalysisResult)
        if wrong := _incoherent(result):
            raise CaseDamaged(self._store.folder, f"the analysis of entry {record.id} cannot be read ({wrong})")
        return result

    def patches(self, number: int, name: str, region: Region | None = None) -> PatchSet:
        """The patches of an analysis, or of a region of it, to compare with others; read when they are needed.

        Args:
            number: of the analysis.
            name: of the set, for people.
            region: None = the whole image.

        Raises:
            NotComparable: if the analysis is not complete, or the region holds no assessable patch.
            ArtifactProblem: if the array is missing or altered.
            CaseDamaged: if what is stored makes no result.
        """
        record = self.get(number)
        content, arrays = record.content, record.arrays
        if record.status != "complete" or "embeddings" not in arrays:
            raise NotComparable(f"{name} has no complete analysis")
        said = {key: content[key] for key in ("grid", "image_size", "provenance") if key in content}
        parts = self._unpacked(_Embedded, record, said, _no_array)
        return patch_set(
            name,
            record.exhibit,
            grid=parts.grid,
            embeddings=partial(self._embeddings, record, arrays["embeddings"], parts.grid),
            image_size=parts.image_size,
            weights=parts.provenance.weights_sha256,
            region=region,
        )

    def _embeddings(self, record: AnalysisRecord, name: str, grid: PatchGrid) -> NDArray[np.float32]:
        """The embeddings of an analysis, after a look whether they are such: a case may come from anybody."""
        array = self._store.artifacts.get(name)
        if not _are_of_patches(array, grid):
            what = f"the embeddings of entry {record.id} are none of its patches"
            raise CaseDamaged(self._store.folder, what)
        return array

    def latest(self, exhibit: int) -> AnalysisRecord | None:
        """The last analysis of an exhibit."""
        found = self.all(exhibit)
        return found[-1] if found else None

    def _unpacked(
        self,
        kind: type,
        record: AnalysisRecord,
        stored: Mapping[str, Json],
        get: Callable[[str], NDArray[Any]] | None = None,
    ) -> Any:
        try:
            return unpack(kind, dict(stored), get or self._store.artifacts.get)
        except (TypeError, ValueError) as problem:
            what = f"the analysis of entry {record.id} cannot be read ({problem})"
            raise CaseDamaged(self._store.folder, what) from problem

    def _view(self, row: Mapping[str, Any]) -> AnalysisRecord:
        return AnalysisRecord(**row)


class CoverageShelf(Shelf[Coverage]):
    """Which parts of exhibits were on the screen at 100 % or more."""

    table = schema.coverage

    def viewed(self, exhibit: int, size: tuple[int, int], boxes: Iterable[Box]) -> Coverage:
        """Parts of an exhibit were shown at 100 % or more ("coverage.view"); no entry where nothing new was seen.

        Call it about once a second with what was shown since, not for each movement.

        Args:
            exhibit: number.
            size: (height, width) of the stored image.
            boxes: (x, y, width, height) of each view in stored pixels; a cell counts that lies in one of them whole.

        Raises:
            CaseRefusal: if an earlier view spoke of another size.
        """
        height, width = size
        present = self.of(exhibit)
        if present is not None and (present.height, present.width) != size:
            raise CaseRefusal(f"exhibit {exhibit} was viewed as {present.width}×{present.height} before")
        seen = np.zeros((-(-height // CELL), -(-width // CELL)), np.bool_) if present is None else present.seen.copy()
        for box in boxes:
            _mark(seen, box, height, width)
        values = {"exhibit": exhibit, "cell": CELL, "height": height, "width": width, "seen": _packed(seen)}
        with self._store.change("coverage.view") as draft:
            if present is None:
                draft.insert(self.table, values)
            else:
                draft.update(self.table, self._store.rows(self.table, exhibit=exhibit)[0]["id"], values)
        return Coverage(exhibit, CELL, height, width, seen)

    def of(self, exhibit: int) -> Coverage | None:
        """What was seen of an exhibit; None if it was never shown at 100 % or more."""
        found = self.all(exhibit)
        return found[0] if found else None

    def _view(self, row: Mapping[str, Any]) -> Coverage:
        shape = (-(-row["height"] // row["cell"]), -(-row["width"] // row["cell"]))
        return Coverage(row["exhibit"], row["cell"], row["height"], row["width"], _unpacked(row["seen"], shape))


@dataclass(frozen=True, slots=True)
class _Embedded:
    """The part of a result that says what its embeddings are."""

    grid: PatchGrid
    image_size: tuple[int, int]
    provenance: Provenance


def _are_of_patches(array: NDArray[Any], grid: PatchGrid) -> bool:
    """Whether an array holds some numbers for each patch."""
    number = np.issubdtype(array.dtype, np.floating) and array.ndim == 3 and array.shape[-1] > 0
    return number and array.shape[:2] == (grid.rows, grid.columns)


def _incoherent(result: AnalysisResult) -> str:
    """What in a result does not go together, "" if all does: a case may come from anybody."""
    grid, maps, fitness = result.grid, result.maps, result.suitability
    if min(result.image_size) < 1:
        return "its image has no pixels"
    if grid is not None:
        shape = grid.rows, grid.columns
        arrays = () if fitness is None else (fitness.assessable, fitness.reason, fitness.brightness)
        placed = all(_are_of_patches(one, grid) for one in (result.embeddings, result.scatter) if one is not None)
        sides = min(*shape, grid.patch, grid.stride, grid.spread)
        if sides < 1 or not placed or any(one.shape != shape for one in arrays):
            return "its patches lie on no grid"
    if result.status == "complete" and (grid is None or maps is None or result.embeddings is None):
        return "it is called complete and lacks its maps"
    return "" if maps is None else _incoherent_maps(maps, result.image_size)


def _incoherent_maps(maps: Maps, image_size: tuple[int, int]) -> str:
    """As `_incoherent`, of the maps of an image."""
    geometry, (low, high) = maps.geometry, maps.departure_range
    size = geometry.rows, geometry.columns
    layers = (maps.departure, maps.groups, maps.cut)
    if min(*size, geometry.cell) < 1 or (geometry.height, geometry.width) != image_size:
        return "its maps are none of its image"
    if any(one.shape != size for one in layers) or maps.pca.shape != (*size, 3) or not low < high:
        return "its maps have no common size and scale"
    edged = maps.edged
    if edged is not None and (edged.shape != stored_scale_shape(geometry) or edged.dtype.kind != "f"):
        return "its departure map is none of its image"
    return ""


def _no_array(name: str) -> NDArray[Any]:
    raise ValueError(f"there is no array {name} in this part of a result")


def _mark(seen: NDArray[np.bool_], box: Box, height: int, width: int) -> None:
    """Set the cells that lie in a box whole; the image's border cuts both."""
    x, y, across, down = box
    left, top = max(0, int(np.ceil(x / CELL))), max(0, int(np.ceil(y / CELL)))
    right = seen.shape[1] if x + across >= width else int(max(0.0, x + across) // CELL)
    bottom = seen.shape[0] if y + down >= height else int(max(0.0, y + down) // CELL)
    seen[top:bottom, left:right] = True


def _packed(seen: NDArray[np.bool_]) -> str:
    return base64.b85encode(zlib.compress(np.packbits(seen).tobytes(), 9)).decode("ascii")


def _unpacked(text: str, shape: tuple[int, int]) -> NDArray[np.bool_]:
    count = shape[0] * shape[1]
    packed = zlib.decompressobj().decompress(base64.b85decode(text), -(-count // 8) + 1 if 0 < count < 2**32 else 1)
    if len(packed) != -(-count // 8):  # a case may come from anybody
        raise ValueError(f"{len(packed)} bytes are no {shape[1]}×{shape[0]} cells")
    return np.unpackbits(np.frombuffer(packed, np.uint8), count=count).reshape(shape).astype(np.bool_)
