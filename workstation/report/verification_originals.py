"""Are the files that are given the ones that the report speaks of, and is the case the one that it was made from?"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workstation.errors import WorkstationError
from workstation.evidence import identify, read_metadata
from workstation.evidence.record import FileIdentity
from workstation.progress import Progress
from workstation.report.printed import Json
from workstation.report.serial import metadata_json
from workstation.report.verification_checks import Check, agrees, differs, unchecked
from workstation.report.verification_comparison import differences


@dataclass(frozen=True, slots=True)
class Matched:
    """An exhibit of the report with the file that was given for it.

    Attributes:
        entry: the exhibit in the report's data.
        path: of the file.
    """

    entry: dict[str, Any]
    path: Path


def exhibits_of(content: Json) -> list[dict[str, Any]]:
    """The exhibits of a report's data."""
    if not isinstance(content, dict):
        return []
    found = content.get("exhibits", [content])
    if not isinstance(found, list):
        return []
    return [entry for entry in found if isinstance(entry, dict) and isinstance(entry.get("exhibit"), dict)]


def named(entry: dict[str, Any]) -> str:
    """An exhibit in words."""
    return f"exhibit {entry['exhibit'].get('position')} ({entry['exhibit'].get('name')})"


def check_originals(
    content: Json, files: Sequence[Path]
) -> Generator[Progress, None, tuple[list[Check], list[Matched]]]:
    """Compare the files that are given with the hashes in the report.

    Args:
        content: the report's data.
        files: originals, in any order; they are told apart by their hashes, not by their names.

    Yields:
        Progress after each file.

    Returns:
        A check for every file and for every exhibit without one; and the exhibits with their files.

    Raises:
        Unopenable: if a file cannot be read.
    """
    entries = exhibits_of(content)
    checks: list[Check] = []
    matched: list[Matched] = []
    for position, path in enumerate(files):
        yield Progress(f"hashing {path.name}", position / len(files))
        identity = identify(path)
        entry = next((e for e in entries if e["exhibit"].get("sha256") == identity.sha256), None)
        if entry is None:
            checks.append(_stranger(identity, entries))
            continue
        checks.append(_compare(identity, entry))
        if checks[-1].verdict == "agrees":
            matched.append(Matched(entry, path))
    found = [id(item.entry) for item in matched]
    missing = [named(entry) for entry in entries if id(entry) not in found]
    if missing:
        checks.append(unchecked("Originals", f"No file was given (--evidence) that is {_listed(missing)}."))
    return checks, matched


def check_metadata(matched: Matched, program: str, this_program: str) -> Check:
    """What the original says about itself, read again, against the report's data.

    Args:
        matched: an exhibit with its file.
        program: name and version that made the report.
        this_program: of the program that checks.
    """
    subject = f"Metadata of {matched.path.name}"
    try:
        found = metadata_json(read_metadata(matched.path).metadata)
    except WorkstationError as problem:
        return unchecked(subject, f"They cannot be read: {problem.what}.")
    details = list(differences(matched.entry.get("metadata"), found))
    if not details:
        return agrees(subject, f"Read again, all of it is as {named(matched.entry)} states.")
    if program != this_program:
        reason = f"{program} made the report, {this_program} reads {len(details)} things differently."
        return Check(subject, "cannot be checked", reason, differs(subject, "", details).details)
    return differs(subject, "What the report states is not what the file says.", details)


def check_case(content: Json, case: Path | None) -> Generator[Progress, None, Check]:
    """The audit log's head in the report against the case that it was made from.

    Args:
        content: the report's data.
        case: folder of the case; None = not given.
    """
    subject = "Audit log"
    from workstation.casework import anchors  # noqa: PLC0415 - the case file's library, only where it is needed
    from workstation.casework.casefile import CaseFile  # noqa: PLC0415

    try:
        anchor = anchors.from_json(content, "this report")
    except WorkstationError:
        if case is None:
            return unchecked(subject, "The report was made from no case and names no audit log.")
        return differs(subject, f"A case was given ({case}), and the report names no head of an audit log.")
    stated = f"The report names {anchor.entries} entries, the last with hash {anchor.hash}"
    if case is None:
        return unchecked(subject, f"{stated}; no case was given (--case) to compare with.")
    try:
        with CaseFile.open(case, operator="", read_only=True) as opened:
            verified = yield from opened.verify_steps([anchor], originals=False)
    except WorkstationError as problem:
        return differs(subject, f"The case cannot be read: {problem.summary}")
    if not verified.intact:
        return differs(subject, f"{stated}. The case is not as it was.", [f.sentence for f in verified.findings])
    later = verified.head.entries - (anchor.entries or 0)
    since = f"; {later} {'entry was' if later == 1 else 'entries were'} added since" if later else ""
    return agrees(subject, f"{stated}: so does the case, whose log and tables are intact{since}.")


def _compare(identity: FileIdentity, entry: dict[str, Any]) -> Check:
    subject = f"Original {identity.name}"
    stated = entry["exhibit"]
    now = {"sha256": identity.sha256, "sha1": identity.sha1, "md5": identity.md5, "size": identity.size}
    details = [
        f"{key}: {stated.get(key)} in the report, {found} now" for key, found in now.items() if stated.get(key) != found
    ]
    if details:
        return differs(
            subject, f"Its SHA-256 is that of {named(entry)}, but the report's other figures are not.", details
        )
    return agrees(subject, f"SHA-256, SHA-1, MD5 and size are those of {named(entry)}.")


def _stranger(identity: FileIdentity, entries: Sequence[dict[str, Any]]) -> Check:
    subject = f"Original {identity.name}"
    namesake = next((e for e in entries if e["exhibit"].get("name") == identity.name), None)
    if namesake is not None:
        was = namesake["exhibit"]
        return differs(
            subject,
            f"This is not what was examined: {named(namesake)} has SHA-256 {was.get('sha256')} ({was.get('size')} "
            f"bytes), this file has {identity.sha256} ({identity.size} bytes).",
        )
    return differs(subject, f"No exhibit of the report has its SHA-256, {identity.sha256}.")


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:8])
    return shown if len(names) <= 8 else f"{shown} and {len(names) - 8} more"
