"""What a report's PDF really draws, read back from its bytes: text, pictures, typefaces and drawing of every page.

The reader knows what Exifact's reports are made of (simple fonts with a ToUnicode table, pictures as XObjects) and
reads text in the order in which it is drawn. It guesses no layout, so the same bytes give the same text in years.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Page, Pdf, Stream

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

_Numbers: TypeAlias = "dict[tuple[int, int], int]"
"""Object and generation to the number that stands for the object in a hash."""

_Fonts: TypeAlias = "dict[tuple[int, int], tuple[str, dict[int, str]]]"
"""Object and generation of a font to its hash and its table of text."""

_SIGNATURE_KEYS = frozenset({"/AcroForm", "/Perms", "/DSS", "/Extensions", "/Version"})
"""Entries of the catalogue that signing adds."""

_LISTED_APART = frozenset({"/Pages", "/Names", "/AF", "/Metadata", "/ExifactDigest"})
"""Entries of the catalogue that are compared by themselves, or cannot contain their own hash."""

_PAIR = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
_TRIPLE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
_BLOCK = re.compile(rb"begin(bfchar|bfrange)(.*?)end\1", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Raster:
    """A picture of a page.

    Attributes:
        sha256: of its JPEG data as embedded, or of its samples where it is no JPEG.
        width, height: in pixels.
        data: "JPEG" or "samples".
    """

    sha256: str
    width: int
    height: int
    data: str

    def as_json(self) -> dict[str, Json]:
        """As it stands in the record."""
        return {"sha256": self.sha256, "width": self.width, "height": self.height, "data": self.data}


@dataclass(frozen=True, slots=True)
class PrintedPage:
    """What one page draws.

    Attributes:
        number: 1 for the first page.
        text: one line per drawn string, in drawing order.
        rasters: pictures, in the order of their names' first use.
        drawing: SHA-256 of the decoded content streams.
        typefaces: SHA-256 over the fonts.
        frame: SHA-256 over everything else: boxes, annotations, other resources.
    """

    number: int
    text: str
    rasters: tuple[Raster, ...]
    drawing: str
    typefaces: str
    frame: str

    def as_json(self) -> dict[str, Json]:
        """As it stands in the record."""
        return {
            "number": self.number,
            "drawing": self.drawing,
            "typefaces": self.typefaces,
            "frame": self.frame,
            "rasters": [raster.as_json() for raster in self.rasters],
            "text": self.text,
        }


def compact(text: str) -> str:
    """Text without white space: where lines break and how words are spaced says nothing about what is printed."""
    return "".join(text.split())


def read_pages(document: Pdf) -> tuple[PrintedPage, ...]:
    """What every page draws.

    Raises:
        pikepdf.PdfError: if a stream cannot be decoded.
        ValueError: if the text uses a font that no report of Exifact has.
    """
    return tuple(each_page(document))


def each_page(document: Pdf) -> Iterator[PrintedPage]:
    """What every page draws, page by page; raises as `read_pages` does."""
    numbers = _numbered(document)
    fonts: _Fonts = {}
    for number, page in enumerate(document.pages, start=1):
        yield _read_page(page, number, fonts, numbers)


def attachments(document: Pdf) -> list[tuple[str, bytes]]:
    """Name and content of every attached file, twice where a name stands twice.

    Raises:
        ValueError: if a file is attached in a way that no report of Exifact uses.
    """
    tree = document.Root.get("/Names", Dictionary()).get("/EmbeddedFiles")
    found = [] if tree is None else list(_leaves(tree, 0))
    known = {specification.objgen for _, specification in found}
    if any(entry.objgen not in known for entry in document.Root.get("/AF", Array())):
        raise ValueError("a file is associated with the document that is not among its attachments")
    return [(name, specification.EF.F.read_bytes()) for name, specification in found]


def jpegs(document: Pdf) -> dict[str, bytes]:
    """The pages' pictures that are JPEG data, by their SHA-256."""
    found: dict[str, bytes] = {}
    for page in document.pages:
        for picture in page.obj.get("/Resources", Dictionary()).get("/XObject", Dictionary()).values():
            if picture.get("/Subtype") == Name.Image and _data(picture)[1]:
                content = picture.read_raw_bytes()
                found[hashlib.sha256(content).hexdigest()] = content
    return found


