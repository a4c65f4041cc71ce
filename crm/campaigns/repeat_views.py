"""Sending mails once more that never arrived, as far as anybody knows: failed ones; held ones with the risk said."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.http import require_http_methods

from crm.campaigns import actions, asking, page
from crm.campaigns.entities import Campaign
from crm.core import htmx
from crm.staff.permissions import actor, requires


@requires(page.SENDERS)
@require_http_methods(["GET", "HEAD", "POST"])
def retry(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Ask, then have failed mails tried again: those to the people named by `id`, or all."""
    campaign, shown = asking.found(campaign_id)
    chosen = _chosen(request)
    number = len(chosen) or shown.states.get("failed", 0)
    context = {
        "title": f"Try {asking.mails(number)} again?",
        "lines": [
            "SES took none of them, so nobody got one yet: this mails nobody twice.",
            "What was wrong with an address is still wrong. Retry where the reasons say that the cause was mended.",
            "Whoever was suppressed or unsubscribed since is left out.",
        ],
        "verb": f"Retry {asking.mails(number)}",
        "keep": "Leave them",
        "ids": chosen,
        "is_blocked": not number,
    }

    def act() -> Campaign:
        return actions.retry_failed(campaign_id=campaign_id, person_ids=chosen or None, actor=actor(request))

    what = f"tries {asking.mails(number)} again" if chosen else "tries its failed mails again"
    return asking.asked(request, campaign, context, act, what)


@requires(page.SENDERS)
@require_http_methods(["GET", "HEAD", "POST"])
def resend(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Ask, saying the risk, then send held mails again: those to the people named by `id`, or all.

    From the list that is ticked (`picked`), nobody ticked is a slip and never means everybody.
    """
    campaign, shown = asking.found(campaign_id)
    chosen = _chosen(request)
    if "picked" in _given(request) and not chosen:
        messages.error(request, "Nobody was ticked. Tick whose mails to send again.")
        return htmx.redirect(request, shown.held.url)
    number = len(chosen) or shown.states.get("held", 0)

    def act() -> Campaign:
        return actions.resend_held(campaign_id=campaign_id, person_ids=chosen or None, actor=actor(request))

    return asking.asked(request, campaign, _risk(number, chosen), act, f"sends {asking.mails(number)} again")


def _given(request: HttpRequest) -> QueryDict:
    return request.POST if request.method == "POST" else request.GET


def _chosen(request: HttpRequest) -> list[str]:
    """Return whose mails are meant, each person once; nobody where all are."""
    return list(dict.fromkeys(_given(request).getlist("id")))


def _risk(number: int, chosen: list[str]) -> dict[str, Any]:
    who = "The person gets" if number == 1 else f"Each of the {asking.people(number)} gets"
    return {
        "title": f"Send {asking.mails(number)} again that may have arrived?",
        "lines": [
            "SES never said whether it took them, and no news of them came since.",
            f"{who} the mail once more. Whoever got it the first time then has it twice, for good.",
            "Where SES did take both, the proof lists the person as mailed more than once.",
        ],
        "verb": f"Send {asking.mails(number)} again",
        "keep": "Leave them",
        "danger": True,
        "ids": chosen,
        "is_blocked": not number,
    }
