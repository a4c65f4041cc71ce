"""Questions about registrations: lists from the read model, what somebody's state is from DynamoDB."""

from collections.abc import Iterable

from crm.events import queries as events
from crm.people import queries as people
from crm.registrations import repository
from crm.search import engine
from crm.search.documents import RegistrationDocument
from crm.search.store import Page

DEFAULT_SORT = "-createdAt"


def of_event(
    event_id: str,
    *,
    status: str | None = None,
    checked_in: bool | None = None,
    text: str = "",
    sort: str = DEFAULT_SORT,
    limit: int = 20,
    cursor: str | None = None,
) -> Page[RegistrationDocument]:
    """Return a page of an event's registrations; `text` searches names and e-mail.

    Raises:
        errors.NotFound: no such event.
        errors.Invalid: bad sort, limit or cursor.
    """
    events.get(event_id)
    return engine.store().registrations(
        event_id=event_id, status=status, checked_in=checked_in, text=text, sort=sort, limit=limit, cursor=cursor
    )


def of_person(
    person_id: str, *, status: str | None = None, sort: str = DEFAULT_SORT, limit: int = 20, cursor: str | None = None
) -> Page[RegistrationDocument]:
    """Return a page of a person's registrations. Raises as `of_event` does."""
    people.get(person_id)
    return engine.store().registrations(person_id=person_id, status=status, sort=sort, limit=limit, cursor=cursor)


def states(event_id: str, person_ids: Iterable[str]) -> dict[str, str]:
    """Return registered, waitlisted or cancelled by person, read consistently; nothing for who never registered."""
    found = repository.find_many(event_id, person_ids)
    return {person_id: registration.status for person_id, registration in found.items()}
