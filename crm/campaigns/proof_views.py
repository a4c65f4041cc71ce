"""The proof: what became of everybody a campaign matched, counted, and row by row to take away."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_POST

from crm.audit import actions as audit
from crm.campaigns import ledger, page, proof, proof_page, queries
from crm.core import csv_out, htmx
from crm.staff.permissions import actor, requires


@requires("crm.view")
def show(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Show the last count of a campaign's mails, and how far another one is."""
    report = queries.get(campaign_id)
    context = page.head(request, report)
    context |= {
        "shown": proof_page.of(report.campaign, proof.of(campaign_id)),
        "here": request.path,
        "is_fragment": htmx.fragment(request) is not None,
    }
    return htmx.render(request, "campaigns/proof.html", context, partials=("campaign-count",))


@requires(page.SENDERS)
@require_POST
def count(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Have all mails counted once more."""
    proof.ask(campaign_id)
    messages.success(request, "Everybody is being counted again.")
    return htmx.redirect(request, reverse("campaign-proof", args=[campaign_id]))


@requires("crm.export")
def proof_csv(request: HttpRequest, campaign_id: str) -> HttpResponseBase:
    """Answer one row for each person matched, read from DynamoDB while it is written, and note who took it along."""
    campaign = queries.get(campaign_id).campaign
    audit.exported(kind="people", actor=actor(request), told={"campaign": campaign.id, "format": "csv"})
    return csv_out.download(f"campaign-{campaign.id}.csv", ledger.HEAD, ledger.rows(campaign))
