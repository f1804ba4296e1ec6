"""What a log is compared with from outside: the head that a report printed, or a checkpoint, signed or not."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from workstation.casework.canonical import Json, canonical, parsed
from workstation.casework.log import Head, now
from workstation.casework.problems import BadAnchor

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FORMAT: Final = "exifact-checkpoint"
HASH: Final = re.compile(r"[0-9a-f]{64}")
LARGEST: Final = 64 * 1024 * 1024
"""A file that is larger than this is no anchor, in bytes."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the log stood when something left the program.

    Attributes:
        source: for people: the file's name, or "the hash given".
        hash: of the last entry at that time.
        entries: number of entries at that time, None where only the hash is known.
        identifier: of the case, "" where it is not known.
        signer: fingerprint of the key that signed it (SHA-256 of the raw public key), "" where nobody did.
    """

    source: str
    hash: str
    entries: int | None = None
    identifier: str = ""
    signer: str = ""


def from_text(text: str) -> Anchor:
    """An anchor from the 64 hexadecimal digits that a report prints, blanks and capitals allowed.

    Raises:
        BadAnchor: if they are none.
    """
    digits = re.sub(r"[\s:…]", "", text).lower()
    if not HASH.fullmatch(digits):
        raise BadAnchor(f"“{text[:80]}” is neither a file nor a hash of 64 hexadecimal digits")
    return Anchor("the hash given", digits)


def from_json(content: Json, source: str) -> Anchor:
    """An anchor from a checkpoint, or from the JSON of a report (the object named "audit" in it).

    Raises:
        BadAnchor: if it names no head, or a signature does not fit.
    """
    if isinstance(content, dict) and content.get("format") == FORMAT:
        return _from_checkpoint(content, source)
    for audit in _audits(content):
        head, entries = audit.get("head"), audit.get("entries")
        if isinstance(head, str) and HASH.fullmatch(head) and isinstance(entries, int):
            identifier = audit.get("case", audit.get("identifier"))
            return Anchor(source, head, entries, identifier if isinstance(identifier, str) else "")
    raise BadAnchor(f"{source} names no head of an audit log")


def from_file(path: Path) -> Anchor:
    """An anchor from a JSON file: a checkpoint or a report.

    Raises:
        BadAnchor: if it cannot be read or is none.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise BadAnchor(f"{path.name} is too large for an anchor")
        content = parsed(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise BadAnchor(f"{path.name} cannot be read as JSON ({problem})") from problem
    return from_json(content, path.name)


def checkpoint(identifier: str, head: Head, key: Ed25519PrivateKey | None = None) -> str:
    """Text of a checkpoint file: where the log stands now, signed if there is a key (Ed25519, RFC 8032)."""
    content: dict[str, Json] = {
        "format": FORMAT,
        "case": identifier,
        "entries": head.entries,
        "head": head.hash,
        "time": now(),
    }
    if key is not None:
        content["public_key"] = base64.b64encode(key.public_key().public_bytes_raw()).decode("ascii")
        content["signature"] = base64.b64encode(key.sign(canonical(content).encode("utf-8"))).decode("ascii")
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def read_key(path: Path, password: str | None = None) -> Ed25519PrivateKey:
    """A private key from a PEM file, as `openssl genpkey -algorithm ed25519` writes it.

    Raises:
        BadAnchor: if it cannot be read, is encrypted otherwise, or is no Ed25519 key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - only who signs waits for it
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        key = load_pem_private_key(path.read_bytes(), None if password is None else password.encode("utf-8"))
    except (OSError, TypeError, ValueError, UnsupportedAlgorithm) as problem:
        raise BadAnchor(f"{path.name} cannot be read as a private key ({problem})") from problem
    if not isinstance(key, Ed25519PrivateKey):
        raise BadAnchor(f"{path.name} is no Ed25519 key")
    return key


def fingerprint(raw: bytes) -> str:
    """SHA-256 of a raw public key, 64 hexadecimal digits."""
    return hashlib.sha256(raw).hexdigest()


def _from_checkpoint(content: dict[str, Json], source: str) -> Anchor:
    head, entries, identifier = content.get("head"), content.get("entries"), content.get("case")
    if not (
        isinstance(head, str) and HASH.fullmatch(head) and isinstance(entries, int) and isinstance(identifier, str)
    ):
        raise BadAnchor(f"{source} is a checkpoint without a head")
    signer = _signer(dict(content), source) if "signature" in content else ""
    return Anchor(source, head, entries, identifier, signer)


def _signer(content: dict[str, Json], source: str) -> str:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    try:
        signature = base64.b64decode(str(content.pop("signature")), validate=True)
        raw = base64.b64decode(str(content.get("public_key")), validate=True)
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, canonical(content).encode("utf-8"))
    except (InvalidSignature, binascii.Error, ValueError) as problem:
        raise BadAnchor(f"{source}: the signature does not fit the checkpoint; it was changed") from problem
    return fingerprint(raw)


def _audits(content: Json) -> list[dict[str, Json]]:
    """Every object named "audit", wherever it stands in a report."""
    if isinstance(content, list):
        return [found for item in content for found in _audits(item)]
    if not isinstance(content, dict):
        return []
    own = [content["audit"]] if isinstance(content.get("audit"), dict) else []
    return [*(one for one in own if isinstance(one, dict)), *(f for v in content.values() for f in _audits(v))]
