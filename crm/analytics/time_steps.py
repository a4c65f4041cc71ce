"""Stretches of time as a viewer's clock and calendar have them; a day of 23 or 25 hours is one day."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from math import gcd
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crm.core import errors

_HOUR, _QUARTER = timedelta(hours=1), timedelta(minutes=15)
# Clocks change by the half year; no mail is older, and no zone's rules are known further on.
_LOOKED_AT_FROM, _WEEKS_LOOKED_AT = datetime(1970, 1, 1, tzinfo=UTC), 80 * 52


@dataclass(frozen=True, slots=True)
class Step:
    """An interval. `start` gives the first moment, in UTC, of the stretch that a moment is in.

    Starts are UTC because Python takes two aware times of one zone for equal where a clock is set back.
    """

    start: Callable[[datetime, tzinfo], datetime]
    length: timedelta

    def between(self, first: datetime, last: datetime, zone: tzinfo) -> Iterator[datetime]:
        """Yield the starts of all stretches from the one starting at `first` to the one starting at `last`."""
        current = first
        while current <= last:
            yield current
            current = self.after(current, zone)

    def after(self, start: datetime, zone: tzinfo) -> datetime:
        """Return the start of the stretch after the one starting at `start`, in UTC."""
        # At most as much shorter than usual as the next one lasts: this is in there, or still in a longer one.
        moment = start.astimezone(UTC) + self.length
        while (following := self.start(moment, zone)) <= start:
            moment += _QUARTER
        return following

    def before(self, start: datetime, zone: tzinfo) -> datetime:
        """Return the start of the stretch before the one starting at `start`, in UTC."""
        return self.start(start.astimezone(UTC) - _QUARTER, zone)

    def starts(self, moments: Iterable[datetime], zone: tzinfo) -> Mapping[datetime, datetime]:
        """Return moment -> start of its stretch. The calendar is asked once for all moments of a day."""
        found: dict[datetime, datetime] = {}
        start = end = datetime.min.replace(tzinfo=UTC)
        for moment in sorted(moments):
            if moment >= end:
                start = self.start(moment, zone)
                # Where a clock is set back by half an hour, an hour ends early.
                end = moment if self.length == _HOUR else self.after(start, zone)
            found[moment] = start
        return found


def zone(name: str) -> ZoneInfo:
    """Return a time zone. Raises errors.Invalid, naming `timezone`, where there is none of this name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise errors.Invalid({"timezone": "There is no such time zone."}) from error


def step(interval: str) -> Step:
    """Return the step of hour, day or week (from Monday). Raises errors.Invalid, naming `interval`, for others."""
    if interval not in _STEPS:
        raise errors.Invalid({"interval": f"Use one of {', '.join(_STEPS)}."})
    return _STEPS[interval]


@cache
def quarter_hours(zone: ZoneInfo, interval: str) -> int:
    """Return how many quarter hours of UTC at a time lie within one stretch, wherever a zone's stretches begin."""
    weeks = (_LOOKED_AT_FROM + timedelta(weeks=number) for number in range(_WEEKS_LOOKED_AT))
    offsets = {week.astimezone(zone).utcoffset() or timedelta() for week in weeks}
    if any(offset % _QUARTER for offset in offsets):
        return 1
    length = min(step(interval).length, timedelta(days=1))
    return gcd(*(one // _QUARTER for one in (length, *offsets)))


def _hour(moment: datetime, zone: tzinfo) -> datetime:
    local = moment.astimezone(zone)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    start = moment.astimezone(UTC) - past
    # Where clocks are set by half an hour, as on Lord Howe Island, an hour begins anew with that.
    while start.astimezone(zone).utcoffset() != local.utcoffset():
        start += _QUARTER
    return start


def _day(moment: datetime, zone: tzinfo) -> datetime:
    return _midnight(moment.astimezone(zone).date(), zone)


def _week(moment: datetime, zone: tzinfo) -> datetime:
    day = moment.astimezone(zone).date()
    return _midnight(day - timedelta(days=day.weekday()), zone)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


_STEPS = {
    "hour": Step(_hour, _HOUR),
    "day": Step(_day, timedelta(days=1)),
    "week": Step(_week, timedelta(weeks=1)),
}
