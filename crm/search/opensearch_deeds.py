"""What people did, as queries of OpenSearch: registrations, mails and what was done with them are people's children.

"At most n" is "not at least n + 1", so that those with no child at all are counted, too. Events are nobody's children:
who runs those that are asked about is looked up first, by an aggregation, and asked for by their ids.
"""

from collections.abc import Callable, Mapping

from crm.search import filter_periods
from crm.search import opensearch_mappings as mappings
from crm.search.documents import HUMAN
from crm.search.filter_tree import Condition, Period
from crm.search.opensearch_query import EVERYTHING, Query, any_of, equal, every, living, no, within

# Query for events -> how many of them each person runs.
Hosting = Callable[[Query], Mapping[str, int]]
_COUNTS = frozenset({"mails_received", "mails_opened", "mails_clicked"})
_DEEDS = {"mails_opened": "open", "opened_campaign": "open", "mails_clicked": "click", "clicked_campaign": "click"}
_PLACES = {
    "events_registered": equal("counted", 1),
    "events_attended": equal("attended", 1),
    "registered_for": equal("status", "registered"),
    "attended_event": equal("attended", 1),
}


def having_deeds(kind: str, *which: Query, by_human: bool) -> Query:
    """Return the query for mails with which something was done, by a human or by anything; `which` narrows that."""
    verdict = [equal("verdict", HUMAN)] if by_human else []
    done = every([living("engagements"), equal("kind", kind), *which, *verdict])
    return {"has_child": {"type": mappings.ENGAGEMENT, "query": done}}


def of_mails(which: Query) -> Query:
    """Return the query for what was done with some mails."""
    return {"has_parent": {"parent_type": mappings.DELIVERY, "query": which}}


def is_counted(condition: Condition) -> bool:
    """Tell whether a number is not the person's own, but one of what hangs on them."""
    return condition.field in _COUNTS or condition.within is not None


def counted(condition: Condition, hosting: Hosting) -> Query:
    """Return the query that a number of things people did is as wanted."""
    return compared(condition, _at_least(condition.field, condition.within or Period(), hosting))


def compared(condition: Condition, least: Callable[[int], Query]) -> Query:
    """Return the query that a number is as wanted; `least` makes the one that it is at least so high."""
    first, *rest = (int(value) for value in condition.values if isinstance(value, int))
    last = rest[0] if rest else first
    match condition.op:
        case "at_least":
            return least(first)
        case "at_most":
            return no(least(first + 1))
        case "is_not":
            return no(every([least(first), no(least(first + 1))]))
    return every([least(first), no(least(last + 1))])


def done(condition: Condition, hosting: Hosting) -> Query:
    """Return the query that people did something to one of these events or campaigns, or to none of them."""
    wanted = {str(value) for value in condition.values}
    did = _did(condition.field, wanted, hosting)
    return no(did) if condition.op == "is_not" else did


def _did(field: str, wanted: set[str], hosting: Hosting) -> Query:
    if field == "hosted_event":
        return any_of("id", hosting(any_of("id", wanted)).keys())
    if field == "got_campaign":
        return _child(mappings.DELIVERY, every([_sent(), any_of("campaign_id", wanted)]))
    if field in _DEEDS:
        return _child(mappings.DELIVERY, having_deeds(_DEEDS[field], any_of("campaign_id", wanted), by_human=True))
    return _child(mappings.REGISTRATION, every([living("registrations"), _PLACES[field], any_of("event_id", wanted)]))


def _at_least(field: str, period: Period, hosting: Hosting) -> Callable[[int], Query]:
    if field == "events_hosted":
        held = within("start_at", *filter_periods.bounds(period))
        running = hosting(every([no(equal("status", "cancelled")), held]))
        return lambda n: any_of("id", [key for key, number in running.items() if number >= n]) if n else EVERYTHING
    kind, where = each(field, period)
    return lambda n: _child(kind, where, n)


def each(field: str, period: Period) -> tuple[str, Query]:
    """Return what kind of a person's children a number counts, and the query for those of them that it counts."""
    bounds = filter_periods.bounds(period)
    if field in _PLACES:
        where = every([living("registrations"), _PLACES[field], within("event_start_at", *bounds)])
        return mappings.REGISTRATION, where
    if field == "mails_received":
        return mappings.DELIVERY, every([_sent(), within("state_at", *bounds)])
    return mappings.DELIVERY, having_deeds(_DEEDS[field], within("at", *bounds), by_human=True)


def _sent() -> Query:
    return every([living("deliveries"), equal("state", "sent")])


def _child(kind: str, query: Query, least: int = 1) -> Query:
    return {"has_child": {"type": kind, "query": query, "min_children": least}} if least else EVERYTHING
