"""How registrations are stored: in the event's partition, with a pointer in the person's."""

from datetime import datetime

from pynamodb.attributes import (
    BooleanAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)

from crm.core.dynamo import CrmItem
from crm.core.touches import Touch

REGISTRATION_PREFIX = "REG#"
WAITING_PREFIX = "WAIT#"


def event_pk(event_id: str) -> str:
    """Return the partition of an event's registrations and waiting tickets."""
    return f"EVENT#{event_id}"


def person_pk(person_id: str) -> str:
    """Return the partition of a person's pointers to registrations."""
    return f"PERSON#{person_id}"


def registration_sk(other_id: str) -> str:
    """Return the sort key of a registration (the person's id) or of a pointer to one (the event's)."""
    return f"{REGISTRATION_PREFIX}{other_id}"


def waiting_sk(since: datetime, person_id: str) -> str:
    """Return the sort key of a waiting ticket: earliest first, then by id. 17 digits of microseconds last to 5138."""
    return f"{WAITING_PREFIX}{int(since.timestamp() * 1_000_000):017d}#{person_id}"


class TouchMap(MapAttribute[str, object]):
    """A touch, see `crm.core.touches`."""

    source = UnicodeAttribute(default="")
    medium = UnicodeAttribute(default="")
    campaign = UnicodeAttribute(default="")
    campaign_id = UnicodeAttribute(default="")
    at = UTCDateTimeAttribute()


class RegistrationItem(CrmItem, discriminator="registration"):
    """A person at an event. Never deleted. `counted_*`: what the person's counters include for it."""

    event_id = UnicodeAttribute()
    person_id = UnicodeAttribute()
    status = UnicodeAttribute()
    generation = NumberAttribute(default=1)
    registered_at = UTCDateTimeAttribute(null=True)
    waitlisted_at = UTCDateTimeAttribute(null=True)
    cancelled_at = UTCDateTimeAttribute(null=True)
    checked_in_at = UTCDateTimeAttribute(null=True)
    counted_registered = BooleanAttribute(default=False)
    counted_attended = BooleanAttribute(default=False)
    event_start_at = UTCDateTimeAttribute()
    deleted = BooleanAttribute(default=False)
    created_at = UTCDateTimeAttribute()
    updated_at = UTCDateTimeAttribute()
    # Absent where somebody came directly.
    first_touch = TouchMap(null=True)  # type: ignore[no-untyped-call]
    last_touch = TouchMap(null=True)  # type: ignore[no-untyped-call]


def touch_of(stored: TouchMap | None) -> Touch | None:
    """Return a stored touch, None where there is none."""
    if stored is None:
        return None
    return Touch(stored.source, stored.medium, stored.campaign, stored.campaign_id, stored.at)


class PointerItem(CrmItem, discriminator="registration-pointer"):
    """A person's pointer to a registration, so that all of theirs are found consistently without an index."""

    event_id = UnicodeAttribute()


class WaitingItem(CrmItem, discriminator="waiting"):
    """Stands while somebody waits for a place; the first in the partition is the next to move up."""

    person_id = UnicodeAttribute()
    since = UTCDateTimeAttribute()
