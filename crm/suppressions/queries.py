"""Questions about the do-not-mail list: one entry from DynamoDB, lists from the read model."""

from collections.abc import Iterator

from crm.search import engine
from crm.search.documents import SuppressionDocument
from crm.search.store import Page

DEFAULT_SORT = "-createdAt"
# The largest page there is: an export reads one after the other.
_MOST = 100


def page(
    *, text: str = "", sort: str = DEFAULT_SORT, limit: int = 20, cursor: str | None = None
) -> Page[SuppressionDocument]:
    """Return a page of the list, newest first. Raises errors.Invalid on a bad sort, limit or cursor."""
    return engine.store().suppressions(text=text, sort=sort, limit=limit, cursor=cursor)


def every(*, text: str = "") -> Iterator[SuppressionDocument]:
    """Yield all entries that a search finds, newest first."""
    cursor: str | None = None
    while True:
        found = page(text=text, limit=_MOST, cursor=cursor)
        yield from found.items
        cursor = found.next
        if cursor is None:
            return
