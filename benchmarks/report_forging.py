"""What a forger does to a report: the tools of `tampered_reports.py`, and a laboratory whose reports are attacked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pikepdf import Array, AttachedFileSpec, Pdf, String
from PIL import Image, ImageOps
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

from workstation.report.digest import PLACE, with_digest
from workstation.report.signing import Identity, identity_from_pkcs12, signed
from workstation.report.timestamps import attached, request
from workstation.report.verification_signature import Trust

PASSPHRASE = "correct horse"
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Laboratory:
    """Keys and certificates made for one run.

    Attributes:
        folder: where their files are: root.pem, signer.p12, signer.pem, impostor.p12.
        signer: whose certificate the root issued.
        impostor: of the same name, with a certificate of its own making.
        authority: of time stamps.
    """

    folder: Path
    signer: Identity
    impostor: Identity
    authority: DummyTimeStamper

    @classmethod
    def founded(cls, folder: Path) -> Laboratory:
        """A laboratory whose files lie in `folder`."""
        root_key, authority_key = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)
        root = certified("Laboratory Root", root_key, authority=True)
        key, other_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        signer, impostor = certified("J. Examiner", key, (root, root_key)), certified("J. Examiner", other_key)
        stamper = certified("Time Stamping", authority_key, (root, root_key), stamps=True)
        (folder / "root.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
        (folder / "signer.pem").write_bytes(signer.public_bytes(serialization.Encoding.PEM))
        identities = [
            _kept(folder / f"{name}.p12", key, certificate, root)
            for name, key, certificate in (
                ("signer", key, signer),
                ("impostor", other_key, impostor),
                ("authority", authority_key, stamper),
            )
        ]
        authority = identities[2].signer
        clock = DummyTimeStamper(identities[2].certificate, authority.signing_key, authority.cert_registry)  # type: ignore[attr-defined]
        return cls(folder, identities[0], identities[1], clock)

    @property
    def trust(self) -> Trust:
        """That of a reader who knows the laboratory's root certificate."""
        return Trust.from_files([self.folder / "root.pem"])

    def sign(self, pdf: bytes) -> bytes:
        """Signed by the laboratory."""
        return signed(pdf, self.signer, reason="Issued")

    def answer(self, asked: bytes) -> bytes:
        """The time stamping authority's response to a request."""
        return bytes(self.authority.request_tsa_response(tsp.TimeStampReq.load(asked)).dump())

    def stamp(self, pdf: bytes) -> bytes:
        """A signed report with a time stamp."""
        return attached(pdf, self.answer(request(pdf)))


def certified(
    name: str,
    key: Key,
    issuer: tuple[x509.Certificate, Key] | None = None,
    *,
    authority: bool = False,
    stamps: bool = False,
    days: tuple[int, int] = (-1, 365),
) -> x509.Certificate:
    """A certificate for a key; issued by itself without an issuer; valid from and to so many days from now."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Forensic Laboratory"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    now = datetime.now(UTC)
    by, by_key = (issuer[0].subject, issuer[1]) if issuer else (subject, key)
    usage = x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by_key.public_key()), critical=False)
    )
    if stamps:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return builder.sign(by_key, hashes.SHA256())


def _kept(path: Path, key: Key, certificate: x509.Certificate, root: x509.Certificate) -> Identity:
    secret = serialization.BestAvailableEncryption(PASSPHRASE.encode())
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"key", key, certificate, [root], secret))
    return identity_from_pkcs12(path, PASSPHRASE)


def rewritten(pdf: bytes, change: Callable[[Pdf], None], *, digest: bool = True) -> bytes:
    """The file with something changed in it and, if `digest`, with its digest computed anew."""
    mark = hashlib.sha256(pdf).hexdigest()
    with Pdf.open(BytesIO(pdf)) as document:
        change(document)
        if digest:
            document.Root.ExifactDigest.ByteRange = Array([0, PLACE, PLACE, PLACE])
            document.Root.ExifactDigest.Digest = String(mark)
        stream = BytesIO()
        document.save(stream, object_stream_mode=pikepdf.ObjectStreamMode.disable, deterministic_id=True)
    return with_digest(stream.getvalue(), mark) if digest else stream.getvalue()


def appended(pdf: bytes, number: int, body: bytes) -> bytes:
    """The file with an incremental update (ISO 32000-1, 7.5.6) that replaces one object; all bytes before stay."""
    with Pdf.open(BytesIO(pdf)) as document:
        root, size = document.Root.objgen[0], int(document.trailer.Size)
    last = int(pdf[: pdf.rindex(b"%%EOF")].rpartition(b"startxref")[2])
    start = len(pdf)
    update = b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"xref\n%d 1\n%010d 00000 n \n" % (number, start)
    trailer = b"trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\n" % (max(size, number + 1), root, last)
    return pdf + update + table + trailer + b"startxref\n%d\n%%%%EOF\n" % (start + len(update))


def attach(document: Pdf, name: str, content: bytes) -> None:
    """Attach a file."""
    document.attachments[name] = specification(document, name, content)


def specification(document: Pdf, name: str, content: bytes) -> AttachedFileSpec:
    """What attaches a file."""
    return AttachedFileSpec(
        document, content, filename=name, description="", mime_type="application/json", creation_date="", mod_date=""
    )


def set_attachment(document: Pdf, name: str, content: bytes) -> None:
    """Put other bytes into an attachment."""
    document.attachments[name].obj.EF.F.write(content)


def picture_like(jpeg: bytes) -> bytes:
    """Another picture of the same size: the mirror image."""
    stream = BytesIO()
    with Image.open(BytesIO(jpeg)) as picture:
        ImageOps.mirror(picture.convert("RGB")).save(stream, "JPEG", quality=93, subsampling=0)
    return stream.getvalue()
