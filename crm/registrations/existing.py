"""What a registration is about, read consistently; each raises errors.NotFound where it is not there, or no more."""

from crm.core import errors
from crm.events import repository as events
from crm.events.entities import Event
from crm.people import repository as people
from crm.people.entities import Person
from crm.registrations import repository
from crm.registrations.entities import Registration


def event(event_id: str) -> Event:
    """Return an event."""
    found = events.find(event_id)
    if found is None:
        raise errors.NotFound("There is no such event.")
    return found


def person(person_id: str) -> Person:
    """Return a person."""
    found = people.find(person_id)
    if found is None:
        raise errors.NotFound("There is no such person.")
    return found


def registration(event_id: str, person_id: str) -> Registration:
    """Return a registration, cancelled ones among them."""
    found = repository.find(event_id, person_id)
    if found is None:
        raise errors.NotFound("This person is not registered for this event.")
    return found
