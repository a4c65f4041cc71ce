"""The period of a count in a Filter: {"from", "before"}, either of which may be left out, or {"lastDays"}."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crm.core import errors
from crm.search import filter_values
from crm.search.fields import FIELDS, Kind
from crm.search.filter_tree import Condition, Period

_KEYS = ({"from"}, {"before"}, {"from", "before"}, {"lastDays"})


def read(name: str, condition: Condition, given: object) -> Period:
    """Build the period that a condition, called `name`, counts within.

    Raises:
        errors.Invalid: naming the condition: it counts nothing, or the period has a bad shape or ends as it begins.
    """
    if FIELDS[condition.field].kind is not Kind.NUMBER:
        raise errors.Invalid({name: "Only a count takes a period."})
    if not isinstance(given, Mapping) or set(given) not in _KEYS:
        raise errors.Invalid({name: "Give a period as from, before or both, or as lastDays."})
    try:
        period = _read(given)
    except filter_values.BadValue as bad:
        raise errors.Invalid({name: str(bad)}) from bad
    if period.start is not None and period.before is not None and period.start >= period.before:
        raise errors.Invalid({name: "The period ends before it begins."})
    return period


def write(period: Period) -> dict[str, Any]:
    """Return what `read` turns into this very period."""
    if period.last_days is not None:
        return {"lastDays": period.last_days}
    bounds = {"from": period.start, "before": period.before}
    return {name: filter_values.written(moment) for name, moment in bounds.items() if moment is not None}


def bounds(period: Period) -> tuple[datetime | None, datetime | None]:
    """Return from when on, and before when, the period lasts; None: without end. "The last days" end never."""
    if period.last_days is not None:
        return filter_values.days_ago(period.last_days), None
    return period.start, period.before


def _read(given: Mapping[str, Any]) -> Period:
    if "lastDays" in given:
        days = filter_values.read(Kind.TIME, "in_last_days", given["lastDays"])
        assert isinstance(days, int)
        return Period(last_days=days)
    start, before = (filter_values.moment(given[name]) if name in given else None for name in ("from", "before"))
    return Period(start, before)
