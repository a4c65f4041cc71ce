"""What everybody may know of an event."""

from enum import StrEnum

from crm.core import clock, errors
from crm.events import queries as events
from crm.events.entities import DRAFT, Event


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


def stage(event: Event) -> Stage:
    """Return what a visitor can do now: who waits goes before who comes."""
    if event.is_cancelled:
        return Stage.CANCELLED
    if event.fields.end_at <= clock.now():
        return Stage.OVER
    return Stage.FULL if event.taken >= event.capacity or event.waiting else Stage.OPEN
