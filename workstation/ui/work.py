"""The long computations that the window starts, as generators of `Progress`; no Qt here.

What is heavy is imported inside the generators, in the thread that drives them: the window is up before torch is.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from workstation import analysis
from workstation.analysis.embeddings_aside import embeddings_aside
from workstation.analysis.model import Encoder, load_encoder
from workstation.analysis.model.registry import find
from workstation.analysis.result import AnalysisRequest, AnalysisResult
from workstation.casework.beside import refuse_beside_evidence
from workstation.casework.exhibit import Exhibit
from workstation.evidence import (
    DEFAULT_MAX_PIXELS,
    FolderListing,
    PixelsLost,
    Rehash,
    in_memory,
    list_folder,
    open_steps,
    rehash,
)
from workstation.evidence.record import Evidence, FileIdentity, Pixels
from workstation.progress import Progress
from workstation.ui.report_order import ReportOrder, write_report

CASE_FILE = "case.sqlite"
"""A folder that holds one is a case."""
THUMBNAIL = 160
"""Longer side of a thumbnail in pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Thumbnail:
    """A small picture of an exhibit: (h, w, 3) uint8 RGB, oriented for display."""

    rgb: NDArray[np.uint8]


Opening: TypeAlias = Generator[Progress, None, Evidence]
Analysis: TypeAlias = Generator[Progress, None, AnalysisResult]
Check: TypeAlias = Generator[Progress, None, Rehash]
Listing: TypeAlias = Generator[Progress, None, FolderListing | None]
Reading: TypeAlias = Generator[Progress, None, Pixels | Rehash]
Export: TypeAlias = Generator[Progress, None, tuple[Path, ...]]


def thumbnail(pixels: Pixels) -> Thumbnail:
    """Reduce a picture and turn it upright."""
    step = max(1, min(pixels.height, pixels.width) // (2 * THUMBNAIL))
    small = Image.fromarray(np.ascontiguousarray(pixels.rgb[::step, ::step]))
    small.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
    small.getexif()[0x0112] = pixels.orientation
    upright = ImageOps.exif_transpose(small)
    return Thumbnail(np.asarray(upright))


def open_file(path: Path, max_pixels: int | None) -> Opening:
    """Read a file. The first partial result is its `Pixels`, the second a `Thumbnail`, then the metadata is read."""
    steps = open_steps(path, max_pixels=DEFAULT_MAX_PIXELS if max_pixels is None else max_pixels)
    while True:
        try:
            progress = next(steps)
        except StopIteration as end:
            evidence: Evidence = end.value
            return evidence
        yield progress
        if isinstance(progress.partial, Pixels):
            yield Progress("making the thumbnail", progress.fraction, partial=thumbnail(progress.partial))


def read_again(evidence: Evidence) -> Reading:
    """The pixels of a file that was opened before; where its bytes are no longer the same, what is there instead."""
    yield Progress("reading the file again")
    try:
        return in_memory(evidence).pixels
    except PixelsLost as lost:
        return lost.found


def look_through(folder: Path) -> Listing:
    """Which image files lie in a folder and below it; None where the folder is a case."""
    yield Progress("looking for image files")
    return None if (folder / CASE_FILE).is_file() else list_folder(folder)


class Analyst:
    """Analyses one file after another and keeps the model that it loaded last.

    One thread at a time: the window's analysis lane.
    """

    def __init__(self) -> None:
        self._loaded: tuple[object, ...] = ()
        self._encoder: Encoder | None = None

    def analyse(self, evidence: Evidence, request: AnalysisRequest) -> Analysis:
        """Analyse one file; partial results are provisional maps (`PartialMap`).

        Raises:
            PixelsLost: if its pixels left memory, and the file has other bytes now or is gone.
        """
        wanted = (find(request.model).sha256, request.model, request.device, request.threads, request.precision)
        if wanted != self._loaded:
            yield Progress("loading the model", 0.0)
            self._encoder, self._loaded = None, ()  # two models need not fit beside each other
            self._encoder = load_encoder(
                request.model, device=request.device, threads=request.threads, precision=request.precision
            )
            self._loaded = wanted
        yield Progress("reading the pixels", 0.0)
        whole = in_memory(evidence)  # once, and until the end of the analysis
        result = yield from analysis.run(whole, request, encoder=self._encoder, claims=True, watched=True)
        return embeddings_aside(result)


def check_hash(identity: FileIdentity) -> Check:
    """Read the file again and compare its SHA-256."""
    yield Progress("reading the file again")
    return rehash(identity)


def export_maps(exhibit: Exhibit, folder: Path) -> Export:
    """Write the maps as PNG with and without legend, as .npy, and their numbers as CSV.

    Raises:
        BesideEvidence: if the folder holds the exhibit.
        ExportProblem: if a file cannot be written.
    """
    from workstation.report import exports  # noqa: PLC0415 - reportlab loads when a report is asked for

    refuse_beside_evidence(folder, (exhibit.evidence.identity.path,))
    yield Progress("writing the maps")
    return exports.write_maps(exhibit, folder)


def preload() -> Generator[Progress, None, None]:
    """Import what the first analysis needs, while the analyst still looks at the picture.

    Imports make hundreds of thousands of objects that stay. Looking through them for garbage would stop the window for
    a fifth of a second at a time, so that waits until the end and is spared for ever after.
    """
    thresholds = gc.get_threshold()
    gc.set_threshold(0)  # nobody looks, not the window either
    try:
        yield Progress("loading the analysis")
        importlib.import_module("workstation.analysis.pipeline")  # scipy, scikit-learn
        yield Progress("loading the neural network library")
        _load_torch_library()
        yield Progress("loading the neural network library")
        importlib.import_module("workstation.analysis.model.loading")  # torch
        gc.freeze()
    finally:
        gc.set_threshold(*thresholds)


def _load_torch_library() -> None:
    """Map torch's largest library before torch is imported.

    An import holds the interpreter while the system loads and links a library, which would stop the window for half a
    second; a call through ctypes lets the interpreter go meanwhile. Where this cannot be done, the import does it all.
    """
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None or sys.platform == "win32" or "torch" in sys.modules:
        return
    suffix = "dylib" if sys.platform == "darwin" else "so"
    library = Path(found.origin).parent / "lib" / f"libtorch_cpu.{suffix}"
    if library.is_file():
        load = ctypes.CDLL(None).dlopen
        load.restype, load.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
        load(os.fsencode(library), os.RTLD_NOW)


@dataclass(frozen=True, slots=True)
class Work:
    """What the window can start; a test or a demonstration replaces single computations.

    Attributes:
        analyse: as `Analyst.analyse`.
        open_file, read_again, look_through, check_hash, export_maps: as the functions of these names.
        export_report: as `report_order.write_report`.
        preload: imports that the first analysis needs; None = nothing is loaded in advance.
    """

    open_file: Callable[[Path, int | None], Opening] = open_file
    read_again: Callable[[Evidence], Reading] = read_again
    look_through: Callable[[Path], Listing] = look_through
    analyse: Callable[[Evidence, AnalysisRequest], Analysis] = field(default_factory=lambda: Analyst().analyse)
    check_hash: Callable[[FileIdentity], Check] = check_hash
    export_report: Callable[[ReportOrder], Export] = write_report
    export_maps: Callable[[Exhibit, Path], Export] = export_maps
    preload: Callable[[], Generator[Progress, None, Any]] | None = preload
