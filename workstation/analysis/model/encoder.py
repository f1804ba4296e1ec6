"""What the analysis asks of an encoder, and how its weights are described; no torch here."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.geometry import PatchGrid
from workstation.analysis.result import FloatArray
from workstation.progress import Progress

Architecture = Literal["paper", "compact"]
Precision = Literal["auto", "float32"]


@dataclass(frozen=True, slots=True)
class Normalisation:
    """How pixel values in 0..1 become the network's input: (value - mean) / deviation, per channel R, G, B."""

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class WeightsDescription:
    """Weights as a described record: what they are, where they come from, what they may be used for.

    Attributes:
        name: what `--model` takes.
        file: name of the safetensors file, beside the description.
        sha256: lower-case hex hash of that file.
        architecture: "paper" (ResNet-50 + DistilBERT) or "compact".
        patch: side of a patch in pixels that the weights were trained or published with.
        dimensions: length of an embedding.
        normalisation: of the input.
        licence: of the weights, in words; "not stated" where their owner states none.
        training_data: what they were trained on.
        figures: measured or published figures, name -> value.
        departure_range: (low, high) limits of the absolute colour scale of the departure map.
        text_side: whether the weights hold a text encoder.
        source: where the weights come from (a publication, a command).
        notes: further remarks, e.g. which layout was imported.
        bfloat16: whether bfloat16 keeps embeddings within 1e-2 (relative) of float32; decides `precision="auto"`.
        stride: distance between patches of the model's own geometry in pixels; None = decided by the architecture.
        tokenizer: name of the tokenizer's folder beside the description, "" without one.
        tag_shares: share of the training photos that carry a tag, by tag name as in `TagEntry.name`; empty if unknown.
        text_file: name of the safetensors file of the text side, if that is a file of its own; "" otherwise.
        text_sha256: lower-case hex hash of that file, "" without one.
        shipped: whether the weights came with the program (then they cannot be removed).
        folder: where description and file are.
    """

    name: str
    file: str
    sha256: str
    architecture: Architecture
    patch: int
    dimensions: int
    normalisation: Normalisation
    licence: str
    training_data: str
    figures: tuple[tuple[str, float], ...]
    departure_range: tuple[float, float]
    text_side: bool
    source: str
    notes: str = ""
    bfloat16: bool = True
    stride: int | None = None
    tokenizer: str = ""
    tag_shares: tuple[tuple[str, float], ...] = ()
    text_file: str = ""
    text_sha256: str = ""
    shipped: bool = False
    folder: Path = Path()

    @property
    def path(self) -> Path:
        """The safetensors file."""
        return self.folder / self.file

    @property
    def sides(self) -> str:
        """Which of the two encoders can be used, in words."""
        if not self.text_side:
            return "image side only"
        return (
            "image and text side"
            if self.tokenizer or self.text_file
            else "image side; the text side lacks its tokenizer"
        )


class Encoder(Protocol):
    """Turns patches into embeddings whose cosine similarity says how alike two patches were made."""

    @property
    def description(self) -> WeightsDescription:
        """The weights that it runs."""

    @property
    def dimensions(self) -> int:
        """Length of an embedding."""

    @property
    def patch(self) -> int:
        """Side of a patch in pixels that `default_grid` uses if none is asked for."""

    @property
    def device_name(self) -> str:
        """Where it runs, for provenance: "cpu (AMD EPYC), 2 threads"."""

    @property
    def dtype_name(self) -> str:
        """Of the network's arithmetic: "float32" or "bfloat16"."""

    @property
    def threads(self) -> int:
        """CPU threads that it uses."""

    def default_grid(self, height: int, width: int, patch: int | None, per_dimension: int | None) -> PatchGrid:
        """Where patches are cut from an image of this size; None = the model's own patch or density.

        Raises:
            ImageTooSmall: if a side is shorter than one patch.
        """

    def embed(
        self, image: NDArray[np.uint8], grid: PatchGrid, *, watched: bool = False
    ) -> Generator[Progress, None, FloatArray]:
        """Embed every patch of an image.

        Args:
            image: (height, width, 3) uint8, RGB, as stored.
            grid: where patches are cut.
            watched: whether partial results are wanted; they cost a little time and change nothing.

        Yields:
            Progress after each batch (at most about one second of work); if watched, `partial` is a copy of the
            array so far, NaN where nothing is known yet, or None soon after another one. It is only to be shown: a
            patch may be stood in for by one near it.

        Returns:
            (grid.rows, grid.columns, dimensions) float32, unit length.

        Raises:
            DeviceProblem: if the device runs out of memory.
        """


class TextSide(Protocol):
    """Patches and EXIF texts in one space: the cosine similarity says how well a text fits a patch.

    An image's embedding is the mean of its patches' embeddings, brought to unit length. Texts are written
    by `workstation.analysis.exif_texts` for compact weights, by `published_texts` beside it for those of the paper.
    """

    @property
    def description(self) -> WeightsDescription:
        """The weights that it runs."""

    @property
    def dimensions(self) -> int:
        """Length of an embedding."""

    @property
    def logit_scale(self) -> float:
        """Factor between cosine similarity and the logit that was trained."""

    @property
    def centre(self) -> FloatArray:
        """(dimensions,) float32, the mean embedding of training pictures, every camera counting the same.

        The similarity of a text with (picture − centre) says how much better it fits this picture than any picture,
        so that a text that fits most pictures gains nothing by that. Zeros where it is not known.
        """

    def default_grid(self, height: int, width: int, patch: int | None, per_dimension: int | None) -> PatchGrid:
        """As `Encoder.default_grid`.

        Raises:
            ImageTooSmall: if a side is shorter than one patch.
        """

    def embed_for_text(self, image: NDArray[np.uint8], grid: PatchGrid) -> Generator[Progress, None, FloatArray]:
        """Embed every patch of an image for comparison with texts.

        Args:
            image: (height, width, 3) uint8, RGB, as stored.
            grid: where patches are cut.

        Yields:
            Progress, as `Encoder.embed` does.

        Returns:
            (grid.rows, grid.columns, dimensions) float32, unit length.

        Raises:
            DeviceProblem: if the device runs out of memory.
        """

    def embed_text(self, texts: Sequence[str]) -> FloatArray:
        """Embed texts: (len(texts), dimensions) float32, unit length.

        Raises:
            WeightsProblem: if the weights hold no text side or their tokenizer is missing; it says what to do.
            DeviceProblem: if the device runs out of memory.
        """
