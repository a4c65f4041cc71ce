"""Counts, their periods and other values of a Filter in plain language: "attended 2 or more events in March 2026"."""

from datetime import datetime

from crm.search.filter_tree import Condition, Period, Value

_COUNTED = {
    "events_registered": ("registered for", "event"),
    "events_attended": ("attended", "event"),
    "events_hosted": ("hosted", "event"),
    "mails_received": ("received", "mail"),
    "mails_opened": ("opened", "mail"),
    "mails_clicked": ("clicked in", "mail"),
}
_AMOUNTS = {
    "is": "exactly {}",
    "is_not": "any number but {} of",
    "at_least": "{} or more",
    "at_most": "at most {}",
    "between": "{} to {}",
}
_YEAR_END = 12


def number(condition: Condition) -> str:
    """Say how many of what within which period: "attended 2 or more events in March 2026"; or how high a score."""
    if condition.field == "engagement":
        return f"have an engagement score of {_AMOUNTS[condition.op].format(*condition.values)}"
    return _amount(condition) + _period(condition.within)


def _amount(condition: Condition) -> str:
    verb, thing = _COUNTED[condition.field]
    numbers = [int(value) for value in condition.values if isinstance(value, int)]
    if numbers == [0] and condition.op in {"is", "at_most"}:
        return f"{verb} no {thing}"
    is_single = numbers[-1] == 1 and condition.op in {"is", "at_most"}
    return f"{verb} {_AMOUNTS[condition.op].format(*numbers)} {thing}{'' if is_single else 's'}"


def _period(within: Period | None) -> str:
    """Say a period, with a blank before it; nothing where there is none."""
    match within:
        case None:
            return ""
        case Period(last_days=int(days)):
            return f" in the last {days} day{'' if days == 1 else 's'}"
        case Period(start=datetime() as start, before=datetime() as before):
            if _is_month(start) and before == _next_month(start):
                return f" in {start:%B %Y}"
            return f" from {_edge(start)} to before {_edge(before)}"
        case Period(start=datetime() as start):
            return f" since {_edge(start)}"
    assert within.before is not None
    return f" before {_edge(within.before)}"


def shown(value: Value) -> str:
    """Return a value as people read it; of times at midnight, only the day."""
    if not isinstance(value, datetime):
        return str(value)
    has_time = value.hour or value.minute or value.second
    return f"{value:%-d %B %Y %H:%M} UTC" if has_time else f"{value:%-d %B %Y}"


def _edge(moment: datetime) -> str:
    return f"{moment:%B %Y}" if _is_month(moment) else shown(moment)


def _is_month(moment: datetime) -> bool:
    return moment == moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _next_month(month: datetime) -> datetime:
    is_last = month.month == _YEAR_END
    return month.replace(year=month.year + is_last, month=1 if is_last else month.month + 1)
