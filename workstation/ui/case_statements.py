"""What an analyst states about the exhibits and the case itself: each is one more step of the open case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from workstation.ui.case_keeper import CaseKeeper, CaseView
from workstation.ui.marks import Marks
from workstation.ui.session import OpenExhibit, Session


class OpenCase(Protocol):
    """The open case, as far as it is stated something about."""

    @property
    def view(self) -> CaseView | None:
        """As it stands, None without one."""

    def do(self, title: str, step: Callable[[CaseKeeper], Any], then: Callable[[Any], None] | None = None) -> None:
        """Do one more thing with it."""


class CaseStatements:
    """Puts what is stated into the open case."""

    def __init__(self, cases: OpenCase, session: Session) -> None:
        self._cases, self._session = cases, session

    def lock_notes(self, exhibit: OpenExhibit) -> None:
        """End the pixel-only notes of an exhibit."""
        record = exhibit.record
        if record is None:
            return

        def step(keeper: CaseKeeper) -> set[str]:
            keeper.file.exhibits.lock_notes(record.id)
            keeper.forget_note(record.id)
            return {note.text for note in keeper.file.notes.all(record.id) if note.locked}

        def then(locked: set[str]) -> None:  # they stand in the case; the next note is another
            marks = exhibit.marks
            if marks.note in locked:  # else it was written on meanwhile, and nothing of it may be lost
                self._session.restore(exhibit, Marks(marks.regions, "", marks.bookmarks))

        self._cases.do(f"locking the notes on “{exhibit.name}”", step, then)

    def reveal_metadata(self, exhibit: OpenExhibit) -> None:
        """Show an exhibit's metadata after its pixel-only notes were locked."""
        record = exhibit.record
        if record is not None:
            self._cases.do(
                f"revealing the metadata of “{exhibit.name}”",
                lambda keeper: keeper.file.exhibits.reveal_metadata(record.id),
            )

    def hide_metadata(self, exhibit: OpenExhibit) -> None:
        """Begin the blind examination of an exhibit."""
        record = exhibit.record
        if record is not None:
            self._cases.do(
                f"hiding the metadata of “{exhibit.name}”", lambda keeper: keeper.file.exhibits.hide_metadata(record.id)
            )

    def describe(self, number: int, values: Mapping[str, str | None]) -> None:
        """State how an exhibit came in, and the words to find it by ("tags", with commas between them)."""
        stated = {name: value for name, value in values.items() if name != "tags"}

        def step(keeper: CaseKeeper) -> None:
            keeper.file.exhibits.describe(number, **stated)
            if "tags" in values:
                keeper.file.tags.replace(number, (values["tags"] or "").split(","))

        self._cases.do("describing the exhibit", step)

    def tags_of(self, number: int) -> tuple[str, ...]:
        """The words on an exhibit."""
        return () if self._cases.view is None else tuple(self._cases.view.tags.get(number, ()))

    def set_details(self, values: Mapping[str, str | bool | None]) -> None:
        """State what the case is about."""
        self._cases.do("describing the case", lambda keeper: keeper.file.set_details(**values))
