"""Campaigns in DynamoDB. Labels: `campaign` known already or moved on meanwhile; `body`; `open`."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from crm.campaigns.entities import EXPANDING, FINAL, FREEZING, SENDING, SENT, Campaign
from crm.campaigns.tables import (
    CAMPAIGN_SK,
    OPEN_PK,
    BodyItem,
    CampaignItem,
    OpenItem,
    body_sk,
    campaign_pk,
)
from crm.core import dynamo
from crm.core.transaction import Transaction
from crm.core.utm import Utm
from crm.search import filters


def create(tx: Transaction, campaign: Campaign, body: str) -> None:
    """Store a new campaign with the revision of its mail, and list it as open unless it is over already."""
    tx.create(_item(campaign), label="campaign")
    written = BodyItem(campaign_pk(campaign.id), body_sk(campaign.revision), subject=campaign.subject, body=body)
    tx.create(written, label="body")
    if campaign.state not in FINAL:
        tx.create(OpenItem(OPEN_PK, campaign_pk(campaign.id)), label="open")


def find(campaign_id: str) -> Campaign | None:
    """Read a campaign consistently, or None."""
    item = dynamo.get(CampaignItem, campaign_pk(campaign_id), CAMPAIGN_SK)
    return None if item is None else _entity(item)


def body(campaign: Campaign) -> str:
    """Read the body of a campaign's mail as it was written."""
    item = dynamo.get(BodyItem, campaign_pk(campaign.id), body_sk(campaign.revision))
    assert item is not None, "a campaign and its mail are written together"
    return item.body


def open_ids() -> Iterator[str]:
    """Yield the ids of all campaigns that are not final, oldest first, read consistently."""
    for item in OpenItem.query(OPEN_PK, consistent_read=True):
        yield item.sk.removeprefix("CAMPAIGN#")


def freeze(campaign: Campaign, *, freeze_id: str, chunks: int, matched: int, shards: int, now: datetime) -> bool:
    """Name the audience that counts. False where another freeze did so first, or the campaign moved on."""
    actions = [
        CampaignItem.freeze_id.set(freeze_id),
        CampaignItem.chunks.set(chunks),
        CampaignItem.matched.set(matched),
        CampaignItem.shards.set(shards),
        CampaignItem.frozen_at.set(now),
    ]
    return _move(campaign, EXPANDING, CampaignItem.state == FREEZING, now, actions)


def advance(campaign: Campaign, next_chunk: int, next_row: int, now: datetime) -> bool:
    """Move the expansion's cursor from where `campaign` was read to have it. False where it is no longer there."""
    actions = [CampaignItem.next_chunk.set(next_chunk), CampaignItem.next_row.set(next_row)]
    return _move(campaign, EXPANDING, _is_at(campaign, campaign.next_chunk, campaign.next_row), now, actions)


def start_sending(campaign: Campaign, now: datetime) -> bool:
    """End an expansion whose cursor is behind the last chunk."""
    return _move(campaign, SENDING, _is_at(campaign, campaign.chunks, 0), now)


def finish(tx: Transaction, campaign: Campaign, now: datetime) -> None:
    """End a campaign in an open transaction and take it off the open ones; refused as `campaign` if it moved on."""
    actions = [CampaignItem.state.set(SENT), CampaignItem.finished_at.set(now), CampaignItem.updated_at.set(now)]
    tx.update(_key(campaign), actions, CampaignItem.state == SENDING, label="campaign")
    tx.delete(OpenItem(OPEN_PK, campaign_pk(campaign.id)), OpenItem.pk.exists(), label="open")


def _is_at(campaign: Campaign, chunk: int, row: int) -> Condition:
    condition: Condition = (
        (CampaignItem.state == EXPANDING)
        & (CampaignItem.freeze_id == campaign.freeze_id)
        & (CampaignItem.next_chunk == chunk)
        & (CampaignItem.next_row == row)
    )
    return condition


def _move(campaign: Campaign, state: str, condition: Condition, now: datetime, actions: Sequence[Action] = ()) -> bool:
    steps = [CampaignItem.state.set(state), CampaignItem.updated_at.set(now), *actions]
    try:
        dynamo.update(_key(campaign), steps, condition)
    except dynamo.ConditionFailed:
        return False
    return True


def _key(campaign: Campaign) -> CampaignItem:
    return CampaignItem(campaign_pk(campaign.id), CAMPAIGN_SK)


def _item(campaign: Campaign) -> CampaignItem:
    return CampaignItem(
        campaign_pk(campaign.id),
        CAMPAIGN_SK,
        name=campaign.name,
        subject=campaign.subject,
        utm_source=campaign.utm.source,
        utm_medium=campaign.utm.medium,
        utm_campaign=campaign.utm.campaign,
        where=filters.to_json(campaign.where),
        state=campaign.state,
        revision=campaign.revision,
        shards=campaign.shards,
        freeze_id=campaign.freeze_id or None,
        chunks=campaign.chunks,
        matched=campaign.matched,
        next_chunk=campaign.next_chunk,
        frozen_at=campaign.frozen_at,
        finished_at=campaign.finished_at,
        created_by=campaign.created_by,
        created_at=campaign.created_at,
        updated_at=campaign.updated_at,
    )


def _entity(item: CampaignItem) -> Campaign:
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
        version=int(item.version),
    )
