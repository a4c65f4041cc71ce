"""Questions about imports, all answered by DynamoDB."""

from collections.abc import Sequence
from itertools import islice

from crm.imports import repository, row_store
from crm.imports.entities import BadRow, Import, Left
from crm.search import cursors
from crm.search.cursors import Cursor
from crm.search.store import Page


def newest() -> Sequence[Import]:
    """Return the newest imports, newest first."""
    return list(repository.newest())


def bad_rows(found: Import, *, limit: int, cursor: str | None = None) -> Page[BadRow]:
    """Return a page of the rows that were not taken. Raises errors.Invalid, naming `cursor` or `limit`."""
    cursors.check_limit(limit)
    question = ("import", found.id)
    place = cursors.read(question, cursor)
    after = int(place.key or 0) if place else 0
    rows = list(islice(row_store.bad_rows(found.id, after=after, most=limit + 1), limit + 1))
    onward = cursors.write(question, Cursor(rows[limit - 1].line, "")) if len(rows) > limit else None
    return Page(rows[:limit], onward, found.counts.refused)


def left_rows(found: Import, *, limit: int) -> Sequence[Left]:
    """Return the first of the rows that an undo left as they are, wholly or in part."""
    return list(islice(row_store.left_rows(found.id, most=limit), limit))