def catalogue_hash(document: Pdf) -> str:
    """SHA-256 over what belongs to no page and to no signature: outline, colour space, language, view, actions."""
    catalogue = {k: v for k, v in document.Root.items() if k not in _SIGNATURE_KEYS | _LISTED_APART}
    names = {k: v for k, v in document.Root.get("/Names", Dictionary()).items() if k != "/EmbeddedFiles"}
    return _hash([catalogue, names], _numbered(document))


def metadata_hash(document: Pdf) -> str:
    """SHA-256 over the information dictionary and the XMP metadata."""
    return _hash([dict(document.docinfo.items()), document.Root.get("/Metadata")], _numbered(document))


def _numbered(document: Pdf) -> _Numbers:
    """Pages by number: what refers to a page depends on which one it is, not on what stands on it."""
    return {page.obj.objgen: -number for number, page in enumerate(document.pages, start=1)}


def _leaves(node: Object, depth: int) -> Iterator[tuple[str, Object]]:
    """Entries of a name tree (ISO 32000-1, 7.9.6)."""
    if depth > 8:
        raise ValueError("the tree of attachments is too deep")
    names = list(node.get("/Names", Array()))
    for index in range(0, len(names) - 1, 2):
        yield str(names[index]), names[index + 1]
    for child in node.get("/Kids", Array()):
        yield from _leaves(child, depth + 1)


def _read_page(page: Page, number: int, fonts: _Fonts, numbers: _Numbers) -> PrintedPage:
    resources = page.obj.get("/Resources", Dictionary())
    tables: dict[str, dict[int, str]] = {}
    faces = []
    for name, font in sorted(resources.get("/Font", Dictionary()).items()):
        if font.objgen not in fonts or font.objgen == (0, 0):
            fonts[font.objgen] = (_hash(font, numbers), _unicode_table(font))
        faces.append(f"{name} {fonts[font.objgen][0]}")
        tables[name] = fonts[font.objgen][1]
    objects = dict(resources.get("/XObject", Dictionary()).items())
    pictures = {name: item for name, item in objects.items() if item.get("/Subtype") == Name.Image}
    lines, used = _drawn(page, tables)
    rest = {k: v for k, v in page.obj.items() if k not in {"/Parent", "/Contents", "/Resources", "/Annots"}}
    other = {k: v for k, v in resources.items() if k not in {"/Font", "/XObject"}}
    forms = {k: v for k, v in objects.items() if k not in pictures}
    descriptions = {k: {n: v for n, v in p.items() if n not in _OF_ENCODING} for k, p in pictures.items()}
    return PrintedPage(
        number=number,
        text="\n".join(lines),
        rasters=tuple(_raster(pictures[name]) for name in used if name in pictures),
        drawing=hashlib.sha256(_content(page)).hexdigest(),
        typefaces=hashlib.sha256("\n".join(faces).encode("utf-8")).hexdigest(),
        frame=_hash([rest, other, forms, descriptions, _annotations(page)], numbers),
    )


def _annotations(page: Page) -> list[Object]:
    """The page's annotations without the fields of signatures, which signing adds."""
    return [a for a in page.obj.get("/Annots", Array()) if a.get("/FT") != Name.Sig]


def _content(page: Page) -> bytes:
    contents = page.obj.get("/Contents")
    if contents is None:
        return b""
    return b"\n".join(s.read_bytes() for s in contents) if isinstance(contents, Array) else bytes(contents.read_bytes())


def _drawn(page: Page, tables: dict[str, dict[int, str]]) -> tuple[list[str], list[str]]:
    """Strings as they are drawn, and names of XObjects in the order of their first use."""
    lines: list[str] = []
    used: dict[str, None] = {}
    table: dict[int, str] = {}
    for instruction in pikepdf.parse_content_stream(page):
        operator, operands = str(instruction.operator), instruction.operands
        if operator == "Tf":
            table = tables[str(operands[0])]
        elif operator in {"Tj", "'", '"'}:
            lines.append(_decoded(bytes(operands[-1]), table))
        elif operator == "TJ":
            lines.append("".join(_decoded(bytes(s), table) for s in operands[0] if isinstance(s, pikepdf.String)))
        elif operator == "Do":
            used[str(operands[0])] = None
    return [line for line in lines if line.strip()], list(used)


