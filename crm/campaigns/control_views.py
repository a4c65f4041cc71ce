"""What staff do to a campaign that is on its way: stop it, let it go on, end it. What cannot be undone asks first."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from crm.campaigns import actions, asking, page
from crm.campaigns.entities import DRAFT, SCHEDULED, Campaign
from crm.campaigns.progress import Progress
from crm.staff.permissions import actor, requires

STOPS_WITHIN_S = 2
_INSTEAD = "To stop it for a while, pause it instead."


@requires(page.SENDERS)
@require_POST
def pause(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Let nothing more of a campaign be sent until somebody resumes it."""

    def act() -> Campaign:
        return actions.pause(campaign_id=campaign_id, actor=actor(request))

    return asking.done(request, campaign_id, act, "is paused")


@requires(page.SENDERS)
@require_POST
def resume(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Let a campaign go on, whether staff paused it or it stopped by itself."""

    def act() -> Campaign:
        return actions.resume(campaign_id=campaign_id, actor=actor(request))

    return asking.done(request, campaign_id, act, "goes on")


@requires(page.SENDERS)
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Ask, then end a campaign for good."""
    campaign, shown = asking.found(campaign_id)
    left = shown.to_go + shown.unqueued
    if campaign.state == DRAFT:
        words = {"title": f"Discard the draft “{campaign.name}”?", "verb": "Discard the draft", "keep": "Keep it"}
        lines = ["It stays in the list as cancelled, and can no longer be written or sent."]
    else:
        verb = f"Cancel for {asking.people(left)}" if left else "Cancel the campaign"
        words = {"title": f"Cancel “{campaign.name}”?", "verb": verb, "keep": "Do not cancel"}
        lines = _lines(campaign, shown, left)

    def act() -> Campaign:
        return actions.cancel(campaign_id=campaign_id, actor=actor(request))

    return asking.asked(request, campaign, {**words, "lines": lines, "danger": True}, act, "is cancelled")


def _lines(campaign: Campaign, shown: Progress, left: int) -> list[str]:
    """Return what cancelling means."""
    if campaign.state == SCHEDULED:
        return ["Nobody is mailed. A cancelled campaign stays in the list and cannot be sent any more."]
    whom = f"{asking.people(left)} will not get the mail." if left else "Nobody more gets the mail."
    return [
        f"{whom} {shown.sent:,} {'has' if shown.sent == 1 else 'have'} been sent it, and that stays.",
        f"No call to SES begins later than {STOPS_WITHIN_S} seconds after this.",
        f"A cancelled campaign cannot go on. {_INSTEAD}",
    ]
