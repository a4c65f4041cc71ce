"""When an event is, in words, on the wall of its own time zone."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone as clock
from django.utils.dateformat import format as format_date


def place_of(zone: str) -> str:
    """Return the place a time zone is named after: New York for America/New_York."""
    return zone.rpartition("/")[2].replace("_", " ")


def spoken(start: datetime, end: datetime, zone: str) -> str:
    """Return "Friday 1 August 2025, 09:00 to 17:00"; today's and tomorrow's events are named so."""
    here = ZoneInfo(zone)
    first, last = start.astimezone(here), end.astimezone(here)
    opening = f"{_day(first)}, {first:%H:%M}"
    if first.date() == last.date():
        return f"{opening} to {last:%H:%M}"
    return f"{opening} to {format_date(last, 'l j F')}, {last:%H:%M}"


def _day(moment: datetime) -> str:
    today = clock.localtime(clock.now(), moment.tzinfo).date()
    near = {0: "Today, ", 1: "Tomorrow, ", -1: "Yesterday, "}.get((moment.date() - today).days, "")
    return near + format_date(moment, "l j F" if moment.year == today.year else "l j F Y")
