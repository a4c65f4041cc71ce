"""An event as a calendar file (RFC 5545), for people to add to their own calendars."""

from urllib.parse import urlsplit

from django.conf import settings
from icalendar import Calendar
from icalendar import Event as Entry

from crm.events import public_urls
from crm.events.entities import PUBLISHED, Event

CONTENT_TYPE = "text/calendar; charset=utf-8; method=PUBLISH"
_MAKER = "-//Event CRM//EN"


def of(event: Event) -> bytes:
    """Return the event as a calendar of one entry, in UTC: each calendar shows it on its owner's clock.

    A newer file replaces the entry an older one made, as its sequence is higher.
    """
    fields = event.fields
    entry = Entry()
    entry.add("uid", f"{event.id}@{urlsplit(settings.PUBLIC_URL).hostname}")
    entry.add("dtstamp", event.updated_at)
    entry.add("dtstart", fields.start_at)
    entry.add("dtend", fields.end_at)
    entry.add("summary", fields.title)
    entry.add("status", "CANCELLED" if event.is_cancelled else "CONFIRMED")
    entry.add("sequence", event.revision)
    for name, text in (("location", fields.venue), ("description", fields.description)):
        if text:
            entry.add(name, text)
    if fields.status == PUBLISHED:
        entry.add("url", public_urls.page(event))
    calendar = Calendar()
    calendar.add("prodid", _MAKER)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(entry)
    file: bytes = calendar.to_ical()
    return file
