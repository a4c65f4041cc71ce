"""Hours, days and weeks as a wall clock in a time zone has them, for the count: found by walking on the wall."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

DAYS = {"1": 1, "7": 7, "30": 30, "90": 90, "365": 365}


def period(name: str, now: datetime, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """Return the ends of a period that ends with today; None for `all`."""
    if name not in DAYS:
        return None, None
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    ends = (midnight + timedelta(days=1 - DAYS[name]), midnight + timedelta(days=1))
    since, before = (end.replace(tzinfo=zone).astimezone(UTC) for end in ends)
    return since, before


def stretches(since: datetime, before: datetime, interval: str, zone: ZoneInfo) -> Sequence[tuple[datetime, datetime]]:
    """Return the stretches from one moment to another, each cut to them."""
    marks = [since, *(mark for mark in _marks(since, before, interval, zone) if since < mark < before), before]
    return list(pairwise(marks))


def _marks(since: datetime, before: datetime, interval: str, zone: ZoneInfo) -> list[datetime]:
    found, moment = [], since - timedelta(days=8)
    # Every quarter of an hour at which the wall shows a full hour, midnight, or Monday's: slow, and sure.
    moment = moment.replace(minute=0, second=0, microsecond=0)
    while moment < before:
        wall = moment.astimezone(zone)
        is_day = wall.hour == wall.minute == 0
        if {"hour": wall.minute == 0, "day": is_day, "week": is_day and wall.weekday() == 0}[interval]:
            found.append(moment)
        moment += timedelta(minutes=15)
    return found


def spoken(start: datetime, interval: str, zone: ZoneInfo) -> str:
    """Return a stretch's name as pages write it."""
    wall = start.astimezone(zone)
    if interval == "hour":
        return f"{wall:%H:%M}"
    return f"{wall.day} {wall:%b}" + (f" {wall.year}" if interval == "week" else "")


def begin(moment: datetime, interval: str, zone: ZoneInfo) -> datetime:
    """Return when the stretch began that a moment is in."""
    return max(mark for mark in _marks(moment, moment + timedelta(hours=1), interval, zone) if mark <= moment)


def end(start: datetime, interval: str, zone: ZoneInfo) -> datetime:
    """Return when the stretch ends that begins at a moment."""
    return min(mark for mark in _marks(start, start + timedelta(days=8), interval, zone) if mark > start)
