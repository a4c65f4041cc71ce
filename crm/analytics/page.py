"""What all pages of the analytics have: tabs, the question's form, and the switch between humans and everything."""

from collections.abc import Iterator, Sequence

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from crm.analytics import charts, drawing, engine, forms, tree
from crm.analytics.columns import HUMAN, MODELS, TRAFFIC, Column
from crm.analytics.forms import QuestionForm
from crm.core import htmx, links, sorting, zone
from crm.core.sorting import Head
from crm.core.utm import PARAMETERS
from crm.search import engine as search
from crm.search.documents import EventDocument

EVENTS_OFFERED = 100
TABS = {
    "analytics": "UTM",
    "analytics-funnel": "Funnel",
    "analytics-time": "Time",
    "analytics-links": "Links",
    "analytics-events": "Events",
    "analytics-people": "People",
}


def head(request: HttpRequest, form: QuestionForm, here: str) -> dict[str, object]:
    """Return the context of a page's head; `here` is its name among `TABS`."""
    return {
        "form": form,
        **shell(form, here),
        "here": request.path,
        "choices": _choices(form),
        "periods": forms.PERIODS,
        "period": form.period_chosen,
        "models": MODELS.items(),
        "model": form.model_chosen,
        "switch": _switch(request, form),
        "narrowed": _narrowed(request, form),
        "zone": zone.current_key(),
    }


def shell(form: QuestionForm, here: str) -> dict[str, object]:
    """Return what stands around the numbers of every page, whether it asks a question or not."""
    return {
        "tabs": _tabs(form, here),
        "tab": TABS[here],
        # Asked before anything is counted, which is then at least as new as it says.
        "freshness": search.store().freshness(),
    }


def render(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    """Render a page that fills the blocks of `analytics/page.html`: all of it, or what HTMX puts in its place."""
    is_part = htmx.fragment(request) == "analytics-page"
    return htmx.render(request, template, {**context, "around": "analytics/bare.html" if is_part else "base.html"})


def _narrowed(request: HttpRequest, form: QuestionForm) -> dict[str, str] | None:
    """Return the campaign of ours that all numbers are of, with the address of the page without it."""
    chosen = str(form.cleaned_data["campaign_id"])
    if not chosen:
        return None
    known = search.store().campaigns_by_id([chosen])
    name = known[chosen].name if chosen in known else chosen
    return {"name": name, "url": links.changed(request.path, request.GET, {"campaign_id": ""})}


def _tabs(form: QuestionForm, here: str) -> list[dict[str, object]]:
    """Return the pages, asked for the same."""
    kept = {name: str(form.cleaned_data[name]) for name in forms.SHARED if form.cleaned_data[name]}
    return [
        {"label": label, "url": links.with_query(reverse(name), kept), "is_current": name == here}
        for name, label in TABS.items()
    ]


def _switch(request: HttpRequest, form: QuestionForm) -> list[dict[str, object]]:
    """Return the choices of whose opens and clicks count, each with its address."""
    return [
        {
            "label": label,
            "url": links.changed(request.path, request.GET, {"traffic": "" if name == HUMAN else name}),
            "is_chosen": name == form.traffic_chosen,
        }
        for name, label in TRAFFIC.items()
    ]


def _choices(form: QuestionForm) -> list[dict[str, object]]:
    """Return the selects: the values in use, and the one asked for even where nothing has it."""
    found = []
    for name in PARAMETERS:
        chosen = form.cleaned_data[name]
        values = list(engine.store().values(name))
        if chosen and chosen not in values:
            values.insert(0, chosen)
        found.append({"name": name, "label": form.fields[name].label, "values": values, "chosen": chosen})
    return found


def heads(request: HttpRequest, form: QuestionForm, columns: Sequence[Column]) -> Iterator[tuple[Head, str]]:
    """Return the heads of the table of sources, each with what its numbers mean."""
    first = sorting.Column("Source / medium / campaign", tree.BY_NAME)
    numbers = [sorting.Column(column.label, column.name, is_number=True) for column in columns]
    made = sorting.heads(request, [first, *numbers], form.sort)
    return zip(made, ["", *(column.meaning for column in columns)], strict=True)


def events_offered(chosen: str) -> list[EventDocument]:
    """Return the latest events, and the one asked for even where it is older."""
    offered = list(search.store().events(sort="-startAt", limit=EVENTS_OFFERED).items)
    if chosen and chosen not in {event.id for event in offered}:
        offered += search.store().events_by_id([chosen]).values()
    return offered


def drawings(request: HttpRequest) -> list[dict[str, str]]:
    """Return the sizes a chart comes in, each with its query string; the page asks for one of them at once."""
    drawing.artist.wake()
    found = []
    for size in charts.WIDTHS:
        query = request.GET.copy()
        query["size"] = size
        found.append({"size": size, "query": query.urlencode()})
    return found
