"""IPTC-NAA records (IIM 4.2): every dataset, named where the standard names it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice
from typing import Final

from workstation.errors import Reason, number_of
from workstation.evidence.exif_values import decode_text
from workstation.evidence.payloads import shown
from workstation.evidence.record import Payload
from workstation.evidence.xmp import not_listed

MOST_DATASETS: Final = 200
_RECORD_VERSIONS: Final = {(1, 0), (2, 0)}
_NAMES: Final = {
    (1, 0): "EnvelopeRecordVersion",
    (1, 5): "Destination",
    (1, 20): "FileFormat",
    (1, 22): "FileVersion",
    (1, 30): "ServiceIdentifier",
    (1, 40): "EnvelopeNumber",
    (1, 50): "ProductID",
    (1, 60): "EnvelopePriority",
    (1, 70): "DateSent",
    (1, 80): "TimeSent",
    (1, 90): "CodedCharacterSet",
    (1, 100): "UniqueObjectName",
    (2, 0): "RecordVersion",
    (2, 3): "ObjectTypeReference",
    (2, 4): "ObjectAttributeReference",
    (2, 5): "ObjectName",
    (2, 7): "EditStatus",
    (2, 8): "EditorialUpdate",
    (2, 10): "Urgency",
    (2, 12): "SubjectReference",
    (2, 15): "Category",
    (2, 20): "SupplementalCategories",
    (2, 22): "FixtureIdentifier",
    (2, 25): "Keywords",
    (2, 26): "ContentLocationCode",
    (2, 27): "ContentLocationName",
    (2, 30): "ReleaseDate",
    (2, 35): "ReleaseTime",
    (2, 37): "ExpirationDate",
    (2, 38): "ExpirationTime",
    (2, 40): "SpecialInstructions",
    (2, 42): "ActionAdvised",
    (2, 45): "ReferenceService",
    (2, 47): "ReferenceDate",
    (2, 50): "ReferenceNumber",
    (2, 55): "DateCreated",
    (2, 60): "TimeCreated",
    (2, 62): "DigitalCreationDate",
    (2, 63): "DigitalCreationTime",
    (2, 65): "OriginatingProgram",
    (2, 70): "ProgramVersion",
    (2, 75): "ObjectCycle",
    (2, 80): "By-line",
    (2, 85): "By-lineTitle",
    (2, 90): "City",
    (2, 92): "Sub-location",
    (2, 95): "Province-State",
    (2, 100): "CountryCode",
    (2, 101): "Country",
    (2, 103): "OriginalTransmissionReference",
    (2, 105): "Headline",
    (2, 110): "Credit",
    (2, 115): "Source",
    (2, 116): "CopyrightNotice",
    (2, 118): "Contact",
    (2, 120): "Caption-Abstract",
    (2, 122): "Writer-Editor",
    (2, 130): "ImageType",
    (2, 131): "ImageOrientation",
    (2, 135): "LanguageIdentifier",
}


def iptc_payload(data: bytes, offset: int | None, size: int) -> Payload:
    """An IPTC record with its datasets as details."""
    datasets = _datasets(data)
    listed = islice(datasets, MOST_DATASETS)
    details = tuple((_NAMES.get(number, "{}:{}".format(*number)), _text(number, value)) for number, value in listed)
    further = sum(1 for _ in datasets)  # counted, not kept: megabytes of empty ones must not cost memory
    count = len(details) + further
    if further:
        details = (*details, not_listed(further))
    stated = Reason(number_of(count, "dataset"), "datasets", count=count)
    return Payload("IPTC", offset, size, stated, details)


def _datasets(data: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Number and value of each dataset; ends where there is no tag marker."""
    position = 0
    while position + 5 <= len(data) and data[position] == 0x1C:
        number = data[position + 1], data[position + 2]
        size = struct.unpack_from(">H", data, position + 3)[0]
        position += 5
        if size & 0x8000:  # the length of the length (IIM 4.2, 1.5)
            width = size & 0x7FFF
            if width > 4 or position + width > len(data):
                return
            size = int.from_bytes(data[position : position + width], "big")
            position += width
        yield number, data[position : position + size]
        position += size


def _text(number: tuple[int, int], value: bytes) -> str:
    """A value as it is read: a number where the standard has one, digits where it is no text."""
    if number in _RECORD_VERSIONS and len(value) == 2:
        return str(int.from_bytes(value, "big"))
    if number == (1, 90):
        return "UTF-8" if value == b"\x1b%G" else decode_text(value)
    if any(byte < 0x20 and byte not in b"\t\r\n" for byte in value):
        return shown(value.hex(" "))
    return shown(decode_text(value))
