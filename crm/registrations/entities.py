"""What a registration is, free of storage."""

from dataclasses import dataclass, replace
from datetime import datetime

from crm.core.touches import DIRECT, Touch, Touches
from crm.events.entities import Event

REGISTERED, WAITLISTED, CANCELLED = "registered", "waitlisted", "cancelled"


@dataclass(frozen=True, slots=True)
class Registration:
    """A person at an event. `generation` counts how often this person registered here anew after cancelling.

    `first_touch` and `last_touch`: the visits that led to it, see `crm.core.touches`; None where they came directly.
    """

    event_id: str
    person_id: str
    status: str
    generation: int
    registered_at: datetime | None
    waitlisted_at: datetime | None
    cancelled_at: datetime | None
    checked_in_at: datetime | None
    counted_registered: bool
    counted_attended: bool
    event_start_at: datetime
    version: int
    created_at: datetime
    updated_at: datetime
    first_touch: Touch | None = None
    last_touch: Touch | None = None


def counted(registration: Registration, event: Event | None) -> Registration:
    """Return the registration with what it counts for: nothing where it, or the event, is cancelled or gone.

    With check-in, attended counts from the moment somebody is here; without, from registration.
    """
    is_live = event is not None and not event.is_cancelled and registration.status == REGISTERED
    is_present = event is not None and (registration.checked_in_at is not None or not event.fields.uses_check_in)
    return replace(
        registration,
        counted_registered=is_live,
        counted_attended=is_live and is_present,
        event_start_at=event.fields.start_at if event is not None else registration.event_start_at,
    )


def fresh(
    event: Event,
    person_id: str,
    old: Registration | None,
    status: str,
    now: datetime,
    *,
    touches: Touches = DIRECT,
) -> Registration:
    """Return a new registration, or the next generation of a cancelled one, with what it counts for."""
    new = Registration(
        event_id=event.id,
        person_id=person_id,
        status=status,
        generation=1 if old is None else old.generation + 1,
        registered_at=now if status == REGISTERED else None,
        waitlisted_at=now if status == WAITLISTED else None,
        cancelled_at=None,
        checked_in_at=None,
        counted_registered=False,
        counted_attended=False,
        event_start_at=event.fields.start_at,
        version=1 if old is None else old.version,
        created_at=now if old is None else old.created_at,
        updated_at=now,
        first_touch=touches.first,
        last_touch=touches.last,
    )
    return counted(new, event)
