"""Analytics by UTM: the table, its sums, and the charts, which have addresses of their own."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from crm.analytics import charts, engine, report
from crm.analytics.charts import Chart
from crm.analytics.forms import PERIODS, QuestionForm
from crm.analytics.store import Question
from crm.core import errors, htmx, zone
from crm.core.utm import PARAMETERS
from crm.search import engine as search
from crm.staff.permissions import requires

SHAPES: dict[str, Callable[[Chart, str], dict[str, Any]]] = {"time": charts.columns, "source": charts.rows}


@requires("crm.view")
def analytics(request: HttpRequest) -> HttpResponse:
    """Count mails by source, medium, campaign and period; every number opens its mails."""
    form = _form(request)
    question, store = form.question, engine.store()
    # Asked first: what is counted is then at least as new as it says.
    freshness = search.store().freshness()
    summary = store.summary(question)
    shown, used = report.columns(summary), [state for state in report.ORDER if summary.get(state)]
    rows = store.by(question, PARAMETERS)
    points = store.series(question, form.interval, zone.current_key())
    context = {
        "form": form,
        "choices": _choices(form),
        "periods": PERIODS,
        "period": form.period_chosen,
        "question": question,
        "is_narrowed": any(form.cleaned_data[name] for name in PARAMETERS),
        "sums": report.cells(question, summary, shown, {}),
        "lines": report.lines(question, rows, shown, form.period_chosen),
        "stretches": report.stretches(question, points, form.interval, used),
        "time_sums": report.cells(question, summary, used, {}),
        "is_anything": any(store.summary(Question()).values()),
        "interval": form.interval,
        "stretch_head": form.interval.capitalize(),
        "drawings": _drawings(request),
        "freshness": freshness,
        "zone": zone.current_key(),
    }
    return htmx.render(request, "analytics/utm.html", context, partials=("analytics-numbers",))


@requires("crm.view")
def chart(request: HttpRequest, kind: str) -> HttpResponse:
    """Answer one chart's drawing; without HTMX, a page with it."""
    if kind not in SHAPES:
        raise Http404
    form = _form(request, "size")
    made = _chart(form, kind)
    size = request.GET.get("size", "")
    drawing = charts.drawn(SHAPES[kind](made, size if size in charts.WIDTHS else "wide")) if made.parts else ""
    if htmx.fragment(request) is not None:
        return HttpResponse(drawing)
    query = request.GET.copy()
    query.pop("size", None)
    # The drawing is markup of our own making: the converter escapes every text in it.
    context = {"drawing": SafeString(drawing), "title": made.name, "query": query.urlencode()}
    return htmx.render(request, "analytics/chart.html", context)


def _form(request: HttpRequest, *others: str) -> QuestionForm:
    """Read the address. Raises errors.Invalid naming what is wrong with it."""
    form = QuestionForm(request.GET)
    problems = {name: "There is no such parameter." for name in request.GET if name not in {*form.fields, *others}}
    if not form.is_valid():
        problems |= {name: " ".join(map(str, found)) for name, found in form.errors.items()}
    if problems:
        raise errors.Invalid(problems)
    return form


def _chart(form: QuestionForm, kind: str) -> Chart:
    question, store = form.question, engine.store()
    if kind == "source":
        return report.by_source(question, store.by(question, PARAMETERS), "Mails by source, medium and campaign")
    points = store.series(question, form.interval, zone.current_key())
    return report.over_time(question, points, form.interval, f"Mails per {form.interval}, by the state they are in")


def _drawings(request: HttpRequest) -> list[dict[str, str]]:
    """Return the sizes a chart comes in, each with its query string."""
    found = []
    for size in charts.WIDTHS:
        query = request.GET.copy()
        query["size"] = size
        found.append({"size": size, "query": query.urlencode()})
    return found


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
