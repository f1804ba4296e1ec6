"""What a log is compared with from outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from workstation.casework import CaseFile, anchors
from workstation.casework.problems import BadAnchor

HASH = "0123456789abcdef" * 4


def test_a_hash_may_be_typed_as_it_is_printed() -> None:
    assert anchors.from_text(f" {HASH[:32].upper()} {HASH[32:]}\n").hash == HASH
    with pytest.raises(BadAnchor, match="neither a file nor"):
        anchors.from_text(HASH[:-1])


def test_a_report_is_an_anchor_by_its_audit_object(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(json.dumps({"x": [{"custody": {"audit": {"head": HASH, "entries": 7, "case": "ab"}}}]}))
    assert anchors.from_file(file) == anchors.Anchor("report.json", HASH, 7, "ab")
    for content in ("{}", "[", '{"audit": {"head": "12", "entries": 7}}', "\xff"):
        file.write_text(content, encoding="latin-1")
        with pytest.raises(BadAnchor):
            anchors.from_file(file)
    with pytest.raises(BadAnchor, match="cannot be read"):
        anchors.from_file(tmp_path / "missing.json")


def test_a_checkpoint_vouches_for_the_log_up_to_it(case: CaseFile, tmp_path: Path) -> None:
    case.notes.add("one")
    file = tmp_path / "checkpoint.json"
    file.write_text(anchors.checkpoint(case.details().identifier, case.head()))
    case.notes.add("two")

    anchor = anchors.from_file(file)
    assert (anchor.entries, anchor.signer) == (2, "")
    assert case.verify([anchor]).intact


def test_a_signed_checkpoint_names_its_key_and_shows_changes(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    text = anchors.checkpoint("ab" * 16, anchors.Head(7, HASH), key)

    anchor = anchors.from_json(json.loads(text), "c")
    assert anchor.signer == anchors.fingerprint(key.public_key().public_bytes_raw())
    for before, after in (('"entries": 7', '"entries": 6'), (HASH, HASH[::-1]), ('"case": "ab', '"case": "cd')):
        with pytest.raises(BadAnchor, match="signature does not fit"):
            anchors.from_json(json.loads(text.replace(before, after)), "c")


def test_keys_are_read_as_openssl_writes_them(tmp_path: Path) -> None:
    key, file = Ed25519PrivateKey.generate(), tmp_path / "key.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert anchors.read_key(file).public_key() == key.public_key()
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"pass")))
    assert anchors.read_key(file, "pass").public_key() == key.public_key()
    for password in (None, "wrong"):
        with pytest.raises(BadAnchor, match="cannot be read as a private key"):
            anchors.read_key(file, password)
    rsa = generate_private_key(public_exponent=65537, key_size=2048)
    file.write_bytes(rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(BadAnchor, match="no Ed25519 key"):
        anchors.read_key(file)
