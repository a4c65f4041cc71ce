"""What everybody may know of an event."""

from dataclasses import dataclass
from enum import StrEnum

from crm.core import clock, errors
from crm.deliveries.tokens import PlaceRef
from crm.events import queries as events
from crm.events.entities import DRAFT, Event
from crm.people.entities import Person
from crm.registrations import existing
from crm.registrations.entities import CANCELLED


class Stage(StrEnum):
    """What a visitor can do about an event."""

    OPEN = "open"
    FULL = "full"
    OVER = "over"
    CANCELLED = "cancelled"


def shown(slug: str) -> Event:
    """Return the event that a slug leads to; a draft is nobody's business yet.

    Raises:
        errors.NotFound: no event has or had it, or it is a draft.
    """
    event = events.by_slug(slug.lower())
    if event.fields.status == DRAFT:
        raise errors.NotFound("There is no such event.")
    return event


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody's place at an event, or their turn in the line; `status` as the registration's."""

    event: Event
    person: Person
    status: str

    @property
    def may_cancel(self) -> bool:
        """Whether there is something to give up, at an event that is still to come."""
        return self.status != CANCELLED and stage(self.event) in (Stage.OPEN, Stage.FULL)


def place(ref: PlaceRef) -> Place:
    """Return how somebody's registration stands, read consistently.

    Raises:
        errors.NotFound: the event, the person or the registration is gone.
    """
    registration = existing.registration(ref.event_id, ref.person_id)
    return Place(existing.event(ref.event_id), existing.person(ref.person_id), registration.status)


def stage(event: Event) -> Stage:
    """Return what a visitor can do now: who waits goes before who comes."""
    if event.is_cancelled:
        return Stage.CANCELLED
    if event.fields.end_at <= clock.now():
        return Stage.OVER
    return Stage.FULL if event.taken >= event.capacity or event.waiting else Stage.OPEN
