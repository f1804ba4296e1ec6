"""What a check of a report says to readers who know more or less: trust, originals, case, damaged files."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from benchmarks.report_forging import certified, rewritten, set_attachment
from benchmarks.report_tamperings import Specimen, flipped
from tests.report.conftest import complete_result
from workstation.analysis.result import AnalysisRequest
from workstation.casework.exhibit import Case, Exhibit
from workstation.errors import Unopenable
from workstation.evidence import open_evidence
from workstation.progress import drain
from workstation.report import build
from workstation.report.archival import CONTENT_FILE
from workstation.report.digest import PRINTED_FILE
from workstation.report.pdf import render_pdf
from workstation.report.serial import exhibit_json
from workstation.report.signing import identity_from_pkcs12, signed
from workstation.report.verification import NoReport, Question, Verification, verify, verify_bytes
from workstation.report.verification_checks import MOST_DETAILS, Check, differs
from workstation.report.verification_comparison import Tolerance, differences
from workstation.report.verification_originals import Matched
from workstation.report.verification_replay import replay
from workstation.report.verification_signature import Trust, TrustProblem


def checked(pdf: bytes, **question: object) -> Verification:
    return drain(verify_bytes(pdf, Question(**question)))  # type: ignore[arg-type] # keywords of the test's own


def named(found: Verification, subject: str) -> Check:
    (check,) = [check for check in found.checks if check.subject == subject]
    return check


def test_an_unsigned_report_agrees_and_what_that_cannot_prove_is_said(specimen: Specimen) -> None:
    found = checked(specimen.unsigned)

    assert found.passed
    assert found.number.startswith("EX-")
    assert "anyone could have made such a file anew" in found.caution
    signature = named(found, "Signature")
    assert signature.verdict == "cannot be checked"
    assert "which anyone can do" in signature.reason
    assert named(found, "Digest").verdict == "agrees"
    assert {c.subject for c in found.checks if c.verdict == "cannot be checked"} == {
        "Signature",
        "Originals",
        "Audit log",
        "Findings",
    }


def test_without_a_trusted_certificate_the_signer_stays_unknown(specimen: Specimen) -> None:
    found = checked(specimen.signed)

    assert found.passed
    assert found.caution == ""
    assert named(found, "Signature").verdict == "agrees"
    signer = named(found, "Signer")
    assert signer.verdict == "cannot be checked"
    assert specimen.laboratory.signer.fingerprint in signer.reason
    assert "Anyone can make a certificate with any name" in signer.reason


@pytest.mark.parametrize("certificate", ["root.pem", "signer.pem"])
def test_the_laboratory_or_its_authority_can_be_trusted(specimen: Specimen, certificate: str) -> None:
    trust = Trust.from_files([specimen.laboratory.folder / certificate])

    found = checked(specimen.stamped, trust=trust)

    assert found.passed
    assert named(found, "Signer").verdict == "agrees"
    expected = "agrees" if certificate == "root.pem" else "cannot be checked"  # the root stands behind the clock, too
    assert named(found, "Time of signing").verdict == expected


def test_a_trusted_certificate_asks_for_a_signature(specimen: Specimen) -> None:
    found = checked(specimen.unsigned, trust=specimen.laboratory.trust)

    assert not found.passed
    assert named(found, "Signature").reason.endswith("the report carries no signature.")


def test_a_reviewer_may_sign_after_the_examiner(specimen: Specimen) -> None:
    both = signed(specimen.stamped, specimen.laboratory.signer, reason="Technical review")

    found = checked(both, trust=specimen.laboratory.trust)

    assert found.passed, [c for c in found.checks if c.verdict == "differs"]
    assert named(found, "Signature 1").reason.startswith("Intact; it covers the file up to the next signature")
    assert named(found, "Signature 2").reason.startswith("Intact; it covers every byte of the file")
    assert named(found, "Time of signing 1").verdict == "agrees"


def test_one_unknown_signer_among_several_is_named(specimen: Specimen) -> None:
    both = signed(specimen.signed, specimen.laboratory.impostor)

    found = checked(both, trust=specimen.laboratory.trust)

    assert not found.passed
    assert named(found, "Signer 1").verdict == "agrees"
    assert named(found, "Signer 2").verdict == "differs"


def test_a_withdrawn_certificate_is_named(specimen: Specimen, tmp_path: Path) -> None:
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = certified("Root", root_key, authority=True)
    certificate = certified("Dismissed", key, (root, root_key))
    (tmp_path / "root.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    secret = serialization.NoEncryption()
    (tmp_path / "key.p12").write_bytes(pkcs12.serialize_key_and_certificates(b"k", key, certificate, None, secret))
    pdf = signed(specimen.unsigned, identity_from_pkcs12(tmp_path / "key.p12", ""))
    yesterday = datetime.now(UTC) - timedelta(days=1)
    revoked = (
        x509.RevokedCertificateBuilder()
        .serial_number(certificate.serial_number)
        .revocation_date(yesterday + timedelta(hours=1))
        .build()
    )
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.subject)
        .last_update(yesterday)
        .next_update(yesterday + timedelta(days=9))
        .add_revoked_certificate(revoked)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    (tmp_path / "root.crl").write_bytes(crl.public_bytes(serialization.Encoding.PEM))

    before = checked(pdf, trust=Trust.from_files([tmp_path / "root.pem"]))
    after = checked(pdf, trust=Trust.from_files([tmp_path / "root.pem"], [tmp_path / "root.crl"]))

    assert "withdrawn was not checked" in named(before, "Signer").reason
    assert named(after, "Signer").verdict == "differs"
    assert named(after, "Signer").reason.endswith("The certificate was withdrawn.")


def test_files_that_are_no_certificates_are_named(tmp_path: Path) -> None:
    other = tmp_path / "photo.jpg"
    other.write_bytes(b"\xff\xd8\xff")

    for certificates, revocations in (([other], []), ([tmp_path / "none.pem"], []), ([], [other])):
        with pytest.raises(TrustProblem, match=r"holds no certificate|cannot be read|no revocation list"):
            Trust.from_files(certificates, revocations)


def test_an_original_is_known_by_its_hash_not_by_its_name(specimen: Specimen, tmp_path: Path) -> None:
    renamed = tmp_path / "copy of a copy.jpg"
    renamed.write_bytes(specimen.original.read_bytes())

    found = checked(specimen.unsigned, evidence=(renamed,))

    assert named(found, "Original copy of a copy.jpg").verdict == "agrees"
    assert named(found, "Metadata of copy of a copy.jpg").verdict == "agrees"
    assert "Originals" not in [check.subject for check in found.checks]


def test_another_file_of_the_same_name_is_named_with_both_hashes(specimen: Specimen, tmp_path: Path) -> None:
    other = tmp_path / specimen.original.name
    other.write_bytes(flipped(specimen.original.read_bytes(), 5000))

    found = checked(specimen.unsigned, evidence=(other,))

    assert not found.passed
    reason = named(found, f"Original {other.name}").reason
    assert reason.startswith("This is not what was examined")
    assert specimen.sha256 in reason
    assert named(found, "Originals").verdict == "cannot be checked"


def test_an_original_that_is_not_there_is_no_finding(specimen: Specimen, tmp_path: Path) -> None:
    with pytest.raises(Unopenable):
        checked(specimen.unsigned, evidence=(tmp_path / "gone.jpg",))


def test_a_case_is_asked_for_what_the_report_does_not_name(specimen: Specimen, tmp_path: Path) -> None:
    assert named(checked(specimen.unsigned), "Audit log").verdict == "cannot be checked"
    assert named(checked(specimen.unsigned, case=tmp_path), "Audit log").verdict == "differs"


def test_findings_are_not_repeated_without_an_original(specimen: Specimen) -> None:
    check = named(checked(specimen.unsigned, replay=True), "Findings")

    assert (check.verdict, check.reason) == (
        "cannot be checked",
        "There is no original to compute them from (--evidence).",
    )


def test_nothing_is_repeated_for_a_report_whose_date_is_none(specimen: Specimen) -> None:
    evidence = open_evidence(specimen.original)
    document = build(Case((Exhibit(evidence, complete_result()),)))
    entry = exhibit_json(document, document.exhibits[0], array=False)

    (check,) = drain(replay(Matched(entry, specimen.original), "yesterday", 1, {}))

    assert check.verdict == "differs"
    assert "yesterday" in check.reason


def test_a_report_on_a_photograph_that_was_not_analysed_agrees(specimen: Specimen) -> None:
    exhibit = Exhibit(open_evidence(specimen.original), None, "the device ran out of memory")

    found = checked(render_pdf(build(Case((exhibit,)))), evidence=(specimen.original,), replay=True)

    assert found.passed
    assert named(found, f"Findings on {specimen.original.name}").verdict == "cannot be checked"


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"\xff\xd8\xff\xe0", b"%PDF-1.7\n" + b"\0" * 5000])
def test_what_is_no_report_differs_in_words(content: bytes) -> None:
    found = checked(content)

    assert not found.passed
    assert all(check.reason for check in found.checks)


def test_a_pdf_of_another_program_differs_in_words() -> None:
    with pikepdf.new() as document:
        document.add_blank_page()
        stream = BytesIO()
        document.save(stream)

    found = checked(stream.getvalue())

    assert not found.passed
    assert "the file is none of Exifact's" in named(found, "Digest").reason


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NoReport):
        drain(verify(tmp_path / "none.pdf", Question()))
    with pytest.raises(NoReport):
        drain(verify(tmp_path, Question()))


def test_a_record_of_a_newer_version_is_not_judged(specimen: Specimen) -> None:
    def change(document: pikepdf.Pdf) -> None:
        record = json.loads(document.attachments[PRINTED_FILE].get_file().read_bytes())
        set_attachment(document, PRINTED_FILE, json.dumps({**record, "format_version": 99}).encode())

    check = named(checked(rewritten(specimen.unsigned, change)), "Record of what is printed")

    assert (check.verdict, check.reason) == ("cannot be checked", "It is of version 99; this Exifact knows up to 1.")


@pytest.mark.parametrize(
    "change",
    [
        {"laboratory": "x"},
        {"exhibits": 7},
        {"program": []},
        {"figures": 7},
        {"figures": [{"sha256": []}]},
        {"name": "9" * 40_000},
    ],
)
def test_no_shape_of_the_data_stops_the_check(specimen: Specimen, change: dict[str, object]) -> None:
    def put(document: pikepdf.Pdf) -> None:
        content = json.loads(document.attachments[CONTENT_FILE].get_file().read_bytes())
        exhibit = content["exhibits"][0]
        for key, value in change.items():
            where = content if key in content else exhibit if key in exhibit else exhibit["exhibit"]
            where[key] = value
        set_attachment(document, CONTENT_FILE, json.dumps(content).encode())

    assert not checked(rewritten(specimen.unsigned, put)).passed


@pytest.mark.slow
def test_the_bundled_example_is_computed_again_digit_for_digit(examples: Path, tmp_path: Path) -> None:
    from workstation import analysis  # noqa: PLC0415 - torch

    evidence = open_evidence(examples / "spliced.jpg")
    result = drain(analysis.run(evidence, AnalysisRequest(threads=1)))
    report = render_pdf(build(Case((Exhibit(evidence, result),))))

    found = checked(report, evidence=(examples / "spliced.jpg",), replay=True)

    assert found.passed, [check for check in found.checks if check.verdict == "differs"]
    assert "digit for digit" in named(found, "Findings on spliced.jpg").reason
    assert named(found, "Pictures of spliced.jpg").reason.endswith("byte for byte.")
    assert complete_result().request == AnalysisRequest()


def test_many_differences_are_counted() -> None:
    check = differs("Anything", "differs", [str(number) for number in range(40)])

    assert len(check.details) == MOST_DETAILS + 1
    assert check.details[-1] == "… and 28 more"


@pytest.mark.parametrize(
    ("stated", "found", "same"),
    [
        (0.5, 0.504, True),
        (0.5, 0.52, False),
        (100.0, 100.9, True),
        (3, 4, False),
        (True, 1, False),
        (None, 0.0, False),
        ("Region B departs by 0.50.", "Region B departs by 0.51.", True),
        ("Region B departs by 0.50.", "Region B departs by 0.60.", False),
        ("Region B departs by 0.50.", "Region C departs by 0.50.", False),
        ("412 of 460 patches", "413 of 460 patches", False),
        ({"a": [1, 2]}, {"a": [1, 2]}, True),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
    ],
)
def test_numbers_are_compared_within_the_tolerance_that_is_stated(stated: object, found: object, *, same: bool) -> None:
    tolerance = Tolerance(relative=0.01, absolute=0.005)

    assert (list(differences(stated, found, tolerance=tolerance)) == []) is same  # type: ignore[arg-type]


def test_without_a_tolerance_every_digit_counts() -> None:
    assert list(differences({"score": 0.5}, {"score": 0.5000001})) == ["/score: 0.5 in the report, 0.5000001 now"]
    assert list(differences({"a": 1, "time": 2}, {"a": 1}, ignored=frozenset({"time"}))) == []
