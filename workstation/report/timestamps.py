"""Time stamps (RFC 3161) for signed reports: a request file goes out, a response file comes back and is attached.

The token is put beside the signature as its `signature-time-stamp` (PAdES level B-T), into room that the signature kept
free: no signed byte changes. Nothing here asks a network but `fetched`, which runs on explicit request only.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import ClassVar

from asn1crypto import algos, cms, core, tsp
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko_certvalidator import ValidationContext

from workstation.report.signing import DIGEST_ALGORITHM, SigningProblem

_ATTRIBUTE = "signature_time_stamp_token"
_LONGEST_RESPONSE = 1_000_000
_PATIENCE = 30
"""Seconds that a time stamping authority may take to answer."""


class TimeStampProblem(SigningProblem):
    """A time stamp cannot be requested or attached."""

    remedy = "The report is unchanged. See docs/verifying-reports.md for the way of the request and the response file."


class _Response(core.Sequence):  # type: ignore[misc]
    """A TimeStampResp (RFC 3161, 2.4.2) as the standard has it: a refusal comes without a token."""

    _fields: ClassVar = [("status", tsp.PKIStatusInfo), ("time_stamp_token", cms.ContentInfo, {"optional": True})]


@dataclass(frozen=True, slots=True)
class _Place:
    """The last signature of a report and where it stands in the file.

    Attributes:
        content: its CMS object.
        start, end: of its hexadecimal digits, in bytes from the file's start.
    """

    content: cms.ContentInfo
    start: int
    end: int

    @property
    def signer(self) -> cms.SignerInfo:
        return self.content["content"]["signer_infos"][0]

    @property
    def imprint(self) -> bytes:
        """Hash of the signature's value: what a time stamp is put on."""
        return hashlib.new(DIGEST_ALGORITHM, self.signer["signature"].native).digest()


def request(pdf: bytes) -> bytes:
    """A time stamp request (RFC 3161, DER) for the report's last signature.

    It holds a hash and nothing of the report; send it to the authority as `application/timestamp-query`.

    Raises:
        TimeStampProblem: if the report is not signed, or its last signature has a time stamp.
    """
    place = _place(pdf)
    asked = tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": tsp.MessageImprint(
                {
                    "hash_algorithm": algos.DigestAlgorithm({"algorithm": DIGEST_ALGORITHM}),
                    "hashed_message": place.imprint,
                }
            ),
            "nonce": core.Integer(secrets.randbits(63)),
            "cert_req": True,
        }
    )
    return bytes(asked.dump())


def attached(pdf: bytes, response: bytes) -> bytes:
    """The report with the time stamp of a response file; its length and all signed bytes stay.

    Args:
        pdf: the report that the request was made from.
        response: the authority's answer (RFC 3161 TimeStampResp, DER), or the bare token.

    Raises:
        TimeStampProblem: if the answer is a refusal, damaged or for another report, or finds no room.
    """
    place = _place(pdf)
    token = _token(response)
    _check(token, place.imprint)
    place.signer["unsigned_attrs"] = cms.CMSAttributes(
        [*_attributes(place.signer), cms.CMSAttribute({"type": _ATTRIBUTE, "values": (token,)})]
    )
    digits: bytes = place.content.dump(force=True).hex().upper().encode("ascii")
    room = place.end - place.start
    if len(digits) > room:
        raise TimeStampProblem(f"the time stamp needs {len(digits)} digits and the signature kept {room} free")
    return pdf[: place.start] + digits.ljust(room, b"0") + pdf[place.end :]


def moment_of(response: bytes) -> datetime:
    """The time that a response states.

    Raises:
        TimeStampProblem: if it holds no time stamp.
    """
    moment: datetime = _stated(_token(response))["gen_time"].native
    return moment


