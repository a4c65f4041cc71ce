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
    shown = {**context, "back": reverse("campaign", args=[campaign.id]), "error": ""}
    if request.method != "POST":
        return htmx.render(request, _PAGE, shown)
    try:
        act()
    except errors.Conflict as error:
        return htmx.render(request, _PAGE, {**shown, "error": error.message, "is_blocked": True}, status=409)
    return done(request, campaign, what)


def done(request: HttpRequest, campaign: Campaign, what: str) -> HttpResponse:
    """Go back to the campaign and say what became of it."""
    messages.success(request, f"“{campaign.name}” {what}.")
    return htmx.redirect(request, reverse("campaign", args=[campaign.id]))


def mails(number: int) -> str:
    """Return so many mails in words."""
    return f"{number:,} {'mail' if number == 1 else 'mails'}"


def people(number: int) -> str:
    """Return so many people in words."""
    return f"{number:,} {'person' if number == 1 else 'people'}"
