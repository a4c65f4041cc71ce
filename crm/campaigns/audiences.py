"""Frozen audiences in DynamoDB: ids of people in immutable chunks, each far below an item's 400 KB."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from crm.campaigns.tables import ChunkItem, audience_pk, chunk_sk
from crm.core import clock, dynamo
from crm.core.transaction import Transaction

CHUNK = 5_000
# Long after the last campaign has been expanded, also one that was paused.
_KEPT = timedelta(days=400)


def kept_until() -> datetime:
    """Return when whatever is stored now of an audience expires."""
    return clock.now() + _KEPT


def store_chunk(campaign_id: str, freeze_id: str, number: int, person_ids: Sequence[str]) -> None:
    """Store one chunk, of at most `CHUNK` ids, of an audience that is being frozen.

    Raises:
        errors.Busy: DynamoDB throttled the write beyond the SDK's retries.
    """
    dynamo.put_new(_item(campaign_id, freeze_id, number, person_ids))


def add_chunk(tx: Transaction, campaign_id: str, freeze_id: str, number: int, person_ids: Sequence[str]) -> None:
    """Do the same in an open transaction; refused as `chunk` where that chunk exists."""
    tx.create(_item(campaign_id, freeze_id, number, person_ids), label="chunk")


def chunk(campaign_id: str, freeze_id: str, number: int) -> list[str]:
    """Read the ids of one chunk, in the order in which they were frozen."""
    item = dynamo.get(ChunkItem, audience_pk(campaign_id, freeze_id), chunk_sk(number))
    assert item is not None, "the winning freeze was named after its last chunk was stored"
    return item.person_ids.split("\n")


def discard(campaign_id: str, freeze_id: str, chunks: int) -> None:
    """Delete the chunks of a freeze that did not win."""
    for number in range(chunks):
        ChunkItem(audience_pk(campaign_id, freeze_id), chunk_sk(number)).delete()


def _item(campaign_id: str, freeze_id: str, number: int, person_ids: Sequence[str]) -> ChunkItem:
    item = ChunkItem(audience_pk(campaign_id, freeze_id), chunk_sk(number), person_ids="\n".join(person_ids))
    item.expires_at = kept_until()
    return item
