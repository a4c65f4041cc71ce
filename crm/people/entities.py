"""What a person is, free of storage."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PersonFields:
    """What people type about a person. Empty strings mean unknown; `email` is never empty."""

    email: str
    first_name: str = ""
    last_name: str = ""
    phone_number: str = ""
    avatar: str = ""
    gender: str = ""
    job_title: str = ""
    company: str = ""
    city: str = ""
    state: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A person with the counters that filters use.

    `revision` is raised by edits only (the ETag); `version` by every write. `phone_e164` is empty where the number
    given cannot be read as one. `owned` counts the events this person owns; it must be 0 before deletion.
    """

    id: str
    fields: PersonFields
    phone_e164: str
    unsubscribed: bool
    events_registered: int
    events_attended: int
    events_hosted: int
    owned: int
    revision: int
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def name(self) -> str:
        """First and last name, or the e-mail address where both are unknown."""
        return f"{self.fields.first_name} {self.fields.last_name}".strip() or self.fields.email