def fetched(asked: bytes, url: str) -> bytes:
    """The answer of a time stamping authority on the network; only ever called because the user named one.

    Args:
        asked: from `request`.
        url: http or https.

    Raises:
        TimeStampProblem: if the authority cannot be reached or answers something else.
    """
    if not url.lower().startswith(("http://", "https://")):
        raise TimeStampProblem(f"{url} is no address of a time stamping authority (http or https)")
    query = urllib.request.Request(  # noqa: S310 - the scheme was checked
        url,
        data=asked,
        headers={"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"},
    )
    try:
        with urllib.request.urlopen(query, timeout=_PATIENCE) as answer:  # noqa: S310 - the scheme was checked
            return bytes(answer.read(_LONGEST_RESPONSE))
    except (urllib.error.URLError, TimeoutError, OSError, ValueError) as problem:
        raise TimeStampProblem(f"{url} gave no answer: {getattr(problem, 'reason', problem)}") from problem


def _place(pdf: bytes) -> _Place:
    """The last signature's place.

    Raises:
        TimeStampProblem: if there is no signature, or it has a time stamp.
    """
    try:
        signatures: list[EmbeddedPdfSignature] = PdfFileReader(BytesIO(pdf)).embedded_regular_signatures
    except (PdfError, ValueError) as problem:
        raise TimeStampProblem(f"the report cannot be read: {problem}") from problem
    if not signatures:
        raise TimeStampProblem("the report is not signed; a time stamp is put on a signature: sign it first")
    _, before, after, _ = (int(number) for number in signatures[-1].byte_range)
    place = _Place(cms.ContentInfo.load(signatures[-1].pkcs7_content), before + 1, after - 1)
    if any(attribute["type"].native == _ATTRIBUTE for attribute in _attributes(place.signer)):
        raise TimeStampProblem("the report's last signature has a time stamp")
    return place


def _attributes(signer: cms.SignerInfo) -> list[cms.CMSAttribute]:
    return [] if signer["unsigned_attrs"].native is None else list(signer["unsigned_attrs"])


def _token(response: bytes) -> cms.ContentInfo:
    """The time stamp token of a response, or of a file that holds the token alone.

    Raises:
        TimeStampProblem: if it is a refusal or neither of both.
    """
    try:
        answer = _Response.load(response, strict=True)
        status = answer["status"]["status"].native
    except (ValueError, TypeError):
        return _loaded(response)
    if status not in {"granted", "granted_with_mods"}:
        words = "; ".join(answer["status"]["status_string"].native or ()) or "no reason given"
        raise TimeStampProblem(f"the authority refused: {status} ({words})")
    return _loaded(answer["time_stamp_token"].dump())


def _loaded(token: bytes) -> cms.ContentInfo:
    try:
        content = cms.ContentInfo.load(token, strict=True)
        if content["content_type"].native == "signed_data" and isinstance(_stated(content), tsp.TSTInfo):
            return content
    except (ValueError, TypeError, KeyError) as problem:
        raise TimeStampProblem(f"the response file is damaged or no time stamp: {problem}") from problem
    raise TimeStampProblem("the response file holds no time stamp")


def _stated(token: cms.ContentInfo) -> tsp.TSTInfo:
    return token["content"]["encap_content_info"]["content"].parsed


def _check(token: cms.ContentInfo, imprint: bytes) -> None:
    """Refuse a token that is damaged or stamps something else; whom it is trusted to is the reader's question."""
    if _stated(token)["message_imprint"]["hashed_message"].native != imprint:
        raise TimeStampProblem("the time stamp is for another report, or for an earlier state of this one")
    try:
        context = ValidationContext(trust_roots=[], allow_fetching=False)
        status = asyncio.run(validate_tst_signed_data(token["content"], context, lambda _: imprint))
    except (SignatureValidationError, ValueError) as problem:
        raise TimeStampProblem(f"the time stamp cannot be checked: {problem}") from problem
    if not (status["intact"] and status["valid"]):
        raise TimeStampProblem("the time stamp's own signature is not valid: the response file is damaged")
