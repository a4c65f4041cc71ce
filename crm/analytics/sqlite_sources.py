"""Where a question's numbers come from: whole quarter hours from the roll-up, the cut ones at its ends from rows."""

from collections.abc import Sequence
from datetime import datetime

from crm.analytics.store import Question
from crm.core.utm import PARAMETERS
from crm.search.sqlite_codec import micros
from crm.search.sqlite_rollups import DEEDS, SKIPPED_FOR
from crm.search.sqlite_tallies import BUCKET, EVER
from crm.search.sqlite_where import TRUE, Where

Source = tuple[str, tuple[str | int | None, ...]]
_PLACE = (*PARAMETERS, "campaign_id", "bucket")
_OPENED, _CLICKED, _UNSUBSCRIBED = DEEDS.values()
# Each row once for every measure that it counts for.
_TOLD = f"""
    SELECT {", ".join(_PLACE)}, state AS measure FROM cut
    UNION ALL SELECT {", ".join(_PLACE)}, '{SKIPPED_FOR}' || reason FROM cut WHERE state = 'skipped'
    UNION ALL SELECT {", ".join(_PLACE)}, outcome FROM cut WHERE outcome > ''
    UNION ALL SELECT {", ".join(_PLACE)},
        CASE kind WHEN 'open' THEN '{_OPENED[1]}' WHEN 'click' THEN '{_CLICKED[1]}' ELSE '{_UNSUBSCRIBED[1]}' END
        FROM cut JOIN engaged ON mail = id
    UNION ALL SELECT {", ".join(_PLACE)}, CASE kind WHEN 'open' THEN '{_OPENED[0]}' ELSE '{_CLICKED[0]}' END
        FROM cut JOIN engaged ON mail = id WHERE human > 0 AND kind <> 'unsubscribe'
"""


def counts(question: Question, keys: Sequence[str]) -> list[Source]:
    """Return the queries whose rows (each the keys, a measure and a number) sum up to the answer."""
    matching = _matching(question)
    since, before = _micros(question.since), _micros(question.before)
    if since is None and before is None and "bucket" not in keys:
        return [_rollup(Where("bucket = ?", (EVER,)) & matching, keys)]
    # The first whole quarter hour, and the first after the last.
    first = EVER + 1 if since is None else -(-since // BUCKET)
    last = None if before is None else before // BUCKET
    if since is not None and last is not None and first >= last:
        return [_rows(matching & _from("state_at", since) & _until("state_at", before), keys)]
    sources = [_rollup(_from("bucket", first) & _until("bucket", last) & matching, keys)]
    if since is not None and since != first * BUCKET:
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


def _rollup(where: Where, keys: Sequence[str]) -> Source:
    columns = ", ".join([*keys, "measure"])
    return f"SELECT {columns}, sum(count) FROM tallies WHERE {where.sql} GROUP BY {columns}", where.values


def _rows(where: Where, keys: Sequence[str]) -> Source:
    columns = ", ".join([*keys, "measure"])
    # At most half an hour of rows: found by their time, whatever else they must be.
    return (
        f"WITH cut AS MATERIALIZED (SELECT *, state_at / {BUCKET} AS bucket FROM deliveries "
        f"INDEXED BY deliveries_state_at WHERE {where.sql}), told AS ({_TOLD}) "
        f"SELECT {columns}, count(*) FROM told GROUP BY {columns}",
        where.values,
    )
