"""What people did, as SQL over the table `people`: events registered for, attended and run; mails got and opened."""

import json

from crm.search import filter_periods
from crm.search.documents import HUMAN
from crm.search.filter_tree import Condition, Period
from crm.search.sqlite_codec import micros
from crm.search.sqlite_where import Where

_IN_CHARGE = (
    "(e.owner = people.id OR EXISTS (SELECT 1 FROM json_each(CAST(e.doc AS TEXT), '$.hosts') h "
    "WHERE h.value = people.id))"
)
# Field -> the rows that are counted, what counts one, and when it happened.
_COUNTED = {
    "events_registered": ("registrations r WHERE r.person_id = people.id AND r.counted", "*", "r.event_start_at"),
    "events_attended": ("registrations r WHERE r.person_id = people.id AND r.attended", "*", "r.event_start_at"),
    "events_hosted": (f"events e WHERE e.status <> 'cancelled' AND {_IN_CHARGE}", "*", "e.start_at"),
    "mails_received": (
        "deliveries d WHERE d.person_id = people.id AND d.state = 'sent'",
        "*",
        "d.state_at",
    ),
    "mails_opened": (
        f"engagements g WHERE g.person_id = people.id AND g.kind = 'open' AND g.verdict = '{HUMAN}'",
        "DISTINCT g.mail_id",
        "g.at",
    ),
    "mails_clicked": (
        f"engagements g WHERE g.person_id = people.id AND g.kind = 'click' AND g.verdict = '{HUMAN}'",
        "DISTINCT g.mail_id",
        "g.at",
    ),
}
_DONE = {
    "registered_for": ("registrations r WHERE r.person_id = people.id AND r.status = 'registered'", "r.event_id"),
    "attended_event": ("registrations r WHERE r.person_id = people.id AND r.attended", "r.event_id"),
    "hosted_event": (f"events e WHERE {_IN_CHARGE}", "e.id"),
    # The signs keep the planner from walking all mails of the campaign for each person instead.
    "got_campaign": ("deliveries d WHERE d.person_id = people.id AND +d.state = 'sent'", "+d.campaign_id"),
    "opened_campaign": (
        f"engagements g WHERE g.person_id = people.id AND g.kind = 'open' AND g.verdict = '{HUMAN}'",
        "+g.campaign_id",
    ),
    "clicked_campaign": (
        f"engagements g WHERE g.person_id = people.id AND g.kind = 'click' AND g.verdict = '{HUMAN}'",
        "+g.campaign_id",
    ),
}


def count(condition: Condition) -> Where:
    """Return the number that a condition compares, as an expression."""
    if condition.within is None and condition.field.startswith("events"):
        return Where(condition.field)
    rows, what, at = _COUNTED[condition.field]
    inside = _inside(at, condition.within or Period())
    return Where(f"(SELECT count({what}) FROM {rows}{inside.sql})", inside.values)


def done(condition: Condition) -> Where:
    """Return the condition that people did something to one of these events or campaigns, or to none of them."""
    rows, what = _DONE[condition.field]
    sign = "NOT " if condition.op == "is_not" else ""
    return Where(
        f"{sign}EXISTS (SELECT 1 FROM {rows} AND {what} IN (SELECT value FROM json_each(?)))",
        (json.dumps(condition.values),),
    )


def _inside(at: str, period: Period) -> Where:
    start, before = filter_periods.bounds(period)
    bounds = [(">=", start), ("<", before)]
    given = [(sign, micros(moment)) for sign, moment in bounds if moment is not None]
    return Where("".join(f" AND {at} {sign} ?" for sign, _ in given), tuple(moment for _, moment in given))
