"""A collection of made-up photographs in the layout of a real one: four to train on, two for dev, one broken."""

import csv
from pathlib import Path

import numpy as np
from PIL import Image

COLUMNS = ("file", "split", "make", "model", "width", "height", "chart_or_flat")


def make_collection(folder: Path) -> Path:
    """Write photographs and manifest.csv into `folder` and return it."""
    rng = np.random.default_rng(11)
    rows = []
    for number in range(6):
        coarse = rng.integers(0, 255, (30, 40, 3), dtype=np.uint8)
        image = Image.fromarray(coarse).resize((1040, 780), Image.Resampling.BICUBIC)
        noisy = np.asarray(image).astype(float) + rng.normal(0, 2 + number, (780, 1040, 3))
        split = "train" if number < 4 else "dev"
        name = f"{split}/photo{number}.jpg"
        (folder / split).mkdir(exist_ok=True)
        Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(folder / name, quality=80 + 3 * number)
        rows.append((name, split, "Maker", f"Model {number}", 1040, 780, 0))
    (folder / "train" / "broken.jpg").write_bytes(b"not a photograph")
    rows.append(("train/broken.jpg", "train", "Maker", "Model 9", 640, 480, 0))
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines)
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    return folder
