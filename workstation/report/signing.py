"""Reports are signed: PAdES (ETSI EN 319 142-1, level B-B) with a key from a PKCS#12 file or a PKCS#11 token.

Signing appends to the file and changes none of the bytes that are there. No network is asked; time stamps are a step
of their own (`workstation.report.timestamps`), for which a signature leaves room. Passphrases are used and forgotten.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from asn1crypto import x509
from cryptography.hazmat.primitives.serialization import pkcs12
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, Signer, SimpleSigner
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError

from workstation.errors import WorkstationError

for _library in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_library).addHandler(logging.NullHandler())  # what it finds is part of results, not log lines

ROOM = 48_000
"""Hexadecimal digits kept free for a signature: its certificates, and a time stamp that is attached later."""

DIGEST_ALGORITHM = "sha256"


class SigningProblem(WorkstationError):
    """A report cannot be signed: no key, a wrong passphrase, a certificate that does not allow it."""

    remedy = "The report is unchanged. See docs/verifying-reports.md for what a signing key must be."


class WrongPassphrase(SigningProblem):
    """The passphrase does not open the PKCS#12 file, or the PIN does not open the token."""

    remedy = "Type it again; Exifact does not keep it."


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signs.

    Attributes:
        signer: pyHanko's, with the key.
        certificate: of that key.
    """

    signer: Signer
    certificate: x509.Certificate

    @property
    def name(self) -> str:
        """The certificate's subject in words."""
        return str(self.certificate.subject.human_friendly)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, lower-case hexadecimal: what a reader compares over another channel."""
        return fingerprint(self.certificate)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate's DER bytes, 64 lower-case hexadecimal digits."""
    return hashlib.sha256(certificate.dump()).hexdigest()


def identity_from_pkcs12(path: Path, passphrase: str) -> Identity:
    """Key and certificates of a PKCS#12 file (.p12, .pfx).

    Args:
        path: of the file.
        passphrase: that opens it; "" where there is none.

    Raises:
        WrongPassphrase: if the passphrase does not open the file.
        SigningProblem: if the file cannot be read, is none, holds no key, or its certificate allows no signature.
    """
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise SigningProblem(f"{path} cannot be read: {problem.strerror or problem}") from problem
    try:
        loaded = pkcs12.load_pkcs12(content, passphrase.encode("utf-8") or None)
    except ValueError as problem:
        if "password" in str(problem).lower():
            raise WrongPassphrase(f"this passphrase does not open {path.name}") from problem
        raise SigningProblem(f"{path.name} is no PKCS#12 file: {problem}") from problem
    if loaded.key is None or loaded.cert is None:
        raise SigningProblem(f"{path.name} holds no key with its certificate")
    signer = SimpleSigner.load_pkcs12_data(content, (), passphrase.encode("utf-8") or None)
    return _checked(signer)


@contextmanager
def identity_from_pkcs11(
    module: Path, *, token: str, certificate: str, key: str | None = None, pin: str | None
) -> Iterator[Identity]:
    """Key and certificate of a PKCS#11 token (a smart card, a hardware module), while the block runs.

    Args:
        module: the token's library (.so, .dll, .dylib).
        token: its label.
        certificate: label of the certificate on it.
        key: label of the private key; None = the certificate's.
        pin: that opens it; None = the reader asks for it itself.

    Raises:
        WrongPassphrase: if the PIN is wrong.
        SigningProblem: if the extra package is missing, or the module, the token or the certificate is not there.
    """
    try:
        import pkcs11  # noqa: PLC0415 - an optional package
        from pyhanko.config.pkcs11 import PKCS11PinEntryMode, PKCS11SignatureConfig, TokenCriteria  # noqa: PLC0415
        from pyhanko.sign.pkcs11 import PKCS11SigningContext  # noqa: PLC0415
    except ImportError as problem:
        raise SigningProblem("tokens need a further package: pip install exifact[pkcs11]") from problem
    settings = PKCS11SignatureConfig(
        module_path=str(module),
        token_criteria=TokenCriteria(label=token),
        cert_label=certificate,
        key_label=key,
        prompt_pin=PKCS11PinEntryMode.DEFER,
        raw_mechanism=True,  # the hash is computed here: every token signs one, not every token hashes
    )
    try:
        with PKCS11SigningContext(settings, user_pin=pin) as signer:
            yield _checked(signer)
    except pkcs11.PinIncorrect as problem:
        raise WrongPassphrase(f"this PIN does not open the token {token}") from problem
    except (pkcs11.PKCS11Error, SigningError, RuntimeError) as problem:
        if isinstance(problem.__cause__, pkcs11.PinIncorrect):
            raise WrongPassphrase(f"this PIN does not open the token {token}") from problem
        raise SigningProblem(f"the token {token} cannot sign: {str(problem) or type(problem).__name__}") from problem


def signed(pdf: bytes, identity: Identity, *, reason: str = "") -> bytes:
    """The report with a further signature; its bytes so far stand unchanged at the beginning.

    The first signature certifies the report and allows further signatures and nothing else; later ones, a reviewer's
    say, approve it.

    Raises:
        SigningProblem: if the file is no PDF, forbids another signature, or the key does not sign.
    """
    try:
        before = PdfFileReader(BytesIO(pdf)).embedded_signatures
        metadata = PdfSignatureMetadata(
            field_name=f"Signature{len(before) + 1}",
            md_algorithm=DIGEST_ALGORITHM,
            reason=reason or None,
            name=identity.name,
            certify=not before,
            docmdp_permissions=MDPPerm.FILL_FORMS,
            subfilter=SigSeedSubFilter.PADES,
        )
        result = PdfSigner(metadata, identity.signer).sign_pdf(
            IncrementalPdfFileWriter(BytesIO(pdf)), bytes_reserved=ROOM
        )
    except (PdfError, SigningError, ValueError, NotImplementedError) as problem:
        raise SigningProblem(f"the report cannot be signed: {problem}") from problem
    return bytes(result.getvalue())


def _checked(signer: Signer) -> Identity:
    """The identity, if its certificate is valid today and meant for signatures.

    Raises:
        SigningProblem: otherwise.
    """
    certificate = signer.signing_cert
    if certificate is None:
        raise SigningProblem("there is a key but no certificate for it")
    today = datetime.now(UTC)
    name, ends = certificate.subject.human_friendly, certificate.not_valid_after
    if not certificate.not_valid_before <= today <= ends:
        begins = certificate.not_valid_before
        raise SigningProblem(f"the certificate of {name} is valid from {begins:%Y-%m-%d} to {ends:%Y-%m-%d} only")
    usage = certificate.key_usage_value
    if usage is not None and not usage.native & {"digital_signature", "non_repudiation"}:
        raise SigningProblem(f"the certificate of {name} is not meant for signatures (key usage)")
    return Identity(signer, certificate)
