"""Questions about people: one person from DynamoDB, lists from the read model."""

from collections.abc import Sequence

from crm.audit import repository as audit
from crm.audit.entities import AuditEntry
from crm.core import errors
from crm.people import repository
from crm.people.entities import Person
from crm.search import engine
from crm.search.documents import PersonDocument
from crm.search.filters import Filter
from crm.search.store import Page, Split

DEFAULT_SORT = "-createdAt"


def get(person_id: str) -> Person:
    """Return one person, read consistently.

    Raises:
        errors.NotFound: unknown or deleted.
    """
    person = repository.find(person_id)
    if person is None:
        raise errors.NotFound("There is no such person.")
    return person


def page(
    where: Filter, *, sort: str = DEFAULT_SORT, limit: int = 20, cursor: str | None = None
) -> Page[PersonDocument]:
    """Return a page of the people a filter matches. Raises errors.Invalid on a bad sort, limit or cursor."""
    return engine.store().people(where, sort=sort, limit=limit, cursor=cursor)


def split(where: Filter) -> Split:
    """Count whom a filter matches, and how many of them can be mailed."""
    return engine.store().split(where)


def history(person_id: str) -> Sequence[AuditEntry]:
    """Return the newest edits of a person, newest first."""
    return audit.history("person", person_id)
