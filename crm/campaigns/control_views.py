"""What staff do to a campaign that is on its way: stop it, let it go on, end it. What cannot be undone asks first."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from crm.campaigns import actions, page, progress, queries
from crm.campaigns.entities import DRAFT, SCHEDULED, Campaign
from crm.campaigns.progress import Progress
from crm.core import errors, htmx
from crm.staff.permissions import actor, requires

CONFIRM = "_components/confirm.html"
STOPS_WITHIN_S = 2


@requires(page.SENDERS)
@require_POST
def pause(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Let nothing more of a campaign be sent until somebody resumes it."""
    return _done(request, actions.pause(campaign_id=campaign_id, actor=actor(request)), "is paused")


@requires(page.SENDERS)
@require_POST
def resume(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Let a campaign go on, whether staff paused it or it stopped by itself."""
    return _done(request, actions.resume(campaign_id=campaign_id, actor=actor(request)), "goes on")


@requires(page.SENDERS)
def cancel(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Ask, then end a campaign for good."""
    campaign, shown = _found(campaign_id)
    if campaign.state == DRAFT:
        words = {"title": f"Discard the draft “{campaign.name}”?", "verb": "Discard the draft", "keep": "Keep it"}
        lines = ["It stays in the list as cancelled, and can no longer be written or sent."]
    else:
        words = {"title": f"Cancel “{campaign.name}”?", "verb": _cancel_verb(shown), "keep": "Do not cancel"}
        lines = _cancel_lines(campaign, shown)

    def act() -> Campaign:
        return actions.cancel(campaign_id=campaign_id, actor=actor(request))

    return _asked(request, campaign, {**words, "lines": lines, "danger": True}, act, "is cancelled")


def _found(campaign_id: str) -> tuple[Campaign, Progress]:
    report = queries.get(campaign_id)
    campaign = report.campaign
    return campaign, progress.of(campaign.id, report.state, campaign.matched)


def _cancel_verb(shown: Progress) -> str:
    left = shown.to_go + shown.unqueued
    return f"Cancel for {left:,} {_people(left)}" if left else "Cancel the campaign"


def _cancel_lines(campaign: Campaign, shown: Progress) -> list[str]:
    if campaign.state == SCHEDULED:
        return ["Nobody is mailed. A cancelled campaign stays in the list and cannot be sent any more.", _INSTEAD]
    left = shown.to_go + shown.unqueued
    whom = f"{left:,} {_people(left)} will not get the mail." if left else "Nobody more gets the mail."
    return [
        f"{whom} {shown.sent:,} {'has' if shown.sent == 1 else 'have'} been sent it, and that stays.",
        f"No call to SES begins later than {STOPS_WITHIN_S} seconds after this.",
        f"A cancelled campaign cannot go on. {_INSTEAD}",
    ]


_INSTEAD = "To stop it for a while, pause it instead."


def _asked(
    request: HttpRequest, campaign: Campaign, context: dict[str, Any], act: Callable[[], Campaign], done: str
) -> HttpResponse:
    """Show what would happen; on POST do it and go back to the campaign."""
    shown = {**context, "back": reverse("campaign", args=[campaign.id]), "error": ""}
    if request.method != "POST":
        return htmx.render(request, CONFIRM, shown)
    try:
        act()
    except errors.Conflict as error:
        return htmx.render(request, CONFIRM, {**shown, "error": error.message, "is_blocked": True}, status=409)
    return _done(request, campaign, done)


def _done(request: HttpRequest, campaign: Campaign, what: str) -> HttpResponse:
    messages.success(request, f"“{campaign.name}” {what}.")
    return htmx.redirect(request, reverse("campaign", args=[campaign.id]))


def _mails(number: int) -> str:
    return f"{number:,} {'mail' if number == 1 else 'mails'}"


def _people(number: int) -> str:
    return "person" if number == 1 else "people"
