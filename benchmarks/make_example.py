"""Make the bundled example: a splice between two cameras with its mask, and the same window untouched.

    python benchmarks/make_example.py FUJIFILM_MPO CANON_JPG [--out resources/examples] [--tests tests/data]

The two photographs stand in Pillow's source package (pillow 13.0.0, licence MIT-CMU): `Tests/images/fujifilm.mpo`, an
original of a FinePix REAL 3D W3 (its first frame is used), and `Tests/images/xmp_test.jpg`, a Canon EOS Rebel T6 photo
that went through Lightroom. Get them with `pip download --no-deps --no-binary :all: pillow==13.0.0`.

Two splices are written. In the bundled one the Fujifilm photo is the host. In the other, kept with the tests, the two
are exchanged: its host has a shallow depth of field, and that confuses any analysis of fine texture more than the
splice does. Every composite is saved once, as JPEG 92 with the host's EXIF as it was, so its pixel dimensions are those
of the whole original.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1536, 1024
ELLIPSE = (440, 360)
"""Width and height of the foreign part; 400 px in the mean, 7.9 % of the window."""
QUALITY = 92
SUPERSAMPLING = 8
"""The mask's edge is drawn finer by this factor and averaged, so that no staircase gives the splice away."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Where the parts of a splice are taken from and put; (x, y) of upper left corners in pixels.

    Attributes:
        window: of the host window in the host photograph.
        source: of the ellipse's bounding box in the donor photograph.
        target: of the ellipse's bounding box in the host window.
    """

    window: tuple[int, int]
    source: tuple[int, int]
    target: tuple[int, int]


BUNDLED = Recipe(window=(1150, 1150), source=(320, 480), target=(820, 420))
EXCHANGED = Recipe(window=(232, 24), source=(1900, 1500), target=(880, 60))


def splice(host: Image.Image, donor: Image.Image, recipe: Recipe) -> tuple[Image.Image, Image.Image, Image.Image]:
    """The composite, its mask (mode L, 0 or 255 = foreign) and the untouched window of the host."""
    x, y = recipe.window
    untouched = host.convert("RGB").crop((x, y, x + WIDTH, y + HEIGHT))
    width, height = ELLIPSE
    fine = Image.new("L", (width * SUPERSAMPLING, height * SUPERSAMPLING))
    ImageDraw.Draw(fine).ellipse((0, 0, fine.width - 1, fine.height - 1), fill=255)
    edge = fine.resize(ELLIPSE, Image.Resampling.BOX)
    x, y = recipe.source
    composite = untouched.copy()
    composite.paste(donor.convert("RGB").crop((x, y, x + width, y + height)), recipe.target, edge)
    mask = Image.new("L", (WIDTH, HEIGHT))
    mask.paste(edge.point([0] * 128 + [255] * 128), recipe.target)
    return composite, mask, untouched


def main() -> None:
    """Write both pairs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fujifilm", type=Path)
    parser.add_argument("canon", type=Path)
    parser.add_argument("--out", type=Path, default=Path("resources/examples"))
    parser.add_argument("--tests", type=Path, default=Path("tests/data"))
    options = parser.parse_args()
    with Image.open(options.fujifilm) as fujifilm, Image.open(options.canon) as canon:
        fujifilm_exif, canon_exif = fujifilm.info["exif"], canon.info["exif"]
        composite, mask, untouched = splice(fujifilm, canon, BUNDLED)
        composite.save(options.out / "spliced.jpg", quality=QUALITY, exif=fujifilm_exif)
        untouched.save(options.out / "untouched.jpg", quality=QUALITY, exif=fujifilm_exif)
        mask.save(options.out / "spliced_mask.png", optimize=True)
        composite, mask, _ = splice(canon, fujifilm, EXCHANGED)
        composite.save(options.tests / "shallow_focus.jpg", quality=QUALITY, exif=canon_exif)
        mask.save(options.tests / "shallow_focus_mask.png", optimize=True)


if __name__ == "__main__":
    main()
