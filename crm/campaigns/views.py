"""Pages that show campaigns: the list, one campaign while it is on its way and after, and its mails."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from crm.analytics.store import STATES
from crm.campaigns import progress, queries
from crm.campaigns.progress import Progress
from crm.core import errors, htmx, paging, sorting
from crm.core.sorting import Column
from crm.deliveries import mails
from crm.search import engine, filters
from crm.search.documents import CampaignDocument
from crm.staff import names
from crm.staff.permissions import requires

# The switch over the list of campaigns: what is always offered, and after it the states that some campaign is in.
ALWAYS = ("", "sending", "sent")
SHOWN = {"": "All", **{state: label for state, (_, label) in progress.STATES.items()}, "draft": "Drafts"}
COLUMNS = (
    Column("Campaign"),
    Column("State"),
    Column("Sent"),
    Column("Matched", is_number=True),
    Column("Left out", is_number=True),
    Column("Failed", is_number=True),
    Column("Started"),
)


@requires("crm.view")
def campaigns(request: HttpRequest) -> HttpResponse:
    """List campaigns, newest first, each with how far it is."""
    text, state = request.GET.get("q", "").strip(), request.GET.get("state", "")
    page = queries.page(
        text=text, state=state or None, limit=paging.PAGE_SIZE, cursor=request.GET.get("cursor") or None
    )
    context = {
        "rows": [{"campaign": row, "progress": _progress(row)} for row in page.items],
        "total": page.total,
        "everything": queries.page(limit=1).total,
        "pager": paging.pager(request, rows=len(page.items), total=page.total, next_cursor=page.next),
        "q": text,
        "kept": {"state": state},
        "heads": sorting.heads(request, COLUMNS, ""),
        "states": _switch(text, state),
    }
    return htmx.render(request, "campaigns/list.html", context, partials=("campaigns-table",))


@requires("crm.view")
def campaign(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Show one campaign: how far it is, who got it and who did not, the mail itself."""
    context = _head(campaign_id) | {
        "here": request.path,
        "is_fragment": htmx.fragment(request) is not None,
        "said": request.GET.get("said", ""),
    }
    return htmx.render(request, "campaigns/detail.html", context, partials=("campaign-live",))


@requires("crm.view")
def campaign_deliveries(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """List a campaign's mails, those left out among them, by state and reason."""
    context = _head(campaign_id)
    state, reason = request.GET.get("state") or None, request.GET.get("reason") or None
    if state is not None and state not in STATES:
        raise errors.Invalid({"state": f"One of {', '.join(STATES)}."})
    page = engine.store().deliveries(
        campaign_id=campaign_id,
        state=state,
        reason=reason,
        limit=paging.PAGE_SIZE,
        cursor=request.GET.get("cursor") or None,
    )
    context |= {
        "rows": mails.rows(page.items),
        "total": page.total,
        "pager": paging.pager(request, rows=len(page.items), total=page.total, next_cursor=page.next),
        "state": state,
        "reason": mails.reason(reason) if reason else "",
    }
    return htmx.render(request, "campaigns/deliveries.html", context, partials=("campaign-mails",))


def _head(campaign_id: str) -> dict[str, Any]:
    report = queries.get(campaign_id)
    sent = report.campaign
    return {
        "campaign": sent,
        "body": report.body,
        "progress": progress.of(sent.id, sent.state, sent.matched),
        "sender": names.of([sent.created_by])[sent.created_by],
        "phrase": filters.describe(sent.where),
        "people_url": f"{reverse('people')}?{_query(filters.to_query(sent.where))}",
    }


def _query(parameters: Mapping[str, str | list[str]]) -> str:
    return urlencode(parameters, doseq=True)


def _progress(row: CampaignDocument) -> Progress:
    return progress.of(row.id, row.state, row.matched)


def _switch(text: str, current: str) -> list[dict[str, Any]]:
    """Return the switch over the list: each state with the number of campaigns it opens."""
    found = []
    for state, label in SHOWN.items():
        query = {name: given for name, given in (("q", text), ("state", state)) if given}
        url = reverse("campaigns") + (f"?{urlencode(query)}" if query else "")
        count = queries.page(text=text, state=state or None, limit=1).total
        if count or state in ALWAYS or state == current:
            found.append({"url": url, "label": label, "count": count, "is_current": state == current})
    return found
