"""Is the report as it was when it was closed, and who closed it? Digest, signatures, trust and time stamps.

Signatures are validated by pyHanko without a network: revocation is checked against lists that are given, else not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from asn1crypto import crl, pem, x509
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    PdfSignatureStatus,
    SignatureCoverageLevel,
    validate_pdf_signature,
)
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext

from workstation.errors import WorkstationError
from workstation.report.digest import DigestField
from workstation.report.signing import fingerprint
from workstation.report.verification_checks import Check, agrees, differs, in_words, unchecked
from workstation.report.verification_container import container_faults

NO_SIGNATURE = (
    "The report is not signed. Its digest shows damage and careless changes; it cannot show who made the report, nor "
    "that nobody changed it and computed the digest anew, which anyone can do."
)
UNTRUSTED = (
    "No trusted certificate was given (--trust). Anyone can make a certificate with any name: compare this one's "
    "SHA-256 with the laboratory over another channel, then give it, or the authority that issued it, with --trust."
)
WITHDRAWN = "The certificate was withdrawn."


class TrustProblem(WorkstationError):
    """A certificate or revocation list that was given cannot be read."""

    remedy = "Give PEM or DER files."


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom the reader trusts.

    Attributes:
        certificates: of signers, laboratories or authorities.
        revocations: lists of certificates that were withdrawn.
    """

    certificates: tuple[x509.Certificate, ...] = ()
    revocations: tuple[crl.CertificateList, ...] = ()

    @classmethod
    def from_files(cls, certificates: Sequence[Path], revocations: Sequence[Path] = ()) -> Trust:
        """What PEM or DER files hold.

        Raises:
            TrustProblem: if a file cannot be read or holds nothing of the kind.
        """
        return cls(
            tuple(found for path in certificates for found in _certificates(path)),
            tuple(_revocations(path) for path in revocations),
        )

    def context(self, moment: datetime | None = None, *, lists: bool = False) -> ValidationContext:
        """What pyHanko judges by.

        Args:
            moment: of the validation; None = now.
            lists: whether every certificate must be covered by a revocation list.
        """
        return ValidationContext(
            trust_roots=list(self.certificates),
            crls=list(self.revocations),
            allow_fetching=False,
            moment=moment,
            revocation_mode="require" if lists else "soft-fail",
        )


def check_digest(field: DigestField, size: int, *, signed: bool) -> Check:
    """The digest over the file's bytes; in a signed report it covers the report as it was before it was signed."""
    subject = "Digest"
    if field.state == "none":
        if signed:
            return unchecked(subject, "The report carries a signature and no digest.")
        return differs(
            subject,
            "The file carries neither a signature nor a digest. Exifact writes a digest into every report: it was "
            "removed, or the file is none of Exifact's.",
        )
    if field.state == "unclear":
        return differs(subject, "The file's digest is damaged, or there are several: one cannot tell which counts.")
    if field.state == "differs":
        found = f"The digest in the file is {field.stated}, that of its bytes is {field.computed or 'not defined'}."
        return differs(subject, f"{found} At least one byte was changed, added or removed.")
    if field.end < size and not signed:
        return differs(subject, f"Something was appended after what the digest covers ({size - field.end} bytes).")
    covered = "the report as it was before it was signed" if field.end < size else "every byte but its own digits"
    return agrees(subject, f"SHA-256 {field.stated} over {covered}.")


