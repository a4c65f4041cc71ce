"""What the analytics page shows, made of counts: rows by source, medium and campaign; bars over time.

Every number carries the address that lists exactly the mails it counts.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.dateformat import format as format_date

from crm.analytics.charts import Chart, Part
from crm.analytics.store import STATES, Point, Question, Row
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
NONE, NOTHING = "none", "No tracking"
BARS_SHOWN = 8
# A chart of any time has at least as many, so that one busy week is not one bar as wide as the page.
LEAST_BARS = 12
# More rows than these are not read but searched: the table then stops at media, or at sources.
LINES_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Cell:
    """A number and the address of its mails, empty for 0."""

    label: str
    state: str
    mails: int
    url: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table. `level` 1 is a source, 2 a medium of it, 3 a campaign; `url` narrows the page to it."""

    level: int
    text: str
    url: str
    cells: Sequence[Cell]


def mails_url(question: Question, *, state: str = "", utm: Mapping[str, str] | None = None) -> str:
    """Return the address that lists the mails a number counts."""
    chosen = {name: getattr(question, name) for name in PARAMETERS if getattr(question, name)}
    query = {**chosen, **(utm or {})}
    if state:
        query["state"] = state
    if question.since is not None:
        query["from"] = question.since.isoformat()
    if question.before is not None:
        query["before"] = question.before.isoformat()
    return f"{reverse('mails')}?{urlencode(query)}"


def columns(states: Mapping[str, int]) -> list[str]:
    """Return the states to show as columns."""
    return [state for state in ORDER if state in ALWAYS or states.get(state)]


def cells(question: Question, states: Mapping[str, int], shown: Iterable[str], utm: Mapping[str, str]) -> list[Cell]:
    """Return the numbers of one row, each with the address of its mails, their sum last."""
    found = [_cell(question, LABELS[state], state, states.get(state, 0), utm) for state in shown]
    return [*found, _cell(question, "All", "", sum(states.get(state, 0) for state in STATES), utm)]


def lines(question: Question, rows: Sequence[Row], shown: Sequence[str], period: str) -> list[Line]:
    """Return the rows as a tree: sources, their media, their campaigns; most sent first at each level."""
    sums: dict[tuple[str, ...], Counter[str]] = {}
    for row in rows:
        path = tuple(row.keys[name] for name in PARAMETERS)
        for depth in range(1, len(path) + 1):
            sums.setdefault(path[:depth], Counter()).update(row.states)
    sums = {path: states for path, states in sums.items() if not _says_nothing(path, sums)}
    depths = [depth for depth in (3, 2) if sum(len(path) <= depth for path in sums) <= LINES_SHOWN]
    sums = {path: states for path, states in sums.items() if len(path) <= max(depths, default=1)}
    ranked = sorted(sums, key=lambda path: [_rank(sums[path[:end]], path[:end]) for end in range(1, len(path) + 1)])
    return [_line(question, path, sums[path], shown, period) for path in ranked]


def by_source(question: Question, rows: Sequence[Row], name: str) -> Chart:
    """Return the chart of the largest rows, one bar each."""
    free = [parameter for parameter in PARAMETERS if not getattr(question, parameter)] or [PARAMETERS[-1]]
    largest = sorted(rows, key=lambda row: -sum(row.states.values()))[:BARS_SHOWN]
    bars, parts = [], []
    for place, row in enumerate(largest):
        values = [row.keys[parameter] for parameter in free]
        text = " / ".join(value or NONE for value in values) if any(values) else NOTHING
        bars.append(text)
        for state in STATES:
            if mails := row.states.get(state, 0):
                url = mails_url(question, state=state, utm=row.keys)
                parts.append(Part(place, state, mails, url, f"{text}: {mails:,} {LABELS[state].lower()}"))
    return Chart(name, bars, parts)


def over_time(question: Question, points: Sequence[Point], interval: str, name: str) -> Chart:
    """Return the chart of the mails by the time their state was entered, from end to end of the period."""
    bars, parts = [], []
    for place, point in enumerate(padded(question, points, interval)):
        text = spoken(point.start, interval)
        bars.append(text)
        stretch = within(question, point.start, interval)
        for state in STATES:
            if mails := point.states.get(state, 0):
                label = f"{text}: {mails:,} {LABELS[state].lower()}"
                parts.append(Part(place, state, mails, mails_url(stretch, state=state), label))
    return Chart(name, bars, parts)


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


def stretches(question: Question, points: Sequence[Point], interval: str, shown: Sequence[str]) -> list[Line]:
    """Return the chart over time as a table, newest first: a row for each stretch in which a mail changed its state."""
    found = []
    for point in reversed(points):
        if any(point.states.values()):
            numbers = cells(within(question, point.start, interval), point.states, shown, {})
            found.append(Line(1, spoken(point.start, interval), "", numbers))
    return found


def within(question: Question, start: datetime, interval: str) -> Question:
    """Return the question narrowed to one stretch of time, which may begin before the period or end after it."""
    end = _stepped(start, interval, 1)
    since = start if question.since is None else max(start, question.since)
    before = end if question.before is None else min(end, question.before)
    return Question(question.utm_source, question.utm_medium, question.utm_campaign, "", since, before)


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


def _says_nothing(path: tuple[str, ...], sums: Mapping[tuple[str, ...], Counter[str]]) -> bool:
    """Tell whether a row only repeats the one above it: no value, and nothing beside it."""
    return len(path) > 1 and not path[-1] and sums[path] == sums[path[:-1]]


def _rank(states: Mapping[str, int], path: tuple[str, ...]) -> tuple[int, int, str]:
    return (-states.get("sent", 0), -sum(states.values()), path[-1])


def _line(
    question: Question, path: tuple[str, ...], states: Mapping[str, int], shown: Sequence[str], period: str
) -> Line:
    utm = dict(zip(PARAMETERS, path, strict=False))
    # A value that is not there cannot be asked for on this page; its numbers still open its mails.
    url = "" if not path[-1] else f"{reverse('analytics')}?{urlencode({**utm, 'period': period})}"
    text = path[-1] or (NONE if any(path) else NOTHING)
    return Line(len(path), text, url, cells(question, states, shown, utm))


def _cell(question: Question, label: str, state: str, mails: int, utm: Mapping[str, str]) -> Cell:
    return Cell(label, state, mails, mails_url(question, state=state, utm=utm) if mails else "")
