"""What the analytics page shows, made of counts: rows by source, medium and campaign; bars over time.

Every number carries the address that lists exactly the mails it counts.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.utils.dateformat import format as format_date

from crm.analytics import addresses, time_steps
from crm.analytics.charts import Chart, Part
from crm.analytics.columns import Column
from crm.analytics.store import STATES, Point, Question, Row
from crm.analytics.tree import NONE, NOTHING
from crm.core.utm import PARAMETERS

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


def cells(question: Question, states: Mapping[str, int], shown: Iterable[str]) -> list[Cell]:
    """Return the numbers of one row, each with the address of its mails, their sum last."""
    found = [_cell(question, LABELS[state], state, states.get(state, 0)) for state in shown]
    return [*found, _cell(question, "All", "", sum(states.get(state, 0) for state in STATES))]


def by_source(question: Question, rows: Sequence[Row], name: str) -> Chart:
    """Return the chart of the largest rows, one bar each."""
    mailed = [row for row in rows if any(row.counts.get(state) for state in STATES)]
    largest = sorted(mailed, key=lambda row: -sum(row.counts.get(state, 0) for state in STATES))[:BARS_SHOWN]
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
    parts = []
    shown = padded(question, points, interval)
    bars = texts([point.start for point in shown], interval)
    for place, (text, point) in enumerate(zip(bars, shown, strict=True)):
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
    zone, step = points[0].start.tzinfo or UTC, time_steps.step(interval)
    # In UTC: Python compares two moments of one zone by what its clocks show.
    since, end = (end and end.astimezone(UTC) for end in (question.since, question.before))
    starts = [point.start.astimezone(UTC) for point in points]
    while (since is not None and starts[0] > since) or (since is None and len(starts) < LEAST_BARS):
        starts.insert(0, step.before(starts[0], zone))
    while end is not None and (following := step.after(starts[-1], zone)) < end:
        starts.append(following)
    counts = {point.start.astimezone(UTC): point.counts for point in points}
    return [Point(start.astimezone(zone), counts.get(start, {})) for start in starts]


def empty(question: Question, interval: str) -> Sequence[Point]:
    """Return the points of a period in which nothing was; none where it has no ends."""
    if question.since is None:
        return []
    zone = question.since.tzinfo or UTC
    first = time_steps.step(interval).start(question.since, zone).astimezone(zone)
    return padded(question, [Point(first, {})], interval)


def within(question: Question, start: datetime, interval: str) -> Question:
    """Return the question narrowed to one stretch of time, which may begin before the period or end after it."""
    zone = start.tzinfo or UTC
    since, before = start.astimezone(UTC), time_steps.step(interval).after(start, zone)
    if question.since is not None:
        since = max(since, question.since.astimezone(UTC))
    if question.before is not None:
        before = min(before, question.before.astimezone(UTC))
    return replace(question, since=since.astimezone(zone), before=before.astimezone(zone))


def texts(starts: Sequence[datetime], interval: str) -> Sequence[str]:
    """Return the names of stretches: 14:00, 3 Jul 14:00 among hours of several days, 3 Jul, or 3 Jul 2025 for a week.

    An hour that comes twice since clocks are set back is called by its zone, too.
    """
    if interval != "hour":
        return [format_date(start, "j M" if interval == "day" else "j M Y") for start in starts]
    is_one_day = len({start.date() for start in starts}) == 1
    found = [format_date(start, "H:i" if is_one_day else "j M H:i") for start in starts]
    times = Counter(found)
    return [f"{text} {start:%Z}" if times[text] > 1 else text for text, start in zip(found, starts, strict=True)]


def _cell(question: Question, label: str, state: str, mails: int) -> Cell:
    return Cell(label, state, mails, addresses.rows(question, {"state": state} if state else {}) if mails else "")