def check_signatures(pdf: bytes, trust: Trust) -> tuple[list[Check], bool]:
    """Every signature: is it intact, does it cover the file, who signed, when.

    Returns:
        The checks, and whether there is a signature at all.
    """
    try:
        reader = PdfFileReader(BytesIO(pdf))
        signatures: list[EmbeddedPdfSignature] = reader.embedded_regular_signatures
        unknown = [s for s in reader.embedded_signatures if s.sig_object_type not in ("/Sig", "/DocTimeStamp")]
    except (PdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        return [differs("Signature", f"The signatures cannot be read: {in_words(problem)}.")], False
    if unknown:
        return [differs("Signature", "The file holds something that looks like a signature and is none.")], False
    if not signatures:
        if trust.certificates:
            return [
                differs("Signature", "A trusted certificate was given, and the report carries no signature.")
            ], False
        return [unchecked("Signature", NO_SIGNATURE)], False
    checks = []
    for number, signature in enumerate(signatures, start=1):
        which = "" if len(signatures) == 1 else f" {number}"
        checks += _check_one(signature, pdf, trust, which, last=number == len(signatures))
    return checks, True


def _check_one(signature: EmbeddedPdfSignature, pdf: bytes, trust: Trust, which: str, *, last: bool) -> list[Check]:
    subject = f"Signature{which}"
    try:
        status = _validated(signature, trust.context())
        moment, sworn = _moment(status)
        if sworn and moment is not None:
            status = _validated(signature, trust.context(moment))
    except (SignatureValidationError, PdfError, ValueError, KeyError, TypeError, AttributeError) as problem:
        return [differs(subject, f"It cannot be validated: {in_words(problem)}.")]
    faults = [*_faults(status, last=last), *container_faults(pdf, [int(number) for number in signature.byte_range])]
    if faults:
        return [differs(subject, " ".join(faults))]
    scope = "covers every byte of the file" if last else "covers the file up to the next signature"
    checks = [agrees(subject, f"Intact; it {scope}. {status.md_algorithm.upper().replace('SHA', 'SHA-')}, PAdES.")]
    return [*checks, _check_signer(signature, status, trust, which), _check_time(status, trust, which)]


def _validated(signature: EmbeddedPdfSignature, context: ValidationContext) -> PdfSignatureStatus:
    usage = KeyUsageConstraints(key_usage={"non_repudiation", "digital_signature"}, match_all_key_usages=False)
    return validate_pdf_signature(signature, context, key_usage_settings=usage)


def _moment(status: PdfSignatureStatus) -> tuple[datetime | None, bool]:
    """When it was signed, and whether a trusted time stamp says so (else the signer does)."""
    stamp: TimestampSignatureStatus | None = status.timestamp_validity
    if stamp is not None and stamp.trusted:
        return stamp.timestamp, True
    return status.signer_reported_dt, False


def _faults(status: PdfSignatureStatus, *, last: bool) -> list[str]:
    faults = []
    if not status.intact:
        faults.append("The bytes that were signed are not those of the file: at least one was changed.")
    if not status.valid:
        faults.append("The signature's value does not belong to its key: the signature itself was changed.")
    if last and status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
        faults.append("Something was appended to the file after it was signed, or the signature leaves out a part.")
    elif not last and status.coverage is not None and status.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        faults.append("The signature leaves out a part of the report that it belongs to.")
    level = status.modification_level
    if not last and (level is None or level > ModificationLevel.FORM_FILLING or not status.docmdp_ok):
        faults.append("What was appended afterwards is more than a further signature.")
    return faults


def _check_signer(signature: EmbeddedPdfSignature, status: PdfSignatureStatus, trust: Trust, which: str) -> Check:
    subject = f"Signer{which}"
    certificate = status.signing_cert
    who = f"{certificate.subject.human_friendly}; certificate SHA-256 {fingerprint(certificate)}."
    if not trust.certificates:
        return unchecked(subject, f"{who} {UNTRUSTED}")
    moment, sworn = _moment(status)
    if status.trusted:
        standing = "Whether it was withdrawn was not checked: no list was given (--crl)."
        if trust.revocations:
            listed = _validated(signature, trust.context(moment if sworn else None, lists=True))
            if listed.revoked:
                return differs(subject, f"{who} {WITHDRAWN}")
            standing = "It was not withdrawn." if listed.trusted else "The lists that were given do not speak of it."
        return agrees(subject, f"{who} It is trusted by what was given with --trust. {standing}")
    if status.revoked:
        return differs(subject, f"{who} {WITHDRAWN}")
    if moment is not None and not certificate.not_valid_before <= datetime.now(UTC) <= certificate.not_valid_after:
        then = _validated(signature, trust.context(moment))
        if then.trusted:
            return unchecked(
                subject,
                f"{who} The certificate has expired ({certificate.not_valid_after:%Y-%m-%d}). It was valid at the time "
                f"that the signer states, {_words(moment)}; without a trusted time stamp nobody else says so.",
            )
    return differs(subject, f"{who} None of the trusted certificates stands behind it ({_why(status)}).")


def _why(status: PdfSignatureStatus) -> str:
    problem = status.trust_problem_indic
    return str(getattr(problem, "standard_name", problem) or "unknown issuer").replace("_", " ").lower()


def _check_time(status: PdfSignatureStatus, trust: Trust, which: str) -> Check:
    subject = f"Time of signing{which}"
    stamp: TimestampSignatureStatus | None = status.timestamp_validity
    if stamp is None:
        stated = _words(status.signer_reported_dt) if status.signer_reported_dt else "No time"
        return unchecked(subject, f"{stated} is stated by the signer; there is no time stamp of a third party.")
    if not (stamp.intact and stamp.valid):
        return differs(subject, "The time stamp is damaged, or belongs to another signature.")
    authority = f"{_words(stamp.timestamp)}, time stamp of {stamp.signing_cert.subject.human_friendly}"
    if stamp.trusted:
        return agrees(subject, f"{authority}; it is trusted by what was given with --trust.")
    if trust.certificates:
        return unchecked(subject, f"{authority}. None of the trusted certificates stands behind this authority.")
    return unchecked(subject, f"{authority}. No trusted certificate was given (--trust).")


def _words(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        found = list(load_certs_from_pemder_data(path.read_bytes()))
        for certificate in found:
            certificate.subject.human_friendly  # noqa: B018 - asn1crypto decodes late
    except OSError as problem:
        raise TrustProblem(f"{path} cannot be read: {problem.strerror or problem}") from problem
    except (ValueError, TypeError) as problem:
        raise TrustProblem(f"{path} holds no certificate: {problem}") from problem
    if not found:
        raise TrustProblem(f"{path} holds no certificate")
    return found


def _revocations(path: Path) -> crl.CertificateList:
    try:
        content = path.read_bytes()
        if pem.detect(content):
            _, _, content = pem.unarmor(content)
        found = crl.CertificateList.load(content, strict=True)
        found.native  # noqa: B018 - asn1crypto decodes late
    except OSError as problem:
        raise TrustProblem(f"{path} cannot be read: {problem.strerror or problem}") from problem
    except (ValueError, TypeError) as problem:
        raise TrustProblem(f"{path} is no revocation list: {problem}") from problem
    return found
