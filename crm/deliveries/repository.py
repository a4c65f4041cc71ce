"""Deliveries in DynamoDB: creating, finding and counting them. The moves between states are in `transitions`."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import batched

from django.conf import settings

from crm.core import dynamo
from crm.core.dynamo import OutboxItem
from crm.core.transaction import Transaction
from crm.core.utm import Utm
from crm.deliveries.entities import CAMPAIGN, CANCELLED, HELD, PENDING, TRANSACTIONAL, Delivery, shard_of
from crm.deliveries.tables import DeliveryItem, delivery_pk, delivery_sk, due_at, due_pk, key_parts

CONFIRMATION_LABEL = "confirmation"
# Emulators scan for an index query: few large pages cost least.
_PAGE = 1_000


def lane_of(delivery: Delivery) -> str:
    """Return which queue of the due index a mail waits in."""
    return delivery.source if delivery.kind == CAMPAIGN else TRANSACTIONAL


def due_partition(delivery: Delivery) -> str:
    """Return the partition of the due index for a mail that comes back into it."""
    is_campaigns = delivery.kind == CAMPAIGN
    shard = delivery.shard if is_campaigns else shard_of(delivery.source, settings.OUTBOX_SHARDS)
    return due_pk(lane_of(delivery), shard)


def add(tx: Transaction, delivery: Delivery) -> None:
    """Add a new mail to an open transaction; refused as `confirmation` where it exists."""
    tx.create(_item(delivery), label=CONFIRMATION_LABEL)


def create(delivery: Delivery) -> bool:
    """Store a mail that must not exist yet. Return False where it does: creating again changes nothing.

    Raises:
        errors.Busy: DynamoDB throttled the write beyond the SDK's retries.
    """
    return dynamo.put_new(_item(delivery))


def find(source: str, shard: int, person_id: str, step: str) -> Delivery | None:
    """Read one mail consistently, or None."""
    item = dynamo.get(DeliveryItem, delivery_pk(source, shard), delivery_sk(person_id, step))
    return None if item is None else _entity(item)


def withdraw(tx: Transaction, delivery: Delivery, now: datetime) -> None:
    """Cancel a pending mail in an open transaction, as `transitions.cancel` does; refused as `confirmation` once it is
    claimed."""
    actions = [
        DeliveryItem.state.set(HELD if delivery.duplicate_risk else CANCELLED),
        DeliveryItem.state_at.set(now),
        DeliveryItem.due_pk.remove(),
        DeliveryItem.due_at.remove(),
    ]
    pending = (DeliveryItem.state == PENDING) & (DeliveryItem.attempt == delivery.attempt)
    tx.update(key(delivery), actions, pending, label=CONFIRMATION_LABEL)


def due(lane: str, shard: int, before: datetime, limit: int = _PAGE) -> list[Delivery]:
    """Return mails of one queue that are due, earliest first, at most `limit`. Index reads may be a moment old."""
    until = OutboxItem.due_at <= due_at(before)
    rows = dynamo.query_index(DeliveryItem.due, due_pk(lane, shard), until, limit=limit, page_size=limit)
    return [_entity(item) for item in rows if isinstance(item, DeliveryItem)]


def due_pages(lane: str, shard: int, before: datetime) -> Iterator[list[Delivery]]:
    """Yield the mails of one queue that were due by then, earliest first, in pages read as they are asked for."""
    rows = dynamo.query_index(
        DeliveryItem.due, due_pk(lane, shard), OutboxItem.due_at <= due_at(before), page_size=_PAGE
    )
    for page in batched(rows, _PAGE):
        yield [_entity(item) for item in page if isinstance(item, DeliveryItem)]


def pending(lane: str, shard: int, limit: int = _PAGE) -> list[Delivery]:
    """Return mails of one queue that wait to be sent, now or later, at most `limit`. The index may be a moment old."""
    waiting = DeliveryItem.state == PENDING
    rows = dynamo.query_index(
        DeliveryItem.due, due_pk(lane, shard), filter_condition=waiting, limit=limit, page_size=limit
    )
    return [_entity(item) for item in rows if isinstance(item, DeliveryItem)]


def is_anything_open(lane: str, shard: int) -> bool:
    """Tell whether the index lists any mail of a queue that is not final, due or not."""
    return any(True for _ in dynamo.query_index(DeliveryItem.due, due_pk(lane, shard), limit=1, page_size=1))


def page(source: str, shard: int, after: str = "", limit: int = _PAGE) -> tuple[list[Delivery], str]:
    """Read the mails of one partition consistently, in the order of their keys: those after the key `after`.

    Return them with the key to go on after, empty where there are no more.
    """
    behind = DeliveryItem.sk > after if after else None
    found = dynamo.query(DeliveryItem, delivery_pk(source, shard), behind, limit=limit, page_size=limit)
    rows = [_entity(item) for item in found]
    return rows, delivery_sk(rows[-1].person_id, rows[-1].step) if len(rows) == limit else ""


def find_many(mails: Iterable[tuple[str, int, str, str]]) -> list[Delivery]:
    """Read mails consistently, each named by source, shard, person and step; missing ones are left out."""
    keys = [(delivery_pk(source, shard), delivery_sk(person, step)) for source, shard, person, step in mails]
    return [_entity(item) for item in dynamo.get_many(DeliveryItem, keys).values()]


def states_page(source: str, shard: int, after: str = "", limit: int = _PAGE) -> tuple[list[tuple[str, str]], str]:
    """Read whom the mails of one partition are to, and their states, as `page` does; nothing else is fetched."""
    # The discriminator must be among what is fetched: PynamoDB picks the class by it.
    wanted = ["pk", "sk", "type", "version", "state"]
    behind, key = DeliveryItem.sk > after if after else None, ""
    rows: list[tuple[str, str]] = []
    for item in dynamo.query(
        DeliveryItem, delivery_pk(source, shard), behind, limit=limit, page_size=limit, attributes_to_get=wanted
    ):
        key = item.sk
        rows.append((key_parts(item)[2], str(item.state)))
    return rows, key if len(rows) == limit else ""


def every(source: str, shards: int) -> Iterator[Delivery]:
    """Yield all of a campaign's mails, read consistently; one page of DynamoDB's answers is held at a time.

    Raises:
        errors.Busy: while iterating, where DynamoDB throttled the read beyond the SDK's retries, or gave no answer.
    """
    for shard in range(shards):
        for item in dynamo.query(DeliveryItem, delivery_pk(source, shard)):
            yield _entity(item)


def key(delivery: Delivery) -> DeliveryItem:
    """Return an item that holds only the keys, to update by."""
    return DeliveryItem(delivery_pk(delivery.source, delivery.shard), delivery_sk(delivery.person_id, delivery.step))


def _item(delivery: Delivery) -> DeliveryItem:
    due = delivery.due_at
    return DeliveryItem(
        delivery_pk(delivery.source, delivery.shard),
        delivery_sk(delivery.person_id, delivery.step),
        due_pk=due_pk(lane_of(delivery), delivery.due_shard) if due else None,
        due_at=due_at(due) if due else None,
        kind=delivery.kind,
        state=delivery.state,
        state_at=delivery.state_at,
        reason=delivery.reason or None,
        email=delivery.email or None,
        subject=delivery.subject or None,
        utm_source=delivery.utm.source or None,
        utm_medium=delivery.utm.medium or None,
        utm_campaign=delivery.utm.campaign or None,
        attempt=delivery.attempt,
        message_id=delivery.message_id or None,
        created_at=delivery.created_at,
        sent_at=delivery.sent_at,
    )


def _entity(item: DeliveryItem) -> Delivery:
    """Map a stored mail; what its keys say is read off them."""
    source, shard, person_id, step = key_parts(item)
    return Delivery(
        source=source,
        shard=shard,
        person_id=person_id,
        step=step,
        kind=item.kind,
        email=item.email or "",
        subject=item.subject or "",
        utm=Utm(item.utm_source or "", item.utm_medium or "", item.utm_campaign or ""),
        state=item.state,
        state_at=item.state_at,
        reason=item.reason or "",
        attempt=int(item.attempt),
        returned=int(item.returned or 0),
        forgiven=int(item.forgiven or 0),
        due_at=datetime.fromtimestamp(int(item.due_at) / 1000, UTC) if item.due_at else None,
        due_shard=int(item.due_pk.rsplit("#", 1)[1]) if item.due_pk else 0,
        claim_id=item.claim_id or "",
        duplicate_risk=bool(item.duplicate_risk),
        unknowns=int(item.unknowns or 0),
        message_id=item.message_id or "",
        first_claimed_at=item.first_claimed_at,
        created_at=item.created_at,
        sent_at=item.sent_at,
        other_message_ids=tuple(sorted(item.other_message_ids or ())),
        outcome=item.outcome or "",
        outcome_at=item.outcome_at,
        outcome_reason=item.outcome_reason or "",
        is_hard_bounce=bool(item.is_hard_bounce),
        delivered_at=item.delivered_at,
        version=int(item.version),
    )
