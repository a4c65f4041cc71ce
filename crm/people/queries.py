"""Questions about people: one person from DynamoDB, lists from the read model."""

from collections.abc import Mapping, Sequence

from crm.audit import repository as audit
from crm.audit.entities import AuditEntry
from crm.core import errors
from crm.people import repository
from crm.people.entities import Person
from crm.search import engine
from crm.search.documents import PersonDocument
from crm.search.filters import And, Condition, Filter
from crm.search.store import Freshness, Page, Split

DEFAULT_SORT = "-createdAt"
SUGGESTIONS = 50


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


def split(where: Filter, kind: str = "") -> Split:
    """Count whom a filter matches, and how many of them can be mailed: with a mail of a kind, or at all."""
    return engine.store().split(where, kind)


def left_out(people: Sequence[PersonDocument]) -> Mapping[str, str]:
    """Return, for those of at most 100 people whom no campaign reaches, why: suppressed or unsubscribed."""
    if not people:
        return {}
    ids = tuple(person.id for person in people)
    where = And((Condition("id", "one_of", ids), Condition("suppressed", "is", (True,))))
    suppressed = engine.store().people(where, sort=DEFAULT_SORT, limit=len(ids)).items
    unsubscribed = {person.id: "unsubscribed" for person in people if person.unsubscribed}
    return unsubscribed | {person.id: "suppressed" for person in suppressed}


def commonest(field: str) -> Sequence[str]:
    """Return the values of a text field that most people have, commonest first."""
    return [value for value, _ in engine.store().facets(field, "", SUGGESTIONS)]


def commonest_among(field: str, where: Filter, limit: int) -> Sequence[tuple[str, int]]:
    """Return the commonest values of a field among those whom a filter matches, with how many have each."""
    return engine.store().facets(field, "", limit, where)


def freshness() -> Freshness:
    """Say up to when lists and counts are complete."""
    return engine.store().freshness()


def history(person_id: str) -> Sequence[AuditEntry]:
    """Return the newest edits of a person, newest first."""
    return audit.history("person", person_id)
