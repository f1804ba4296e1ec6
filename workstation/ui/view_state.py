"""Where the analyst looks: what has to be remembered to come back to a view of a picture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ViewState:
    """A view of one picture, in values that can be stored as JSON.

    Attributes:
        x, y: stored pixel position in the middle of the view.
        zoom: device pixels per image pixel (1.0 = 100 %).
        fitted: whether the whole picture was fitted into the view; it then stays fitted when the view is resized.
        layer: value of the `Layer` shown, e.g. "departure".
        opacity: of the map over the photograph, 0..1.
        limits: (low, high) of the departure scale if the analyst moved them, else None.
        contours: whether contours were drawn.
        seen_from: name of the region or letter of the group that everything was compared with, "" for none.
        component: of the PCA map that was shown alone, 1 to 3; 0 = all three as colours.
    """

    x: float
    y: float
    zoom: float
    fitted: bool
    layer: str
    opacity: float
    limits: tuple[float, float] | None = None
    contours: bool = False
    seen_from: str = ""
    component: int = 0
