"""Kinds of tampering with a report: what is done, and which check must notice.

A clumsy forger leaves the digest as it was; a careful one computes it anew, which anyone can do; a more careful one
also makes the record of what is printed anew; the most careful one changes the data and prints the report again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from pikepdf import Array, Dictionary, Name, Pdf, String

from benchmarks.report_forging import (
    Laboratory,
    appended,
    attach,
    picture_like,
    rewritten,
    set_attachment,
    specification,
)
from workstation.report.archival import CONTENT_FILE, WORDS_FILE
from workstation.report.digest import PRINTED_FILE, record_of
from workstation.report.pdf import print_pdf
from workstation.report.printed import jpegs
from workstation.report.publication import Publication
from workstation.report.signing import signed
from workstation.report.verification import Question

Base = Literal["unsigned", "signed", "stamped"]


@dataclass(frozen=True, slots=True)
class Specimen:
    """A report to tamper with, in three states, and what a reader has at hand.

    Attributes:
        unsigned, signed, stamped: the report.
        other: an unsigned report on the same exhibit, with another number.
        original: the exhibit's file.
        folder: where tampered originals may be written.
        laboratory: that signed.
    """

    unsigned: bytes
    signed: bytes
    stamped: bytes
    other: bytes
    original: Path
    folder: Path
    laboratory: Laboratory

    @property
    def sha256(self) -> str:
        """Of the original, as the report prints it."""
        return hashlib.sha256(self.original.read_bytes()).hexdigest()


Forge = Callable[[Specimen, bytes], bytes]
Change = Callable[[Specimen, Pdf], None]
Ask = Callable[[Specimen], Question]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of tampering.

    Attributes:
        name: in words.
        forge: makes the tampered file.
        by: beginnings of the names of checks, one of which at least must differ.
        base: which state of the report it starts from.
        ask: what the reader gives.
        replays: whether the analysis has to be repeated to notice.
    """

    name: str
    forge: Forge
    by: tuple[str, ...]
    base: Base = "unsigned"
    ask: Ask = lambda _: Question()
    replays: bool = False


def flipped(pdf: bytes, position: int) -> bytes:
    """One bit of one byte changed."""
    return pdf[:position] + bytes([pdf[position] ^ 1]) + pdf[position + 1 :]


def _at(pattern: bytes, offset: int = 0) -> Forge:
    """One byte changed where a pattern stands last."""
    return lambda _, pdf: flipped(pdf, [m.start() for m in re.finditer(pattern, pdf)][-1] + offset)


