"""Engagement in DynamoDB: rows are added, read in order of time, and judged anew; never removed."""

from datetime import datetime

from crm.core import dynamo
from crm.core.transaction import Transaction
from crm.deliveries.tokens import MailRef
from crm.engagement.entities import Engagement
from crm.engagement.tables import EngagementItem, engagement_pk, engagement_prefix, key_parts, time_key

# No more than this is read of one stretch of time: what comes too often is counted in few rows.
_MOST = 400


def row_id(at: datetime, key: str) -> str:
    """Return a row's id within its mail; `key` tells two of one moment apart."""
    return f"{time_key(at)}#{key}"


def add(row: Engagement) -> bool:
    """Store a row that must not exist yet. Return False where it does: storing it again changes nothing.

    Raises:
        errors.Busy: DynamoDB throttled the write beyond the SDK's retries.
    """
    return dynamo.put_new(_item(row))


def add_again(row: Engagement) -> bool:
    """Count one more of a row that `add` stored. Return False where there is none.

    Raises:
        errors.Busy: DynamoDB throttled the write beyond the SDK's retries.
    """
    try:
        dynamo.update(_key(row), [EngagementItem.times.add(1)], EngagementItem.pk.exists())
    except dynamo.ConditionFailed:
        return False
    return True


def add_to(tx: Transaction, row: Engagement) -> None:
    """Add a row to an open transaction."""
    tx.create(_item(row), label="engagement")


def between(mail: MailRef, start: datetime, end: datetime) -> list[Engagement]:
    """Return a mail's rows of a stretch of time, both ends included, oldest first, read consistently."""
    prefix = engagement_prefix(mail)
    # `~` sorts behind every id.
    stretch = EngagementItem.sk.between(prefix + time_key(start), f"{prefix}{time_key(end)}#~")
    return [_entity(item) for item in dynamo.query(EngagementItem, engagement_pk(mail), stretch, limit=_MOST)]


def judge(row: Engagement, why: str) -> bool:
    """Say that a row taken for a human's is a machine's. False where that was said already."""
    exists = EngagementItem.pk.exists()
    try:
        dynamo.update(_key(row), [EngagementItem.why.set(why)], exists & EngagementItem.why.does_not_exist())
    except dynamo.ConditionFailed:
        return False
    return True


def absolve(row: Engagement) -> bool:
    """Take back why a row was called a machine's. False where something else was said of it since."""
    try:
        dynamo.update(_key(row), [EngagementItem.why.remove()], EngagementItem.why == row.why)
    except dynamo.ConditionFailed:
        return False
    return True


def _key(row: Engagement) -> EngagementItem:
    return EngagementItem(engagement_pk(row.mail), engagement_prefix(row.mail) + row.id)


def _item(row: Engagement) -> EngagementItem:
    return EngagementItem(
        engagement_pk(row.mail),
        engagement_prefix(row.mail) + row.id,
        mail_kind=row.mail_kind,
        kind=row.kind,
        at=row.at,
        link=row.link or None,
        agent=row.agent or None,
        why=row.why or None,
        times=row.times,
    )


def _entity(item: EngagementItem) -> Engagement:
    mail, row = key_parts(item)
    return Engagement(
        mail=mail,
        id=row,
        mail_kind=item.mail_kind,
        kind=item.kind,
        at=item.at,
        link=int(item.link or 0),
        agent=item.agent or "",
        why=item.why or "",
        times=int(item.times or 1),
    )
