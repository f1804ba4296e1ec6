"""Signatures and time stamps: who may sign, what stays as it was, what is refused and why."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from asn1crypto import tsp
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from benchmarks.report_forging import PASSPHRASE, Laboratory, certified
from benchmarks.report_tamperings import Specimen
from workstation.report import timestamps
from workstation.report.signing import (
    SigningProblem,
    WrongPassphrase,
    identity_from_pkcs11,
    identity_from_pkcs12,
    signed,
)
from workstation.report.timestamps import TimeStampProblem


def key_file(folder: Path, *, days: tuple[int, int] = (-1, 365), authority: bool = False, passphrase: str = "") -> Path:
    """A PKCS#12 file of a certificate that is valid on those days."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = certified("Somebody", key, days=days, authority=authority)
    secret = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    path = folder / "key.p12"
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"key", key, certificate, None, secret))
    return path


def test_signing_appends_and_changes_nothing(specimen: Specimen) -> None:
    assert specimen.signed.startswith(specimen.unsigned)
    assert b"/SubFilter /ETSI.CAdES.detached" in specimen.signed[len(specimen.unsigned) :]


def test_a_second_signature_keeps_the_first(specimen: Specimen) -> None:
    both = signed(specimen.signed, specimen.laboratory.impostor, reason="Technical review")

    assert both.startswith(specimen.signed)
    with pikepdf.Pdf.open(BytesIO(both)) as document:
        assert [str(field.T) for field in document.Root.AcroForm.Fields] == ["Signature1", "Signature2"]


def test_the_passphrase_must_be_right(specimen: Specimen) -> None:
    key = specimen.laboratory.folder / "signer.p12"

    with pytest.raises(WrongPassphrase, match=r"does not open signer\.p12"):
        identity_from_pkcs12(key, "guess")
    assert identity_from_pkcs12(key, PASSPHRASE).fingerprint == specimen.laboratory.signer.fingerprint


def test_a_key_file_without_passphrase_opens_with_none(tmp_path: Path) -> None:
    assert "Somebody" in identity_from_pkcs12(key_file(tmp_path), "").name


def test_a_passphrase_may_have_any_letters(tmp_path: Path) -> None:
    assert (
        "Somebody" in identity_from_pkcs12(key_file(tmp_path, passphrase="Prüf-Schlüssel €"), "Prüf-Schlüssel €").name
    )


@pytest.mark.parametrize(("days", "words"), [((-30, -1), "only"), ((2, 30), "only")])
def test_a_certificate_must_be_valid_today(tmp_path: Path, days: tuple[int, int], words: str) -> None:
    with pytest.raises(SigningProblem, match=r"is valid from \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d only"):
        identity_from_pkcs12(key_file(tmp_path, days=days), "")


def test_a_certificate_must_be_meant_for_signatures(tmp_path: Path) -> None:
    with pytest.raises(SigningProblem, match="not meant for signatures"):
        identity_from_pkcs12(key_file(tmp_path, authority=True), "")


def test_a_file_that_is_no_key_is_named(tmp_path: Path) -> None:
    other = tmp_path / "photo.p12"
    other.write_bytes(b"\xff\xd8\xff")

    with pytest.raises(SigningProblem, match=r"photo\.p12 is no PKCS#12 file"):
        identity_from_pkcs12(other, "")
    with pytest.raises(SigningProblem, match="cannot be read"):
        identity_from_pkcs12(tmp_path / "nothing.p12", "")


def test_what_is_no_report_is_not_signed(specimen: Specimen) -> None:
    with pytest.raises(SigningProblem, match="cannot be signed"):
        signed(b"not a PDF", specimen.laboratory.signer)


def test_a_time_stamp_travels_as_two_files(specimen: Specimen) -> None:
    asked = timestamps.request(specimen.signed)
    answer = specimen.laboratory.answer(asked)

    stamped = timestamps.attached(specimen.signed, answer)

    assert len(stamped) == len(specimen.signed)
    assert specimen.unsigned not in asked
    assert len(asked) < 100
    query = tsp.TimeStampReq.load(asked)
    assert query["cert_req"].native
    assert timestamps.moment_of(answer).tzinfo is not None
    with pytest.raises(TimeStampProblem, match="has a time stamp"):
        timestamps.request(stamped)


def test_the_bare_token_does_as_well(specimen: Specimen) -> None:
    answer = specimen.laboratory.answer(timestamps.request(specimen.signed))
    token = tsp.TimeStampResp.load(answer)["time_stamp_token"].dump()

    assert len(timestamps.attached(specimen.signed, token)) == len(specimen.signed)


def test_an_unsigned_report_is_signed_before_it_is_stamped(specimen: Specimen) -> None:
    with pytest.raises(TimeStampProblem, match="sign it first"):
        timestamps.request(specimen.unsigned)


