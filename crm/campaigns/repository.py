"""Campaigns in DynamoDB. Labels: `campaign` known already or moved on meanwhile; `body`; `layout`; `open`."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from crm.campaigns import records
from crm.campaigns.entities import CANCELLED, DRAFT, EXPANDING, FREEZING, SENDING, Campaign
from crm.campaigns.tables import (
    CAMPAIGN_SK,
    OPEN_PK,
    BodyItem,
    CampaignItem,
    LayoutItem,
    OpenItem,
    body_sk,
    campaign_pk,
    layout_sk,
)
from crm.core import dynamo, errors
from crm.core.transaction import Transaction
from crm.deliveries import layout
from crm.search import filters
from crm.segments import repository as segments


def create(tx: Transaction, campaign: Campaign, body: str) -> None:
    """Store a new campaign with the revision of its mail, and list it as open where there is something to do."""
    tx.create(records.item(campaign), label="campaign")
    add_body(tx, campaign, body)
    if campaign.coming_segment:
        segments.use(tx, campaign.coming_segment, campaign.id)
    if campaign.is_open:
        tx.create(OpenItem(OPEN_PK, campaign_pk(campaign.id)), label="open")


def add_body(tx: Transaction, campaign: Campaign, body: str) -> None:
    """Store the revision of its mail that the campaign names and, but for a draft's, what that looks like."""
    written = BodyItem(campaign_pk(campaign.id), body_sk(campaign.revision), subject=campaign.subject, body=body)
    tx.create(written, label="body")
    if campaign.state != DRAFT:
        laid_out = layout.packed(layout.of(campaign.subject, body, campaign.utm))
        tx.create(LayoutItem(campaign_pk(campaign.id), layout_sk(campaign.revision), layout=laid_out), label="layout")


def find(campaign_id: str) -> Campaign | None:
    """Read a campaign consistently, or None."""
    item = dynamo.get(CampaignItem, campaign_pk(campaign_id), CAMPAIGN_SK)
    return None if item is None else records.entity(item)


def find_many(campaign_ids: Iterable[str]) -> list[Campaign]:
    """Read campaigns consistently; missing ones are left out."""
    found = dynamo.get_many(CampaignItem, ((campaign_pk(one), CAMPAIGN_SK) for one in campaign_ids))
    return [records.entity(item) for item in found.values()]


def get(campaign_id: str) -> Campaign:
    """Read a campaign consistently. Raises errors.NotFound where there is none of this id."""
    campaign = find(campaign_id)
    if campaign is None:
        raise errors.NotFound("There is no such campaign.")
    return campaign


def body(campaign: Campaign) -> str:
    """Read the body of a campaign's mail as it was written."""
    item = dynamo.get(BodyItem, campaign_pk(campaign.id), body_sk(campaign.revision))
    assert item is not None, "a campaign and its mail are written together"
    return item.body


def open_ids() -> Iterator[str]:
    """Yield the ids of all campaigns for which there is something to do, oldest first, read consistently."""
    for item in dynamo.query(OpenItem, OPEN_PK):
        yield item.sk.removeprefix("CAMPAIGN#")


def change(tx: Transaction, before: Campaign, after: Campaign) -> None:
    """Turn a campaign as it was read into another in an open transaction, and list it as open or no more.

    Refused as `campaign` where anything moved on that somebody could have decided by. The cursor of an expansion may
    move meanwhile: it is left as it is.
    """
    tx.update(records.key(before), records.differences(before, after), _is_still(before), label="campaign")
    pointer = OpenItem(OPEN_PK, campaign_pk(before.id))
    if after.is_open and not before.is_open:
        tx.create(pointer, label="open")
    if before.is_open and not after.is_open:
        tx.delete(pointer, OpenItem.pk.exists(), label="open")
    if before.coming_segment != after.coming_segment:
        if before.coming_segment:
            segments.let_go(tx, before.coming_segment, before.id)
        if after.coming_segment:
            segments.use(tx, after.coming_segment, before.id)


def demand_round(tx: Transaction, campaign: Campaign) -> None:
    """Refuse an open transaction, as `round`, where mails of a campaign were made due again since it was read."""
    known = campaign.round
    is_same = CampaignItem.round == known if known else CampaignItem.round.does_not_exist()
    tx.check(records.key(campaign), is_same, label="round")


def _is_still(campaign: Campaign) -> Condition:
    """Return the condition that a campaign is where it was: its state, its mail, its schedule, what it is asked for."""
    known = records.values(campaign)
    condition: Condition = CampaignItem.state == campaign.state
    for name in ("revision", "paused_from", "retrying", "round", "scheduled_at", "finished_at"):
        attribute, value = getattr(CampaignItem, name), known[name]
        condition &= attribute.does_not_exist() if value is None else attribute == value
    return condition


def freeze(campaign: Campaign, *, freeze_id: str, chunks: int, matched: int, shards: int, now: datetime) -> bool:
    """Name the audience that counts, with the filter it was found by. False where another freeze did so first, or the
    campaign moved on."""
    actions: list[Action] = [
        CampaignItem.where.set(filters.to_json(campaign.where)),
        CampaignItem.freeze_id.set(freeze_id),
        CampaignItem.chunks.set(chunks),
        CampaignItem.matched.set(matched),
        CampaignItem.shards.set(shards),
        CampaignItem.frozen_at.set(now),
    ]
    if campaign.segment_id:
        actions.append(CampaignItem.segment_name.set(campaign.segment_name))
    return _move(campaign, EXPANDING, CampaignItem.state == FREEZING, now, actions)


def advance(campaign: Campaign, next_chunk: int, next_row: int, now: datetime) -> bool:
    """Move the expansion's cursor from where `campaign` was read to have it. False where it is no longer there."""
    actions = [CampaignItem.next_chunk.set(next_chunk), CampaignItem.next_row.set(next_row)]
    return _move(campaign, campaign.state, _is_at(campaign, campaign.next_chunk, campaign.next_row), now, actions)


def start_sending(campaign: Campaign, now: datetime) -> bool:
    """End an expansion whose cursor is behind the last chunk."""
    is_expanding = CampaignItem.state == EXPANDING
    return _move(campaign, SENDING, is_expanding & _is_at(campaign, campaign.chunks, 0), now)


def end_retrying(campaign: Campaign, now: datetime) -> bool:
    """Say that all mails asked for are due again. False where the campaign moved on, or more was asked for."""
    actions = [CampaignItem.retrying.remove()]
    is_asked = (CampaignItem.retrying == campaign.retrying) & (CampaignItem.round == campaign.round)
    return _move(campaign, SENDING, is_asked & (CampaignItem.state == SENDING), now, actions)


def _is_at(campaign: Campaign, chunk: int, row: int) -> Condition:
    condition: Condition = (
        (CampaignItem.state == campaign.state)
        & CampaignItem.state.is_in(EXPANDING, CANCELLED)
        & (CampaignItem.freeze_id == campaign.freeze_id)
        & (CampaignItem.next_chunk == chunk)
        & (CampaignItem.next_row == row)
    )
    return condition


def _move(campaign: Campaign, state: str, condition: Condition, now: datetime, actions: Sequence[Action] = ()) -> bool:
    steps = [CampaignItem.state.set(state), CampaignItem.updated_at.set(now), *actions]
    try:
        dynamo.update(records.key(campaign), steps, condition)
    except dynamo.ConditionFailed:
        return False
    return True
