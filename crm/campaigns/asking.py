"""Asking before something is done to a campaign that cannot be undone, on a page of its own; then doing it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from crm.campaigns import progress, queries
from crm.campaigns.entities import Campaign
from crm.campaigns.progress import Progress
from crm.core import errors, htmx

_PAGE = "_components/confirm.html"


def found(campaign_id: str) -> tuple[Campaign, Progress]:
    """Return a campaign and how far it is. Raises errors.NotFound."""
    report = queries.get(campaign_id)
    campaign = report.campaign
    return campaign, progress.of(campaign.id, report.state, campaign.matched)


def asked(
    request: HttpRequest, campaign: Campaign, context: dict[str, Any], act: Callable[[], Campaign], what: str
) -> HttpResponse:
    """Show what would happen; on POST do it, say `what` and go back to the campaign."""
    shown = {**context, "back": reverse("campaign", args=[campaign.id])}
    if request.method != "POST":
        return htmx.render(request, _PAGE, shown)
    return done(request, campaign.id, act, what)


def done(request: HttpRequest, campaign_id: str, act: Callable[[], Campaign], what: str) -> HttpResponse:
    """Do it and go back to the campaign, which says what became of it: `what`, or why it was refused.

    A second click asks for what the first has done already: whoever clicked must not end on a page that says so alone.
    """
    try:
        campaign = act()
    except errors.Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"“{campaign.name}” {what}.")
    return htmx.redirect(request, reverse("campaign", args=[campaign_id]))


def mails(number: int) -> str:
    """Return so many mails in words."""
    return f"{number:,} {'mail' if number == 1 else 'mails'}"


def people(number: int) -> str:
    """Return so many people in words."""
    return f"{number:,} {'person' if number == 1 else 'people'}"
