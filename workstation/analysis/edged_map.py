"""The departure map takes the picture's edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workstation.analysis.geometry import MapGeometry
from workstation.analysis.guided_filter import guided
from workstation.analysis.result import FloatArray
from workstation.analysis.stored_scale import at_stored_scale, stored_scale_step

EDGE_RADIUS = 4
"""Radius, in cells, of the windows in which an edge of the map finds an edge of the picture."""

EDGE_RIDGE = 1e-4
"""Variance of a colour, 0..1, far below which a window has no edge."""


def with_edges(
    departure: FloatArray,
    geometry: MapGeometry,
    image: NDArray[np.uint8],
    *,
    radius: float = EDGE_RADIUS,
    ridge: float = EDGE_RIDGE,
) -> FloatArray:
    """The departure map at the scale of the stored image, its edges where the picture has some.

    A cell is larger than the edge of a part that lies in it, and neighbours are blurred. In every window the values
    become a plane over the picture's colours there (`guided_filter`), so that an edge of the map goes to the edge of
    colours that it lies beside; where colours have no edge, nothing is added but a mean.

    Args:
        departure: (rows, columns) float32 over the cells; NaN = not assessable.
        geometry: of these cells.
        image: (height, width, 3) uint8 RGB as stored.
        radius: as `EDGE_RADIUS`.
        ridge: as `EDGE_RIDGE`.

    Returns:
        As `at_stored_scale`.
    """
    values = at_stored_scale(departure, geometry)
    rows, columns = values.shape
    colours = np.asarray(Image.fromarray(image).resize((columns, rows), Image.Resampling.BOX))
    guide = np.ascontiguousarray(np.moveaxis(colours, -1, 0)).astype(np.float32) / np.float32(255)
    edged = guided(values, guide, round(radius * geometry.cell / stored_scale_step(geometry)), ridge)
    return np.clip(edged, np.nanmin(departure), np.nanmax(departure), out=edged)  # planes overshoot a little
