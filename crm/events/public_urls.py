"""Where everybody finds an event, as mails, calendars and other sites name it: whole addresses."""

from urllib.parse import quote

from django.conf import settings

from crm.events.entities import Event


def page(event: Event) -> str:
    """Return the address of the event's public page."""
    return f"{settings.PUBLIC_URL}/e/{quote(event.fields.slug)}"


def is_page(address: str) -> bool:
    """Tell whether an address leads to the public page of an event of ours."""
    return address.startswith(f"{settings.PUBLIC_URL}/e/")


def ics(event: Event) -> str:
    """Return the address of the event as a calendar file."""
    return f"{page(event)}.ics"
