"""Keeping what was done with a mail, and judging whose doing it was."""

import logging
from datetime import datetime, timedelta

from pynamodb.exceptions import PynamoDBException

from crm.core import errors, ids
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import Delivery
from crm.deliveries.tokens import MailRef
from crm.engagement import classification, repository
from crm.engagement.entities import UNSUBSCRIBE, Engagement, Seen, of

log = logging.getLogger(__name__)
# Mail servers try for no longer to hand a mail over (RFC 5321, 4.5.4.1: four to five days).
_LONGEST_UNDER_WAY = timedelta(days=5)


def record(mail: MailRef, seen: Seen, *, key: str | None = None) -> Engagement:
    """Keep something done with a mail, and judge it and its neighbours in time.

    `key` names it where it may be told repeatedly, as SNS repeats messages: the second telling changes nothing.

    Raises:
        errors.Busy, PynamoDBException: DynamoDB is away; the row may not have been stored.
    """
    found = deliveries.find(mail.source, mail.shard, mail.person_id, mail.step)
    row = of(
        seen,
        mail,
        key=repository.row_id(seen.at, key or ids.new()),
        mail_kind=found.kind if found else "",
        why=classification.of_one(seen, _delivered_at(found)),
    )
    repository.add(row)
    # Only now: of several requests at once, whoever stores last sees all of them.
    _judge_around(mail, seen.at)
    return row


def record_if_possible(mail: MailRef, seen: Seen) -> None:
    """Keep something done with a mail; where that fails, say so in the log only: whoever clicked is let through."""
    try:
        record(mail, seen)
    except (errors.Busy, PynamoDBException):
        log.exception("%s of a mail of %s could not be kept", seen.kind, mail.source)


def delivered(mail: MailRef, at: datetime) -> None:
    """Judge what was done before a mail's delivery became known, or right after it. Telling it again changes nothing.

    Raises:
        errors.Busy, PynamoDBException: DynamoDB is away.
    """
    for row in repository.between(mail, at - _LONGEST_UNDER_WAY, at + classification.EARLY_WITHIN):
        if not row.why and row.kind != UNSUBSCRIBE and classification.is_early(row.at, at):
            repository.judge(row, classification.EARLY)


def _judge_around(mail: MailRef, at: datetime) -> None:
    near = repository.between(mail, at - classification.BURST_WITHIN, at + classification.BURST_WITHIN)
    reasons = classification.of_several(near)
    for row in near:
        if row.id in reasons:
            repository.judge(row, reasons[row.id])


def _delivered_at(mail: Delivery | None) -> datetime | None:
    if mail is None:
        return None
    # An answer that was lost leaves no moment of sending; the call was made after the claim.
    return mail.delivered_at or mail.sent_at or mail.first_claimed_at
