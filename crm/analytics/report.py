"""What the analytics page shows, made of counts: rows by source, medium and campaign; bars over time.

Every number carries the address that lists exactly the mails it counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.utils.dateformat import format as format_date

from crm.analytics import addresses
from crm.analytics.charts import Chart, Part
from crm.analytics.columns import Column
from crm.analytics.store import STATES, Point, Question, Row
from crm.analytics.tree import NONE, NOTHING
from crm.core.utm import PARAMETERS

# Columns that are always there; the others only where some mail is in that state.
ALWAYS = ("sent", "pending", "failed", "skipped")
ORDER = ("sent", "pending", "sending", "unknown", "held", "failed", "skipped", "cancelled")
LABELS = {
    "sent": "Sent",
    "pending": "Pending",
    "sending": "Sending",
    "unknown": "Unknown",
    "held": "Held",
    "failed": "Failed",
    "skipped": "Left out",
    "cancelled": "Cancelled",
}
BARS_SHOWN = 8
# A chart of any time has at least as many, so that one busy week is not one bar as wide as the page.
LEAST_BARS = 12


@dataclass(frozen=True, slots=True)
class Cell:
    """A number and the address of its mails, empty for 0."""

    label: str
    state: str
    mails: int
    url: str


def columns(states: Mapping[str, int]) -> list[str]:
    """Return the states to show as columns."""
    return [state for state in ORDER if state in ALWAYS or states.get(state)]


def cells(question: Question, states: Mapping[str, int], shown: Iterable[str]) -> list[Cell]:
    """Return the numbers of one row, each with the address of its mails, their sum last."""
    found = [_cell(question, LABELS[state], state, states.get(state, 0)) for state in shown]
    return [*found, _cell(question, "All", "", sum(states.get(state, 0) for state in STATES))]


def by_source(question: Question, rows: Sequence[Row], name: str) -> Chart:
    """Return the chart of the largest rows, one bar each."""
    largest = sorted(rows, key=lambda row: -sum(row.counts.get(state, 0) for state in STATES))[:BARS_SHOWN]
    bars, parts = _texts(question, largest), []
    for place, row in enumerate(largest):
        for state in STATES:
            if mails := row.counts.get(state, 0):
                url = addresses.rows(question, {"state": state}, row.keys)
                parts.append(Part(place, state, mails, url, f"{bars[place]}: {mails:,} {LABELS[state].lower()}"))
    return Chart(name, bars, parts, legend=_legend(parts))


def by_number(question: Question, rows: Sequence[Row], column: Column, name: str) -> Chart:
    """Return the chart of the rows that have most of one number, one bar each."""
    told = [row for row in rows if column.of(row.counts)]
    largest = sorted(told, key=lambda row: -column.of(row.counts))[:BARS_SHOWN]
    bars, parts = _texts(question, largest), []
    for place, row in enumerate(largest):
        number, url = column.of(row.counts), addresses.rows(question, column.query, row.keys, page=column.page)
        parts.append(Part(place, "sent", number, url, f"{bars[place]}: {number:,} {column.label.lower()}"))
    return Chart(name, bars, parts)


def _texts(question: Question, rows: Sequence[Row]) -> list[str]:
    """Return what each row is called, without what the question says of all of them."""
    free = [parameter for parameter in PARAMETERS if not getattr(question, parameter)] or [PARAMETERS[-1]]
    values = [[row.keys[parameter] for parameter in free] for row in rows]
    return [" / ".join(value or NONE for value in one) if any(one) else NOTHING for one in values]


def over_time(question: Question, points: Sequence[Point], interval: str, name: str) -> Chart:
    """Return the chart of the mails by the time their state was entered, from end to end of the period."""
    bars, parts = [], []
    for place, point in enumerate(padded(question, points, interval)):
        text = spoken(point.start, interval)
        bars.append(text)
        stretch = within(question, point.start, interval)
        for state in STATES:
            if mails := point.counts.get(state, 0):
                label = f"{text}: {mails:,} {LABELS[state].lower()}"
                parts.append(Part(place, state, mails, addresses.rows(stretch, {"state": state}), label))
    return Chart(name, bars, parts, legend=_legend(parts))


def _legend(parts: Sequence[Part]) -> Mapping[str, str]:
    used = {part.state for part in parts}
    return {state: LABELS[state] for state in ORDER if state in used}


def padded(question: Question, points: Sequence[Point], interval: str) -> Sequence[Point]:
    """Return the points with empty ones before and after, up to the ends of the period."""
    if not points:
        return points
    before: list[Point] = []
    after: list[Point] = []
    start = points[0].start
    while (question.since is not None and start > question.since) or (
        question.since is None and len(points) + len(before) < LEAST_BARS
    ):
        start = _stepped(start, interval, -1)
        before.append(Point(start, {}))
    end = _stepped(points[-1].start, interval, 1)
    while question.before is not None and end < question.before:
        after.append(Point(end, {}))
        end = _stepped(end, interval, 1)
    return [*reversed(before), *points, *after]


def empty(question: Question, interval: str) -> Sequence[Point]:
    """Return the points of a period in which nothing was; none where it has no ends."""
    if question.since is None:
        return []
    return padded(question, [Point(question.since, {})], interval)


def within(question: Question, start: datetime, interval: str) -> Question:
    """Return the question narrowed to one stretch of time, which may begin before the period or end after it."""
    end = _stepped(start, interval, 1)
    since = start if question.since is None else max(start, question.since)
    before = end if question.before is None else min(end, question.before)
    return replace(question, since=since, before=before)


def _stepped(moment: datetime, interval: str, steps: int) -> datetime:
    """Move by hours of 60 minutes, or by days and weeks on the wall, whatever the clocks do meanwhile."""
    if interval == "hour":
        return (moment.astimezone(UTC) + timedelta(hours=steps)).astimezone(moment.tzinfo)
    return moment + timedelta(days=steps * (1 if interval == "day" else 7))


def spoken(start: datetime, interval: str) -> str:
    """Return a bar's text: 14:00, 3 July, or 3 July 2025 for a week."""
    if interval == "hour":
        return f"{start:%H:%M}"
    return format_date(start, "j M" if interval == "day" else "j M Y")


def _cell(question: Question, label: str, state: str, mails: int) -> Cell:
    return Cell(label, state, mails, addresses.rows(question, {"state": state} if state else {}) if mails else "")
