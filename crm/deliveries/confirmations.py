"""The letters about a registration, written from the person and event as they are when they are sent."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string

from crm.deliveries import tokens
from crm.deliveries.letters import Letter
from crm.events import ics, public_urls
from crm.events.entities import PUBLISHED, Event
from crm.people.entities import Person

# Nobody wrote it, and no answering machine is to answer it (RFC 3834). What people asked for themselves has nothing
# to unsubscribe from, and no link of it is tracked.
AUTOMATIC = (("Auto-Submitted", "auto-generated"),)


def subject(event: Event) -> str:
    """Return the subject of an event's confirmations."""
    return f"You are registered: {event.fields.title}"


def letter(person: Person, event: Event) -> Letter:
    """Write the confirmation of a person's registration."""
    return _written("confirmation", subject(event), person, event, calendar=ics.of(event))


def waiting_subject(event: Event) -> str:
    """Return the subject of the mail to those who come on the waitlist."""
    return f"You are on the waitlist: {event.fields.title}"


def waiting(person: Person, event: Event) -> Letter:
    """Tell somebody that they wait for a place."""
    return _written("waiting", waiting_subject(event), person, event)


def reminder_subject(event: Event) -> str:
    """Return the subject of the mail to those who register though they are on it."""
    return f"You are on it already: {event.fields.title}"


def reminder(person: Person, event: Event) -> Letter:
    """Tell somebody who registered again that they have a place already."""
    return _written("reminder", reminder_subject(event), person, event, calendar=ics.of(event))


def _written(name: str, subject: str, person: Person, event: Event, *, calendar: bytes = b"") -> Letter:
    context = {
        "greeting": person.fields.first_name or "there",
        "title": event.fields.title,
        "when": when(event),
        "venue": event.fields.venue,
        # A draft has no page; whoever got a place at it all the same can look at that.
        "page": public_urls.page(event) if event.fields.status == PUBLISHED else "",
        "place": tokens.place_url(event.id, person.id),
    }
    return Letter(
        subject=subject,
        text=render_to_string(f"emails/{name}.txt", context),
        html=render_to_string(f"emails/{name}.html", context),
        headers=AUTOMATIC,
        calendar=calendar,
    )


def when(event: Event) -> str:
    """Return start and end in words, in the event's own time zone."""
    zone = ZoneInfo(event.fields.timezone)
    start, end = event.fields.start_at.astimezone(zone), event.fields.end_at.astimezone(zone)
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{_day(end)}, {end:%H:%M}"
    return f"{_day(start)}, {start:%H:%M} to {until} ({event.fields.timezone})"


def _day(moment: datetime) -> str:
    return f"{moment:%A} {moment.day} {moment:%B %Y}"
