"""A polite, resumable download of a sample: one request at a time, never faster than asked, never a file twice.

Nothing here runs unless the user asks for it in that moment (`exifact data download`).
"""

from __future__ import annotations

import http.client
import math
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from workstation import __version__
from workstation.progress import Progress, Stopwatch
from workstation.report.atomic import replacing, write_text
from workstation.training.folders import make_folder
from workstation.training.yfcc import Listed

FAILED = "failed.tsv"
"""Photographs that could not be had, each with its reason."""

AGENT = f"exifact/{__version__} (training data sampler)"

LARGEST_ANSWER = 200 * 2**20
"""Bytes; a longer answer is refused."""

TIMEOUT = 30.0
"""Seconds."""

LONGEST_WAIT = 600.0
"""Seconds; a server that asks for more is left alone."""

GONE = (401, 403, 404, 410)
"""Answers that asking again does not change."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How the servers are treated.

    Attributes:
        interval: seconds between the starts of two requests.
        tries: requests per picture.
        sleep: how waiting is done; tests replace it.
    """

    interval: float = 1.0
    tries: int = 3
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class DownloadOutcome:
    """What came of a download.

    Attributes:
        there: pictures that were there before.
        fetched: pictures that were fetched now.
        failed: photographs that could not be had, listed in `FAILED`.
    """

    there: int
    fetched: int
    failed: int


class _NotThere(Exception):
    """A picture that cannot be had, with the reason in words."""


def download(photos: Sequence[Listed], out: Path, manners: Manners) -> Generator[Progress, None, DownloadOutcome]:
    """Fetch pictures to `out`/<photo id>.jpg; what is there already is kept, so that the same command goes on.

    Args:
        photos: which.
        out: folder.
        manners: how the servers are treated.

    Yields:
        Progress after each picture.

    Raises:
        ExportProblem: if something cannot be written.
    """
    make_folder(out)
    there = fetched = 0
    failed: list[tuple[str, str]] = []
    watch, asker = Stopwatch(), _Asker(manners)
    for number, photo in enumerate(photos, 1):
        target = out / f"{photo.photo_id}.jpg"
        if target.exists():
            there += 1
        else:
            try:
                _fetch(photo, target, asker)
                fetched += 1
            except _NotThere as reason:
                failed.append((photo.photo_id, str(reason)))
        fraction = number / len(photos)
        yield Progress("fetching photographs", fraction, watch.remaining(fraction), fetched)
    write_text(out / FAILED, "".join(f"{photo_id}\t{reason}\n" for photo_id, reason in failed))
    return DownloadOutcome(there, fetched, len(failed))


def _fetch(photo: Listed, target: Path, asker: _Asker) -> None:
    """The original size where the page's server offers one, as the published sampler takes it; else the listed picture.

    Raises:
        _NotThere: if neither can be had.
    """
    reason: _NotThere | None = None
    for find in (_original, _listed):
        try:
            content = _picture(asker.ask(find(photo, asker)))
        except _NotThere as problem:
            reason = problem
            continue
        with replacing(target) as unfinished:
            unfinished.write_bytes(content)
        return
    raise reason or _NotThere("no usable address")


def _original(photo: Listed, asker: _Asker) -> str:
    """The address of the original size, which stands on the photograph's page of sizes."""
    page = asker.ask(f"{photo.page.rstrip('/')}/sizes/o/").decode("utf-8", "replace")
    found = re.search(r"https?://[^\"'\s<>]+_o\.(?:jpg|png|gif)", page)
    if found is None:
        raise _NotThere("its page names no original size")
    return found.group()


def _listed(photo: Listed, _asker: _Asker) -> str:
    return photo.download


class _Asker:
    """Sends requests one after the other, with a pause between them, and heeds what a server forbids or asks for."""

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self._rules: dict[str, RobotFileParser] = {}
        self._last = -math.inf

    def ask(self, address: str) -> bytes:
        """The answer's bytes.

        Raises:
            _NotThere: if there is none.
        """
        try:
            return self._asked(address)
        except ValueError as problem:  # an address or an answer's header that does not say what it should
            raise _NotThere(f"no usable address or answer ({problem}): {address[:80]!r}") from problem

    def _asked(self, address: str) -> bytes:
        if urlsplit(address).scheme not in ("http", "https"):
            raise _NotThere(f"no web address: {address[:80]!r}")
        if not self._allowed(address):
            raise _NotThere("the server's robots.txt forbids it")
        reason = ""
        for attempt in range(self._manners.tries):
            if attempt:
                self._manners.sleep(self._manners.interval * 2**attempt)
            try:
                return self._answer(address)
            except urllib.error.HTTPError as problem:
                reason, pause = f"the server answered {problem.code}", _asked_to_wait(problem)
                problem.close()
                if problem.code in GONE or pause > LONGEST_WAIT:
                    break
                self._manners.sleep(pause)
            except (OSError, http.client.HTTPException) as problem:  # URLError and time-outs are OSErrors
                reason = f"no answer ({getattr(problem, 'reason', problem)})"
        raise _NotThere(reason)

    def _answer(self, address: str) -> bytes:
        self._manners.sleep(max(0.0, self._last + self._manners.interval - time.monotonic()))
        self._last = time.monotonic()
        request = urllib.request.Request(address, headers={"User-Agent": AGENT})  # noqa: S310 - http(s) only, checked
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - likewise
            content: bytes = answer.read(LARGEST_ANSWER + 1)
            expected = answer.headers.get("Content-Length")
        if len(content) > LARGEST_ANSWER:
            raise _NotThere(f"more than {LARGEST_ANSWER} bytes")
        if expected is not None and int(expected) != len(content):
            raise ConnectionError(f"{len(content)} of {expected} bytes came")
        return content

    def _allowed(self, address: str) -> bool:
        parts = urlsplit(address)
        host = f"{parts.scheme}://{parts.netloc}"
        if host not in self._rules:
            rules = RobotFileParser()
            try:
                rules.parse(self._answer(f"{host}/robots.txt").decode("utf-8", "replace").splitlines())
            except urllib.error.HTTPError as problem:
                problem.close()
                rules.parse([] if problem.code not in (401, 403) else ["User-agent: *", "Disallow: /"])
            except (OSError, http.client.HTTPException):
                rules.parse([])  # the request itself will tell
            self._rules[host] = rules
        return self._rules[host].can_fetch(AGENT, address)


def _picture(content: bytes) -> bytes:
    if not content.startswith((b"\xff\xd8", b"\x89PNG", b"RIFF", b"GIF8")):
        raise _NotThere("the answer is no picture")
    return content


def _asked_to_wait(problem: urllib.error.HTTPError) -> float:
    """Seconds of a Retry-After header, 0 without one."""
    stated = problem.headers.get("Retry-After", "")
    if stated.isdecimal():
        return float(stated)
    try:
        return max(0.0, parsedate_to_datetime(stated).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return 0.0
