"""The field of a signature, which no signature covers: nothing may stand in it but the signature, to the last byte."""

from __future__ import annotations

import re
from collections.abc import Sequence

from asn1crypto import algos, cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from workstation.report.verification_checks import in_words

_LOWER, _UPPER = re.compile(rb"[0-9a-f]+"), re.compile(rb"[0-9A-F]+")
_NOT_CANONICAL = "The signature's container was changed: it is not encoded as a signature is."


def container_faults(pdf: bytes, byte_range: Sequence[int]) -> list[str]:
    """What is wrong with a signature's field, in sentences.

    Args:
        pdf: the file.
        byte_range: of the signature (ISO 32000-1, 12.8.1).
    """
    if len(byte_range) != 4 or byte_range[0] != 0 or not 0 < byte_range[1] < byte_range[2] <= len(pdf):
        return ["The signature's byte range is not that of a whole file."]
    field = pdf[byte_range[1] : byte_range[2]]
    digits = field[1:-1]
    if field[:1] != b"<" or field[-1:] != b">" or not (_LOWER.fullmatch(digits) or _UPPER.fullmatch(digits)):
        return ["The signature's field holds more than the signature."]
    content = bytes.fromhex(digits.decode("ascii"))
    try:
        container = cms.ContentInfo.load(content)
        encoded = bytes(container.dump())
        if content[len(encoded) :].strip(b"\0"):
            return ["The room behind the signature is not empty."]
        if container.copy().dump(force=True) != encoded:
            return [_NOT_CANONICAL]
        return _faults_of(container["content"], own=True)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, UnsupportedAlgorithm) as problem:
        return [f"The signature's container is damaged: {in_words(problem)}."]


def _faults_of(data: cms.SignedData, *, own: bool) -> list[str]:
    """What a CMS object (RFC 5652) holds beside what its signature covers: algorithms, certificates, time stamps.

    Args:
        data: the object.
        own: whether it is a signature; a time stamp's authority may write the same things in other ways.
    """
    signer = data["signer_infos"][0]
    stated = [_algorithm(algorithm, own=own) for algorithm in data["digest_algorithms"]]
    if len(data["signer_infos"]) != 1 or _algorithm(signer["digest_algorithm"], own=own) not in stated:
        return [_NOT_CANONICAL]
    if own and (len(stated) != 1 or data["crls"].native or data["version"].native != "v1"):
        return [_NOT_CANONICAL]
    faults = _strangers([choice.chosen.dump() for choice in data["certificates"]], own=own)
    attributes = [] if signer["unsigned_attrs"].native is None else signer["unsigned_attrs"]
    for attribute in attributes if own else ():
        if attribute["type"].native != "signature_time_stamp_token":
            return [_NOT_CANONICAL]
        for token in attribute["values"]:
            faults += [f"In the time stamp: {fault}" for fault in _faults_of(token["content"], own=False)]
    return faults


def _algorithm(algorithm: algos.DigestAlgorithm, *, own: bool) -> bytes:
    name: str = algorithm["algorithm"].native
    return bytes(algorithm.dump()) if own else name.encode()


def _strangers(encoded: Sequence[bytes], *, own: bool) -> list[str]:
    """Certificates that come with a signature must be what their issuers signed, where the issuer is among them."""
    certificates = [x509.load_der_x509_certificate(der) for der in encoded]
    faults = []
    for certificate in certificates:
        issuers = [other for other in certificates if other.subject == certificate.issuer]
        if not any(_issued(certificate, issuer) for issuer in issuers) if issuers else _names_itself(certificate):
            faults.append("A certificate that came with the signature is not what its issuer signed.")
    used = {certificate.issuer.public_bytes() for certificate in certificates}
    leaves = [c for c in certificates if c.subject.public_bytes() not in used]
    if own and len(leaves) > 1:
        faults.append("A certificate came with the signature that has nothing to do with it.")
    return faults


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _names_itself(certificate: x509.Certificate) -> bool:
    """Whether a certificate gives its own key as its issuer's, under another name than its own."""
    try:
        issuer = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        own = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        return False
    return issuer == own
