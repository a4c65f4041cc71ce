"""Registrations by event: how many, over time, by source, who came, and who waits."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from crm.analytics import engine, events, forms, page, timeline, tree
from crm.analytics.charts import Chart
from crm.analytics.events import Lines
from crm.analytics.forms import EventsForm
from crm.analytics.timeline import Stretch
from crm.core import csv_out, links, zone
from crm.core.utm import PARAMETERS
from crm.staff.permissions import requires


@requires("crm.view")
def show(request: HttpRequest) -> HttpResponse:
    """Show the registrations of each event, and over time and by source those of all or of one."""
    form = forms.read(request, kind=EventsForm)
    context = page.head(request, form, "analytics-events")
    lines, stretches = _lines(form), _stretches(form)
    sources = _sources(request, form, lines.unrated)
    context |= {
        "events": page.events_offered(form.event_chosen),
        "event": form.event_chosen,
        "lines": lines,
        "left_out": max(len(lines.all) - events.LINES_SHOWN, 0),
        "heads": page.heads(request, form, sources.columns),
        "table": sources,
        "stretches": list(reversed(stretches)),
        "sum": sum(one.number for one in stretches),
        "interval": form.interval,
        "drawings": page.drawings(request),
        "csv_url": links.changed(reverse("analytics-events-csv"), request.GET, {}),
    }
    return page.render(request, "analytics/events.html", context)


@requires("crm.view")
def csv(request: HttpRequest) -> HttpResponseBase:
    """Answer all events as a file."""
    lines = _lines(forms.read(request, kind=EventsForm))
    head = ["event_id", "event", "starts", *(cell.column.name for cell in lines.total)]
    rows = (
        [line.id, line.title, line.event and line.event.start_at.isoformat(), *(cell.number for cell in line.cells)]
        for line in lines.all
    )
    return csv_out.download("events.csv", head, rows)


def chart(form: EventsForm) -> Chart:
    """Return the chart of the page."""
    return timeline.chart(_stretches(form), form.column, f"Registrations per {form.interval}")


def _lines(form: EventsForm) -> Lines:
    rows = engine.store().places(form.question, form.model_chosen, ["event_id"], form.event_chosen)
    return events.lines(form, rows)


def _sources(request: HttpRequest, form: EventsForm, unrated: str) -> tree.Table:
    """Return what led to the registrations; `unrated`: why no show-up rate can be told of the same ones, if so."""
    store, question, event = engine.store(), form.question, form.event_chosen
    rows = store.places(question, form.model_chosen, PARAMETERS, event) if event else store.by(question, PARAMETERS)
    telling = tree.telling(rows, form.columns)

    def narrowed(**utm: str) -> str:
        return links.changed(reverse("analytics-events"), request.GET, utm)

    table = tree.table(question, telling, form.columns, form.sort, narrowed)
    lines = [replace(line, cells=events.rated(line.cells, unrated)) for line in table.lines]
    return replace(table, lines=lines, total=events.rated(table.total, unrated))


def _stretches(form: EventsForm) -> list[Stretch]:
    store, key, event = engine.store(), zone.current_key(), form.event_chosen
    if event:
        points = store.places_series(form.question, form.model_chosen, form.interval, key, event)
    else:
        points = store.series(form.question, form.interval, key, form.column.measures)
    return timeline.stretches(form, points, None)
