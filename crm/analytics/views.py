"""Analytics by UTM: the table, its sums, and the charts, which have addresses of their own."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.safestring import SafeString

from crm.analytics import (
    chart_files,
    charts,
    engine,
    event_views,
    forms,
    funnel_views,
    link_views,
    page,
    report,
    time_views,
    tree,
)
from crm.analytics.charts import Chart
from crm.analytics.columns import shown
from crm.analytics.forms import EventsForm, FunnelForm, LinksForm, QuestionForm, TimeForm
from crm.analytics.store import Question, Row
from crm.core import csv_out, htmx, links
from crm.core.utm import PARAMETERS
from crm.staff.permissions import requires

SHAPES: dict[str, Callable[[Chart, str], dict[str, Any]]] = {
    "source": charts.rows,
    "seats": charts.rows,
    "funnel": charts.rows,
    "compared": charts.compared,
    "registrations": charts.compared,
    "links": charts.rows,
}

# The number that the second chart of the page shows.
_SEATS = "registered"


@requires("crm.view")
def analytics(request: HttpRequest) -> HttpResponse:
    """Count mails by source, medium, campaign and period; every number opens its mails."""
    form = forms.read(request, kind=QuestionForm)
    store = engine.store()
    context = page.head(request, form, "analytics")
    rows = tree.telling(store.by(form.question, PARAMETERS), form.columns)
    context |= {
        "csv_url": links.changed(reverse("analytics-csv"), request.GET, {}),
        "is_anything": bool(rows) or any(store.summary(Question()).values()),
    }
    if rows:
        context |= _numbers(request, form, rows)
    return page.render(request, "analytics/utm.html", context)


def _numbers(request: HttpRequest, form: QuestionForm, rows: Sequence[Row]) -> dict[str, object]:
    question = form.question
    states = sum((Counter(row.counts) for row in rows), Counter[str]())
    table = tree.table(question, rows, form.columns, form.sort, lambda **utm: _narrowed(request, utm))
    return {
        "table": table,
        "heads": page.heads(request, form, table.columns),
        "sums": report.cells(question, states, [state for state in report.ORDER if states[state]]),
        "seats": next(cell for cell in table.total if cell.column.name == _SEATS),
        "drawings": page.drawings(request),
    }


def _narrowed(request: HttpRequest, utm: Mapping[str, str]) -> str:
    return links.changed(reverse("analytics"), request.GET, utm)


@requires("crm.view")
def table_csv(request: HttpRequest) -> HttpResponseBase:
    """Answer the table as a file: a row for each source, medium and campaign, with the numbers that are shown."""
    form = forms.read(request, kind=QuestionForm)
    rows = tree.telling(engine.store().by(form.question, PARAMETERS), form.columns)
    rows = tree.ranked(rows, form.columns, form.sort)
    total = sum((Counter(row.counts) for row in rows), Counter[str]())
    counted = shown(form.columns, total)
    head = [*PARAMETERS, *(column.name for column in counted)]
    lines = ([*row.keys.values(), *(column.of(row.counts) for column in counted)] for row in rows)
    return csv_out.download("utm.csv", head, lines)


@requires("crm.view")
def chart(request: HttpRequest, kind: str) -> HttpResponse:
    """Answer one chart's drawing; without HTMX, a page with it."""
    made = _asked_chart(request, kind)
    drawing = _drawn(request, made, kind)
    if htmx.fragment(request) is not None:
        return HttpResponse(drawing)
    query = request.GET.copy()
    query.pop("size", None)
    # The drawing is markup of our own making: the converter escapes every text in it.
    context = {"drawing": SafeString(drawing), "title": made.name, "query": query.urlencode()}
    return htmx.render(request, "analytics/chart.html", context)


@requires("crm.view")
def chart_file(request: HttpRequest, kind: str, suffix: str) -> HttpResponse:
    """Answer one chart as a file: SVG or PNG."""
    if suffix not in chart_files.TYPES:
        raise Http404
    made = _asked_chart(request, kind)
    drawing = _drawn(request, made, kind)
    if not drawing:
        raise Http404
    file = chart_files.made(drawing, suffix, made.legend)
    disposition = f'attachment; filename="{kind}.{suffix}"'
    return HttpResponse(file, content_type=chart_files.TYPES[suffix], headers={"Content-Disposition": disposition})


def _asked_chart(request: HttpRequest, kind: str) -> Chart:
    if kind not in SHAPES:
        raise Http404
    if kind == "compared":
        return time_views.chart(forms.read(request, "size", kind=TimeForm))
    if kind == "links":
        return link_views.chart(forms.read(request, "size", kind=LinksForm))
    if kind == "funnel":
        return funnel_views.chart(forms.read(request, "size", kind=FunnelForm))
    if kind == "registrations":
        return event_views.chart(forms.read(request, "size", kind=EventsForm))
    return _chart(forms.read(request, "size", kind=QuestionForm), kind)


def _drawn(request: HttpRequest, made: Chart, kind: str) -> str:
    """Return the drawing in the size that the address asks for; empty where there is nothing to draw."""
    size = request.GET.get("size", "")
    return charts.drawn(SHAPES[kind](made, size if size in charts.WIDTHS else "wide")) if made.parts else ""


def _chart(form: QuestionForm, kind: str) -> Chart:
    rows = engine.store().by(form.question, PARAMETERS)
    if kind == "source":
        return report.by_source(form.question, rows, "Mails by source, medium and campaign")
    column = next(column for column in form.columns if column.name == _SEATS)
    return report.by_number(form.question, rows, column, "Registrations by source, medium and campaign")