def _decoded(codes: bytes, table: dict[int, str]) -> str:
    return "".join(table.get(code, "\ufffd") for code in codes)


def _unicode_table(font: Object) -> dict[int, str]:
    """Character codes to text, from the font's ToUnicode table (ISO 32000-1, 9.10.3); ASCII without one."""
    if font.get("/Subtype") == Name.Type0:
        raise ValueError("a page uses a composite font, which no report of Exifact has")
    stream = font.get("/ToUnicode")
    if stream is None:
        return {code: chr(code) for code in range(32, 127)}
    table: dict[int, str] = {}
    for kind, block in _BLOCK.findall(stream.read_bytes()):
        if kind == b"bfchar":
            table.update((int(code, 16), _utf16(text)) for code, text in _PAIR.findall(block))
            continue
        for first, last, text in _TRIPLE.findall(block):
            start = int(text, 16)
            span = range(int(first, 16), min(int(last, 16), 255) + 1)
            table.update((code, chr(start + index)) for index, code in enumerate(span))
    return table


def _utf16(digits: bytes) -> str:
    return bytes.fromhex(digits.decode("ascii")).decode("utf-16-be", "replace")


_OF_ENCODING = frozenset({"/Length", "/Filter", "/DecodeParms"})


def _raster(picture: Object) -> Raster:
    content, encoded = _data(picture)
    return Raster(
        sha256=hashlib.sha256(content).hexdigest(),
        width=int(picture.Width),
        height=int(picture.Height),
        data="JPEG" if encoded == ["/DCTDecode"] else "samples",
    )


def _data(stream: Object) -> tuple[bytes, list[str]]:
    """A stream's content without its general compression, and the filters of pictures that are left."""
    filters = stream.get("/Filter", Array())
    names = [str(f) for f in filters] if isinstance(filters, Array) else [str(filters)]
    if "/DCTDecode" in names:
        if names != ["/DCTDecode"]:
            raise ValueError("a picture is encoded in a way that no report of Exifact uses")
        return stream.read_raw_bytes(), names
    return stream.read_bytes(), []


def _hash(value: Any, numbers: _Numbers) -> str:
    digest = hashlib.sha256()
    for piece in _canonical(value, dict(numbers)):
        digest.update(piece)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """What stands inside of an object, to be written in its place."""

    value: Any


def _canonical(value: Any, seen: _Numbers) -> Iterator[bytes]:
    """A value as bytes that depend neither on object numbers nor on how streams are compressed.

    No function calls itself here: each entry of an outline holds the next one, and a report on many exhibits has
    hundreds. No object is gone into twice.
    """
    open_ones = [_pieces(value, seen)]
    while open_ones:
        piece = next(open_ones[-1], None)
        if piece is None:
            open_ones.pop()
        elif isinstance(piece, _Part):
            open_ones.append(_pieces(piece.value, seen))
        else:
            yield piece


def _pieces(value: Any, seen: _Numbers) -> Iterator[bytes | _Part]:
    if isinstance(value, Object) and value.is_indirect:
        if value.objgen in seen:
            yield b"@%d;" % seen[value.objgen]
            return
        seen[value.objgen] = len(seen)
    if isinstance(value, Stream):
        yield b"stream"
        content, left = _data(value)
        yield _Part([left, {k: v for k, v in value.items() if k not in _OF_ENCODING}])
        yield hashlib.sha256(content).digest()
    elif isinstance(value, (dict, Dictionary)):
        yield b"<<"
        for key, item in sorted(value.items()):
            yield key.encode("utf-8", "surrogateescape") + b" "
            yield _Part(item)
        yield b">>"
    elif isinstance(value, (list, Array)):
        yield b"["
        yield from map(_Part, value)
        yield b"]"
    else:
        yield _scalar(value)


def _scalar(value: Any) -> bytes:
    if isinstance(value, pikepdf.String):
        content = bytes(value)
        return b"(%d:" % len(content) + content + b")"
    if isinstance(value, (Decimal, float)):
        return f"{Decimal(str(value)).normalize():f};".encode("ascii")
    return f"{value!s};".encode("utf-8", "surrogateescape")
