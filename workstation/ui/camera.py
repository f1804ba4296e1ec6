"""How a picture lies in its view: pure arithmetic between image pixels, view positions and device pixels."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

MAX_ZOOM = 64.0
"""Device pixels per image pixel at the closest: 6400 %."""

ZOOM_STEPS = (
    0.015625, 0.03125, 0.0625, 0.0833333, 0.125, 0.1666667, 0.25, 0.3333333, 0.5, 0.6666667,
    1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0,
)  # fmt: skip
"""Where "zoom in" and "zoom out" stop."""

MAX_FIT_ZOOM = 8.0
"""A tiny picture is not blown up further than this when it is fitted."""


class Camera:
    """The mapping between a picture and the view that shows it.

    Image positions are continuous display coordinates (pixel (0, 0) covers [0, 1) × [0, 1)); view positions are
    device-independent pixels of the widget. The picture's origin is kept on whole device pixels when it is drawn, so
    that at 100 % an image pixel is exactly a device pixel; the centre itself is not rounded, so that nothing drifts.

    Attributes:
        image_width, image_height: of the picture as displayed; 0 without a picture.
        view_width, view_height: of the view in device-independent pixels.
        ratio: device pixels per device-independent pixel.
        centre_x, centre_y: image position in the middle of the view.
        zoom: device pixels per image pixel.
        fitted: whether the view follows the picture's size.
    """

    def __init__(self) -> None:
        self.image_width = self.image_height = 0
        self.view_width = self.view_height = 1.0
        self.ratio = 1.0
        self.centre_x = self.centre_y = 0.0
        self.zoom = 1.0
        self.fitted = True

    @property
    def scale(self) -> float:
        """Device-independent pixels per image pixel."""
        return self.zoom / self.ratio

    @property
    def fit_zoom(self) -> float:
        """The zoom at which the whole picture is just inside the view."""
        if not self.image_width:
            return 1.0
        scale = min(self.view_width / self.image_width, self.view_height / self.image_height)
        return min(max(scale * self.ratio, ZOOM_STEPS[0]), MAX_FIT_ZOOM)

    @property
    def origin(self) -> tuple[float, float]:
        """Where the picture's upper left corner lies in the view, on a whole device pixel."""
        x = self.view_width / 2 - self.centre_x * self.scale
        y = self.view_height / 2 - self.centre_y * self.scale
        return round(x * self.ratio) / self.ratio, round(y * self.ratio) / self.ratio

    def set_image(self, width: int, height: int) -> None:
        """Show a picture of another size; one of the same size leaves the view where it was."""
        if (width, height) == (self.image_width, self.image_height):
            return
        self.image_width, self.image_height = width, height
        self.fit()

    def set_view(self, width: float, height: float, ratio: float) -> None:
        """The widget has a new size or moved to another screen; a fitted picture is fitted again."""
        self.view_width, self.view_height, self.ratio = max(width, 1.0), max(height, 1.0), ratio
        if self.fitted:
            self.fit()

    def fit(self) -> None:
        """Show the whole picture."""
        self.fitted = True
        self.zoom = self.fit_zoom
        self.centre_x, self.centre_y = self.image_width / 2, self.image_height / 2

    def look_at(self, x: float, y: float, zoom: float) -> None:
        """Put an image position into the middle of the view."""
        self.fitted = False
        self.zoom = self._bounded(zoom)
        self.centre_x, self.centre_y = x, y
        self._keep_in_sight()

    def zoom_at(self, view_x: float, view_y: float, zoom: float) -> None:
        """Zoom so that the image position under a view position stays there."""
        away_x, away_y = view_x - self.view_width / 2, view_y - self.view_height / 2
        x, y = self.centre_x + away_x / self.scale, self.centre_y + away_y / self.scale
        self.zoom = self._bounded(zoom)
        self.fitted = False
        self.centre_x, self.centre_y = x - away_x / self.scale, y - away_y / self.scale
        self._keep_in_sight()

    def pan(self, dx: float, dy: float) -> None:
        """Move the picture by device-independent pixels."""
        self.fitted = False
        self.centre_x -= dx / self.scale
        self.centre_y -= dy / self.scale
        self._keep_in_sight()

    def next_step(self, direction: int) -> float:
        """The next zoom above (+1) or below (-1) the present one among `ZOOM_STEPS`."""
        if direction > 0:
            return ZOOM_STEPS[min(bisect_right(ZOOM_STEPS, self.zoom * 1.001), len(ZOOM_STEPS) - 1)]
        return ZOOM_STEPS[max(bisect_left(ZOOM_STEPS, self.zoom * 0.999) - 1, 0)]

    def to_image(self, view_x: float, view_y: float) -> tuple[float, float]:
        """The image position under a view position."""
        left, top = self.origin
        return (view_x - left) / self.scale, (view_y - top) / self.scale

    def to_view(self, x: float, y: float) -> tuple[float, float]:
        """Where an image position lies in the view."""
        left, top = self.origin
        return left + x * self.scale, top + y * self.scale

    def visible(self) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) of the view in image positions, beyond the picture's borders too."""
        left, top = self.to_image(0, 0)
        right, bottom = self.to_image(self.view_width, self.view_height)
        return left, top, right, bottom

    def _bounded(self, zoom: float) -> float:
        return min(max(zoom, min(self.fit_zoom, 1.0) / 4), MAX_ZOOM)

    def _keep_in_sight(self) -> None:
        self.centre_x = min(max(self.centre_x, 0.0), float(self.image_width))
        self.centre_y = min(max(self.centre_y, 0.0), float(self.image_height))
