"""Pages that show campaigns: the list, one campaign while it is on its way and after, and its recipients."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from crm.analytics import deeds
from crm.campaigns import clicked, history, pace, page, progress, queries, recipients, results
from crm.campaigns.entities import SCHEDULED
from crm.campaigns.progress import Progress
from crm.campaigns.queries import CampaignReport
from crm.campaigns.recipients import Wanted
from crm.core import htmx, paging, sorting
from crm.core.sorting import Column
from crm.deliveries import mails
from crm.search import engine
from crm.search.documents import CampaignDocument
from crm.staff.permissions import requires
from crm.suppressions import kinds

# The switch over the list of campaigns: what is always offered, and after it the states that some campaign is in.
ALWAYS = ("", "sending", "sent")
SHOWN = {"": "All", **{state: label for state, (_, label) in progress.STATES.items()}, "draft": "Drafts"}
# What HTMX asks for once the page of a campaign is there, and how many links it shows.
LINKS, LINKS_SHOWN = "campaign-links", 8
COLUMNS = (
    Column("Campaign"),
    Column("Kind"),
    Column("State"),
    Column("Sent"),
    Column("Matched", is_number=True),
    Column("Left out", is_number=True),
    Column("Failed", is_number=True),
    Column("Written"),
)


@requires("crm.view")
def campaigns(request: HttpRequest) -> HttpResponse:
    """List campaigns, newest first, each with how far it is."""
    text, state = request.GET.get("q", "").strip(), request.GET.get("state", "")
    # Asked first: what is counted is then at least as new as it says.
    freshness = engine.store().freshness()
    found = queries.page(
        text=text, state=state or None, limit=paging.PAGE_SIZE, cursor=request.GET.get("cursor") or None
    )
    context = {
        "rows": [_row(row) for row in found.items],
        "freshness": freshness,
        "total": found.total,
        "everything": queries.page(limit=1).total,
        "pager": paging.pager(request, rows=len(found.items), total=found.total, next_cursor=found.next),
        "q": text,
        "kept": {"state": state},
        "heads": sorting.heads(request, COLUMNS, ""),
        "states": _switch(text, state),
    }
    return htmx.render(request, "campaigns/list.html", context, partials=("campaigns-table",))


@requires("crm.view")
def campaign(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Show one campaign: how far it is, who got it and who did not, what came of it, the mail itself."""
    report = queries.get(campaign_id)
    if htmx.fragment(request) == LINKS:
        return htmx.render(request, "campaigns/detail.html", _links(request, report), partials=(LINKS,))
    context = page.head(request, report) | page.audience(report)
    shown: Progress = context["progress"]
    context |= {
        "pace": pace.of(report.campaign, shown),
        "results": results.of(shown, report.outcomes),
        "history": history.of(campaign_id),
        "as_of": engine.store().freshness().as_of,
        "here": request.path,
        "is_fragment": htmx.fragment(request) is not None,
        "said": request.GET.get("said", ""),
    }
    return htmx.render(request, "campaigns/detail.html", context, partials=("campaign-live",))


def _links(request: HttpRequest, report: CampaignReport) -> dict[str, Any]:
    return {
        "campaign": report.campaign,
        "here": request.path,
        "progress": progress.of(report.campaign.id, report.state, report.campaign.matched),
        "links": clicked.of(report.campaign.id, LINKS_SHOWN),
    }


@requires("crm.view")
def campaign_deliveries(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """List a campaign's people, those left out among them, by state, reason, outcome and what they did."""
    whom = recipients.wanted(request.GET)
    context = page.head(request, queries.get(campaign_id))
    found = recipients.page(campaign_id, whom, request.GET.get("cursor") or None, limit=paging.PAGE_SIZE)
    context |= {
        "rows": recipients.rows(found.items),
        "total": found.total,
        "pager": paging.pager(request, rows=len(found.items), total=found.total, next_cursor=found.next),
        "whom": whom,
        "states": _states(context["progress"], whom),
        "choices": _choices(context["progress"], whom),
        "kept": {"state": whom.state},
        "is_fragment": htmx.fragment(request) is not None,
        # Held mails can be chosen to be sent again.
        "may_pick": whom.state == "held" and context["offers"].resend and found.items,
    }
    return htmx.render(request, "campaigns/deliveries.html", context, partials=("campaign-mails",))


def _states(shown: Progress, whom: Wanted) -> list[dict[str, Any]]:
    """Return the switch over the list: each state with the number of people it opens, of those searched for."""
    known = [("", "All", shown.recipients), *((count.state, count.label, count.mails) for count in shown.counts)]
    left_out = [("skipped", "Left out", shown.left_out)] if shown.left_out else []
    is_narrowed = replace(whom, state="", q="") != Wanted()
    return [
        {
            "url": shown.url(**{name: value for name, value in (("state", state), ("q", whom.q)) if value}).rstrip("?"),
            "label": label,
            "count": recipients.count(shown.id, Wanted(state=state, q=whom.q)) if whom.q else number,
            "is_current": state == whom.state and (bool(state) or not is_narrowed),
        }
        for state, label, number in [*known, *left_out]
    ]


def _choices(shown: Progress, whom: Wanted) -> list[dict[str, Any]]:
    """Return the choices that narrow the list further."""
    reasons = {code: mails.reason(code) for code in shown.reasons} | (
        {whom.reason: recipients.reason_label(whom.reason)} if whom.reason else {}
    )
    did = {name: label for name, (label, _, _) in deeds.ASKED.items()}
    offered = [
        ("outcome", "What came of it", "Any outcome", results.OUTCOMES, whom.outcome),
        ("did", "What people did", "Whatever they did", did, whom.did),
        ("reason", "Why", "Any reason", reasons, whom.reason),
    ]
    return [
        {"name": name, "label": label, "any": whatever, "options": options.items(), "chosen": chosen}
        for name, label, whatever, options, chosen in offered
        if options
    ]


def _row(row: CampaignDocument) -> dict[str, Any]:
    """Return a campaign with how far it is, its kind, and on whose clock it goes out where that is yet to come."""
    return {
        "campaign": row,
        "progress": progress.of(row.id, row.state, row.matched),
        "has_begun": row.state not in page.NOT_BEGUN,
        "kind": kinds.label(row.kind),
        "place": page.on_clock_of(row.zone or page.UTC) if row.state == SCHEDULED else "",
    }


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
