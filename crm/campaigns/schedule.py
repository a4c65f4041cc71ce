"""When a campaign is to begin: chosen on a clock somewhere, kept as a moment."""

from datetime import UTC, datetime, timedelta

from crm.core import errors, zone

# Further ahead than anybody plans a mail; what lies beyond is a slip of the pen.
FURTHEST = timedelta(days=366)


def moment(at: datetime, zone_name: str, now: datetime) -> datetime:
    """Return a moment at which a campaign may begin. `zone_name`: whose clock it was chosen on, for showing it.

    Raises:
        errors.Invalid: naming `at` or `zone`.
    """
    found = _read(at, zone_name)
    if found <= now:
        raise errors.Invalid({"at": "This time is over."})
    if found > now + FURTHEST:
        raise errors.Invalid({"at": f"At most {FURTHEST.days} days ahead."})
    return found


def beginning(at: datetime | None, zone_name: str, now: datetime) -> datetime | None:
    """Return the moment at which a campaign is to begin, None for at once. Raises as `moment` does."""
    found = planned(at, zone_name)
    return None if found is None else moment(found, zone_name, now)


def planned(at: datetime | None, zone_name: str) -> datetime | None:
    """Return the moment that a draft keeps, which may be over or far ahead. Raises as `moment` does."""
    if at is not None:
        return _read(at, zone_name)
    if zone_name:
        raise errors.Invalid({"zone": "Only together with the time chosen on its clock."})
    return None


def _read(at: datetime, zone_name: str) -> datetime:
    if zone_name and zone.named(zone_name) is None:
        raise errors.Invalid({"zone": "There is no such time zone."})
    if at.tzinfo is None:
        raise errors.Invalid({"at": "A time with its offset."})
    return at.astimezone(UTC)


def on_clock(local: datetime, zone_name: str) -> datetime:
    """Return the moment at which the clocks of a zone show `local` (naive); where they do so twice, the first.

    Raises:
        errors.Invalid: naming `zone`, or `at` where the clocks skip that time as summer time begins.
    """
    place = zone.named(zone_name)
    if place is None:
        raise errors.Invalid({"zone": "There is no such time zone."})
    found = local.replace(tzinfo=place, fold=0).astimezone(UTC)
    if found.astimezone(place).replace(tzinfo=None) != local:
        raise errors.Invalid({"at": "The clocks skip this time, as summer time begins."})
    return found
