"""What the report on a campaign shows: one page of paper with its figures, the way to the seat, charts and links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from django.urls import reverse
from django.utils.dateformat import format as format_date
from django.utils.safestring import SafeString

from crm.analytics import charts, columns, engine, funnel, report, timeline, tree
from crm.analytics.charts import Chart
from crm.analytics.columns import HUMAN, LAST
from crm.analytics.forms import ANY_TIME, TimeForm
from crm.analytics.funnel import Step
from crm.analytics.store import STATES, Point, Question
from crm.analytics.tree import Cell
from crm.campaigns import clicked
from crm.campaigns.clicked import Links
from crm.core import errors, links, zone

# As many as there is room for beside everything else.
LINKS_SHOWN, REASONS_SHOWN = 5, 3
# In px: flat, as paper has room for more than charts.
_HEIGHT = 100
# More bars than these are too thin on paper.
_DAYS_SHOWN = 45
# Told elsewhere on the page: who was left out and why.
_ELSEWHERE = ("skipped", "cancelled")
_SIZE = "narrow"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart: its title, the drawing (empty where it could not be drawn just now), and the page that has its table."""

    title: str
    svg: SafeString
    url: str
    legend: Sequence[report.Cell] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """Every number of the report, each with the address of its rows; `most` is the largest of the steps."""

    cells: Sequence[Cell]
    steps: Sequence[Step]
    drawings: Sequence[Drawing]
    links: Links

    @property
    def most(self) -> int:
        """The number that the bars of the steps are parts of."""
        return max(step.number for step in self.steps) or 1


def of(campaign_id: str) -> Figures:
    """Return the numbers of a campaign, humans' opens and clicks, and registrations by their last touch."""
    question = Question(campaign_id=campaign_id)
    counts, known = engine.store().summary(question), columns.columns(HUMAN, LAST)
    shown = [column for column in columns.shown(known, counts) if column.name not in _ELSEWHERE]
    return Figures(
        cells=tree.cells(question, counts, shown, {}),
        steps=funnel.steps(question, counts, known, {}),
        drawings=_drawings(question),
        links=clicked.of(campaign_id, LINKS_SHOWN),
    )


def _drawings(question: Question) -> list[Drawing]:
    """Return the mails by when they came into their states and, where there are any, the registrations."""
    key = zone.current_key()
    interval, points = "day", engine.store().series(question, "day", key)
    if len(points) > _DAYS_SHOWN:
        interval, points = "week", engine.store().series(question, "week", key)
    found = [_mails(question, points, interval)] if points else []
    if any(point.counts.get(f"registered_{LAST}") for point in points):
        found.append(_places(question, points, interval))
    return found


def _mails(question: Question, points: Sequence[Point], interval: str) -> Drawing:
    """Return the chart of mails; by the hour where all of them went out on one day."""
    busy = [point.start for point in points if any(point.counts.get(state) for state in STATES)]
    title, url = f"Mails per {interval}, by state", _page_of(question, measure="sent", per=interval)
    if interval == "day" and len(busy) == 1:
        title = f"Mails per hour on {format_date(busy[0], 'j M Y')}, by state"
        question, interval = replace(question, since=busy[0], before=busy[0] + timedelta(days=1)), "hour"
        points = engine.store().series(question, interval, zone.current_key())
    sums = _sums(points)
    legend = [cell for cell in report.cells(question, sums, report.ORDER) if cell.mails and cell.state]
    return Drawing(title, _drawn(report.over_time(question, points, interval, title)), url, legend)


def _places(question: Question, points: Sequence[Point], interval: str) -> Drawing:
    asked = {"campaign_id": question.campaign_id, "period": ANY_TIME, "measure": "registered", "per": interval}
    form = TimeForm(asked)
    form.full_clean()
    title = f"Registrations per {interval}"
    chart = timeline.chart(timeline.stretches(form, points, None), form.column, title)
    return Drawing(title, _drawn(chart), _page_of(question, measure="registered", per=interval))


def _sums(points: Sequence[Point]) -> Mapping[str, int]:
    return {state: sum(point.counts.get(state, 0) for point in points) for state in STATES}


def _page_of(question: Question, **asked: str) -> str:
    """Return the address of the page that has the same numbers as a table."""
    period = {"campaign_id": question.campaign_id, "period": ANY_TIME}
    return links.with_query(reverse("analytics-time"), {**period, **asked})


def _drawn(chart: Chart) -> SafeString:
    try:
        # Markup of our own making: the converter escapes every text in it.
        return SafeString(charts.drawn({**charts.columns(chart, _SIZE), "height": _HEIGHT}))
    except errors.Busy:
        # The rest of the report is as good without it, and it says what is missing.
        return SafeString("")
