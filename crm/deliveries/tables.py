"""How deliveries are stored: one item per mail in `crm_outbox`, due ones in its sparse index."""

from datetime import datetime

from pynamodb.attributes import (
    BooleanAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)

from crm.core import clock
from crm.core.dynamo import OutboxItem


def delivery_pk(source: str, shard: int) -> str:
    """Return one of the partitions of a campaign's or an event's mails."""
    return f"MAIL#{source}#{shard}"


def delivery_sk(person_id: str, step: str) -> str:
    """Return the sort key: a mail that is created again meets itself."""
    return f"{person_id}#{step}"


def due_pk(lane: str, shard: int) -> str:
    """Return a partition of the due index. `lane` is a campaign's id, or `tx` for confirmations."""
    return f"DUE#{lane}#{shard}"


def due_at(moment: datetime) -> int:
    """Return the due index's sort key: epoch milliseconds."""
    return clock.epoch_ms(moment)


class DeliveryItem(OutboxItem, discriminator="delivery"):
    """One mail to one person. Source, shard, person and step are read off the keys: at a million rows bytes cost."""

    kind = UnicodeAttribute()
    state = UnicodeAttribute()
    state_at = UTCDateTimeAttribute()
    reason = UnicodeAttribute(null=True)
    email = UnicodeAttribute(null=True)
    subject = UnicodeAttribute(null=True)
    utm_source = UnicodeAttribute(null=True)
    utm_medium = UnicodeAttribute(null=True)
    utm_campaign = UnicodeAttribute(null=True)
    attempt = NumberAttribute(default=0)
    returned = NumberAttribute(null=True)
    forgiven = NumberAttribute(null=True)
    claim_id = UnicodeAttribute(null=True)
    duplicate_risk = BooleanAttribute(null=True)
    unknowns = NumberAttribute(null=True)
    message_id = UnicodeAttribute(null=True)
    first_claimed_at = UTCDateTimeAttribute(null=True)
    created_at = UTCDateTimeAttribute()
    sent_at = UTCDateTimeAttribute(null=True)
    other_message_ids = UnicodeSetAttribute(null=True)
    outcome = UnicodeAttribute(null=True)
    outcome_at = UTCDateTimeAttribute(null=True)
    outcome_reason = UnicodeAttribute(null=True)
    is_hard_bounce = BooleanAttribute(null=True)
    delivered_at = UTCDateTimeAttribute(null=True)


def key_parts(item: DeliveryItem) -> tuple[str, int, str, str]:
    """Read source, shard, person and step off an item's keys. Ids never hold a `#`."""
    _, source, shard = item.pk.split("#")
    person_id, step = item.sk.split("#", 1)
    return source, int(shard), person_id, step
