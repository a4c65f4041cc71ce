"""Whom a campaign reached: the audience of its correction, read off its mails themselves, page by page.

How far that is stands beside the correction, and moves in the transaction that stores whom a page holds. So it may be
cut off anywhere and taken up by anybody: each mail is read behind the last one that counts, nobody is lost and nobody
is in the audience twice.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from crm.campaigns import audiences, repository
from crm.campaigns.entities import Campaign
from crm.campaigns.tables import FREEZE_SK, FreezeItem, campaign_pk
from crm.core import dynamo, ids, transaction
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import SENT

Stop = Callable[[], bool]
# Mails read between two looks at whether to go on: what is in memory, and what a kill repeats.
STEP = audiences.CHUNK


@dataclass(frozen=True, slots=True)
class Reading:
    """How far it is: all mails in partitions before `shard`, and in that one those up to the sort key `after`.

    `chunks` and `matched`: what the audience `freeze_id` holds by then. `round`: of the campaign that is corrected.
    """

    freeze_id: str
    round: int
    shard: int = 0
    after: str = ""
    chunks: int = 0
    matched: int = 0


def read(correction: Campaign, stop: Stop) -> Reading | None:
    """Store as an audience everybody whose mail of the corrected campaign SES accepted, going on where it was cut off.

    None where `stop` came first, another worker was faster, or the corrected campaign may still reach others. Where it
    was asked to try some of its mails again meanwhile, it is read anew after that.

    Raises:
        errors.Busy: DynamoDB is overloaded, or gave no answer.
    """
    original = repository.get(correction.correction_of)
    if original.is_open:
        return None
    reading: Reading | None = _begun(correction, original)
    while reading is not None and reading.shard < original.shards:
        if stop():
            return None
        reading = _step(correction, original, reading)
    return reading


def _begun(correction: Campaign, original: Campaign) -> Reading | None:
    known = dynamo.get(FreezeItem, campaign_pk(correction.id), FREEZE_SK)
    if known is not None and int(known.round) == original.round:
        return _reading(known)
    fresh = FreezeItem(campaign_pk(correction.id), FREEZE_SK, freeze_id=ids.new(), round=original.round)
    fresh.expires_at = audiences.kept_until()
    return _reading(fresh) if dynamo.put_new(fresh, or_if=FreezeItem.round < original.round) else None


def _step(correction: Campaign, original: Campaign, before: Reading) -> Reading | None:
    """Store whom the next page of mails reached. None where another worker was faster, or a mail is tried again."""
    mails, after = deliveries.states_page(original.id, before.shard, before.after, STEP)
    person_ids = [person_id for person_id, state in mails if state == SENT]
    tx = transaction.begin()
    repository.demand_round(tx, original)
    if person_ids:
        audiences.add_chunk(tx, correction.id, before.freeze_id, before.chunks, person_ids)
    reading = replace(
        before,
        shard=before.shard if after else before.shard + 1,
        after=after,
        chunks=before.chunks + bool(person_ids),
        matched=before.matched + len(person_ids),
    )
    _advance(tx, correction, before, reading)
    try:
        tx.commit()
    except transaction.Refused:
        return None
    return reading


def _advance(tx: transaction.Transaction, correction: Campaign, before: Reading, reading: Reading) -> None:
    behind = FreezeItem.after == before.after if before.after else FreezeItem.after.does_not_exist()
    is_there = (FreezeItem.freeze_id == before.freeze_id) & (FreezeItem.shard == before.shard) & behind
    actions = [
        FreezeItem.shard.set(reading.shard),
        FreezeItem.after.set(reading.after) if reading.after else FreezeItem.after.remove(),
        FreezeItem.chunks.set(reading.chunks),
        FreezeItem.matched.set(reading.matched),
    ]
    tx.update(FreezeItem(campaign_pk(correction.id), FREEZE_SK), actions, is_there, label="reading")


def _reading(item: FreezeItem) -> Reading:
    return Reading(
        freeze_id=item.freeze_id,
        round=int(item.round),
        shard=int(item.shard),
        after=item.after or "",
        chunks=int(item.chunks),
        matched=int(item.matched),
    )
