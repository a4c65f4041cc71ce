"""What the report on a campaign shows: one page of paper with its figures, the way to the seat, charts and links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.safestring import SafeString

from crm.analytics import charts, columns, engine, funnel, report, timeline, tree
from crm.analytics.charts import Chart
from crm.analytics.columns import HUMAN, LAST
from crm.analytics.forms import ANY_TIME, TimeForm
from crm.analytics.funnel import Step
from crm.analytics.store import STATES, Point, Question
from crm.analytics.tree import Cell
from crm.campaigns import clicked, page
from crm.campaigns.clicked import Links
from crm.campaigns.entities import Campaign
from crm.campaigns.progress import Progress
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
    """A chart: its title, the drawing (empty where it could not be drawn just now), and what `link` at `url` opens."""

    title: str
    svg: SafeString
    link: str
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


def sent(campaign: Campaign, shown: Progress, sender: str) -> str:
    """Return in words when a campaign was sent, or how far it is towards that, and by whom."""
    return f"{_sent_when(campaign, shown.label)}, by {sender}"


def _sent_when(campaign: Campaign, state: str) -> str:
    if campaign.state in page.NOT_BEGUN:
        due = f" for {_moment(campaign.scheduled_at)}" if campaign.scheduled_at else ""
        return f"Not yet: {state.lower()}{due}"
    if campaign.frozen_at is None:
        return state
    end = f" to {_moment(campaign.finished_at)}" if campaign.finished_at else f", {state.lower()}"
    return f"{_moment(campaign.frozen_at)}{end}"


def _moment(moment: datetime) -> str:
    return format_date(timezone.localtime(moment), "j F Y, H:i")


def _drawings(question: Question) -> list[Drawing]:
    """Return the mails by when they came into their states, and the registrations; of each, where there are any.

    Each by days or weeks as fits its own time: a seat may be taken long after the last mail.
    """
    days, found = engine.store().series(question, "day", zone.current_key()), []
    for measures, draw in ((STATES, _mails), ((f"registered_{LAST}",), _places)):
        interval, points = "day", _among(days, measures)
        if len(points) > _DAYS_SHOWN:
            weeks = engine.store().series(question, "week", zone.current_key())
            interval, points = "week", _among(weeks, measures)
        if points:
            found.append(draw(question, points, interval))
    return found


def _among(points: Sequence[Point], measures: Sequence[str]) -> Sequence[Point]:
    """Return the points from the first to the last that have any of these."""
    busy = [place for place, point in enumerate(points) if any(point.counts.get(measure) for measure in measures)]
    return points[busy[0] : busy[-1] + 1] if busy else []


def _mails(question: Question, points: Sequence[Point], interval: str) -> Drawing:
    """Return the chart of mails; by the hour where all of them are of one day.

    No page has its numbers as a table: its bars read theirs aloud, and the link leads to the sent ones alone.
    """
    title, url = f"Mails per {interval}, by state", _page_of(question, measure="sent", per=interval)
    link = f"Sent per {interval}"
    if interval == "day" and len(points) == 1:
        since = points[0].start
        title = f"Mails per hour on {format_date(since, 'j M Y')}, by state"
        question, interval = replace(question, since=since, before=since + timedelta(days=1)), "hour"
        points = engine.store().series(question, interval, zone.current_key())
    legend = [cell for cell in report.cells(question, _sums(points), report.ORDER) if cell.mails and cell.state]
    return Drawing(title, _drawn(report.over_time(question, points, interval, title)), link, url, legend)


def _places(question: Question, points: Sequence[Point], interval: str) -> Drawing:
    asked = {"campaign_id": question.campaign_id, "period": ANY_TIME, "measure": "registered", "per": interval}
    form = TimeForm(asked)
    form.full_clean()
    title = f"Registrations per {interval}"
    chart = timeline.chart(timeline.stretches(form, points, None), form.column, title)
    return Drawing(title, _drawn(chart), "As a table", _page_of(question, measure="registered", per=interval))


def _sums(points: Sequence[Point]) -> Mapping[str, int]:
    return {state: sum(point.counts.get(state, 0) for point in points) for state in STATES}


def _page_of(question: Question, **asked: str) -> str:
    """Return the address of the page that shows one number over time, as a table too."""
    period = {"campaign_id": question.campaign_id, "period": ANY_TIME}
    return links.with_query(reverse("analytics-time"), {**period, **asked})


def _drawn(chart: Chart) -> SafeString:
    try:
        # Markup of our own making: the converter escapes every text in it.
        return SafeString(charts.drawn(charts.columns(chart, _SIZE, _HEIGHT)))
    except errors.Busy:
        # The rest of the report is as good without it, and it says what is missing.
        return SafeString("")
