"""The do-not-mail list: search it, take it along as a file, add an address, let one go."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from crm.audit import actions as audit
from crm.core import csv_out, errors, htmx, paging, sorting
from crm.core.forms import refuse
from crm.core.sorting import Column
from crm.search import engine
from crm.search.documents import SuppressionDocument
from crm.staff.permissions import actor, requires
from crm.suppressions import actions, queries
from crm.suppressions.forms import SuppressionForm

COLUMNS = (
    Column("Address", "email"),
    Column("Reason", "reason"),
    Column("Since", "createdAt", starts_descending=True),
)
HEAD = ("email", "reason", "date")


@requires("crm.view")
def suppressions(request: HttpRequest) -> HttpResponse:
    """List whom no campaign mails, and who for a bounce or complaint gets no mail at all, newest first."""
    text = request.GET.get("q", "").strip()
    sort = request.GET.get(sorting.PARAMETER) or queries.DEFAULT_SORT
    # Asked first: what is counted is then at least as new as it says.
    freshness = engine.store().freshness()
    page = queries.page(text=text, sort=sort, limit=paging.PAGE_SIZE, cursor=request.GET.get("cursor") or None)
    context = {
        "rows": page.items,
        "freshness": freshness,
        "total": page.total,
        "everything": queries.page(limit=1).total,
        "pager": paging.pager(request, rows=len(page.items), total=page.total, next_cursor=page.next),
        "heads": sorting.heads(request, COLUMNS, sort),
        "q": text,
        "kept": {sorting.PARAMETER: request.GET.get(sorting.PARAMETER, "")},
    }
    return htmx.render(request, "suppressions/list.html", context, partials=("suppressions-table",))


@requires("crm.export")
def export(request: HttpRequest) -> HttpResponseBase:
    """Send the list, or what a search finds of it, as a file: streamed, however long it is. Who takes it is noted."""
    text = request.GET.get("q", "").strip()
    audit.exported(kind="suppressions", actor=actor(request), told={"q": text, "format": "csv"})
    rows = (_cells(row) for row in queries.every(text=text))
    return csv_out.download("suppressions.csv", HEAD, rows)


@requires("crm.send_campaigns")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Add an address."""
    form = SuppressionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            entry, is_new = actions.add(**form.cleaned_data, actor=actor(request))
        except errors.Invalid as error:
            refuse(form, error)
        else:
            messages.success(request, f"{entry.email} {'added' if is_new else 'is on the list already'}")
            return htmx.redirect(request, reverse("suppressions"))
    return htmx.render(request, "suppressions/form.html", {"form": form}, status=422 if form.errors else 200)


@requires("crm.send_campaigns")
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, suppression_id: str) -> HttpResponse:
    """Ask, and let an address be mailed again."""
    entry = actions.get(suppression_id)
    if request.method == "POST":
        actions.remove(suppression_id=suppression_id, actor=actor(request))
        messages.success(request, f"{entry.email} removed")
        return htmx.redirect(request, reverse("suppressions"))
    reached = "Campaigns and tickets" if entry.stops_all else "Campaigns"
    question = {
        "title": f"Remove {entry.email}?",
        "lines": [
            f"On the list because: {entry.reason}.",
            f"{reached} may reach this address again. Who unsubscribed stays unsubscribed.",
        ],
        "back": reverse("suppressions"),
        "keep": "Keep it",
        "verb": "Remove",
        "danger": True,
    }
    return htmx.render(request, "_components/confirm.html", question)


def _cells(row: SuppressionDocument) -> tuple[object, ...]:
    return row.email, row.reason, row.created_at
