"""The program's icon as a picture, for systems whose menus draw no SVG."""

from __future__ import annotations

import os
from pathlib import Path

ICON = Path(__file__).resolve().parent.parent / "resources" / "icons" / "exifact.svg"


def draw(target: Path, side: int) -> Path:
    """Draw the icon with `side`×`side` pixels; the suffix says the format (.png, .ico, .icns).

    Raises:
        OSError: if the file cannot be written.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtGui import QImage, QPainter  # noqa: PLC0415 - Qt only where something is drawn
    from PySide6.QtSvg import QSvgRenderer  # noqa: PLC0415 - as above

    target.parent.mkdir(parents=True, exist_ok=True)
    image = QImage(side, side, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(str(ICON)).render(painter)
    painter.end()
    if not image.save(str(target)):
        raise OSError(f"{target} could not be written")
    return target
