"""Words are found wherever they stand in a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Table, literal, or_, select, union_all

from workstation.casework import schema
from workstation.casework.store import Store

_PLACES: Final[tuple[tuple[Table, tuple[str, ...]], ...]] = (
    (schema.exhibits, ("label", "name", "description", "received_from", "sha256", "sha1", "md5")),
    (schema.regions, ("name", "note")),
    (schema.notes, ("text",)),
    (schema.bookmarks, ("name", "note")),
    (schema.tags, ("word",)),
    (schema.opinions, ("issue", "propositions", "reasons")),
)


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that holds the words.

    Attributes:
        shelf: "exhibits", "regions", "notes", "bookmarks", "tags" or "opinions"; `id`: number there.
        exhibit: that it belongs to, None for a note on the case and for opinions.
        text: where the words stand.
    """

    shelf: str
    id: int
    exhibit: int | None
    text: str


def search(store: Store, words: str) -> tuple[Hit, ...]:
    """See `CaseFile.search`."""
    if not words.strip():
        return ()
    queries = []
    for table, names in _PLACES:
        columns = table.c
        exhibit = columns.id if table is schema.exhibits else columns.get("exhibit", literal(None))
        for name in names:
            found = columns[name].icontains(words.strip(), autoescape=True)
            queries.append(
                select(
                    literal(table.name).label("shelf"),
                    columns.id,
                    exhibit.label("exhibit"),
                    columns[name].label("text"),
                ).where(or_(found))
            )
    with store.reading() as connection:
        rows = connection.execute(union_all(*queries)).all()
    hits: dict[tuple[str, int], Hit] = {}
    for shelf, number, exhibit_number, text in rows:
        hits.setdefault((shelf, number), Hit(shelf, number, exhibit_number, text))
    return tuple(hits.values())
