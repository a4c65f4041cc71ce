"""Expanding a frozen audience into mails: everybody gets exactly one row, to be sent or with why they are left out.

Rows are created one by one, each only if it does not exist yet: going over the same people again, after a kill or
beside another worker, changes nothing. So the cursor may lag behind; it only saves work.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime

from crm.campaigns import audiences, repository
from crm.campaigns.entities import CANCELLED, Campaign
from crm.core import clock
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import (
    CAMPAIGN,
    MAIL_STEP,
    PENDING,
    SKIPPED,
    SUBJECT_SHOWN,
    Delivery,
    shard_of,
)
from crm.deliveries.standing import Standing
from crm.people.entities import Person

Stop = Callable[[], bool]
# People read, and rows written, between two moves of the cursor: what a kill repeats.
STEP = 200


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the expansion stands: the campaign as last read or written, and the chunk its cursor is in."""

    campaign: Campaign
    chunk: list[str]


def expand(campaign: Campaign, pool: Executor, stop: Stop) -> bool:
    """Go on creating the campaign's mails. True once all exist; False where `stop` came first, or another worker moves
    the cursor, or somebody paused or cancelled it meanwhile.

    A cancelled campaign's mails are created cancelled: whoever it matched is accounted for all the same.

    Raises:
        errors.Busy: DynamoDB throttled beyond the SDK's retries.
    """
    place = _Place(campaign, [])
    while place.campaign.next_chunk < place.campaign.chunks:
        if stop():
            return False
        stepped = _step(place, pool)
        if stepped is None:
            return False
        place = stepped
    return campaign.state == CANCELLED or repository.start_sending(place.campaign, clock.now())


def _step(place: _Place, pool: Executor) -> _Place | None:
    """Create the next rows and move the cursor behind them. None where somebody else moved it."""
    campaign = place.campaign
    chunk = place.chunk or audiences.chunk(campaign.id, campaign.freeze_id, campaign.next_chunk)
    end = campaign.next_row + STEP
    create_all(campaign, chunk[campaign.next_row : end], pool)
    is_last = end >= len(chunk)
    next_chunk, next_row = (campaign.next_chunk + 1, 0) if is_last else (campaign.next_chunk, end)
    if not repository.advance(campaign, next_chunk, next_row, clock.now()):
        return None
    moved = replace(campaign, next_chunk=next_chunk, next_row=next_row)
    return _Place(moved, [] if is_last else chunk)


def create_all(campaign: Campaign, person_ids: list[str], pool: Executor) -> None:
    """Create the rows of some people of the audience, as they are now."""
    now = clock.now()
    standing = Standing(person_ids)
    rows = [_mail(campaign, person_id, *standing.of(person_id, campaign.kind), now) for person_id in person_ids]
    for _ in pool.map(deliveries.create, rows):
        pass


def _mail(campaign: Campaign, person_id: str, person: Person | None, reason: str, now: datetime) -> Delivery:
    shard = shard_of(person_id, campaign.shards)
    state = SKIPPED if reason else CANCELLED if campaign.state == CANCELLED else PENDING
    due_at = now if state == PENDING else None
    return Delivery(
        source=campaign.id,
        shard=shard,
        person_id=person_id,
        step=MAIL_STEP,
        kind=CAMPAIGN,
        email=person.fields.email if person else "",
        subject=campaign.subject[:SUBJECT_SHOWN],
        utm=campaign.utm,
        state=state,
        state_at=now,
        created_at=now,
        due_at=due_at,
        due_shard=shard,
        reason=reason,
    )
