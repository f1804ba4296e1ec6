"""Tiny made-up evaluation sets in the layouts of their owners: an image or two of either class, and their masks.

In every set the foreign part is the rectangle `FOREIGN` of an image of `SIZE`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
from PIL import Image

from workstation.evaluation.localisation import Localisation

SIZE = (96, 128)
"""(height, width)."""
FOREIGN = (slice(24, 56), slice(40, 88))


def truth() -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[FOREIGN] = True
    return mask


def photo(file: Path, seed: int = 0, *, tampered: bool = False) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    pixels = rng.normal(120, 12, (*SIZE, 3))
    if tampered:
        pixels[FOREIGN] = rng.normal(150, 45, (32, 48, 3))
    Image.fromarray(np.clip(pixels, 1, 254).astype(np.uint8)).save(file)


def mask(file: Path, *, foreign: int = 255, host: int = 0) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.where(truth(), foreign, host).astype(np.uint8)).save(file)


def columbia(root: Path) -> None:
    photo(root / "4cam_auth" / "canong3_02_sub_01.tif")
    photo(root / "4cam_splc" / "canong3_canonxt_sub_01.tif", tampered=True)
    edges = np.zeros((*SIZE, 3), np.uint8)
    edges[..., 0] = 200  # the host is red
    edges[FOREIGN] = (0, 200, 0)
    edges[24:32, 40:88] = (0, 255, 0)
    (root / "4cam_splc" / "edgemask").mkdir()
    Image.fromarray(edges).save(
        root / "4cam_splc" / "edgemask" / "canong3_canonxt_sub_01_edgemask.jpg", quality=95, subsampling=0
    )


def dso_1(root: Path) -> None:
    photo(root / "DSO-1" / "normal-01.png")
    photo(root / "DSO-1" / "splicing-01.png", tampered=True)
    mask(root / "DSO-1-Fake-Images-Masks" / "splicing-01.png", foreign=0, host=255)


def realistic_tampering(root: Path) -> None:
    for camera in ("Canon_60D", "Sony_A57"):
        photo(root / camera / "pristine" / "r01.TIF")
        photo(root / camera / "tampered-realistic" / "r01.TIF", tampered=True)
        mask(root / camera / "ground-truth" / "r01.PNG", foreign=85)


def in_the_wild(root: Path) -> None:
    photo(root / "images" / "a.jpg", tampered=True)
    mask(root / "masks" / "a.png", foreign=1)


def scene_completion(root: Path) -> None:
    photo(root / "street.png", tampered=True)
    mask(root / "street_mask.png", foreign=3)
    photo(root / "field.png", 1, tampered=True)
    mask(root / "field_mask.jpg")


def casia_1(root: Path) -> None:
    photo(root / "Au" / "Au_ani_0001.jpg")
    photo(root / "Tp" / "Sp" / "Sp_D_CND_A_pla0005_pla0023_0281.jpg", tampered=True)
    mask(root / "CASIA 1.0 groundtruth" / "Sp" / "Sp_D_CND_A_pla0005_pla0023_0281_gt.png")


def casia_2(root: Path) -> None:
    photo(root / "Au" / "Au_ani_0001.bmp")
    for name in ("Tp_D_CRN_M_N_nat1", "Tp_S_NRN_S_N_nat2"):
        photo(root / "Tp" / f"{name}.tif", tampered=True)
        mask(root / "CASIA2.0_Groundtruth" / f"{name}_gt.png")


def social_network(root: Path) -> None:
    for copy in ("DSO", "DSO_Facebook", "DSO_Whatsapp"):
        photo(root / copy / "splicing-01.jpg", tampered=True)
    mask(root / "DSO_GT" / "splicing-01_gt.png")
    photo(root / "scene_completion_Wechat" / "street.jpg", tampered=True)
    mask(root / "scene_completion_GT" / "street_mask.png")
    photo(root / "in_the_wild_Facebook" / "a.jpg", tampered=True)
    mask(root / "in_the_wild_GT" / "a.png")


def imd2020(root: Path) -> None:
    photo(root / "1a02ml" / "1a02ml_orig.jpg")
    photo(root / "1a02ml" / "c8m6jfh_0.png", tampered=True)
    mask(root / "1a02ml" / "c8m6jfh_0_mask.png")


def coverage(root: Path) -> None:
    photo(root / "image" / "1.tif")
    photo(root / "image" / "1t.tif", tampered=True)
    for part in ("copy", "paste"):
        mask(root / "mask" / f"1{part}.tif", foreign=255, host=255)
    mask(root / "mask" / "1forged.tif")


def manifest(root: Path) -> None:
    photo(root / "made" / "images" / "a.png")
    photo(root / "made" / "images" / "s.png", tampered=True)
    mask(root / "made" / "masks" / "s.png")
    rows = (
        ("dataset", "class", "kind", "image", "mask", "format"),
        ("made", "authentic", "", "made/images/a.png", "", "PNG"),
        ("made", "tampered", "splice", "made/images/s.png", "made/masks/s.png", "PNG"),
    )
    (root / "manifest.tsv").write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")


MAKERS: dict[str, tuple[Callable[[Path], None], int, int]] = {
    "columbia": (columbia, 1, 1),
    "dso_1": (dso_1, 1, 1),
    "realistic_tampering": (realistic_tampering, 2, 2),
    "in_the_wild": (in_the_wild, 0, 1),
    "scene_completion": (scene_completion, 0, 2),
    "casia_1": (casia_1, 1, 1),
    "casia_2": (casia_2, 1, 2),
    "social_network": (social_network, 0, 5),
    "imd2020": (imd2020, 1, 1),
    "coverage": (coverage, 1, 1),
    "manifest": (manifest, 1, 1),
}
"""name -> (writes the set into a folder, its authentic images, its tampered ones)."""


def figures_of_ap(ap: float) -> Localisation:
    """Figures that are all alike; the inverted map is never better."""
    return Localisation(*[ap] * len(fields(Localisation)))
