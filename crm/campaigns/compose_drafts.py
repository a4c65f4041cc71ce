"""What the compose form shows of a draft that was kept."""

from collections.abc import Mapping

from crm.campaigns import compose_forms, controls, queries, schedule_form
from crm.campaigns.compose_forms import LATER, NOW
from crm.campaigns.entities import DRAFT, UNTITLED
from crm.campaigns.queries import CampaignReport
from crm.core.utm import PARAMETERS


def opened(campaign_id: str) -> Mapping[str, object]:
    """Return what the form begins with.

    Raises:
        errors.NotFound: there is no such campaign.
        errors.Conflict: it is no draft any more; the message names the state.
    """
    report = queries.get(campaign_id)
    if report.campaign.state != DRAFT:
        raise controls.refuse(report.campaign, "only a draft can be changed")
    return _shown(report)


def stored(campaign_id: str) -> Mapping[str, object] | None:
    """Return the same of what is stored by now, None where it is no draft any more. Raises errors.NotFound."""
    report = queries.get(campaign_id)
    return _shown(report) if report.campaign.state == DRAFT else None


def _shown(report: CampaignReport) -> Mapping[str, object]:
    campaign = report.campaign
    utm = campaign.utm
    return {
        "name": "" if campaign.name in (campaign.subject, UNTITLED) else campaign.name,
        "subject": campaign.subject,
        "body": report.body,
        "kind": campaign.kind,
        "when": LATER if campaign.scheduled_at else NOW,
        **schedule_form.shown(campaign),
        "revision": campaign.revision,
        "suggestion": compose_forms.suggested(campaign.name),
        **dict(zip(PARAMETERS, (utm.source, utm.medium, utm.campaign), strict=True)),
    }
