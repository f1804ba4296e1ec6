"""What a reader of one container format hands over: where the EXIF is, and everything else that it found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from workstation.errors import Reason, RecordedWarning
from workstation.evidence.bytes_reader import Block, ParseProblem
from workstation.evidence.record import JpegStructure, NotPresent, Payload, TagState

MOST_WARNINGS: Final = 60


@dataclass(slots=True)
class Container:
    """The parts of a file, gathered while its structure is walked.

    Attributes:
        exif: blocks that start at a TIFF header, in file order; more than one is unusual.
        exif_state: the state of EXIF where there is no block.
        payloads: everything beside pixels and EXIF.
        warnings: what is odd in the structure.
        jpeg: structure of a JPEG.
        transforms: (name, argument) of the HEIF properties that turn stored pixels into displayed ones, in order:
            ("irot", quarter turns anti-clockwise), ("imir", axis), ("clap", 0).
        size: (height, width) that the container states, None where only the decoder knows.
        frames: number of frames or pages that the container states, at least 1.
        bits: bits per sample that the container states, 0 where only the decoder knows.
        broken_parts: (offset, length) of parts beside the picture whose checksum does not fit; decoders refuse the
            whole file for one.
        odd_item: type of a HEIF item that is no ASCII: libheif's binding crashes the process on it; "" = none.
        suppressed: number of warnings beyond those that are kept.
        bytes_left: how much may still be decompressed or gathered, so that no small file costs much.
    """

    exif: list[Block] = field(default_factory=list)
    exif_state: TagState = field(default_factory=NotPresent)
    payloads: list[Payload] = field(default_factory=list)
    warnings: list[RecordedWarning] = field(default_factory=list)
    jpeg: JpegStructure | None = None
    transforms: tuple[tuple[str, int], ...] = ()
    size: tuple[int, int] | None = None
    frames: int = 1
    bits: int = 0
    broken_parts: list[tuple[int, int]] = field(default_factory=list)
    suppressed: int = 0
    odd_item: str = ""
    bytes_left: int = 64 * 1024 * 1024

    def spend(self, size: int, offset: int | None = None) -> None:
        """Count bytes that were decompressed or gathered.

        Raises:
            ParseProblem: if that exceeds what one file may cost.
        """
        self.bytes_left -= size
        if self.bytes_left < 0:
            raise ParseProblem(Reason("the file's payloads exceed the limit of what is read", "payload-limit"), offset)

    def warn_of_canvas(self, frame: tuple[int, int], canvas: tuple[int, int], offset: int | None) -> None:
        """Record that the first frame, (width, height), leaves a part of its canvas to what decoders fill it with."""
        covered, whole = ("×".join(map(str, size)) for size in (frame, canvas))
        message = f"the first frame covers {covered} of {whole} pixels; what lies around it is canvas, not picture"
        self.warn("frame-canvas", message, offset, frame=covered, canvas=whole)

    def warn(
        self,
        code: str,
        message: str,
        offset: int | None = None,
        *,
        variant: str = "",
        **values: str | int | float | None,
    ) -> None:
        """Record something odd, or count it once there are too many."""
        if len(self.warnings) < MOST_WARNINGS:
            self.warnings.append(RecordedWarning.of(code, message, offset, variant=variant, **values))
        else:
            self.suppressed += 1
