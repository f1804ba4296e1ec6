"""Parts of the image that the analyst marked: geometry, statistics, similarity to everything else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RegionKind = Literal["rectangle", "ellipse", "polygon", "lasso"]


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the image that the analyst marked.

    Attributes:
        name: "1", "2", ... or the analyst's own.
        kind: the tool that drew it.
        points: (x, y) in stored, unrotated pixels; rectangle and ellipse: two opposite corners of the bounding box;
            polygon and lasso: the vertices.
        note: the analyst's words.
    """

    name: str
    kind: RegionKind
    points: tuple[tuple[float, float], ...]
    note: str = ""
