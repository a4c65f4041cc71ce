"""One number over time: stretches from end to end of a period, each beside its like in the period before."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crm.analytics import addresses, report
from crm.analytics.charts import LINE, Chart, Part
from crm.analytics.columns import Column
from crm.analytics.forms import EventsForm, TimeForm
from crm.analytics.store import Point


@dataclass(frozen=True, slots=True)
class Stretch:
    """An hour, day or week. `before` is the number of its like in the period before, None where there is none."""

    start: datetime
    text: str
    number: int
    url: str
    before: int | None

    @property
    def change(self) -> str:
        """By how much it grew, with its sign; empty where nothing can be said."""
        return "" if self.before is None or self.before == self.number else f"{self.number - self.before:+,}"


def stretches(form: TimeForm | EventsForm, points: Sequence[Point], before: Sequence[Point] | None) -> list[Stretch]:
    """Return the stretches of the form's period, oldest first.

    `before`: the points of the period before, by hours or days, None where none stands beside it.
    """
    question, column = form.question, form.column
    shown = report.padded(question, points, form.interval) or report.empty(question, form.interval)
    likes = _likes(form, shown, before)
    found = []
    names = report.texts([point.start for point in shown], form.interval)
    for place, (name, point) in enumerate(zip(names, shown, strict=True)):
        number = column.of(point.counts)
        narrowed = report.within(question, point.start, form.interval)
        url = addresses.rows(narrowed, column.query, page=column.page) if number else ""
        like = None if likes is None else likes[place]
        found.append(Stretch(point.start, name, number, url, like))
    return found


def chart(shown: Sequence[Stretch], column: Column, name: str) -> Chart:
    """Return the bars, and the line of the period before."""
    parts = [
        Part(place, "sent", one.number, one.url, f"{one.text}: {one.number:,} {column.label.lower()}")
        for place, one in enumerate(shown)
        if one.number
    ]
    line = [one.before for one in shown if one.before is not None]
    legend = {"sent": "This period", LINE: "The period before"} if line else {}
    return Chart(name, [one.text for one in shown], parts, line, legend)


def _likes(form: TimeForm | EventsForm, shown: Sequence[Point], before: Sequence[Point] | None) -> list[int] | None:
    """Return for each stretch the number of the same days and hours, as much earlier as the period before is.

    Weeks of two periods do not lie alike: a stretch is compared with as many days as it has, and none is left out.
    """
    if before is None or form.previous is None or form.previous.since is None or form.question.since is None:
        return None
    since = _wall(form.question.since, form.interval)
    # Counted on the wall: both are midnights of the viewer's.
    earlier = since - _wall(form.previous.since, form.interval)
    starts = [max(_wall(point.start, form.interval), since) - earlier for point in shown]
    found = [0] * len(shown)
    for point in before:
        place = bisect_right(starts, _wall(point.start, form.interval)) - 1
        found[max(place, 0)] += form.column.of(point.counts)
    return found


def _wall(start: datetime, interval: str) -> datetime:
    """Return what the clock shows; at the start of a day that is midnight, also where it skips that."""
    shown = start.replace(tzinfo=None)
    return shown if interval == "hour" else shown.replace(hour=0, minute=0)
