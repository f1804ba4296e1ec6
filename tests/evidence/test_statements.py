"""What a file says in XMP, IPTC and Photoshop's resources: every statement of it, not only the usual ones."""

from __future__ import annotations

import hashlib
import struct
import tracemalloc
from pathlib import Path

from counted_calls import counted_calls
from evidence.tiff_builder import jpeg_with

from workstation import listing
from workstation.evidence.metadata import assemble, read_container
from workstation.evidence.record import Metadata, Payload

END = b"\xff\xd9"
PHOTOS = Path(__file__).parents[1] / "data" / "photos"


def xmp(properties: str) -> bytes:
    namespaces = {
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
        "dc": "http://purl.org/dc/elements/1.1/",
        "photoshop": "http://ns.adobe.com/photoshop/1.0/",
        "xmp": "http://ns.adobe.com/xap/1.0/",
        "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
        "stEvt": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
        "stRef": "http://ns.adobe.com/xap/1.0/sType/ResourceRef#",
    }
    declared = " ".join(f'xmlns:{prefix}="{address}"' for prefix, address in namespaces.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f"<rdf:RDF {declared}>"
        f'<rdf:Description rdf:about="">{properties}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def with_xmp(*packets: bytes) -> Metadata:
    segments = [(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet) for packet in packets]
    return assemble(read_container(jpeg_with(*segments, rest=END), "JPEG"))


def payload(metadata: Metadata, kind: str) -> Payload:
    return next(payload for payload in metadata.payloads if payload.kind == kind)


def dataset(record: int, number: int, value: bytes) -> bytes:
    return struct.pack(">3BH", 0x1C, record, number, len(value)) + value


def resource(identifier: int, body: bytes) -> bytes:
    return (
        b"8BIM"
        + struct.pack(">H", identifier)
        + b"\0\0"
        + struct.pack(">I", len(body))
        + body
        + b"\0" * (len(body) % 2)
    )


def with_resources(*resources: bytes) -> Metadata:
    data = jpeg_with((0xED, b"Photoshop 3.0\0" + b"".join(resources)), rest=END)
    return assemble(read_container(data, "JPEG"))


def test_every_property_of_xmp_is_listed_under_its_own_name() -> None:
    metadata = with_xmp(
        xmp(
            "<photoshop:DateCreated>2019-01-01</photoshop:DateCreated>"
            "<dc:creator><rdf:Seq><rdf:li>J. Doe</rdf:li><rdf:li>A. Roe</rdf:li></rdf:Seq></dc:creator>"
            '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Möwe</rdf:li></rdf:Alt></dc:title>'
            '<xmpMM:DerivedFrom stRef:documentID="did:1" stRef:instanceID="iid:2"/>'
            '<xmpMM:ManagedFrom rdf:parseType="Resource"><stRef:documentID>did:3</stRef:documentID></xmpMM:ManagedFrom>'
            '<xmp:BaseURL rdf:resource="https://example.org/"/><xmp:Nickname></xmp:Nickname>'
        )
    )

    assert payload(metadata, "XMP").details == (
        ("photoshop:DateCreated", "2019-01-01"),
        ("dc:creator", "J. Doe; A. Roe"),
        ("dc:title", "Möwe"),
        ("xmpMM:DerivedFrom", "documentID: did:1; instanceID: iid:2"),
        ("xmpMM:ManagedFrom", "documentID: did:3"),
        ("xmp:BaseURL", "https://example.org/"),
    )


def test_each_step_of_the_history_is_a_line_whichever_way_it_is_written() -> None:
    attributes = '<rdf:li stEvt:action="created" stEvt:when="2019" stEvt:softwareAgent="Editor 9"/>'
    elements = (
        '<rdf:li rdf:parseType="Resource"><stEvt:action>saved</stEvt:action><stEvt:when>2020</stEvt:when></rdf:li>'
    )
    metadata = with_xmp(xmp(f"<xmpMM:History><rdf:Seq>{attributes}{elements}</rdf:Seq></xmpMM:History>"))

    assert payload(metadata, "XMP").details == (
        ("history entries", "2"),
        ("xmpMM:History[1]", "action: created; when: 2019; softwareAgent: Editor 9"),
        ("xmpMM:History[2]", "action: saved; when: 2020"),
    )


def test_a_fact_is_not_said_twice_and_settings_of_a_raw_converter_come_last() -> None:
    metadata = with_xmp(
        xmp("<crs:Tint>5</crs:Tint><xmp:CreatorTool>Editor 9</xmp:CreatorTool><dc:format>image/jpeg</dc:format>")
    )

    names = [name for name, _ in payload(metadata, "XMP").details]
    assert names == ["creator tool", "dc:format", "crs:Tint"]


def test_a_property_whose_name_or_value_is_not_the_facts_is_listed() -> None:
    metadata = with_xmp(
        xmp(
            "<xmp:CreatorTool>Editor 9</xmp:CreatorTool><xmp:CreatorToolVersion>Editor 9</xmp:CreatorToolVersion>"
            '</rdf:Description><rdf:Description rdf:about=""><xmp:CreatorTool>Editor 2</xmp:CreatorTool>'
        )
    )

    assert payload(metadata, "XMP").details == (
        ("creator tool", "Editor 9"),
        ("xmp:CreatorToolVersion", "Editor 9"),
        ("xmp:CreatorTool", "Editor 2"),
    )


def test_a_namespace_as_long_as_a_packet_costs_no_memory() -> None:
    names = "".join(f"<a:p{number}/>" for number in range(1000))
    packet = xmp(names).replace(b"xmlns:dc=", b'xmlns:a = "' + b"u" * 30_000 + b'" xmlns:dc=')

    tracemalloc.start()
    try:
        found = payload(with_xmp(packet), "XMP")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert found.details[-1][0] == "structure"
    assert peak < 10 * len(packet)


def test_properties_beyond_those_that_are_listed_are_counted() -> None:
    many = "".join(f"<crs:P{number}>1</crs:P{number}>" for number in range(230))

    details = payload(with_xmp(xmp(many)), "XMP").details

    assert (len(details), details[-1]) == (201, ("not listed", "30 further values"))


def test_xmp_that_is_no_xml_or_declares_entities_says_so_and_keeps_its_facts() -> None:
    cut = xmp("<xmp:CreatorTool>Editor 9</xmp:CreatorTool>")[:-60]
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>' + xmp("<dc:format>&a;</dc:format>")

    for packet, facts in ((cut, (("creator tool", "Editor 9"),)), (bomb, ())):
        details = payload(with_xmp(packet), "XMP").details
        assert details[:-1] == facts
        assert details[-1] == ("structure", "no well-formed XML; its properties are not listed one by one")


def test_very_many_packets_of_very_many_elements_cost_little() -> None:
    packet = xmp("<crs:P>1</crs:P>" * 3500)

    with counted_calls(1_000_000):
        metadata = with_xmp(*[packet] * 60)

    assert len(metadata.payloads) == 60


def test_every_dataset_of_iptc_is_listed() -> None:
    record = (
        dataset(1, 90, b"\x1b%G")
        + dataset(2, 0, b"\0\2")
        + dataset(2, 62, b"20190101")
        + dataset(2, 25, "Köln".encode())
        + b"\x1c\2\x78\x80\4\0\0\0\4long"
        + dataset(2, 221, b"own")
        + dataset(9, 10, b"\0\xff")
    )

    found = payload(with_resources(resource(0x0404, record)), "IPTC")

    assert found.description == "7 datasets"
    assert found.details == (
        ("CodedCharacterSet", "UTF-8"),
        ("RecordVersion", "2"),
        ("DigitalCreationDate", "20190101"),
        ("Keywords", "Köln"),
        ("Caption-Abstract", "long"),
        ("2:221", "own"),
        ("9:10", "00 ff"),
    )


def test_datasets_beyond_those_that_are_listed_are_counted_and_cost_no_memory() -> None:
    record = dataset(2, 25, b"") * 12_000

    tracemalloc.start()
    try:
        found = payload(with_resources(resource(0x0404, record)), "IPTC")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (found.description, found.details[-1]) == ("12000 datasets", ("not listed", "11800 further values"))
    assert peak < 10 * len(record)


def test_iptc_that_was_changed_past_photoshop_is_a_warning() -> None:
    record = dataset(2, 105, b"Headline")
    same = with_resources(resource(0x0404, record), resource(0x0425, hashlib.md5(record).digest()))
    other = with_resources(resource(0x0425, hashlib.md5(b"earlier").digest()), resource(0x0404, record))
    never = with_resources(resource(0x0404, record), resource(0x0425, bytes(16)))

    assert [warning.code for warning in other.warnings] == ["iptc-digest-differs"]
    assert dict(payload(other, "Photoshop resource").details)["IPTC"].startswith("not the one")
    assert dict(payload(same, "Photoshop resource").details)["IPTC"] == "the one that the digest was computed of"
    assert not same.warnings
    assert not never.warnings


def test_what_photoshop_says_of_how_it_saved() -> None:
    names = b"".join(struct.pack(">I", len(name)) + name.encode("utf-16-be") for name in ("Editor", "Reader"))

    found = with_resources(resource(0x0406, struct.pack(">hHh", 8, 0x101, 3)), resource(0x0421, bytes(5) + names))

    assert [p.details for p in found.payloads] == [
        (("quality", "12 (0–12)"), ("format", "progressive")),
        (("written by", "Editor"), ("read by", "Reader")),
    ]


def test_the_iptc_item_of_a_heif_is_read() -> None:
    metadata = assemble(read_container((PHOTOS / "sony_exif.heic").read_bytes(), "HEIF"))

    assert ("City", "Budapest") in payload(metadata, "IPTC").details
    assert ("aux:Lens", "EF-S18-55mm f/3.5-5.6 III") in payload(metadata, "XMP").details


def test_every_keyword_stands_in_the_listing() -> None:
    record = dataset(2, 25, b"one") + dataset(2, 25, b"two")

    rows = listing.rows(with_resources(resource(0x0404, record)))

    assert [row["text"] for row in rows if (row["group"], row["name"]) == ("IPTC", "Keywords")] == ["one", "two"]
    (whole,) = (row for row in rows if row["name"] == "IPTC")
    assert whole["value"] == {"Keywords": ["one", "two"]}
