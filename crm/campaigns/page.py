"""What every page of one campaign shows: the campaign, how far it is, and what whoever looks may do to it."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from crm.campaigns import offers, progress
from crm.campaigns.entities import DRAFT, SCHEDULED, Campaign
from crm.campaigns.queries import CampaignReport
from crm.core import zone
from crm.events import schedule
from crm.people import phrases
from crm.search import engine, filters
from crm.staff import names
from crm.suppressions import kinds

SENDERS = "crm.send_campaigns"
UTC = "UTC"
NOT_BEGUN = (DRAFT, SCHEDULED)


def head(request: HttpRequest, report: CampaignReport) -> dict[str, Any]:
    """Return what the head, the tabs and the notices of a campaign's pages show."""
    campaign = report.campaign
    shown = progress.of(campaign.id, report.state, campaign.matched)
    return {
        "campaign": campaign,
        "progress": shown,
        "offers": offers.of(campaign, shown, may_send=request.user.has_perm(SENDERS)),
        "sender": names.of([campaign.created_by])[campaign.created_by],
        "began_at": campaign.frozen_at,
        "has_begun": campaign.state not in NOT_BEGUN,
        "corrected": _name_of(campaign.correction_of),
        **_place(campaign),
    }


def audience(report: CampaignReport) -> dict[str, Any]:
    """Return the mail, whom it goes to in words, and the address of the people who match that by now."""
    where = report.campaign.where
    return {
        "body": report.body,
        "kind": kinds.label(report.campaign.kind),
        "phrase": phrases.of(where),
        "people_url": f"{reverse('people')}?{filters.address(where)}",
    }


def _place(campaign: Campaign) -> dict[str, Any]:
    """Return on whose clock the campaign was scheduled: the viewer may be elsewhere."""
    chosen = campaign.zone or UTC
    return {"place": on_clock_of(chosen), "is_elsewhere": chosen != zone.current_key()}


def on_clock_of(zone_name: str) -> str:
    """Return how a time on the clock of a zone goes on: "in New York", "UTC"."""
    name = schedule.place_of(zone_name)
    return UTC if name == UTC else f"in {name}"


def _name_of(campaign_id: str) -> str:
    found = engine.store().campaigns_by_id([campaign_id]) if campaign_id else {}
    return found[campaign_id].name if campaign_id in found else ""
