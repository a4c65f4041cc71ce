"""Where the numbers of events' places come from: their roll-up or, where it is asked what led there, rows."""

from collections.abc import Sequence
from functools import partial

from crm.analytics.sqlite_sources import Source, matching, sources
from crm.analytics.store import Question
from crm.core.utm import PARAMETERS
from crm.search import credit_keys
from crm.search.sqlite_codec import micros
from crm.search.sqlite_tallies import BUCKET, EVER
from crm.search.sqlite_where import TRUE, Where

# What is counted of those with a place, and by which of them.
_MEASURES = {"registered": TRUE, "attended": Where("attended = 1")}
_WAITLISTED = "waitlisted"
_BY_EVENT = "registrations INDEXED BY registrations_event_id_status_created_at"


def places(question: Question, touch: str, keys: Sequence[str], event_id: str) -> list[Source]:
    """Return the queries whose rows (each the keys, a measure and a number) sum up to the answer.

    Rows are read where the question is what led there, which no roll-up of events knows: few, where it is of one event.
    """
    if matching(question) is TRUE and not set(keys) & set(PARAMETERS):
        mine = Where("event_id = ?", (event_id,)) if event_id else TRUE
        return _rolled_up(question, touch, keys, mine)
    names = {key: credit_keys.name(touch, key) for key in (*PARAMETERS, "campaign_id")}
    mine = Where("event_id = ?", (event_id,)) if event_id else TRUE
    for key, name in names.items():
        if wanted := getattr(question, key):
            mine &= Where(f"{name} = ?", (wanted,))
    table, columns = _BY_EVENT if event_id else "registrations", [names.get(key, _column(key)) for key in keys]
    placed = Where("status = 'registered'") & mine & _within(question)
    found = [
        _grouped(columns, f"{measure}_{touch}", "count(*)", table, placed & which)
        for measure, which in _MEASURES.items()
    ]
    if "bucket" not in keys:
        waiting = Where("status = 'waitlisted'") & mine
        found.append(_grouped(columns, f"{_WAITLISTED}_{touch}", "count(*)", table, waiting))
    return found


def _rolled_up(question: Question, touch: str, keys: Sequence[str], mine: Where) -> list[Source]:
    def asked(measure: str, when: Where) -> Source:
        which = when & mine & Where(f"{measure} > 0")
        return _grouped(keys, f"{measure}_{touch}", f"sum({measure})", "event_tallies", which)

    def cut(measure: str, since: int, before: int) -> list[Source]:
        when = Where("registered_at >= ? AND registered_at < ? AND status = 'registered'", (since, before))
        columns, table = list(map(_column, keys)), "registrations INDEXED BY registrations_registered_at"
        return [_grouped(columns, f"{measure}_{touch}", "count(*)", table, when & mine & _MEASURES[measure])]

    found: list[Source] = []
    for measure in _MEASURES:
        found += sources(
            question,
            partial(asked, measure),
            partial(cut, measure),
            by_time="bucket" in keys,
            by_day="bucket" not in keys,
        )
    return found if "bucket" in keys else [*found, asked(_WAITLISTED, Where("bucket = ?", (EVER,)))]


def _grouped(columns: Sequence[str], measure: str, number: str, table: str, where: Where) -> Source:
    keys = ", ".join([*columns, f"'{measure}'"])
    return f"SELECT {keys}, {number} FROM {table} WHERE {where.sql} GROUP BY {keys}", where.values


def _column(key: str) -> str:
    return f"registered_at / {BUCKET}" if key == "bucket" else key


def _within(question: Question) -> Where:
    where = TRUE
    if question.since is not None:
        where &= Where("registered_at >= ?", (micros(question.since),))
    if question.before is not None:
        where &= Where("registered_at < ?", (micros(question.before),))
    return where
