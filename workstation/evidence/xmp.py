"""XMP packets (ISO 16684-1): the facts that a laboratory looks for first, then every property by its own name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import unescape

from workstation.errors import Reason, number_of
from workstation.evidence.exif_values import decode_text
from workstation.evidence.payloads import LARGEST_CONTENT, shown
from workstation.evidence.record import Payload

MOST_PROPERTIES: Final = 200
_MOST_NODES: Final = 4000
_DEEPEST: Final = 32
_FACTS: Final = (
    ("toolkit", "x:xmptk"),
    ("creator tool", "(?:xmp|xap):CreatorTool"),
    ("created", "(?:xmp|xap):CreateDate"),
    ("modified", "(?:xmp|xap):ModifyDate"),
    ("metadata date", "(?:xmp|xap):MetadataDate"),
    ("document", "(?:xmp|xap)MM:DocumentID"),
    ("original document", "(?:xmp|xap)MM:OriginalDocumentID"),
    ("digital source type", "DigitalSourceType"),
    ("motion photo", "GCamera:(?:MotionPhoto|MicroVideo)"),
)
"""Facts and the names of their properties; xap is what Adobe called the prefix xmp until 2004."""
_FACT: Final = re.compile(f"(?:^|:)(?:{'|'.join(written for _, written in _FACTS)})$")
_XML_QUOTES: Final = {"&quot;": '"', "&apos;": "'"}
_XMP_VALUE: Final = (
    r"""(?:(?:\s{1,80}rdf:resource)?\s{0,80}=\s{0,80}(?:"([^"]{1,1000})"|'([^']{1,1000})')|>([^<]{1,1000}))"""
)
"""Of a property: an attribute in either kind of quotes, the text of an element, or the address that it points to."""
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_NO_PROPERTY: Final = (_RDF, "http://www.w3.org/XML/1998/namespace")
_LISTS: Final = ("Seq", "Bag", "Alt")
_LONG_NAMESPACE: Final = re.compile(rb"""\sxmlns[^=\s]*+\s*+=\s*+(?:"[^"]{201}|'[^']{201})""")
"""Expat writes a namespace out for every name in it: one of a million letters would fill the memory."""
_MALFORMED: Final = Reason("no well-formed XML; its properties are not listed one by one", "xmp-malformed")


def xmp_payload(packet: bytes, offset: int | None, size: int, kind: str = "XMP") -> Payload:
    """An XMP packet with the facts that a laboratory looks for first, found in whatever state the packet is."""
    details = []
    packet = packet[:LARGEST_CONTENT]
    text = _in_utf8(packet)
    for name, written in _FACTS:
        match = re.search((written + _XMP_VALUE).encode("ascii"), text)
        if match and match[match.lastindex or 0].strip():
            details.append((name, unescape(decode_text(match[match.lastindex or 0]).strip(), _XML_QUOTES)))
    history = len(re.findall(rb"(?<!/)stEvt:action\b", text))  # an element is named at its end, too
    if history:
        details.append(("history entries", str(history)))
    description = next((value for name, value in details if name == "creator tool"), "")
    return Payload(kind, offset, size, description, tuple(details), packet)


def with_properties(payload: Payload) -> Payload:
    """A packet with every property that is no fact of it already, under the name that the packet gives it."""
    try:
        root = _parsed(_in_utf8(payload.content).strip(b"\0 \t\r\n"))
    except (expat.ExpatError, _TooMuch, ValueError):
        return replace(payload, details=(*payload.details, ("structure", _MALFORMED)))
    facts = {value for _, value in payload.details}
    said = ((name, value) for name, value in _properties(root) if value)
    found = [(name, shown(value)) for name, value in said if not (_FACT.search(name) and value in facts)]
    found.sort(key=lambda stated: stated[0].startswith("crs:"))  # a hundred settings of a raw converter come last
    details = (*payload.details, *found[:MOST_PROPERTIES])
    if len(found) > MOST_PROPERTIES:
        details = (*details, not_listed(len(found) - MOST_PROPERTIES))
    return replace(payload, details=details)


def not_listed(count: int) -> tuple[str, Reason]:
    """A detail that says how many further ones there are."""
    return "not listed", Reason(f"{number_of(count, 'further value')}", "not-listed", count=count)


