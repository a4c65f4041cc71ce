"""Whom a filter matches in plain language, with the events and campaigns in it called by their names."""

from collections.abc import Iterator

from crm.search import engine, filters
from crm.search.filters import FIELDS, And, Condition, Filter, Kind, Not, Or


def of(where: Filter) -> str:
    """Say whom a filter matches, as a phrase that starts with People or Everyone."""
    named = [
        condition for condition in _conditions(where) if FIELDS[condition.field].kind in (Kind.EVENT, Kind.CAMPAIGN)
    ]
    store = engine.store()
    events, campaigns = (
        [str(key) for one in named if FIELDS[one.field].kind is kind for key in one.values]
        for kind in (Kind.EVENT, Kind.CAMPAIGN)
    )
    names = {key: event.title for key, event in store.events_by_id(events).items()} if events else {}
    names |= {key: one.name for key, one in store.campaigns_by_id(campaigns).items()} if campaigns else {}
    return filters.describe(where, names)


def _conditions(where: Filter) -> Iterator[Condition]:
    match where:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _conditions(part)
        case Not(part):
            yield from _conditions(part)
        case Condition():
            yield where
