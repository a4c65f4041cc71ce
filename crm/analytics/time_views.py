"""One number over time, beside the period before."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from crm.analytics import engine, forms, page, timeline
from crm.analytics.charts import Chart
from crm.analytics.forms import TimeForm
from crm.analytics.timeline import Stretch
from crm.core import csv_out, links, zone
from crm.staff.permissions import requires


@requires("crm.view")
def show(request: HttpRequest) -> HttpResponse:
    """Show a number per hour, day or week of the viewer's calendar, and what it was in the period before."""
    form = forms.read(request, kind=TimeForm)
    stretches = _stretches(form)
    context = page.head(request, form, "analytics-time")
    context |= {
        "column": form.column,
        "stretches": list(reversed(stretches)),
        "sum": sum(one.number for one in stretches),
        "sum_before": sum(one.before or 0 for one in stretches),
        "is_compared": form.previous is not None,
        "measures": form.columns,
        "intervals": forms.INTERVALS,
        "interval": form.interval,
        "drawings": page.drawings(request),
        "csv_url": links.changed(reverse("analytics-time-csv"), request.GET, {}),
    }
    return page.render(request, "analytics/time.html", context)


@requires("crm.view")
def csv(request: HttpRequest) -> HttpResponseBase:
    """Answer the stretches as a file, oldest first."""
    form = forms.read(request, kind=TimeForm)
    rows = ([one.start.isoformat(), one.number, one.before] for one in _stretches(form))
    return csv_out.download("time.csv", ["start", form.column.name, "period_before"], rows)


def chart(form: TimeForm) -> Chart:
    """Return the chart of the page."""
    name = f"{form.column.label} per {form.interval}"
    return timeline.chart(_stretches(form), form.column, f"{name}, and in the period before" if form.previous else name)


def _stretches(form: TimeForm) -> list[Stretch]:
    store, key = engine.store(), zone.current_key()
    measures = form.column.measures
    points = store.series(form.question, form.interval, key, measures)
    by = "day" if form.interval == "week" else form.interval
    before = None if form.previous is None else store.series(form.previous, by, key, measures)
    return timeline.stretches(form, points, before)
