"""What an event is, free of storage."""

from dataclasses import dataclass
from datetime import datetime

DRAFT, PUBLISHED, CANCELLED = "draft", "published", "cancelled"
STATUSES = (DRAFT, PUBLISHED, CANCELLED)
# `capacity` of an event without a limit: a number, so that one condition serves all events.
UNLIMITED = 10**9
MAX_HOSTS = 40


@dataclass(frozen=True, slots=True)
class EventFields:
    """What people type about an event. `max_capacity` 0 means unlimited; `slug` empty: made from the title."""

    title: str
    start_at: datetime
    end_at: datetime
    owner: str
    slug: str = ""
    description: str = ""
    venue: str = ""
    timezone: str = "UTC"
    max_capacity: int = 0
    hosts: tuple[str, ...] = ()
    status: str = PUBLISHED
    uses_check_in: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """An event with its places: `taken` registered, `waiting` on the waitlist, `checked_in` at the door."""

    id: str
    fields: EventFields
    taken: int
    waiting: int
    checked_in: int
    revision: int
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def capacity(self) -> int:
        """Places in all, `UNLIMITED` where there is no limit."""
        return self.fields.max_capacity or UNLIMITED

    @property
    def people_in_charge(self) -> frozenset[str]:
        """Owner and hosts, each once: those for whom the event counts as hosted."""
        return frozenset({self.fields.owner, *self.fields.hosts}) - {""}
