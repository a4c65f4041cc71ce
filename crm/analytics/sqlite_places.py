"""Where the numbers of events' places come from: their roll-up or, where it is asked what led there, rows."""

from collections.abc import Sequence
from functools import partial
from itertools import chain

from crm.analytics.sqlite_sources import Source, matching, sources
from crm.analytics.store import Question
from crm.core.utm import PARAMETERS
from crm.search import credit_keys
from crm.search.sqlite_codec import micros
from crm.search.sqlite_schema import PLACES_COUNTED
from crm.search.sqlite_tallies import BUCKET, EVER
from crm.search.sqlite_where import TRUE, Where

# What is counted of those with a place, and by which of them.
_MEASURES = {"registered": TRUE, "attended": Where("attended = 1")}
_WAITLISTED = "waitlisted"
_ROWS = f"registrations INDEXED BY registrations_{'_'.join(PLACES_COUNTED)}"


def places(question: Question, touch: str, keys: Sequence[str], event_id: str, step: int = 1) -> list[Source]:
    """Return the queries whose rows (each the keys, a measure and a number) sum up to the answer.

    Of each `step` quarter hours, all may be counted under the first. Rows are read where the question is what led
    there, which no roll-up of events knows: few, where it is of one event.
    """
    mine = Where("event_id = ?", (event_id,)) if event_id else TRUE
    if matching(question) is TRUE and not set(keys) & set(PARAMETERS):
        return _rolled_up(question, touch, keys, mine, step)
    names = {key: credit_keys.name(touch, key) for key in (*PARAMETERS, "campaign_id")}
    for key, name in names.items():
        if wanted := getattr(question, key):
            mine &= Where(f"{name} = ?", (wanted,))
    placed = Where("status = 'registered'") & _within(question)
    asked = {measure: placed & which for measure, which in _MEASURES.items()}
    if "bucket" not in keys:
        asked[_WAITLISTED] = Where("status = 'waitlisted'")
    columns = [names.get(key, _column(key, step)) for key in keys]
    parts = [_grouped(columns, f"{measure}_{touch}", "count(*)", "mine", which) for measure, which in asked.items()]
    read = ", ".join(("status", "registered_at", "attended", "event_id", *names.values()))
    sql = (
        f"WITH mine AS MATERIALIZED (SELECT {read} FROM {_ROWS} "
        f"WHERE status IN ('registered', 'waitlisted') AND {mine.sql}) {' UNION ALL '.join(part for part, _ in parts)}"
    )
    return [(sql, (*mine.values, *chain.from_iterable(values for _, values in parts)))]


def _rolled_up(question: Question, touch: str, keys: Sequence[str], mine: Where, step: int) -> list[Source]:
    def asked(measure: str, when: Where) -> Source:
        which = when & mine & Where(f"{measure} > 0")
        columns = [f"bucket / {step} * {step}" if key == "bucket" else key for key in keys]
        return _grouped(columns, f"{measure}_{touch}", f"sum({measure})", "event_tallies", which)

    def cut(measure: str, since: int, before: int) -> list[Source]:
        when = Where("registered_at >= ? AND registered_at < ? AND status = 'registered'", (since, before))
        columns, table = [_column(key, step) for key in keys], "registrations INDEXED BY registrations_registered_at"
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


def _column(key: str, step: int) -> str:
    return f"registered_at / {BUCKET} / {step} * {step}" if key == "bucket" else key


def _within(question: Question) -> Where:
    where = TRUE
    if question.since is not None:
        where &= Where("registered_at >= ?", (micros(question.since),))
    if question.before is not None:
        where &= Where("registered_at < ?", (micros(question.before),))
    return where