def _inside(pick: Callable[[Pdf], Any]) -> Forge:
    """One byte changed in the middle of a stream as it is stored."""

    def forge(_: Specimen, pdf: bytes) -> bytes:
        with Pdf.open(BytesIO(pdf)) as document:
            stored = pick(document).read_raw_bytes()
        return flipped(pdf, pdf.index(stored) + len(stored) // 2)

    return forge


def _careful(*changes: Change) -> Forge:
    """Changes by someone who computes the digest anew."""

    def forge(specimen: Specimen, pdf: bytes) -> bytes:
        def all_of_them(document: Pdf) -> None:
            for change in changes:
                change(specimen, document)

        return rewritten(pdf, all_of_them)

    return forge


def _attest(_: Specimen, document: Pdf) -> None:
    """Make the record agree with what was changed; where values are printed stays as it was."""
    record = json.loads(document.attachments[PRINTED_FILE].get_file().read_bytes())
    _record_anew(document, record["values"])


def _attest_all(_: Specimen, document: Pdf) -> None:
    """Make the whole record anew, as Exifact would for this file."""
    _record_anew(document, None)


def _record_anew(document: Pdf, values: Any) -> None:
    del document.attachments[PRINTED_FILE]
    record = record_of(document)
    if values is not None:
        record["values"] = values
    text = json.dumps(record, ensure_ascii=False).encode()
    attach(document, PRINTED_FILE, text)


def _edit(name: str, edit: Callable[[Specimen, Any], None]) -> Change:
    """Change the value of an attached JSON file."""

    def change(specimen: Specimen, document: Pdf) -> None:
        content = json.loads(document.attachments[name].get_file().read_bytes())
        edit(specimen, content)
        set_attachment(document, name, json.dumps(content, ensure_ascii=False).encode())

    return change


def _score(_: Specimen, content: Any) -> None:
    _exhibit(content)["score"] = 0.9876


def _hash_in_data(specimen: Specimen, content: Any) -> None:
    _exhibit(content)["exhibit"]["sha256"] = _other_hash(specimen)


def _raw_bytes(_: Specimen, content: Any) -> None:
    _exhibit(content)["metadata"]["entries"][0]["raw"] = "00" * 9


def _departure(_: Specimen, content: Any) -> None:
    for group in _exhibit(content)["partition"]["groups"]:
        group["departure"] = round(group["departure"] / 3, 6)


def _exhibit(content: Any) -> Any:
    return content["exhibits"][0] if "exhibits" in content else content


def _other_hash(specimen: Specimen) -> str:
    return hashlib.sha256(specimen.sha256.encode()).hexdigest()


def _print_hash(specimen: Specimen, document: Pdf) -> None:
    """Another SHA-256 of the exhibit on every page; in the running foot only its ends are printed."""
    old, new = specimen.sha256, _other_hash(specimen)
    for page in document.pages:
        drawn = page.obj.Contents.read_bytes()
        for size in (64, 12):
            drawn = drawn.replace(old[:size].encode(), new[:size].encode())
        page.obj.Contents.write(drawn.replace(old[-6:].encode(), new[-6:].encode()))


def _print_number(_: Specimen, document: Pdf) -> None:
    """One digit of the first number with decimals on the last page that has one."""
    for page in reversed(list(document.pages)):
        drawn = page.obj.Contents.read_bytes()
        found = re.search(rb"\((?:[^()\\]*?\D)?(\d\.\d\d)\D?[^()\\]*\) Tj", drawn)
        if found:
            digit = b"7" if found.group(1)[:1] != b"7" else b"3"
            page.obj.Contents.write(drawn[: found.start(1)] + digit + drawn[found.start(1) + 1 :])
            return
    raise ValueError("the report prints no number with decimals")


def _pictures(document: Pdf) -> list[Any]:
    return [p for page in document.pages for p in page.get_images().values()]


def _swap_picture(_: Specimen, document: Pdf) -> None:
    """The largest picture mirrored: the same size, the same kind of data."""
    picture = max(_pictures(document), key=lambda p: int(p.Width) * int(p.Height))
    picture.write(picture_like(picture.read_raw_bytes()), filter=picture.Filter, type_check=False)


def _font_file(document: Pdf) -> Any:
    font = next(iter(document.pages[0].obj.Resources.Font.values()))
    return font.FontDescriptor.FontFile2


def _remove_page(_: Specimen, document: Pdf) -> None:
    del document.pages[1]


def _exchange_pages(_: Specimen, document: Pdf) -> None:
    document.pages.reverse()


def _foreign_page(specimen: Specimen, document: Pdf) -> None:
    with Pdf.open(BytesIO(specimen.other)) as other:
        document.pages[0] = other.pages[0]


def _cover(_: Specimen, document: Pdf) -> None:
    """A note with a white ground over the first page."""
    note = Dictionary(
        Type=Name.Annot, Subtype=Name.FreeText, Rect=[60, 600, 500, 760], Contents=String("One group."), C=[1, 1, 1]
    )
    document.pages[0].obj.Annots = Array([document.make_indirect(note)])


def _other_letters(_: Specimen, document: Pdf) -> None:
    """The typeface of one page, in which the shapes of letters have changed places."""
    for font in document.pages[0].obj.Resources.Font.values():
        stream = font.FontDescriptor.FontFile2
        letters = bytearray(stream.read_bytes())
        letters[len(letters) // 2] ^= 1
        stream.write(bytes(letters))


def _script(_: Specimen, document: Pdf) -> None:
    document.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert('authentic')"))


def _title(_: Specimen, document: Pdf) -> None:
    document.docinfo["/Author"] = "Somebody else"


def _outline(_: Specimen, document: Pdf) -> None:
    document.Root.Outlines.First.Title = String("No trace found")


def _size_of_page(_: Specimen, document: Pdf) -> None:
    document.pages[0].obj.MediaBox = Array([0, 400, 595, 842])


def _remove(name: str) -> Change:
    def change(_: Specimen, document: Pdf) -> None:
        del document.attachments[name]

    return change


def _replace_data(specimen: Specimen, document: Pdf) -> None:
    with Pdf.open(BytesIO(specimen.other)) as other:
        set_attachment(document, CONTENT_FILE, other.attachments[CONTENT_FILE].get_file().read_bytes())


def _add(_: Specimen, document: Pdf) -> None:
    attach(document, "notes.txt", b"authentic")


def _twice(_: Specimen, document: Pdf) -> None:
    """A second report.json beside the true one: which one does a reader show?"""
    names = document.Root.Names.EmbeddedFiles
    leaf = names if "/Names" in names else names.Kids[0]
    forged = specification(document, CONTENT_FILE, b"{}")
    leaf.Names = Array([*leaf.Names, String(CONTENT_FILE), document.make_indirect(forged.obj)])


def _no_digest(_: Specimen, pdf: bytes) -> bytes:
    def change(document: Pdf) -> None:
        del document.Root.ExifactDigest

    return rewritten(pdf, change, digest=False)


def _update(pdf: bytes) -> bytes:
    """A page's drawing replaced by an incremental update; every byte that was there stays."""
    with Pdf.open(BytesIO(pdf)) as document:
        number = document.pages[0].obj.Contents.objgen[0]
        drawn = document.pages[0].obj.Contents.read_bytes() + b"\n1 1 1 rg 0 400 600 300 re f\n"
    return appended(pdf, number, b"<< /Length %d >>\nstream\n" % len(drawn) + drawn + b"\nendstream")


def _second_digest(_: Specimen, pdf: bytes) -> bytes:
    """An update that carries a digest of its own, over all of the tampered file."""
    updated = _update(pdf)
    field = b"<< /Algorithm /SHA-256 /ByteRange [ 0 %-10d %-10d %-10d ] /Digest (%s) /Type /ExifactDigest >>"
    probe = field % (0, 0, 0, b"0" * 64)
    start = len(updated) + len(b"999 0 obj\n") + probe.index(b"(") + 1
    rest = len(appended(updated, 999, probe)) - start - 64
    whole = appended(updated, 999, field % (start, start + 64, rest, b"0" * 64))
    digest = hashlib.sha256(whole[:start] + whole[start + 64 :]).hexdigest().encode()
    return whole[:start] + digest + whole[start + 64 :]


def _reprinted(edit: Callable[[Specimen, Any], None], *, mirror: bool = False) -> Forge:
    """The report printed anew by Exifact from changed data: nothing in the file is at odds with anything else."""

    def forge(specimen: Specimen, pdf: bytes) -> bytes:
        with Pdf.open(BytesIO(pdf)) as document:
            attached = {name: found.get_file().read_bytes() for name, found in document.attachments.items()}
            pictures = jpegs(document)
        content = json.loads(attached[CONTENT_FILE])
        edit(specimen, content)
        if mirror:
            figure = next(f for f in _exhibit(content)["figures"] if f["kind"] == "departure")
            swapped = picture_like(pictures[figure["sha256"]])
            figure["sha256"] = hashlib.sha256(swapped).hexdigest()
            pictures[figure["sha256"]] = swapped
        return print_pdf(Publication(content, attached[WORDS_FILE].decode(), pictures))

    return forge


def _trust(specimen: Specimen) -> Question:
    return Question(trust=specimen.laboratory.trust)


def _with_original(specimen: Specimen) -> Question:
    return Question(evidence=(specimen.original,))


def _with_other_original(specimen: Specimen) -> Question:
    """A file of the same name in which one byte was changed."""
    path = specimen.folder / "changed" / specimen.original.name
    path.parent.mkdir(exist_ok=True)
    content = specimen.original.read_bytes()
    path.write_bytes(flipped(content, len(content) // 2))
    return Question(evidence=(path,))


def _with_stranger(specimen: Specimen) -> Question:
    path = specimen.folder / "another.jpg"
    path.write_bytes(specimen.original.read_bytes() + b"\0")
    return Question(evidence=(path,))


def _replaying(specimen: Specimen) -> Question:
    return Question(evidence=(specimen.original,), replay=True)


def _signature_of_another(specimen: Specimen, pdf: bytes) -> bytes:
    """The signature's value taken from another report of the same laboratory."""
    other = specimen.laboratory.sign(specimen.other)
    field = re.compile(rb"/Contents <([0-9A-F]{9000,})>")
    there, here = field.findall(other)[-1], list(field.finditer(pdf))[-1]
    return bytes(pdf[: here.start(1)] + there + pdf[here.end(1) :])


def _stripped(specimen: Specimen, _: bytes) -> bytes:
    """The file cut off where the signature begins: the report as it was before, digest and all."""
    return specimen.unsigned


def _signed_by_impostor(specimen: Specimen, _: bytes) -> bytes:
    """Changed, closed anew and signed by someone whose certificate bears the same name."""
    changed = _careful(_edit(CONTENT_FILE, _score), _print_number, _attest_all)(specimen, specimen.unsigned)
    return signed(changed, specimen.laboratory.impostor)


def _stamp_of_another(specimen: Specimen, _: bytes) -> bytes:
    """A signature with the time stamp that belongs to another report's signature."""
    from asn1crypto import cms  # noqa: PLC0415 - one kind of many

    field = re.compile(rb"/Contents <([0-9A-F]{9000,})>")
    here = list(field.finditer(specimen.signed))[-1]
    there = field.findall(specimen.laboratory.stamp(specimen.laboratory.sign(specimen.other)))[-1]
    container, other = (cms.ContentInfo.load(bytes.fromhex(d.decode())) for d in (here.group(1), there))
    container["content"]["signer_infos"][0]["unsigned_attrs"] = other["content"]["signer_infos"][0]["unsigned_attrs"]
    digits: bytes = container.dump(force=True).hex().upper().encode().ljust(len(here.group(1)), b"0")
    return specimen.signed[: here.start(1)] + digits + specimen.signed[here.end(1) :]


def _contents(pdf: bytes) -> tuple[int, int]:
    """Where the digits of the last signature stand."""
    return list(re.finditer(rb"/Contents <([0-9A-F]{9000,})>", pdf))[-1].span(1)


def _whole(_: Specimen, pdf: bytes) -> bytes:
    return pdf


DIGEST, SIGNATURE, PAGES, VALUES = ("Digest",), ("Signature",), ("Printed pages",), ("Data against print",)
RECORD, REST, AGAIN = ("Record of what is printed",), ("Rest of the file",), ("Printed again",)
FINDINGS = ("Findings",)

CLUMSY = (
    Kind("one byte of a page", _inside(lambda d: d.pages[0].obj.Contents), DIGEST),
    Kind("one byte of a picture", _inside(lambda d: _pictures(d)[0]), DIGEST),
    Kind("one byte of a typeface", _inside(_font_file), DIGEST),
    Kind("one byte of the attached data", _inside(lambda d: d.attachments[CONTENT_FILE].obj.EF.F), DIGEST),
    Kind("one byte of the record", _inside(lambda d: d.attachments[PRINTED_FILE].obj.EF.F), DIGEST),
    Kind("one byte of the cross-reference table", _at(rb"\d{10} 00000 n", 9), DIGEST),
    Kind("one byte of the trailer", _at(rb"startxref", 12), DIGEST),
    Kind("one byte of the header", lambda _, pdf: flipped(pdf, 7), DIGEST),
    Kind("one digit of the digest", _at(rb"/Digest \(", 20), DIGEST),
    Kind("one digit of the digest's range", _at(rb"/ByteRange \[ 0 ", 15), DIGEST),
    Kind("one byte cut off", lambda _, pdf: pdf[:-1], DIGEST),
    Kind("one byte appended", lambda _, pdf: pdf + b"\n", DIGEST),
    Kind("one byte inserted", lambda _, pdf: pdf[:9] + b"\n" + pdf[9:], DIGEST),
    Kind("half of the file", lambda _, pdf: pdf[: len(pdf) // 2], ("Digest", "File")),
    Kind("an incremental update of a page", lambda _, pdf: _update(pdf), DIGEST),
    Kind("an incremental update with a digest of its own", _second_digest, DIGEST),
    Kind("the digest removed", _no_digest, DIGEST),
)
CAREFUL = (
    Kind("a page removed, digest anew", _careful(_remove_page), PAGES),
    Kind("pages in another order, digest anew", _careful(_exchange_pages), PAGES),
    Kind("a page of another report, digest anew", _careful(_foreign_page), PAGES),
    Kind("a page cropped, digest anew", _careful(_size_of_page), PAGES),
    Kind("a printed number edited, digest anew", _careful(_print_number), PAGES),
    Kind("a printed hash edited, digest anew", _careful(_print_hash), PAGES),
    Kind("a note laid over a page, digest anew", _careful(_cover), PAGES),
    Kind("letters of a typeface exchanged, digest anew", _careful(_other_letters), PAGES),
    Kind("a picture swapped, digest anew", _careful(_swap_picture), ("Pictures",)),
    Kind("a number of the data edited, digest anew", _careful(_edit(CONTENT_FILE, _score)), VALUES),
    Kind("the data of another report, digest anew", _careful(_replace_data), ("Attached data",)),
    Kind("the data removed, digest anew", _careful(_remove(CONTENT_FILE)), ("Attached data",)),
    Kind("a file attached, digest anew", _careful(_add), ("Attached data",)),
    Kind("the data there twice, digest anew", _careful(_twice), ("Attached data",)),
    Kind("the record removed, digest anew", _careful(_remove(PRINTED_FILE)), RECORD),
    Kind("a script added, digest anew", _careful(_script), REST),
    Kind("the file's author changed, digest anew", _careful(_title), REST),
    Kind("a heading of the outline changed, digest anew", _careful(_outline), REST),
    Kind("printed number, digest and record anew", _careful(_print_number, _attest), VALUES),
    Kind("printed hash, digest and record anew", _careful(_print_hash, _attest), VALUES),
    Kind("number of the data, digest and record anew", _careful(_edit(CONTENT_FILE, _score), _attest), VALUES),
    Kind("hash in the data, everything anew", _careful(_edit(CONTENT_FILE, _hash_in_data), _attest_all), AGAIN),
    Kind("printed hash, everything anew", _careful(_print_hash, _attest_all), AGAIN),
)
OUTSIDE = (
    Kind("one byte of the original", _whole, ("Original",), ask=_with_other_original),
    Kind("another original", _whole, ("Original",), ask=_with_stranger),
    Kind("printed anew with another hash", _reprinted(_hash_in_data), ("Original",), ask=_with_original),
    Kind("printed anew with other metadata", _reprinted(_raw_bytes), ("Metadata",), ask=_with_original),
    Kind("printed anew with another score", _reprinted(_score), FINDINGS, ask=_replaying, replays=True),
    Kind("printed anew with other departures", _reprinted(_departure), FINDINGS, ask=_replaying, replays=True),
    Kind(
        "printed anew with a map mirrored",
        _reprinted(lambda *_: None, mirror=True),
        ("Pictures of spliced",),
        ask=_replaying,
        replays=True,
    ),
)
SIGNED = (
    Kind("signed: one byte of a page", _inside(lambda d: d.pages[0].obj.Contents), SIGNATURE, "signed"),
    Kind("signed: one byte of the signature", lambda _, p: flipped(p, _contents(p)[0] + 700), SIGNATURE, "signed"),
    Kind("signed: one byte of the room behind it", lambda _, p: flipped(p, _contents(p)[1] - 9), SIGNATURE, "signed"),
    Kind("signed: one byte of its range", _at(rb"/ByteRange \[0 ", 15), SIGNATURE, "signed"),
    Kind("signed: one byte appended", lambda _, pdf: pdf + b"\n", SIGNATURE, "signed"),
    Kind("signed: an incremental update of a page", lambda _, pdf: _update(pdf), SIGNATURE, "signed"),
    Kind("signed: the signature of another report", _signature_of_another, SIGNATURE, "signed"),
    Kind("signed: the signature cut off", _stripped, SIGNATURE, "signed", _trust),
    Kind("signed: changed and signed by an impostor", _signed_by_impostor, ("Signer",), "signed", _trust),
    Kind("stamped: the time stamp of another report", _stamp_of_another, ("Time of signing",), "stamped", _trust),
    Kind("stamped: one byte of a page", _inside(lambda d: d.pages[0].obj.Contents), SIGNATURE, "stamped"),
)
KINDS = (*CLUMSY, *CAREFUL, *OUTSIDE, *SIGNED)
