"""Registrations of all events, narrowed as a page's address says: those behind a number of the analytics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crm.core import narrowing
from crm.registrations.entities import CANCELLED, REGISTERED, WAITLISTED
from crm.search import engine
from crm.search.documents import TOUCHES, EventDocument, RegistrationDocument
from crm.search.store import Page

_CHOICES = {"touch": TOUCHES, "status": (REGISTERED, WAITLISTED, CANCELLED), "attended": ("yes",)}
_NOBODY, _NOTHING = "Deleted person", "Deleted event"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which registrations to list. `utm` holds what the `touch` must have, '' for none of it; empty texts mean any.

    `since` and `before` bound the time at which they got their place.
    """

    touch: str
    utm: Mapping[str, str]
    campaign_id: str
    status: str
    attended: bool
    event_id: str
    since: datetime | None
    before: datetime | None


@dataclass(frozen=True, slots=True)
class Row:
    """A registration with the names of its person and event, and what led to it in words, empty if nothing."""

    registration: RegistrationDocument
    person: str
    is_known: bool
    event: str
    came_by: str

    @property
    def state(self) -> str:
        """Its status, or that they were seen at the door."""
        return "checked-in" if self.registration.checked_in_at else self.registration.status


def wanted(given: Mapping[str, str]) -> Wanted:
    """Read the query string.

    Raises:
        errors.Invalid: naming each parameter with a bad value.
    """
    asked = narrowing.read(given, _CHOICES)
    touch = asked.chosen["touch"] or TOUCHES[-1]
    campaign, event = given.get("campaign_id", ""), given.get("event", "")
    status, attended = asked.chosen["status"] or REGISTERED, bool(asked.chosen["attended"])
    return Wanted(touch, asked.utm, campaign, status, attended, event, asked.since, asked.before)


def page(which: Wanted, cursor: str | None, *, limit: int) -> Page[RegistrationDocument]:
    """Return a page of them, newest first."""
    return engine.store().registrations(
        event_id=which.event_id or None,
        status=which.status,
        attended=which.attended,
        touch=which.touch,
        utm=which.utm,
        campaign_id=which.campaign_id or None,
        registered_from=which.since,
        registered_before=which.before,
        limit=limit,
        cursor=cursor,
    )


def rows(found: Sequence[RegistrationDocument], touch: str) -> list[Row]:
    """Join registrations with their people and events."""
    people = engine.store().people_by_id([row.person_id for row in found])
    events = engine.store().events_by_id([row.event_id for row in found])
    return [
        Row(
            registration=row,
            person=people[row.person_id].name if row.person_id in people else _NOBODY,
            is_known=row.person_id in people,
            event=_title(events, row.event_id),
            came_by=_led(row, touch),
        )
        for row in found
    ]


def _title(events: Mapping[str, EventDocument], event_id: str) -> str:
    return events[event_id].title if event_id in events else _NOTHING


def _led(row: RegistrationDocument, touch: str) -> str:
    led = row.first_touch if touch == TOUCHES[0] else row.last_touch
    return led.words if led else ""
