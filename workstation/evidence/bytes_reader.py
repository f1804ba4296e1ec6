"""Bounded reading of bytes that came from somewhere in a file; its only failure is ParseProblem."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from workstation.errors import Reason, WorkstationError

ByteOrder = Literal["<", ">"]


class ParseProblem(WorkstationError):
    """Bytes that do not follow their format.

    Attributes:
        reason: what is wrong, as a short sentence fragment with its code.
        offset: where in the file, in bytes from its start, if that is known.
    """

    likely_causes = ("a truncated copy", "bytes changed in transfer", "software that wrote a broken file")

    def __init__(self, reason: Reason, offset: int | None = None) -> None:
        where = "" if offset is None else f" (at byte {offset})"
        super().__init__(f"{reason}{where}")
        self.reason, self.offset = reason, offset


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of bytes of a block that also stands in one run in the file.

    Attributes:
        start: position in the block.
        file_offset: position in the file.
        length: number of bytes.
    """

    start: int
    file_offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes gathered from a file, with the way back to their file offsets.

    Attributes:
        data: the bytes.
        pieces: which runs of `data` stand where in the file; empty where none do (decompressed bytes).
    """

    data: bytes | memoryview
    pieces: tuple[Piece, ...] = ()

    @classmethod
    def of_file(cls, file: bytes | memoryview, offset: int = 0, length: int | None = None) -> Block:
        """One run of a file, cut where the file ends."""
        view = memoryview(file)[offset : None if length is None else offset + length]
        return cls(view, (Piece(0, offset, len(view)),))

    @classmethod
    def joined(cls, file: bytes | memoryview, runs: list[tuple[int, int]]) -> Block:
        """Several runs (offset, length) of a file, one after the other."""
        if len(runs) == 1:
            return cls.of_file(file, *runs[0])
        pieces: list[Piece] = []
        parts: list[bytes] = []
        start = 0
        for offset, length in runs:
            part = bytes(file[offset : offset + length])
            pieces.append(Piece(start, offset, len(part)))
            parts.append(part)
            start += len(part)
        return cls(b"".join(parts), tuple(pieces))

    def __len__(self) -> int:
        return len(self.data)

    def file_offset(self, position: int, length: int = 1) -> int | None:
        """Where `length` bytes from `position` stand in the file; None if not in one run."""
        for piece in self.pieces:
            if piece.start <= position and position + length <= piece.start + piece.length:
                return piece.file_offset + position - piece.start
        return None

    def take(self, position: int, length: int) -> bytes:
        """Exactly `length` bytes from `position`.

        Raises:
            ParseProblem: if the block does not hold them.
        """
        if position < 0 or length < 0 or position + length > len(self.data):
            raise ParseProblem(Reason("the data end too early", "ends-early"), self.file_offset(position, 0))
        return bytes(self.data[position : position + length])

    def number(self, position: int, form: str, order: ByteOrder) -> int:
        """One integer in `struct` notation ("B", "H", "I", "Q", ...).

        Raises:
            ParseProblem: if the block ends before it.
        """
        size = struct.calcsize(order + form)
        return int(struct.unpack(order + form, self.take(position, size))[0])

    def part(self, position: int, length: int) -> Block:
        """A part of this block that keeps its file offsets, cut at the block's end."""
        position = min(max(position, 0), len(self.data))
        view = memoryview(self.data)[position : position + max(length, 0)]
        pieces = []
        for piece in self.pieces:
            start = max(piece.start, position)
            end = min(piece.start + piece.length, position + len(view))
            if start < end:
                pieces.append(Piece(start - position, piece.file_offset + start - piece.start, end - start))
        return Block(view, tuple(pieces))
