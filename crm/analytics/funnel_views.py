"""The funnel, for any mails and registrations: by UTM, campaign, event and period."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from crm.analytics import engine, forms, funnel, page
from crm.analytics.charts import Chart, Part
from crm.analytics.forms import FunnelForm
from crm.analytics.funnel import Step
from crm.core import csv_out, links
from crm.staff.permissions import requires


@requires("crm.view")
def show(request: HttpRequest) -> HttpResponse:
    """Show how many are left after each step from send to seat."""
    form = forms.read(request, kind=FunnelForm)
    context = page.head(request, form, "analytics-funnel")
    steps = _steps(form)
    context |= {
        "steps": steps,
        "most": max(step.number for step in steps),
        "events": page.events_offered(str(form.cleaned_data["event"])),
        "event": form.cleaned_data["event"],
        "drawings": page.drawings(request),
        "csv_url": links.changed(reverse("analytics-funnel-csv"), request.GET, {}),
    }
    return page.render(request, "analytics/funnel.html", context)


@requires("crm.view")
def csv(request: HttpRequest) -> HttpResponseBase:
    """Answer the steps as a file."""
    steps = _steps(forms.read(request, kind=FunnelForm))
    rows = ([step.column.name, step.number, step.lost] for step in steps)
    return csv_out.download("funnel.csv", ["step", "number", "lost"], rows)


def chart(form: FunnelForm) -> Chart:
    """Return the steps as a chart to take along; on the page they are drawn as they stand."""
    steps = _steps(form)
    texts = [", ".join(filter(None, [step.column.label, step.share, step.fewer])) for step in steps]
    parts = [
        Part(place, "sent", step.number, step.url, f"{step.column.label}: {step.number:,}")
        for place, step in enumerate(steps)
        if step.number
    ]
    return Chart("From send to seat: mails by what became of them, and registrations", texts, parts)


def _steps(form: FunnelForm) -> list[Step]:
    counts, event = dict(engine.store().summary(form.question)), str(form.cleaned_data["event"])
    if event:
        counts |= _of_event(form, event)
    return funnel.steps(form.question, counts, form.columns, {"event": event} if event else {})


def _of_event(form: FunnelForm, event: str) -> Mapping[str, int]:
    touch = form.model_chosen
    counts = dict.fromkeys([f"registered_{touch}", f"attended_{touch}"], 0)
    for row in engine.store().places(form.question, touch, [], event):
        counts |= row.counts
    return counts
