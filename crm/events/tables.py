"""How events are stored."""

from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)

from crm.core.dynamo import CrmItem

EVENT_SK = "EVENT"
SLUG_SK = "SLUG"


def event_pk(event_id: str) -> str:
    """Return the partition of an event, its registrations and its waiting tickets."""
    return f"EVENT#{event_id}"


def slug_pk(slug: str) -> str:
    """Return the partition of a slug's sentinel."""
    return f"SLUG#{slug}"


class EventItem(CrmItem, discriminator="event"):
    """An event. `capacity` is 10⁹ where unlimited, so that one condition serves every event. Never deleted."""

    title = UnicodeAttribute(default="")
    slug = UnicodeAttribute(default="")
    description = UnicodeAttribute(default="")
    venue = UnicodeAttribute(default="")
    timezone = UnicodeAttribute(default="UTC")
    start_at = UTCDateTimeAttribute()
    end_at = UTCDateTimeAttribute()
    status = UnicodeAttribute()
    capacity = NumberAttribute()
    taken = NumberAttribute(default=0)
    waiting = NumberAttribute(default=0)
    checked_in = NumberAttribute(default=0)
    uses_check_in = BooleanAttribute(default=False)
    owner = UnicodeAttribute(default="")
    hosts = ListAttribute[str](default=list)
    revision = NumberAttribute(default=1)
    deleted = BooleanAttribute(default=False)
    created_at = UTCDateTimeAttribute()
    updated_at = UTCDateTimeAttribute()


class SlugItem(CrmItem, discriminator="slug"):
    """The sentinel that makes a slug unique. An old slug stays as a redirect, which another event may take over."""

    event_id = UnicodeAttribute()
    is_redirect = BooleanAttribute(default=False)
