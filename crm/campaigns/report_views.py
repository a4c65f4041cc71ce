"""The report: a campaign on one page, to print or to keep."""

from django.http import HttpRequest, HttpResponse

from crm.campaigns import page, proof, proof_page, queries, report_page
from crm.core import htmx, zone
from crm.search import engine
from crm.staff.permissions import requires


@requires("crm.view")
def show(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Show what a campaign was, what came of it, and what proves that nobody was lost or mailed twice.

    Its charts are in it from the start, unlike those of other pages: what is printed must be whole.
    """
    # Asked first: what is counted is then at least as new as it says.
    as_of = engine.store().freshness().as_of
    report = queries.get(campaign_id)
    context = page.head(request, report) | page.audience(report)
    context |= {
        "sent": report_page.sent(report.campaign, context["progress"], context["sender"]),
        "figures": report_page.of(campaign_id) if context["has_begun"] else None,
        "reasons": context["progress"].exclusions[: report_page.REASONS_SHOWN],
        "more_reasons": max(len(context["progress"].exclusions) - report_page.REASONS_SHOWN, 0),
        "proven": proof_page.of(report.campaign, proof.of(campaign_id)),
        "as_of": as_of,
        "zone": zone.current_key(),
    }
    return htmx.render(request, "campaigns/report.html", context)
