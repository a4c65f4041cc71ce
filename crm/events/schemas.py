"""The shapes in which the API takes and answers events."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from crm.core import clock
from crm.core.api.schemas import In, Instant, ListQuery, Out, PageOut, Term
from crm.events.entities import MAX_CAPACITY, MAX_HOSTS, Event, EventFields
from crm.events.queries import DEFAULT_SORT
from crm.search.documents import EventDocument

Status = Literal["draft", "published", "cancelled"]


class EventIn(In):
    """An event as a client sends one. What is left out of a PUT is cleared, a slug made from the title."""

    title: str
    start_at: Instant
    end_at: Instant
    slug: str = ""
    description: str = ""
    venue: str = ""
    timezone: str = "UTC"
    max_capacity: int = Field(0, ge=0, le=MAX_CAPACITY, description="0 means unlimited.")
    owner: str = Field("", max_length=128)
    hosts: list[str] = Field(default_factory=list, max_length=MAX_HOSTS)
    status: Status = "published"
    uses_check_in: bool = False

    def fields(self) -> EventFields:
        """Return what people type."""
        return EventFields(**{**self.model_dump(), "hosts": tuple(self.hosts)})


class EventPatch(EventIn):
    """The fields to change; the others stay as they are."""

    # The defaults are never read: only what was sent is.
    title: str = ""
    start_at: Instant = Field(default_factory=clock.now)
    end_at: Instant = Field(default_factory=clock.now)

    def values(self) -> dict[str, object]:
        """Return only what was sent, by the names of `EventFields`."""
        sent = self.model_dump(exclude_unset=True)
        return {**sent, "hosts": tuple(self.hosts)} if "hosts" in sent else sent


class EventOut(Out):
    """An event with its places; `maxCapacity` 0 means unlimited."""

    id: str
    title: str
    slug: str
    description: str
    venue: str
    timezone: str
    start_at: datetime
    end_at: datetime
    status: str
    max_capacity: int
    taken: int
    waiting: int
    checked_in: int
    uses_check_in: bool
    owner: str
    hosts: list[str]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, event: Event) -> "EventOut":
        """Answer one event, from DynamoDB."""
        fields = event.fields
        return cls(
            id=event.id,
            title=fields.title,
            slug=fields.slug,
            description=fields.description,
            venue=fields.venue,
            timezone=fields.timezone,
            start_at=fields.start_at,
            end_at=fields.end_at,
            status=fields.status,
            max_capacity=fields.max_capacity,
            taken=event.taken,
            waiting=event.waiting,
            checked_in=event.checked_in,
            uses_check_in=fields.uses_check_in,
            owner=fields.owner,
            hosts=list(fields.hosts),
            created_at=event.created_at,
            updated_at=event.updated_at,
        )

    @classmethod
    def of_document(cls, row: EventDocument) -> "EventOut":
        """Answer a row of a list, from the read model."""
        same = cls.model_fields.keys() - {"max_capacity"}
        return cls(max_capacity=row.capacity or 0, **{name: getattr(row, name) for name in same})


class EventPage(PageOut[EventOut]):
    """A page of events."""


class EventsQuery(ListQuery):
    """How `/events` is listed. `from` is included, `before` is not."""

    q: Term = ""
    status: Status | None = None
    starts_from: Instant | None = None
    starts_before: Instant | None = None
    sort_by: str = Field(DEFAULT_SORT, max_length=50)
