"""Where a question's numbers come from: whole quarter hours from the roll-up, the cut ones at its ends from rows."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from crm.analytics.store import Question
from crm.core.utm import PARAMETERS
from crm.search import sqlite_click_rows
from crm.search.mail_links import MEASURES
from crm.search.sqlite_codec import micros
from crm.search.sqlite_credits import CREDITED, PLACED
from crm.search.sqlite_rollups import DEEDS, SKIPPED_FOR
from crm.search.sqlite_tallies import A_DAY, BUCKET, EVER, day
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


# What the roll-up was made from, all of it: `told` has a row for each measure of each mail and registration. What was
# done with mails is counted anew, too, under the name of the roll-up of it.
EVERY_ROW = (
    "WITH engaged AS (SELECT mail_id AS mail, kind, sum(verdict = 'human') AS human FROM engagements GROUP BY 1, 2), "
    f"cut AS (SELECT *, state_at / {BUCKET} AS bucket FROM deliveries), told AS ({_TOLD})",
    f"WITH cut AS ({PLACED}), told AS ({CREDITED})",
)


# In the order of MEASURES: a row of `clicked` is a mail in which a link was clicked.
_CLICKS = "sum(human > 0), count(*), sum(human), sum(total)"
# The same for links: each key of their roll-up, and its numbers.
EVERY_CLICK = (
    "WITH clicked AS (SELECT mail_id AS mail, link, sum(verdict = 'human') AS human, count(*) AS total "
    "FROM engagements WHERE kind = 'click' GROUP BY 1, 2) "
    f"SELECT state_at / {BUCKET}, {', '.join(PARAMETERS)}, deliveries.campaign_id, link, {_CLICKS} "
    "FROM deliveries JOIN clicked ON mail = id GROUP BY 1, 2, 3, 4, 5, 6"
)
# How many clicks are listed, by the same keys: humans', and all.
LISTED_CLICKS = (
    f"SELECT state_at / {BUCKET}, {', '.join(PARAMETERS)}, campaign_id, link, sum(human), count(*) "
    f"FROM {sqlite_click_rows.TABLE} GROUP BY 1, 2, 3, 4, 5, 6"
)
# The roll-ups that no period and no UTM parameter is asked of: their numbers, they themselves, and what they were made
# from. Which bounces were hard is known to no column of the mails.
OTHERS = {
    "engaged": (
        ("human", "total"),
        "SELECT * FROM engaged",
        "SELECT mail_id, kind, sum(verdict = 'human'), count(*) FROM engagements GROUP BY 1, 2",
    ),
    "clicked": (
        ("human", "total"),
        "SELECT * FROM clicked",
        "SELECT mail_id, link, sum(verdict = 'human'), count(*) FROM engagements WHERE kind = 'click' GROUP BY 1, 2",
    ),
    "engagement_sums": (
        ("people", "everybody", "total"),
        "SELECT * FROM engagement_sums",
        "SELECT campaign_id, kind, sum(human > 0), count(*), sum(total) FROM (SELECT campaign_id, kind, "
        "sum(verdict = 'human') AS human, count(*) AS total FROM engagements WHERE campaign_id > '' "
        "GROUP BY 1, 2, mail_id) GROUP BY 1, 2",
    ),
    "outcomes": (
        ("mails",),
        "SELECT campaign_id, outcome, sum(count) FROM outcomes GROUP BY 1, 2",
        "SELECT campaign_id, outcome, count(*) FROM deliveries WHERE campaign_id > '' AND outcome > '' GROUP BY 1, 2",
    ),
}


def counts(question: Question, keys: Sequence[str], measures: Sequence[str] = ()) -> list[Source]:
    """Return the queries whose rows (each the keys, a measure and a number) sum up to the answer.

    `measures` narrows what is read; none: all there are.
    """
    wanted = matching(question) & _measured(measures)
    columns = ", ".join([*keys, "measure"])
    return sources(
        question,
        lambda when: (
            f"SELECT {columns}, sum(count) FROM tallies WHERE {(when & wanted).sql} GROUP BY {columns}",
            (when & wanted).values,
        ),
        lambda since, before: _rows(wanted, since, before, keys),
        by_day=True,
    )


def moments(question: Question, measures: Sequence[str], step: int) -> list[Source]:
    """Return the queries whose rows (each a quarter hour, a measure and a number) sum up to the answer.

    `step` is how many quarter hours may be counted under the first of them.
    """
    place, bucket = matching(question), f"bucket / {step} * {step}"
    wanted = _measured(measures) & place
    return sources(
        question,
        lambda when: (
            f"SELECT {bucket}, measure, sum(count) FROM {'moments' if place is TRUE else 'tallies'} "
            f"WHERE {(when & wanted).sql} GROUP BY measure, {bucket}",
            (when & wanted).values,
        ),
        lambda since, before: _rows(wanted, since, before, ["bucket"]),
        by_time=True,
    )


def links(question: Question) -> list[Source]:
    """Return the queries whose rows (each a campaign, a link and its numbers) sum up to the answer."""
    wanted = matching(question)
    return sources(
        question,
        lambda when: _link_rollup(when & wanted),
        lambda since, before: [_link_rows(wanted, since, before)],
    )


def sources(
    question: Question,
    whole: Callable[[Where], Source],
    cut: Callable[[int, int], list[Source]],
    *,
    by_time: bool = False,
    by_day: bool = False,
) -> list[Source]:
    """Return the queries over a roll-up's whole quarter hours (and days), and those over rows for its cut ones."""
    since, before = _micros(question.since), _micros(question.before)
    if since is None and before is None and not by_time:
        return [whole(Where("bucket = ?", (EVER,)))]
    # The first whole quarter hour, and the first after the last.
    first = EVER + 1 if since is None else max(EVER + 1, -(-since // BUCKET))
    last = None if before is None else before // BUCKET
    if since is not None and before is not None and last is not None and first >= last:
        return cut(since, before)
    sources = [whole(when) for when in (_days(first, last) if by_day else [_between(first, last)])]
    if since is not None and since != first * BUCKET:
        sources += cut(since, first * BUCKET)
    if before is not None and last is not None and before != last * BUCKET:
        sources += cut(last * BUCKET, before)
    return sources


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else micros(moment)


def _days(first: int, last: int | None) -> Iterator[Where]:
    """Yield the conditions of what adds up to the quarter hours from the first on: whole days where there are any."""
    from_day, to_day = -(-first // A_DAY), None if last is None else last // A_DAY
    if to_day is not None and to_day <= from_day:
        yield _between(first, last)
        return
    # Later days are smaller.
    yield Where("bucket <= ?", (day(from_day),)) & (TRUE if to_day is None else Where("bucket > ?", (day(to_day),)))
    yield _between(first, from_day * A_DAY)
    if to_day is not None:
        yield _between(to_day * A_DAY, last)


def _between(first: int, last: int | None) -> Where:
    where = Where("bucket >= ?", (first,))
    return where if last is None else where & Where("bucket < ?", (last,))


def _measured(measures: Sequence[str]) -> Where:
    return Where(f"measure IN ({', '.join('?' * len(measures))})", tuple(measures)) if measures else TRUE


def matching(question: Question) -> Where:
    """Return the condition that mails come from where the question asks for: `TRUE` where it asks for any."""
    where = TRUE
    for name in (*PARAMETERS, "campaign_id"):
        if wanted := getattr(question, name):
            where &= Where(f"{name} = ?", (wanted,))
    return where


def _link_rollup(where: Where) -> Source:
    sums = ", ".join(f"sum({measure})" for measure in MEASURES)
    return f"SELECT campaign_id, link, {sums} FROM link_tallies WHERE {where.sql} GROUP BY 1, 2", where.values


def _link_rows(matching: Where, since: int, before: int) -> Source:
    where = Where("state_at >= ? AND state_at < ?", (since, before)) & matching
    return (
        f"SELECT campaign_id, link, {_CLICKS} FROM deliveries INDEXED BY deliveries_state_at "
        f"JOIN clicked ON mail = id WHERE {where.sql} GROUP BY 1, 2",
        where.values,
    )


def _rows(matching: Where, since: int, before: int, keys: Sequence[str]) -> list[Source]:
    """Return the queries over rows of a stretch of at most half an hour, found by their time."""
    columns = ", ".join([*keys, "measure"])
    return [
        (
            f"WITH cut AS MATERIALIZED (SELECT *, {time} / {BUCKET} AS bucket FROM {table} "
            f"INDEXED BY {table}_{time} WHERE {time} >= ? AND {time} < ? AND {condition}), told AS ({told}) "
            f"SELECT {columns}, count(*) FROM told WHERE {matching.sql} GROUP BY {columns}",
            (since, before, *matching.values),
        )
        for table, time, condition, told in (
            ("deliveries", "state_at", "1", _TOLD),
            ("registrations", "registered_at", "status = 'registered'", CREDITED),
        )
    ]
