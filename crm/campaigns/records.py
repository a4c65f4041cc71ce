"""A campaign as its item holds it, and back."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pynamodb.expressions.update import Action

from crm.campaigns.entities import NO_HARM, Campaign, Harm
from crm.campaigns.tables import CAMPAIGN_SK, CampaignItem, campaign_pk
from crm.core.utm import Utm
from crm.search import filters
from crm.suppressions.kinds import NEWSLETTER


def key(campaign: Campaign) -> CampaignItem:
    """Return an item that holds only the keys, to update by."""
    return CampaignItem(campaign_pk(campaign.id), CAMPAIGN_SK)


def item(campaign: Campaign) -> CampaignItem:
    """Return a new campaign's item."""
    return CampaignItem(campaign_pk(campaign.id), CAMPAIGN_SK, **values(campaign))


def differences(before: Campaign, after: Campaign) -> list[Action]:
    """Return what turns one into the other; what is empty is no attribute, as in an item that never had it."""
    old, new = values(before), values(after)
    return [
        getattr(CampaignItem, name).remove() if value is None else getattr(CampaignItem, name).set(value)
        for name, value in new.items()
        if value != old[name]
    ]


def values(campaign: Campaign) -> Mapping[str, Any]:
    """Return the item's attributes by name, None for those it does not have."""
    return {
        "name": campaign.name,
        "subject": campaign.subject,
        "utm_source": campaign.utm.source,
        "utm_medium": campaign.utm.medium,
        "utm_campaign": campaign.utm.campaign,
        "where": filters.to_json(campaign.where),
        "state": campaign.state,
        "revision": campaign.revision,
        "shards": campaign.shards,
        "freeze_id": campaign.freeze_id or None,
        "chunks": campaign.chunks,
        "matched": campaign.matched,
        "next_chunk": campaign.next_chunk,
        "next_row": campaign.next_row,
        "created_by": campaign.created_by,
        "created_at": campaign.created_at,
        "updated_at": campaign.updated_at,
        "frozen_at": campaign.frozen_at,
        "finished_at": campaign.finished_at,
        "kind": campaign.kind,
        "scheduled_at": campaign.scheduled_at,
        "zone": campaign.zone or None,
        "paused_from": campaign.paused_from or None,
        "stop_reason": campaign.stop_reason or None,
        "lifted": None if campaign.lifted == NO_HARM else asdict(campaign.lifted),
        "correction_of": campaign.correction_of or None,
        "retrying": campaign.retrying or None,
        "round": campaign.round or None,
        "segment_id": campaign.segment_id or None,
        "segment_name": campaign.segment_name or None,
    }


def entity(item: CampaignItem) -> Campaign:
    """Map a stored campaign."""
    return Campaign(
        id=item.pk.removeprefix("CAMPAIGN#"),
        name=item.name,
        subject=item.subject,
        utm=Utm(item.utm_source, item.utm_medium, item.utm_campaign),
        where=filters.from_json(item.where),
        state=item.state,
        revision=int(item.revision),
        created_by=item.created_by,
        created_at=item.created_at,
        updated_at=item.updated_at,
        shards=int(item.shards),
        freeze_id=item.freeze_id or "",
        chunks=int(item.chunks),
        matched=None if item.matched is None else int(item.matched),
        next_chunk=int(item.next_chunk),
        next_row=int(item.next_row),
        frozen_at=item.frozen_at,
        finished_at=item.finished_at,
        kind=item.kind or NEWSLETTER,
        scheduled_at=item.scheduled_at,
        zone=item.zone or "",
        paused_from=item.paused_from or "",
        stop_reason=item.stop_reason or "",
        lifted=Harm(**item.lifted) if item.lifted else NO_HARM,
        correction_of=item.correction_of or "",
        retrying=item.retrying or "",
        round=int(item.round or 0),
        segment_id=item.segment_id or "",
        segment_name=item.segment_name or "",
        version=int(item.version),
    )