def test_answers_that_do_not_fit_are_refused(specimen: Specimen) -> None:
    another = specimen.laboratory.sign(specimen.other)
    fitting = specimen.laboratory.answer(timestamps.request(specimen.signed))
    status = tsp.PKIStatusInfo({"status": "rejection", "status_string": ["no such policy"]}).dump()
    refusal = b"\x30" + bytes([len(status)]) + status  # without a token, as the standard has it
    damaged = fitting[:-40] + bytes([fitting[-40] ^ 1]) + fitting[-39:]

    for answer, words in (
        (specimen.laboratory.answer(timestamps.request(another)), "for another report"),
        (refusal, r"refused: rejection \(no such policy\)"),
        (fitting[:-1], "damaged"),
        (damaged, "not valid"),
        (b"<html>Not found</html>", "damaged or no time stamp"),
        (b"", "damaged or no time stamp"),
    ):
        with pytest.raises(TimeStampProblem, match=words):
            timestamps.attached(specimen.signed, answer)


@pytest.fixture
def authority(specimen: Specimen) -> Iterator[str]:
    """Address of a time stamping authority on this machine."""

    class Clock(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            answer = specimen.laboratory.answer(asked)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Clock)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_authority_is_asked_only_when_it_is_named(specimen: Specimen, authority: str) -> None:
    answer = timestamps.fetched(timestamps.request(specimen.signed), authority)

    assert len(timestamps.attached(specimen.signed, answer)) == len(specimen.signed)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1:9/"])
def test_an_authority_that_is_none_gives_no_time_stamp(specimen: Specimen, url: str) -> None:
    with pytest.raises(TimeStampProblem, match=r"no address|gave no answer"):
        timestamps.fetched(b"", url)


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="pdfsig (poppler-utils) is not installed")
@pytest.mark.parametrize("state", ["signed", "stamped"])
def test_another_program_finds_the_signature_valid(specimen: Specimen, tmp_path: Path, state: str) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(getattr(specimen, state))

    said = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=True).stdout

    assert "Signature is Valid" in said
    assert "Total document signed" in said
    path.write_bytes(path.read_bytes().replace(b"/Title", b"/Titlf", 1))
    said = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" not in said


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")
@pytest.mark.parametrize("state", ["unsigned", "signed", "stamped"])
def test_another_program_finds_no_fault_with_the_file(specimen: Specimen, tmp_path: Path, state: str) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(getattr(specimen, state))

    assert subprocess.run(["qpdf", "--check", path], capture_output=True, check=False).returncode == 0
    with pikepdf.Pdf.open(path) as document:
        assert document.check_pdf_syntax() == []


SOFTHSM = next(
    (p for p in map(Path, ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so")) if p.exists()), None
)


@pytest.mark.skipif(SOFTHSM is None, reason="SoftHSM is not installed")
def test_a_token_signs(specimen: Specimen, laboratory_token: str) -> None:
    assert SOFTHSM is not None
    with identity_from_pkcs11(SOFTHSM, token=laboratory_token, certificate="signer", pin="1234") as identity:
        assert signed(specimen.unsigned, identity).startswith(specimen.unsigned)
        assert identity.fingerprint == specimen.laboratory.signer.fingerprint
    with (
        pytest.raises(WrongPassphrase, match="does not open the token"),
        identity_from_pkcs11(SOFTHSM, token=laboratory_token, certificate="signer", pin="4321"),
    ):
        pass
    with (
        pytest.raises(SigningProblem, match="cannot sign"),
        identity_from_pkcs11(SOFTHSM, token="another", certificate="signer", pin="1234"),
    ):
        pass


@pytest.fixture
def laboratory_token(specimen: Specimen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Label of a software token that holds the laboratory's key."""
    pkcs11 = pytest.importorskip("pkcs11")
    folder = tmp_path / "tokens"
    folder.mkdir()
    settings = tmp_path / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder}\nobjectstore.backend = file\n", "utf-8")
    monkeypatch.setenv("SOFTHSM2_CONF", str(settings))
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", "laboratory", "--so-pin", "0000", "--pin", "1234"],
        capture_output=True,
        check=True,
    )
    _store_key(pkcs11, specimen.laboratory)
    return "laboratory"


def _store_key(pkcs11: Any, laboratory: Laboratory) -> None:
    from pkcs11 import Attribute, ObjectClass, lib  # noqa: PLC0415 - an optional package
    from pkcs11.util.ec import decode_ec_private_key  # noqa: PLC0415

    loaded = pkcs12.load_pkcs12((laboratory.folder / "signer.p12").read_bytes(), PASSPHRASE.encode())
    assert loaded.key is not None
    assert loaded.cert is not None
    assert SOFTHSM is not None
    token = lib(str(SOFTHSM)).get_token(token_label="laboratory")
    with token.open(rw=True, user_pin="1234") as session:
        der = loaded.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        session.create_object(
            {
                **decode_ec_private_key(der),
                Attribute.TOKEN: True,
                Attribute.PRIVATE: True,
                Attribute.SENSITIVE: True,
                Attribute.SIGN: True,
                Attribute.LABEL: "signer",
                Attribute.ID: b"1",
            }
        )
        certificate = loaded.cert.certificate
        session.create_object(
            {
                Attribute.CLASS: ObjectClass.CERTIFICATE,
                Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
                Attribute.TOKEN: True,
                Attribute.LABEL: "signer",
                Attribute.ID: b"1",
                Attribute.SUBJECT: certificate.subject.public_bytes(),
                Attribute.VALUE: certificate.public_bytes(serialization.Encoding.DER),
            }
        )
