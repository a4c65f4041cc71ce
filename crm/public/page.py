"""What the public page of an event shows."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils.text import Truncator

from crm.core import outside
from crm.events import public_urls, schedule
from crm.events.entities import Event
from crm.public import card, queries
from crm.public.queries import Stage

# What other sites show of a description under a link.
_TEASER = 200
# From here on it is worth telling that places run short.
_SCARCE = 20


@dataclass(frozen=True, slots=True)
class EventPage:
    """An event in words, on the clock of its own zone.

    `is_scarce`: few places are left. How many nobody is told: who tries an address could see by the number whether it
    had been registered. `dated` is `spoken` for those who keep it; `picture` is empty where other sites are given none.
    """

    event: Event
    stage: Stage
    start: datetime
    spoken: str
    dated: str
    place: str
    is_scarce: bool
    teaser: str
    url: str
    picture: str
    ics: str
    google: str
    sender: str

    @property
    def takes_registrations(self) -> bool:
        """Whether one can register, or wait for a place."""
        return self.stage in (Stage.OPEN, Stage.FULL)


def of(event: Event) -> EventPage:
    """Return the page of an event that may be shown."""
    fields = event.fields
    stage = queries.stage(event)
    return EventPage(
        event=event,
        stage=stage,
        start=fields.start_at.astimezone(ZoneInfo(fields.timezone)),
        spoken=schedule.spoken(fields.start_at, fields.end_at, fields.timezone),
        dated=card.dated(event),
        place=schedule.place_of(fields.timezone),
        is_scarce=stage is Stage.OPEN and event.capacity - event.taken <= _SCARCE,
        teaser=Truncator(" ".join(fields.description.split())).chars(_TEASER),
        url=public_urls.page(event),
        picture=card.address(event),
        ics=public_urls.ics(event),
        google=_google(event),
        sender=outside.sender(),
    )


def _google(event: Event) -> str:
    fields = event.fields
    moments = "/".join(f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}" for moment in (fields.start_at, fields.end_at))
    entry = {"action": "TEMPLATE", "text": fields.title, "dates": moments, "details": public_urls.page(event)}
    return f"https://calendar.google.com/calendar/render?{urlencode(entry | {'location': fields.venue})}"
