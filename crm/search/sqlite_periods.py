"""Who did something within a period: whole days and hours from sets, the cut hours at its ends from rows."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from pyroaring import BitMap

from crm.search import filter_periods, sqlite_sets
from crm.search.documents import HUMAN
from crm.search.filter_tree import Period
from crm.search.sqlite_codec import micros
from crm.search.sqlite_marks import CLICKED, DAY, GOT, HOUR, NEVER, OPENED, by_hour, mail_key

# No time is later; hours and days of it are, which no row is in.
_EVER = 2**62
_ROWS = {
    GOT: "SELECT id, campaign_id FROM deliveries WHERE state = 'sent' AND state_at >= ? AND state_at < ?",
    **{
        kind: f"SELECT mail_id, campaign_id FROM engagements WHERE verdict = '{HUMAN}' AND kind = '{kind}' "
        "AND at >= ? AND at < ?"
        for kind in (OPENED, CLICKED)
    },
}
EVENTS = {
    "events_registered": "registered_for",
    "events_attended": "attended_event",
    "events_hosted": "hosted_event",
}
MAILS = {"mails_received": GOT, "mails_opened": OPENED, "mails_clicked": CLICKED}


def sets(connection: sqlite3.Connection, field: str, within: Period) -> Iterator[BitMap]:
    """Yield, for each event or mail within the period, everybody who is to be counted for it."""
    start, before = _bounds(within)
    if field in EVENTS:
        condition, values = "field = ? AND number >= ? AND number < ?", (EVENTS[field], start, before)
        for _, pieces in sqlite_sets.groups(connection, condition, values):
            yield sqlite_sets.union(pieces)
        return
    pieces_of: dict[str, list[BitMap]] = defaultdict(list)
    kind = MAILS[field]
    for stretch in cover(start, before):
        _collect(connection, kind, stretch, pieces_of)
    for found in pieces_of.values():
        yield BitMap.union(BitMap(), *found)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a period, from `first` up to without `after`, in steps of so many microseconds; 1: look at the rows."""

    step: int
    first: int
    after: int


def cover(start: int, before: int) -> list[Stretch]:
    """Cut a period (in microseconds) into whole days, whole hours, and what is left of hours at its ends."""
    return _cover(start, before, (DAY, HOUR, 1))


def _cover(start: int, before: int, steps: tuple[int, ...]) -> list[Stretch]:
    if start >= before:
        return []
    step, *finer = steps
    first, after = -(-start // step), before // step
    if not finer:
        return [Stretch(1, start, before)]
    if first >= after:
        return _cover(start, before, tuple(finer))
    ends = _cover(start, first * step, tuple(finer)) + _cover(after * step, before, tuple(finer))
    return [Stretch(step, first, after), *ends]


def _bounds(within: Period) -> tuple[int, int]:
    start, before = filter_periods.bounds(within)
    return NEVER + 1 if start is None else micros(start), _EVER if before is None else micros(before)


def _collect(connection: sqlite3.Connection, kind: str, stretch: Stretch, pieces_of: dict[str, list[BitMap]]) -> None:
    if stretch.step > 1:
        name = kind if stretch.step == DAY else by_hour(kind)
        condition, values = "field = ? AND number >= ? AND number < ?", (name, stretch.first, stretch.after)
        for value, pieces in sqlite_sets.groups(connection, condition, values):
            pieces_of[value].append(sqlite_sets.union(pieces))
        return
    people: dict[str, list[str]] = defaultdict(list)
    for mail_id, campaign_id in connection.execute(_ROWS[kind], (stretch.first, stretch.after)):
        source, person_id, step = mail_id.split("/", 2)
        people[mail_key(campaign_id, source, step)].append(person_id)
    for value, ids in people.items():
        pieces_of[value].append(sqlite_sets.of_ids(connection, ids))
