"""Which link, how often, by whom: the clicked links of any mails, and a chart of those clicked in most."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from crm.analytics import forms, link_table, page, tree
from crm.analytics.charts import Chart, Part
from crm.analytics.forms import LinksForm
from crm.analytics.link_table import Line, Table
from crm.core import csv_out, links, sorting
from crm.staff.permissions import requires

BARS_SHOWN = 8


@requires("crm.view")
def show(request: HttpRequest) -> HttpResponse:
    """Show each clicked link, in how many mails it was clicked and how often; every number opens its rows."""
    form = forms.read(request, kind=LinksForm)
    context = page.head(request, form, "analytics-links")
    table = _table(form)
    context |= {
        "rows": [(line, _narrowed(request, line)) for line in table.shown],
        "total": table.total,
        "left_out": len(table.all) - len(table.shown),
        "heads": _heads(request, form),
        "drawings": page.drawings(request),
        "csv_url": links.changed(reverse("analytics-links-csv"), request.GET, {}),
    }
    return page.render(request, "analytics/links.html", context)


@requires("crm.view")
def csv(request: HttpRequest) -> HttpResponseBase:
    """Answer all links as a file."""
    form = forms.read(request, kind=LinksForm)
    head = ["campaign_id", "campaign", "link", "address", *(column.name for column in form.columns)]
    rows = (
        [line.row.campaign_id, line.mail, line.row.link, line.address, *(cell.number for cell in line.cells)]
        for line in _table(form).all
    )
    return csv_out.download("links.csv", head, rows)


def chart(form: LinksForm) -> Chart:
    """Return the chart of the page: the links that were clicked in most mails, a bar each."""
    lines = sorted(_table(form).all, key=lambda line: -line.cells[0].number)[:BARS_SHOWN]
    parts = [
        Part(place, "sent", cell.number, cell.url, f"{line.text}: {cell.number:,} mails")
        for place, line in enumerate(lines)
        if (cell := line.cells[0]).number
    ]
    return Chart("Mails by the link clicked in them", [line.text for line in lines], parts)


def _table(form: LinksForm) -> Table:
    return link_table.table(form.question, form.columns, form.sort)


def _narrowed(request: HttpRequest, line: Line) -> str:
    """Return the address of the page of the line's campaign alone."""
    return links.changed(request.path, request.GET, {"campaign_id": line.row.campaign_id})


def _heads(request: HttpRequest, form: LinksForm) -> list[tuple[sorting.Head, str]]:
    """Return the heads of the table, each with what its numbers mean."""
    clicked, clicks = (sorting.Column(column.label, column.name, is_number=True) for column in form.columns)
    part = sorting.Column("Of all clicked", is_number=True)
    made = sorting.heads(request, [sorting.Column("Link", tree.BY_NAME), clicked, part, clicks], form.sort)
    meanings = ["", form.columns[0].meaning, link_table.PART, form.columns[1].meaning]
    return list(zip(made, meanings, strict=True))
