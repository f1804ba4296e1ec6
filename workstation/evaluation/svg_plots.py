"""Small plots as SVG text: panels with axes, lines and points. What a page of figures needs, and nothing else.

Colours are those of Okabe and Ito, told apart by everyone; lines differ by their dashes, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 360, 270, 52, 44, 30, 22
"""Of a panel in pixels, and the room around its axes."""

STYLES = (("#0072B2", ""), ("#D55E00", "6 3"), ("#009E73", "2 2"), ("#999999", "1 3"))
"""Colour and dashes of the first, second, … series."""


@dataclass(frozen=True, slots=True)
class Series:
    """Points of one kind.

    Attributes:
        name: for the legend; "" = not named there.
        points: (x, y) in data units, in order.
        style: index into `STYLES`.
        marks: whether points are drawn instead of a line.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    style: int = 0
    marks: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes.

    Attributes:
        title: above it.
        x_name, y_name: of the axes.
        x, y: (least, most) in data units.
        series: drawn in order.
        x_ticks, y_ticks: (position, label).
        legend_low: whether the legend stands in the lower corner instead of the upper one.
    """

    title: str
    x_name: str
    y_name: str
    x: tuple[float, float]
    y: tuple[float, float]
    series: tuple[Series, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    legend_low: bool = False


def figure(panels: Sequence[Panel], *, across: int = 2) -> str:
    """SVG text of panels in rows.

    Args:
        panels: in reading order.
        across: panels in a row.
    """
    across = min(across, max(1, len(panels)))
    width, height = WIDTH * across, HEIGHT * -(-len(panels) // across)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="DejaVu Sans, Arial, sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for number, panel in enumerate(panels):
        row, column = divmod(number, across)
        parts.append(f'<g transform="translate({column * WIDTH},{row * HEIGHT})">{_panel(panel)}</g>')
    return "\n".join([*parts, "</svg>", ""])


def staircase(values: Sequence[float], limits: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    """Share of the values that are at least x, as the corners of a staircase that falls from 1 to 0.

    Args:
        values: any order.
        limits: of x, where the staircase begins and ends.
    """
    ordered = sorted(values)
    corners = [(limits[0], 1.0)]
    for number, value in enumerate(ordered):
        corners += [(value, 1 - number / len(ordered)), (value, 1 - (number + 1) / len(ordered))]
    return (*corners, (limits[1], 0.0))


def _panel(panel: Panel) -> str:
    parts = [f'<text x="{LEFT}" y="18" font-weight="bold">{escape(panel.title)}</text>']
    left, right, top, bottom = LEFT, WIDTH - RIGHT, TOP, HEIGHT - BOTTOM
    for value, label in panel.x_ticks:
        x = _x(value, panel)
        parts.append(f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}" stroke="#e5e5e5"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{escape(label)}</text>')
    for value, label in panel.y_ticks:
        y = _y(value, panel)
        parts.append(f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#e5e5e5"/>')
        parts.append(f'<text x="{left - 5}" y="{y + 4:.1f}" text-anchor="end">{escape(label)}</text>')
    parts.append(
        f'<rect x="{left}" y="{top}" width="{right - left}" height="{bottom - top}" fill="none" stroke="#444"/>'
    )
    middle = (top + bottom) / 2
    parts.append(f'<text x="{(left + right) / 2}" y="{HEIGHT - 10}" text-anchor="middle">{escape(panel.x_name)}</text>')
    turned = f'transform="rotate(-90 13 {middle})" x="13" y="{middle}" text-anchor="middle"'
    parts.append(f"<text {turned}>{escape(panel.y_name)}</text>")
    parts += [_drawn(series, panel) for series in panel.series]
    named = sum(bool(series.name) for series in panel.series)
    parts += _legend(panel, right, bottom - 8 - 15 * named if panel.legend_low else top)
    return "".join(parts)


def _drawn(series: Series, panel: Panel) -> str:
    colour, dashes = STYLES[series.style]
    places = [(_x(x, panel), _y(y, panel)) for x, y in series.points]
    if series.marks:
        return "".join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}" fill-opacity="0.6"/>' for x, y in places
        )
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8" stroke-dasharray="{dashes}"/>'


def _legend(panel: Panel, right: float, top: float) -> list[str]:
    named = [series for series in panel.series if series.name]
    parts = []
    for number, series in enumerate(named):
        colour, dashes = STYLES[series.style]
        y = top + 14 + 15 * number
        if series.marks:
            parts.append(f'<circle cx="{right - 14}" cy="{y - 4}" r="3" fill="{colour}"/>')
        else:
            parts.append(
                f'<line x1="{right - 26}" y1="{y - 4}" x2="{right - 4}" y2="{y - 4}" stroke="{colour}" '
                f'stroke-width="1.8" stroke-dasharray="{dashes}"/>'
            )
        parts.append(f'<text x="{right - 32}" y="{y}" text-anchor="end">{escape(series.name)}</text>')
    return parts


def _x(value: float, panel: Panel) -> float:
    low, high = panel.x
    return LEFT + (WIDTH - LEFT - RIGHT) * (min(max(value, low), high) - low) / (high - low)


def _y(value: float, panel: Panel) -> float:
    low, high = panel.y
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (min(max(value, low), high) - low) / (high - low)
