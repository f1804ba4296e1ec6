"""Files that an analyst meets sooner or later, and the command that has to say something sensible about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from workstation import cli


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run of `exifact` left behind: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


Exifact = Callable[..., Answer]


@pytest.fixture
def exifact(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Exifact:
    """Run the command in an empty folder; an answer that comes from a defect fails the test."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> Answer:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            cli.main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.err, said.err
        assert "internal error" not in said.err, said.err
        return Answer(int(end.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def analyze(exifact: Exifact) -> Exifact:
    """Run `exifact analyze … --out out --threads 1`."""

    def run(*arguments: str | Path) -> Answer:
        return exifact("analyze", *arguments, "--out", "out", "--threads", "1")

    return run


def texture(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """(height, width, 3) uint8: enough like a scene to be assessable everywhere."""
    rng = np.random.default_rng(seed)
    coarse = rng.normal(120, 30, (height // 8 + 1, width // 8 + 1, 3))
    scene = np.kron(coarse, np.ones((8, 8, 1)))[:height, :width]
    return np.clip(scene + rng.normal(0, 10, scene.shape), 1, 254).astype(np.uint8)


def jpeg(path: Path, pixels: NDArray[np.uint8], **options: object) -> Path:
    """Save as JPEG 92 unless `options` say otherwise."""
    Image.fromarray(pixels).save(path, "JPEG", **{"quality": 92, **options})
    return path