def _in_utf8(packet: bytes) -> bytes:
    """A packet in UTF-16 as UTF-8; any other as it is."""
    order = {b"\xff\xfe": "utf-16-le", b"<\0": "utf-16-le", b"\xfe\xff": "utf-16-be", b"\0<": "utf-16-be"}.get(
        packet[:2]
    )
    return packet if order is None else packet.decode(order, errors="replace").encode("utf-8", errors="replace")


class _TooMuch(Exception):
    """A packet that is larger, deeper or cleverer than photographs' are."""


@dataclass(slots=True)
class _Node:
    """An element with its name as "prefix:local"; attributes are (namespace, name, value)."""

    namespace: str
    local: str
    name: str
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    children: list[_Node] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def is_rdf(self, *locals_: str) -> bool:
        """Whether it is one of these elements of RDF."""
        return self.namespace == _RDF and self.local in locals_


def _parsed(packet: bytes) -> _Node:
    """The tree of a packet, its root a node without a name.

    Raises:
        expat.ExpatError: if it is no well-formed XML.
        _TooMuch: if it declares a document type, or holds too many elements or a long namespace.
    """
    if b"<!DOCTYPE" in packet or _LONG_NAMESPACE.search(packet):  # entities are defined there, which grow without limit
        raise _TooMuch
    root = _Node("", "", "")
    open_nodes = [root]
    left = _MOST_NODES

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal left
        left -= 1 + len(attributes)
        if left < 0 or len(open_nodes) > _DEEPEST:
            raise _TooMuch
        node = _Node(*_name(name))
        node.attributes = [(*_name(key)[::2], value) for key, value in attributes.items()]
        open_nodes[-1].children.append(node)
        open_nodes.append(node)

    def tell(text: str) -> None:
        open_nodes[-1].texts.append(text)

    parser = expat.ParserCreate("utf-8", " ")
    parser.namespace_prefixes = True
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: open_nodes.pop()
    parser.CharacterDataHandler = tell
    parser.Parse(packet, True)
    return root


def _name(told: str) -> tuple[str, str, str]:
    """Namespace, local name, and the name as the packet writes it, from what expat tells."""
    parts = told.split(" ")
    if len(parts) == 1:
        return "", told, told
    return parts[0], parts[1], f"{parts[2]}:{parts[1]}" if len(parts) > 2 else parts[1]


def _properties(root: _Node) -> Iterator[tuple[str, str]]:
    """Every property of every rdf:Description, in order; one that lists structures has a line for each."""
    waiting = [root]
    while waiting:
        node = waiting.pop(0)
        if not node.is_rdf("Description"):
            waiting.extend(node.children)
            continue
        yield from _stated(node)
        for child in node.children:
            items = _items(child)
            if items is not None and any(_fields(item) for item in items):
                yield from ((f"{child.name}[{number}]", _value(item)) for number, item in enumerate(items, 1))
            else:
                yield child.name, _value(child)


def _stated(node: _Node) -> Iterator[tuple[str, str]]:
    """Attributes that are properties."""
    for namespace, name, value in node.attributes:
        if namespace and namespace not in _NO_PROPERTY:
            yield name, value


def _items(node: _Node) -> list[_Node] | None:
    """What a property lists; None where it holds no list."""
    return next((child.children for child in node.children if child.is_rdf(*_LISTS)), None)


def _fields(node: _Node) -> list[tuple[str, str]]:
    """The fields of a structure with their values; none where a node is a plain value."""
    found = list(_stated(node))
    for child in node.children:
        found += _fields(child) if child.is_rdf("Description") else [(child.name, _value(child))]
    return [(name.partition(":")[2] or name, value) for name, value in found if value]


def _value(node: _Node) -> str:
    """A property's value on one line: text, an address, the items of a list, or the fields of a structure."""
    items = _items(node)
    if items is not None:
        return "; ".join(filter(None, (_value(item) for item in items)))
    fields = _fields(node)
    if fields:
        return "; ".join(f"{name}: {value}" for name, value in fields)
    pointed = next((value for namespace, name, value in node.attributes if name.endswith(":resource")), "")
    return pointed or "".join(node.texts).strip()
