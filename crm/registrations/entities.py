"""What a registration is, free of storage."""

from dataclasses import dataclass
from datetime import datetime

REGISTERED, WAITLISTED, CANCELLED = "registered", "waitlisted", "cancelled"


@dataclass(frozen=True, slots=True)
class Registration:
    """A person at an event. `generation` counts how often this person registered here anew after cancelling."""

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
