"""The proof: what became of everybody a campaign matched, counted, and row by row to take away."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from crm.campaigns import ledger, queries
from crm.core import csv_out
from crm.staff.permissions import requires


@requires("crm.view")
def proof_csv(request: HttpRequest, campaign_id: str) -> HttpResponseBase:  # noqa: ARG001 - a view
    """Answer one row for each person matched, read from DynamoDB while it is written."""
    campaign = queries.get(campaign_id).campaign
    return csv_out.download(f"campaign-{campaign.id}.csv", ledger.HEAD, ledger.rows(campaign))
