"""Where a question's numbers come from: whole quarter hours from the roll-ups, the cut ones at its ends from rows."""

from collections.abc import Sequence
from datetime import datetime

from crm.analytics.store import Question
from crm.core.utm import PARAMETERS
from crm.search.sqlite_codec import micros
from crm.search.sqlite_rollups import BUCKET
from crm.search.sqlite_where import TRUE, Where

# What a delivery's row has in place of the roll-up's columns.
_ON_ROWS = {
    "bucket": f"state_at / {BUCKET}",
    "reason": "CASE state WHEN 'skipped' THEN reason ELSE '' END",
}
_Source = tuple[str, tuple[str | int | None, ...]]


def counts(question: Question, keys: Sequence[str]) -> list[_Source]:
    """Return the queries whose rows (each the keys and a number) sum up to the answer."""
    matching = _matching(question)
    since, before = _micros(question.since), _micros(question.before)
    # The first whole quarter hour, and the first after the last.
    first = None if since is None else -(-since // BUCKET)
    last = None if before is None else before // BUCKET
    if first is not None and last is not None and first >= last:
        return [_rows(matching & _from("state_at", since) & _until("state_at", before), keys)]
    sources = [_rollup(matching & _from("bucket", first) & _until("bucket", last), keys)]
    if first is not None and since != first * BUCKET:
        sources.append(_rows(matching & _from("state_at", since) & _until("state_at", first * BUCKET), keys))
    if last is not None and before != last * BUCKET:
        sources.append(_rows(matching & _from("state_at", last * BUCKET) & _until("state_at", before), keys))
    return sources


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else micros(moment)


def _from(column: str, least: int | None) -> Where:
    return TRUE if least is None else Where(f"{column} >= ?", (least,))


def _until(column: str, end: int | None) -> Where:
    return TRUE if end is None else Where(f"{column} < ?", (end,))


def _matching(question: Question) -> Where:
    where = TRUE
    for name in (*PARAMETERS, "campaign_id"):
        if wanted := getattr(question, name):
            where &= Where(f"{name} = ?", (wanted,))
    return where


def _rollup(where: Where, keys: Sequence[str]) -> _Source:
    return f"SELECT {', '.join(keys)}, sum(count) FROM mails WHERE {where.sql} GROUP BY {_all(keys)}", where.values


def _rows(where: Where, keys: Sequence[str]) -> _Source:
    columns = ", ".join(_ON_ROWS.get(key, key) for key in keys)
    # At most half an hour of rows: found by their time, whatever else they must be.
    return (
        f"SELECT {columns}, count(*) FROM deliveries INDEXED BY deliveries_state_at "
        f"WHERE {where.sql} GROUP BY {_all(keys)}",
        where.values,
    )


def _all(keys: Sequence[str]) -> str:
    return ", ".join(str(place) for place in range(1, len(keys) + 1))
