"""Segments in DynamoDB. Labels: `name` taken; `segment` gone or changed meanwhile; `use`."""

from datetime import datetime

from pynamodb.expressions.condition import Condition

from crm.core import dynamo
from crm.core.transaction import Transaction
from crm.search import filters
from crm.search.text import match_key
from crm.segments.entities import Segment
from crm.segments.tables import (
    NAME_SK,
    SEGMENT_PK,
    USE_PK,
    SegmentItem,
    SegmentNameItem,
    SegmentUseItem,
    name_pk,
    use_sk,
)


def create(tx: Transaction, segment: Segment) -> None:
    """Store a new segment and claim its name."""
    item = SegmentItem(
        SEGMENT_PK,
        segment.id,
        name=segment.name,
        where=filters.to_json(segment.where),
        created_by=segment.created_by,
        created_at=segment.created_at,
        updated_at=segment.updated_at,
    )
    tx.create(item, label="segment")
    _claim(tx, segment)


def change(tx: Transaction, before: Segment, after: Segment) -> None:
    """Turn a segment as it was read into another of the next revision."""
    actions = [
        SegmentItem.name.set(after.name),
        SegmentItem.where.set(filters.to_json(after.where)),
        SegmentItem.updated_at.set(after.updated_at),
        SegmentItem.revision.set(after.revision),
    ]
    tx.update(_key(before), actions, _is_still(before), label="segment")
    if match_key(before.name) != match_key(after.name):
        _claim(tx, after)
        _free(tx, before)


def delete(tx: Transaction, segment: Segment, now: datetime) -> None:
    """Take a segment out of the list; its name is free again."""
    actions = [SegmentItem.deleted.set(True), SegmentItem.updated_at.set(now)]
    tx.update(_key(segment), actions, _is_still(segment), label="segment")
    _free(tx, segment)


def find(segment_id: str, *, or_deleted: bool = False) -> Segment | None:
    """Read a segment consistently; None where unknown, or deleted unless `or_deleted`."""
    item = dynamo.get(SegmentItem, SEGMENT_PK, segment_id)
    return None if item is None or (item.deleted and not or_deleted) else _entity(item)


def every() -> list[Segment]:
    """Read all segments consistently, by name."""
    found = dynamo.query(SegmentItem, SEGMENT_PK, filter_condition=SegmentItem.deleted == False)  # noqa: E712
    return sorted(map(_entity, found), key=lambda segment: segment.sort_key)


def use(tx: Transaction, segment_id: str, campaign_id: str) -> None:
    """Say, in an open transaction, that a campaign to come is for a segment."""
    tx.create(SegmentUseItem(USE_PK, use_sk(segment_id, campaign_id)), label="use")


def let_go(tx: Transaction, segment_id: str, campaign_id: str) -> None:
    """Say that it is not, or that it has begun."""
    item = SegmentUseItem(USE_PK, use_sk(segment_id, campaign_id))
    tx.delete(item, SegmentUseItem.pk.exists(), label="use")


def uses() -> list[tuple[str, str]]:
    """Read (segment, campaign) of all campaigns to come that are for a segment, consistently."""
    found = (item.sk.partition("#") for item in dynamo.query(SegmentUseItem, USE_PK))
    return [(segment_id, campaign_id) for segment_id, _, campaign_id in found]


def _claim(tx: Transaction, segment: Segment) -> None:
    tx.create(SegmentNameItem(name_pk(segment.name), NAME_SK, segment_id=segment.id), label="name")


def _free(tx: Transaction, segment: Segment) -> None:
    sentinel = SegmentNameItem(name_pk(segment.name), NAME_SK)
    tx.delete(sentinel, SegmentNameItem.segment_id == segment.id, label="segment")


def _key(segment: Segment) -> SegmentItem:
    return SegmentItem(SEGMENT_PK, segment.id)


def _is_still(segment: Segment) -> Condition:
    condition: Condition = (SegmentItem.revision == segment.revision) & (SegmentItem.deleted == False)  # noqa: E712
    return condition


def _entity(item: SegmentItem) -> Segment:
    return Segment(
        id=item.sk,
        name=item.name,
        where=filters.from_json(item.where),
        created_by=item.created_by,
        created_at=item.created_at,
        updated_at=item.updated_at,
        revision=int(item.revision),
        deleted=bool(item.deleted),
    )
