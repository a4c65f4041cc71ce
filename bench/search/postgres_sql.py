"""The questions of the benchmark as a developer would put them to PostgreSQL: (SQL, values)."""

from datetime import datetime
from typing import Any

from crm.search import filter_periods
from crm.search.fields import FIELDS, Kind, camel
from crm.search.filter_tree import And, Condition, Filter, Not, Or, Period
from crm.search.sqlite_codec import micros
from crm.search.text import match_key, words

Sql = tuple[str, list[Any]]
_HUMAN = "FROM engagements WHERE verdict = 'human' AND kind ="
# Rows that are counted, what counts one, and when.
_COUNTED = {
    "events_registered": ("FROM registrations WHERE counted = 1", "*", "event_start_at"),
    "events_attended": ("FROM registrations WHERE attended = 1", "*", "event_start_at"),
    "mails_received": ("FROM deliveries WHERE state = 'sent'", "*", "state_at"),
    "mails_opened": (f"{_HUMAN} 'open'", "DISTINCT mail_id", "at"),
}
_DONE = {
    "attended_event": "FROM registrations WHERE attended = 1 AND event_id",
    "got_campaign": "FROM deliveries WHERE state = 'sent' AND campaign_id",
    "opened_campaign": f"{_HUMAN} 'open' AND campaign_id",
    "clicked_campaign": f"{_HUMAN} 'click' AND campaign_id",
}
_SIGNS = {"is": "=", "is_not": "<>", "at_least": ">=", "at_most": "<=", "after": ">=", "before": "<"}


def where(tree: Filter) -> Sql:
    """Return the condition that a filter means."""
    match tree:
        case And(parts):
            return _joined([where(part) for part in parts], "AND", "true")
        case Or(parts):
            return _joined([where(part) for part in parts], "OR", "false")
        case Not(part):
            sql, values = where(part)
            return f"NOT ({sql})", values
        case Condition():
            return _condition(tree)


def order(sort: str) -> str:
    """Return what to sort by."""
    name = next(name for name in FIELDS if sort.removeprefix("-") in (name, camel(name)))
    direction = "DESC" if sort.startswith("-") else "ASC"
    return f"{name} {direction}, id {direction}"


def _joined(parts: list[Sql], link: str, of_none: str) -> Sql:
    joined = f" {link} ".join(f"({sql})" for sql, _ in parts)
    return joined or of_none, [value for _, values in parts for value in values]


def _condition(condition: Condition) -> Sql:
    field, op = condition.field, condition.op
    kind = FIELDS[field].kind
    if kind in {Kind.CAMPAIGN, Kind.EVENT}:
        return f"id IN (SELECT person_id {_DONE[field]} = %s)", [condition.values[0]]
    if kind is Kind.SEARCH:
        query = " & ".join(f"{word}:*" for word in words(str(condition.values[0])))
        return "words @@ to_tsquery('simple', %s)", [query]
    if kind is Kind.NUMBER and (condition.within is not None or field in {"mails_received", "mails_opened"}):
        return _counted(condition)
    values = [_value(value) for value in condition.values]
    return _compared(field, kind, op, values)


def _compared(field: str, kind: Kind, op: str, values: list[Any]) -> Sql:
    if op in {"empty", "not_empty"}:
        return f"{field} {'=' if op == 'empty' else '<>'} ''", []
    if op == "between":
        return f"{field} >= %s AND {field} {'<' if kind is Kind.TIME else '<='} %s", values
    if op in {"starts_with", "contains"}:
        return f"{field} LIKE %s", [f"{'%' if op == 'contains' else ''}{values[0]}%"]
    return f"{field} {_SIGNS[op]} %s", values


def _counted(condition: Condition) -> Sql:
    rows, what, at = _COUNTED[condition.field]
    start, before = filter_periods.bounds(condition.within or Period())
    bounds = [(sign, micros(moment)) for sign, moment in ((">=", start), ("<", before)) if moment is not None]
    least, sign = int(str(condition.values[0])), ""
    if condition.op != "at_least":
        assert condition.op == "at_most" or least == 0
        least, sign = least + 1, "NOT "
    inside = "".join(f" AND {at} {sign} %s" for sign, _ in bounds)
    sql = f"SELECT person_id {rows}{inside} GROUP BY person_id HAVING count({what}) >= {least}"
    # NOT IN reads the whole list for each person; NOT EXISTS is what PostgreSQL joins.
    if sign:
        return f"NOT EXISTS (SELECT 1 FROM ({sql}) c WHERE c.person_id = people.id)", [at for _, at in bounds]
    return f"id IN ({sql})", [at for _, at in bounds]


def _value(value: Any) -> Any:  # noqa: ANN401 - what filters and columns hold
    if isinstance(value, datetime):
        return micros(value)
    return match_key(value) if isinstance(value, str) else int(value)
