"""What the analyst adds to one exhibit, as one frozen value; no Qt here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from workstation.analysis.regions import Region
from workstation.ui.view_state import ViewState

Verdict: TypeAlias = Literal["ok", "to be checked", "warning"]
VERDICTS: Final[tuple[Verdict, ...]] = ("ok", "to be checked", "warning")


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A view to come back to.

    Attributes:
        name: shown in the View menu; unique on its exhibit.
        view: what the picture's `view_state()` gave.
        verdict: what the analyst holds of what is seen there.
        note: the analyst's words.
    """

    name: str
    view: ViewState
    verdict: Verdict = "to be checked"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Marks:
    """What the analyst added to one exhibit.

    Attributes:
        regions: in the order of drawing; names are unique.
        note: the analyst's words on the exhibit.
        bookmarks: views to come back to.
    """

    regions: tuple[Region, ...] = ()
    note: str = ""
    bookmarks: tuple[Bookmark, ...] = ()

    def region(self, name: str) -> Region | None:
        """The region with this name, or None."""
        return next((region for region in self.regions if region.name == name), None)

    def with_region(self, region: Region) -> Marks:
        """With a new region, under a free name if its own is empty or taken."""
        taken = {other.name for other in self.regions}
        if not region.name or region.name in taken:
            number = next(n for n in range(1, len(taken) + 2) if str(n) not in taken)
            region = replace(region, name=str(number))
        return replace(self, regions=(*self.regions, region))

    def with_changed(self, name: str, region: Region) -> Marks:
        """With the region `name` replaced by `region`; nothing else moves."""
        return replace(self, regions=tuple(region if old.name == name else old for old in self.regions))

    def without_region(self, name: str) -> Marks:
        """Without the region `name`."""
        return replace(self, regions=tuple(region for region in self.regions if region.name != name))

    def bookmark(self, name: str) -> Bookmark | None:
        """The bookmark with this name, or None."""
        return next((one for one in self.bookmarks if one.name == name), None)

    def with_view(self, view: ViewState) -> Marks:
        """With another view, under the next free name."""
        taken = {one.name for one in self.bookmarks}
        name = next(f"View {n}" for n in range(1, len(taken) + 2) if f"View {n}" not in taken)
        return replace(self, bookmarks=(*self.bookmarks, Bookmark(name, view)))

    def with_bookmark(self, name: str, bookmark: Bookmark) -> Marks:
        """With the bookmark `name` replaced by `bookmark`."""
        return replace(self, bookmarks=tuple(bookmark if old.name == name else old for old in self.bookmarks))

    def without_bookmark(self, name: str) -> Marks:
        """Without the bookmark `name`."""
        return replace(self, bookmarks=tuple(one for one in self.bookmarks if one.name != name))

    def joined(self, other: Marks) -> Marks:
        """With what another hand added; names that are taken give way."""
        joined = self
        for region in other.regions:
            if region not in joined.regions:
                joined = joined.with_region(region)
        taken = {one.name for one in joined.bookmarks}
        more = tuple(one for one in other.bookmarks if one.name not in taken)
        notes = [text for text in (joined.note, other.note) if text]
        note = joined.note if joined.note == other.note else "\n\n".join(notes)
        return replace(joined, note=note, bookmarks=(*joined.bookmarks, *more))
