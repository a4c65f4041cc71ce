"""The letter that confirms a registration, written from the person and event as they are when it is sent."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string

from crm.deliveries.letters import Letter
from crm.events.entities import Event
from crm.people.entities import Person

# Nobody wrote it, and no answering machine is to answer it (RFC 3834). What people asked for themselves has nothing
# to unsubscribe from, and no link of it is tracked.
AUTOMATIC = (("Auto-Submitted", "auto-generated"),)


def subject(event: Event) -> str:
    """Return the subject of an event's confirmations."""
    return f"You are registered: {event.fields.title}"


def letter(person: Person, event: Event) -> Letter:
    """Write the confirmation of a person's registration."""
    context = {
        "greeting": person.fields.first_name or "there",
        "title": event.fields.title,
        "when": when(event),
        "venue": event.fields.venue,
    }
    return Letter(
        subject=subject(event),
        text=render_to_string("emails/confirmation.txt", context),
        html=render_to_string("emails/confirmation.html", context),
        headers=AUTOMATIC,
    )


def when(event: Event) -> str:
    """Return start and end in words, in the event's own time zone."""
    zone = ZoneInfo(event.fields.timezone)
    start, end = event.fields.start_at.astimezone(zone), event.fields.end_at.astimezone(zone)
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{_day(end)}, {end:%H:%M}"
    return f"{_day(start)}, {start:%H:%M} to {until} ({event.fields.timezone})"


def _day(moment: datetime) -> str:
    return f"{moment:%A} {moment.day} {moment:%B %Y}"
