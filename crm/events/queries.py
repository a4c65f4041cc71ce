"""Questions about events: one event from DynamoDB, lists from the read model."""

from collections.abc import Mapping
from datetime import datetime

from crm.core import errors
from crm.events import repository
from crm.events.entities import Event
from crm.people import repository as people
from crm.people.entities import Person
from crm.search import engine
from crm.search.documents import EventDocument
from crm.search.store import Page

DEFAULT_SORT = "-startAt"


def get(event_id: str) -> Event:
    """Return one event, read consistently.

    Raises:
        errors.NotFound: unknown or deleted.
    """
    event = repository.find(event_id)
    if event is None:
        raise errors.NotFound("There is no such event.")
    return event


def by_slug(slug: str) -> Event:
    """Return the event that a slug leads to, also one that it had before, read consistently.

    Raises:
        errors.NotFound: no event has or had it, or the event is deleted.
    """
    event_id = repository.id_by_slug(slug)
    if event_id is None:
        raise errors.NotFound("There is no such event.")
    return get(event_id)


def page(
    *,
    text: str = "",
    status: str | None = None,
    starts_from: datetime | None = None,
    starts_before: datetime | None = None,
    sort: str = DEFAULT_SORT,
    limit: int = 20,
    cursor: str | None = None,
) -> Page[EventDocument]:
    """Return a page of events. Raises errors.Invalid on a bad sort, limit or cursor."""
    return engine.store().events(
        text=text,
        status=status,
        starts_from=starts_from,
        starts_before=starts_before,
        sort=sort,
        limit=limit,
        cursor=cursor,
    )


def people_in_charge(event: Event) -> Mapping[str, Person]:
    """Return owner and hosts by id, read consistently."""
    return people.find_many(event.people_in_charge)
